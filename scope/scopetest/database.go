package scopetest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"sync"

	"github.com/gotenancy/tenancy/scope"
)

// database is one of a world's, on one connection. What the world itself asks
// goes past the pool to the driver, so that it can look into a transaction that
// is still open.
type database struct {
	*sql.DB // scoped, but for the database without tenant columns
	tap     *tap
	drop    func(context.Context) error
}

func openDatabase(ctx context.Context, c Config, scoped bool) (*database, error) {
	connector, drop, err := c.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("scopetest: opening a database: %w", err)
	}
	db := &database{tap: &tap{Connector: connector}, drop: drop}
	if scoped {
		p := c.Policy
		p.Catalogue = nil
		quiet := scope.OnCrossing(func(context.Context, scope.Crossing) {})
		if db.DB, err = scope.OpenDB(db.tap, p, append([]scope.Option{quiet}, c.Options...)...); err != nil {
			return nil, errors.Join(err, drop(ctx))
		}
	} else {
		db.DB = sql.OpenDB(db.tap)
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	conn, err := db.Conn(ctx) // the tap has it from now on
	if err != nil {
		return nil, errors.Join(fmt.Errorf("scopetest: opening a database: %w", err), db.close(ctx))
	}
	return db, conn.Close()
}

func (db *database) close(ctx context.Context) error {
	return errors.Join(db.Close(), db.drop(context.WithoutCancel(ctx)))
}

// exec runs a statement without arguments past the pools.
func (db *database) exec(ctx context.Context, query string) error {
	conn := db.tap.current()
	if e, ok := conn.(driver.ExecerContext); ok {
		_, err := e.ExecContext(ctx, query, nil)
		if !errors.Is(err, driver.ErrSkip) {
			return err
		}
	}
	st, err := conn.Prepare(query)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // it has run
	_, err = st.(driver.StmtExecContext).ExecContext(ctx, nil)
	return err
}

// lines returns the rows of a query without arguments, each as one text, sorted.
func (db *database) lines(ctx context.Context, query string) ([]string, error) {
	rows, done, err := db.query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer done()
	cells := make([]driver.Value, len(rows.Columns()))
	var out []string
	for {
		switch err := rows.Next(cells); {
		case errors.Is(err, io.EOF):
			sort.Strings(out)
			return out, nil
		case err != nil:
			return nil, err
		}
		var b strings.Builder
		for i, v := range cells {
			if i > 0 {
				b.WriteString(" | ")
			}
			writeValue(&b, v, false)
		}
		out = append(out, b.String())
	}
}

func (db *database) query(ctx context.Context, query string) (rows driver.Rows, done func(), err error) {
	conn := db.tap.current()
	if q, ok := conn.(driver.QueryerContext); ok {
		rows, err = q.QueryContext(ctx, query, nil)
		if !errors.Is(err, driver.ErrSkip) {
			return rows, func() { _ = rows.Close() }, err
		}
	}
	st, err := conn.Prepare(query)
	if err != nil {
		return nil, nil, err
	}
	rows, err = st.(driver.StmtQueryContext).QueryContext(ctx, nil)
	return rows, func() { _, _ = rows.Close(), st.Close() }, err
}

// tap is a connector that remembers the connection it has made last.
type tap struct {
	driver.Connector

	mu   sync.Mutex
	conn driver.Conn
}

// Connect makes a connection.
func (t *tap) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := t.Connector.Connect(ctx)
	if err == nil {
		t.mu.Lock()
		t.conn = c
		t.mu.Unlock()
	}
	return c, err
}

func (t *tap) current() driver.Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.conn
}
