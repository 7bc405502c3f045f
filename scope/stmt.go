package scope

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// stmt is a prepared statement without a tenant. It is prepared on the server
// at its first execution, and again for each other text that a mode makes of
// it; the tenant is bound anew each time.
type stmt struct {
	conn  *conn
	query string
	told  bool                   // its next execution has been reported, see conn.told
	inner map[string]driver.Stmt // by final text
}

// maxTexts bounds the server's statements behind one of ours. Only lists of
// tenants of different lengths make more than a few texts of one statement.
const maxTexts = 8

// ready returns the server's statement for this execution, and its arguments.
func (s *stmt) ready(ctx context.Context, args []driver.NamedValue) (driver.Stmt, []driver.NamedValue, *plan, error) {
	p, v, err := s.conn.plan(ctx, s.query)
	if err != nil {
		return nil, nil, nil, err
	}
	bound, err := p.bind(v, args)
	if err != nil {
		return nil, nil, nil, err
	}
	st, err := s.prepared(ctx, p.text)
	if err != nil {
		return nil, nil, nil, err
	}
	if bound, err = s.checked(st, bound, len(bound)-len(args)); err != nil {
		return nil, nil, nil, err
	}
	if !s.told {
		s.conn.pool.report(ctx, v, p, s.query)
	}
	s.told = false
	return st, bound, p, nil
}

func (s *stmt) prepared(ctx context.Context, text string) (driver.Stmt, error) {
	if st, ok := s.inner[text]; ok {
		return st, nil
	}
	if len(s.inner) >= maxTexts {
		if err := s.Close(); err != nil {
			return nil, err
		}
	}
	st, err := prepareConn(ctx, s.conn.inner, text)
	if err != nil {
		return nil, err
	}
	if s.inner == nil {
		s.inner = map[string]driver.Stmt{}
	}
	s.inner[text] = st
	return st, nil
}

// checked converts the arguments as the server's statement wants them, which
// database/sql could not do because that statement did not exist yet.
func (s *stmt) checked(st driver.Stmt, args []driver.NamedValue, added int) ([]driver.NamedValue, error) {
	out := make([]driver.NamedValue, 0, len(args))
	for _, nv := range args {
		nv.Ordinal = len(out) + 1
		switch err := checkValue(s.conn.inner, st, &nv); {
		case errors.Is(err, driver.ErrRemoveArgument):
			continue
		case err != nil:
			return nil, fmt.Errorf("sql: converting argument %s type: %w", argName(nv), err)
		}
		out = append(out, nv)
	}
	if want := st.NumInput(); want >= 0 && want != len(out) {
		return nil, fmt.Errorf("sql: expected %d arguments, got %d", want-added, len(out)-added)
	}
	return out, nil
}

func argName(nv driver.NamedValue) string {
	if nv.Name != "" {
		return fmt.Sprintf("with name %q", nv.Name)
	}
	return fmt.Sprintf("$%d", nv.Ordinal)
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	st, args, p, err := s.ready(ctx, args)
	if err != nil {
		return nil, err
	}
	defer s.conn.sent(p)
	return queryStmt(ctx, st, args)
}

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	st, args, p, err := s.ready(ctx, args)
	if err != nil {
		return nil, err
	}
	defer s.conn.sent(p)
	return execStmt(ctx, st, args)
}

// Query implements driver.Stmt.
func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), named(args))
}

// Exec implements driver.Stmt.
func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), named(args))
}

func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, v := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

// NumInput implements driver.Stmt. The count is not known before the first
// execution, so it is checked there.
func (s *stmt) NumInput() int { return -1 }

// CheckNamedValue implements driver.NamedValueChecker: it takes everything, see
// checked.
func (s *stmt) CheckNamedValue(*driver.NamedValue) error { return nil }

// Close implements driver.Stmt.
func (s *stmt) Close() error {
	var errs []error
	for _, st := range s.inner {
		errs = append(errs, st.Close())
	}
	clear(s.inner)
	return errors.Join(errs...)
}
