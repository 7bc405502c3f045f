package scope_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"strings"
	"sync"
)

// script is a driver put together from parts: each of the types below is one
// interface of database/sql/driver, and a connection or a statement of a test is
// a struct that embeds those which it is to have.
type script struct {
	mu  sync.Mutex
	log []string
	bad map[string]int // how many more calls answer driver.ErrBadConn, by method

	conn  func(*script) driver.Conn
	stmt  func(*script) driver.Stmt
	count bool // NumInput counts, instead of -1

	inputs int  // placeholders of the statement prepared last
	mute   bool // it does not answer what MySQL is asked before the first statement
}

func (s *script) prepare(q string) driver.Stmt {
	s.inputs = strings.Count(q, "?")
	return s.stmt(s)
}

func (s *script) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, fmt.Sprintf(format, args...))
}

// step notes a call and says whether it fails.
func (s *script) step(method, format string, args ...any) error {
	s.note(method+format, args...)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bad[method] > 0 {
		s.bad[method]--
		return driver.ErrBadConn
	}
	return nil
}

func (s *script) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.log
	s.log = nil
	return log
}

func (s *script) Connect(context.Context) (driver.Conn, error) {
	return s.conn(s), s.step("Connect", "")
}
func (s *script) Driver() driver.Driver            { return s }
func (s *script) Open(string) (driver.Conn, error) { return s.Connect(context.Background()) }

// dropped is an argument that a checker takes out for itself; special is one
// that only a checker or a column can convert.
type dropped struct{}

func (s *script) check(who string, nv *driver.NamedValue) error {
	switch x := nv.Value.(type) {
	case dropped:
		s.note("%s takes out $%d", who, nv.Ordinal)
		return driver.ErrRemoveArgument
	case special:
		s.note("%s converts $%d", who, nv.Ordinal)
		nv.Value = who + " " + string(x)
		return nil
	}
	return driver.ErrSkip
}

func args(list []driver.NamedValue) (out []any) {
	for _, a := range list {
		out = append(out, fmt.Sprintf("%d%s=%v", a.Ordinal, a.Name, a.Value))
	}
	return out
}

// The parts of a connection.
type (
	base       struct{ s *script } // driver.Conn
	pinger     struct{ s *script }
	execer     struct{ s *script }
	oldExecer  struct{ s *script }
	queryer    struct{ s *script }
	oldQueryer struct{ s *script }
	preparer   struct{ s *script }
	beginner   struct{ s *script }
	resetter   struct{ s *script }
	validator  struct{ s *script }
	checker    struct{ s *script }
	skipper    struct{ s *script } // has both, and wants everything prepared
)

// answers reports whether a query is answered without being noted.
func (s *script) answers(q string) bool { return !s.mute && asksSettings(q) }

// asksSettings reports whether a query is what a connection of MySQL is asked
// before its first statement. The drivers of these tests answer without noting it.
func asksSettings(q string) bool { return strings.Contains(q, "@@session.sql_mode") }

// settingStmt is that query, prepared.
type settingStmt struct{}

func (settingStmt) Close() error                               { return nil }
func (settingStmt) NumInput() int                              { return 0 }
func (settingStmt) Exec([]driver.Value) (driver.Result, error) { return nil, driver.ErrSkip }
func (settingStmt) Query([]driver.Value) (driver.Rows, error) {
	return &settingRows{row: [2]string{"", "utf8mb4"}}, nil
}

func (p base) Prepare(q string) (driver.Stmt, error) {
	if p.s.answers(q) {
		return settingStmt{}, nil
	}
	return p.s.prepare(q), p.s.step("Prepare", " %s", q)
}
func (p base) Close() error              { p.s.note("conn.Close"); return nil }
func (p base) Begin() (driver.Tx, error) { return txPart(p), p.s.step("Begin", "") }

func (p pinger) Ping(context.Context) error { return p.s.step("Ping", "") }

func (p execer) ExecContext(_ context.Context, q string, a []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(3), p.s.step("ExecContext", " %s %v", q, args(a))
}
func (p oldExecer) Exec(q string, a []driver.Value) (driver.Result, error) {
	return driver.RowsAffected(3), p.s.step("Exec", " %s %v", q, a)
}
func (p queryer) QueryContext(_ context.Context, q string, a []driver.NamedValue) (driver.Rows, error) {
	if p.s.answers(q) {
		return settingStmt{}.Query(nil)
	}
	return rowsPart{}, p.s.step("QueryContext", " %s %v", q, args(a))
}
func (p oldQueryer) Query(q string, a []driver.Value) (driver.Rows, error) {
	if p.s.answers(q) {
		return settingStmt{}.Query(nil)
	}
	return rowsPart{}, p.s.step("Query", " %s %v", q, a)
}
func (p skipper) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	p.s.note("ErrSkip")
	return nil, driver.ErrSkip
}
func (p skipper) QueryContext(_ context.Context, q string, _ []driver.NamedValue) (driver.Rows, error) {
	if !p.s.answers(q) {
		p.s.note("ErrSkip")
	}
	return nil, driver.ErrSkip
}
func (p preparer) PrepareContext(_ context.Context, q string) (driver.Stmt, error) {
	if p.s.answers(q) {
		return settingStmt{}, nil
	}
	return p.s.prepare(q), p.s.step("PrepareContext", " %s", q)
}
func (p beginner) BeginTx(_ context.Context, o driver.TxOptions) (driver.Tx, error) {
	return txPart(p), p.s.step("BeginTx", " %d %v", o.Isolation, o.ReadOnly)
}
func (p resetter) ResetSession(context.Context) error { return p.s.step("ResetSession", "") }
func (p validator) IsValid() bool                     { return p.s.step("IsValid", "") == nil }
func (p checker) CheckNamedValue(nv *driver.NamedValue) error {
	return p.s.check("conn", nv)
}

// The parts of a statement.
type (
	stmtBase    struct{ s *script } // driver.Stmt
	stmtExecer  struct{ s *script }
	stmtQueryer struct{ s *script }
	stmtChecker struct{ s *script }
	columns     struct{ s *script }
)

func (p stmtBase) Close() error { p.s.note("stmt.Close"); return nil }
func (p stmtBase) NumInput() int {
	if p.s.count {
		return p.s.inputs
	}
	return -1
}
func (p stmtBase) Exec(a []driver.Value) (driver.Result, error) {
	return driver.RowsAffected(3), p.s.step("stmt.Exec", " %v", a)
}
func (p stmtBase) Query(a []driver.Value) (driver.Rows, error) {
	return rowsPart{}, p.s.step("stmt.Query", " %v", a)
}
func (p stmtExecer) ExecContext(_ context.Context, a []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(3), p.s.step("stmt.ExecContext", " %v", args(a))
}
func (p stmtQueryer) QueryContext(_ context.Context, a []driver.NamedValue) (driver.Rows, error) {
	return rowsPart{}, p.s.step("stmt.QueryContext", " %v", args(a))
}
func (p stmtChecker) CheckNamedValue(nv *driver.NamedValue) error { return p.s.check("stmt", nv) }
func (p columns) ColumnConverter(i int) driver.ValueConverter     { return column{p.s, i} }

type column struct {
	s *script
	i int
}

func (c column) ConvertValue(v any) (driver.Value, error) {
	if x, ok := v.(special); ok {
		c.s.note("column %d converts", c.i)
		return "column " + string(x), nil
	}
	return driver.DefaultParameterConverter.ConvertValue(v)
}

type txPart struct{ s *script }

func (p txPart) Commit() error   { return p.s.step("Commit", "") }
func (p txPart) Rollback() error { return p.s.step("Rollback", "") }

type rowsPart struct{}

func (rowsPart) Columns() []string         { return []string{"id"} }
func (rowsPart) Close() error              { return nil }
func (rowsPart) Next([]driver.Value) error { return io.EOF }

// conns are the connections of the table: what old and new drivers look like,
// and combinations that nobody has yet.
var conns = map[string]func(*script) driver.Conn{
	"bare": func(s *script) driver.Conn { return base{s} },
	"old": func(s *script) driver.Conn {
		return struct {
			base
			oldExecer
			oldQueryer
		}{base{s}, oldExecer{s}, oldQueryer{s}}
	},
	"modern": func(s *script) driver.Conn {
		return struct {
			base
			pinger
			execer
			queryer
			preparer
			beginner
			resetter
			validator
			checker
		}{base{s}, pinger{s}, execer{s}, queryer{s}, preparer{s}, beginner{s}, resetter{s}, validator{s}, checker{s}}
	},
	"modern, wants all prepared": func(s *script) driver.Conn {
		return struct {
			base
			skipper
			preparer
			beginner
			resetter
			validator
			checker
		}{base{s}, skipper{s}, preparer{s}, beginner{s}, resetter{s}, validator{s}, checker{s}}
	},
	"execer only": func(s *script) driver.Conn {
		return struct {
			base
			execer
		}{base{s}, execer{s}}
	},
	"execer only, checker": func(s *script) driver.Conn {
		return struct {
			base
			execer
			checker
		}{base{s}, execer{s}, checker{s}}
	},
	"queryer only, old": func(s *script) driver.Conn {
		return struct {
			base
			oldQueryer
			checker
			beginner
		}{base{s}, oldQueryer{s}, checker{s}, beginner{s}}
	},
	"preparer and checker": func(s *script) driver.Conn {
		return struct {
			base
			preparer
			checker
			resetter
		}{base{s}, preparer{s}, checker{s}, resetter{s}}
	},
	"no validator, as pgx": func(s *script) driver.Conn {
		return struct {
			base
			pinger
			execer
			queryer
			beginner
			resetter
		}{base{s}, pinger{s}, execer{s}, queryer{s}, beginner{s}, resetter{s}}
	},
	"no resetter": func(s *script) driver.Conn {
		return struct {
			base
			execer
			queryer
			beginner
			validator
		}{base{s}, execer{s}, queryer{s}, beginner{s}, validator{s}}
	},
}

var stmts = map[string]func(*script) driver.Stmt{
	"bare": func(s *script) driver.Stmt { return stmtBase{s} },
	"modern": func(s *script) driver.Stmt {
		return struct {
			stmtBase
			stmtExecer
			stmtQueryer
			stmtChecker
		}{stmtBase{s}, stmtExecer{s}, stmtQueryer{s}, stmtChecker{s}}
	},
	"columns": func(s *script) driver.Stmt {
		return struct {
			stmtBase
			columns
		}{stmtBase{s}, columns{s}}
	},
	"checker and columns": func(s *script) driver.Stmt {
		return struct {
			stmtBase
			stmtExecer
			stmtChecker
			columns
		}{stmtBase{s}, stmtExecer{s}, stmtChecker{s}, columns{s}}
	},
}
