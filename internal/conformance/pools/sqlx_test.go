package pools

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// sqlClient is an application on database/sql and sqlx. Its prepared statements
// are prepared once and used by all tenants.
type sqlClient struct {
	label   string
	dialect tenant.Dialect
	db      *sqlx.DB

	one    *sqlx.Stmt      // both nil where a pooler can not keep them
	ranged *sqlx.NamedStmt //
}

func newSQLClient(t *testing.T, label, driverName string, d tenant.Dialect, c driver.Connector, prepares bool, opts ...scope.Option) *sqlClient {
	t.Helper()
	db, err := scope.OpenDB(c, policy(d), opts...)
	require.NoError(t, err)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	t.Cleanup(func() { db.Close() }) // after a failed restart its connections fail to close too
	s := &sqlClient{label: label, dialect: d, db: sqlx.NewDb(db, driverName)}
	if prepares {
		s.one, err = s.db.PreparexContext(t.Context(), s.bind(oneItem))
		require.NoError(t, err)
		s.ranged, err = s.db.PrepareNamedContext(t.Context(), `SELECT id, mark FROM items WHERE id >= :low AND id <= :high ORDER BY id`)
		require.NoError(t, err)
	}
	return s
}

func (s *sqlClient) String() string           { return s.label }
func (s *sqlClient) bind(query string) string { return sqltext.Rebind(s.dialect, query) }

func (s *sqlClient) query(ctx context.Context, query string, args ...any) ([][]string, error) {
	return queryTexts(ctx, s.db, s.bind(query), args)
}

func (s *sqlClient) exec(ctx context.Context, query string, args ...any) (int64, error) {
	return execCount(ctx, s.db, s.bind(query), args)
}

func (s *sqlClient) idle() error {
	if n := s.db.Stats().InUse; n != 0 {
		return fmt.Errorf("%d connections are still in use", n)
	}
	return nil
}

func (s *sqlClient) begin(ctx context.Context) (transaction, error) {
	tx, err := s.db.BeginTxx(ctx, nil)
	if err != nil {
		return nil, err
	}
	return sqlTx{s, tx}, nil
}

type sqlTx struct {
	s  *sqlClient
	tx *sqlx.Tx
}

func (t sqlTx) query(ctx context.Context, query string, args ...any) ([][]string, error) {
	return queryTexts(ctx, t.tx, t.s.bind(query), args)
}

func (t sqlTx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	return execCount(ctx, t.tx, t.s.bind(query), args)
}

func (t sqlTx) commit(context.Context) error { return t.tx.Commit() }
func (t sqlTx) rollback() error              { return t.tx.Rollback() }

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func queryTexts(ctx context.Context, q querier, query string, args []any) ([][]string, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return texts(rows)
}

func execCount(ctx context.Context, q querier, query string, args []any) (int64, error) {
	result, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (s *sqlClient) readers() []reader {
	list := []reader{
		{"Query", false, func(ctx context.Context, from, to int) ([]item, error) {
			rows, err := s.query(ctx, someItems, from, to)
			return itemsOf(rows), err
		}},
		{"Select with a star", false, func(ctx context.Context, from, to int) (out []item, err error) {
			err = s.db.SelectContext(ctx, &out, s.bind(`SELECT * FROM items WHERE id BETWEEN ? AND ? ORDER BY id`), from, to)
			return out, err
		}},
		{"Get", true, func(ctx context.Context, from, _ int) ([]item, error) {
			out := make([]item, 1)
			err := s.db.GetContext(ctx, &out[0], s.bind(oneItem), from)
			return found(out, err)
		}},
		{"In", false, func(ctx context.Context, from, to int) (out []item, err error) {
			var ids []int
			for id := from; id <= to; id++ {
				ids = append(ids, id)
			}
			query, args, err := sqlx.In(`SELECT id, mark FROM items WHERE id IN (?) ORDER BY id`, ids)
			if err != nil {
				return nil, err
			}
			err = s.db.SelectContext(ctx, &out, s.bind(query), args...)
			return out, err
		}},
		{"a connection taken", true, func(ctx context.Context, from, _ int) ([]item, error) {
			c, err := s.db.Connx(ctx)
			if err != nil {
				return nil, err
			}
			defer c.Close()
			out := make([]item, 1)
			if err := c.GetContext(ctx, &out[0], s.bind(oneItem), from); err != nil {
				return found(out, err)
			}
			err = c.GetContext(ctx, &out[0], s.bind(oneItem), from)
			return found(out, err)
		}},
		{"a transaction without a tenant in its statements", false, func(ctx context.Context, from, to int) (out []item, err error) {
			tx, err := s.db.BeginTxx(ctx, nil)
			if err != nil {
				return nil, err
			}
			defer func() { _ = tx.Rollback() }() // after Commit it does nothing
			if err := tx.Select(&out, s.bind(someItems), from, to); err != nil {
				return out, err
			}
			return out, tx.Commit()
		}},
	}
	if s.one == nil {
		return list
	}
	return append(list,
		reader{"a prepared statement", true, func(ctx context.Context, from, _ int) ([]item, error) {
			out := make([]item, 1)
			err := s.one.GetContext(ctx, &out[0], from)
			return found(out, err)
		}},
		reader{"a prepared statement with names", false, func(ctx context.Context, from, to int) (out []item, err error) {
			err = s.ranged.SelectContext(ctx, &out, map[string]any{"low": from, "high": to})
			return out, err
		}},
		reader{"a prepared statement in a transaction", true, func(ctx context.Context, from, _ int) ([]item, error) {
			tx, err := s.db.BeginTxx(ctx, nil)
			if err != nil {
				return nil, err
			}
			defer func() { _ = tx.Rollback() }() // after Commit it does nothing
			out := make([]item, 1)
			if err := tx.StmtxContext(ctx, s.one).GetContext(ctx, &out[0], from); err != nil {
				return found(out, err)
			}
			return out, tx.Commit()
		}},
	)
}

// found drops the row that was not read.
func found(rows []item, err error) ([]item, error) {
	if err != nil && rows[0].Mark == "" {
		return nil, err
	}
	return rows, err
}

// itemsOf takes rows of two columns.
func itemsOf(rows [][]string) []item {
	var out []item
	for _, row := range rows {
		var i item
		if _, err := fmt.Sscan(row[0], &i.ID); err != nil {
			i.ID = -1 // which is no row's
		}
		i.Mark = row[1]
		out = append(out, i)
	}
	return out
}
