package pools

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopepgx"
)

// nativeClient is an application on pgx without database/sql.
type nativeClient struct {
	label string
	pool  *pgxpool.Pool
	db    *scopepgx.DB
}

func newNativeClient(t *testing.T, label string, config pgx.ConnConfig) *nativeClient {
	t.Helper()
	c, err := pgxpool.ParseConfig("")
	require.NoError(t, err)
	c.ConnConfig, c.MaxConns = &config, conns
	pool, err := pgxpool.NewWithConfig(context.Background(), c)
	require.NoError(t, err)
	// A test that failed may not have given all of them back, for which Close
	// would wait; the database is dropped in any case.
	t.Cleanup(func() { go pool.Close() })
	db, err := scopepgx.New(pool, policy(scope.Postgres))
	require.NoError(t, err)
	n := &nativeClient{label, pool, db}
	return n
}

func (n *nativeClient) String() string { return n.label }

func (n *nativeClient) query(ctx context.Context, query string, args ...any) ([][]string, error) {
	return nativeTexts(ctx, n.db, query, args)
}

func (n *nativeClient) exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := n.db.Exec(ctx, sqltext.Rebind(scope.Postgres, query), args...)
	return tag.RowsAffected(), err
}

func (n *nativeClient) idle() error {
	if held := n.pool.Stat().AcquiredConns(); held != 0 {
		return fmt.Errorf("%d connections are still in use", held)
	}
	return nil
}

func (n *nativeClient) begin(ctx context.Context) (transaction, error) {
	tx, err := n.db.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return nativeTx{tx}, nil
}

type nativeTx struct{ tx pgx.Tx }

func (t nativeTx) query(ctx context.Context, query string, args ...any) ([][]string, error) {
	return nativeTexts(ctx, t.tx, query, args)
}

func (t nativeTx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := t.tx.Exec(ctx, sqltext.Rebind(scope.Postgres, query), args...)
	return tag.RowsAffected(), err
}

func (t nativeTx) commit(ctx context.Context) error { return t.tx.Commit(ctx) }

// rollback does not take the context of the transaction, which may have ended.
func (t nativeTx) rollback() error { return t.tx.Rollback(context.Background()) }

type nativeQuerier interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
}

func nativeTexts(ctx context.Context, q nativeQuerier, query string, args []any) ([][]string, error) {
	rows, err := q.Query(ctx, sqltext.Rebind(scope.Postgres, query), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out [][]string
	for rows.Next() {
		vals, err := rows.Values()
		if err != nil {
			return out, err
		}
		row := make([]string, len(vals))
		for i, v := range vals {
			row[i] = fmt.Sprint(v)
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

func (n *nativeClient) readers() []reader {
	one := sqltext.Rebind(scope.Postgres, oneItem)
	return []reader{
		{"Query", false, func(ctx context.Context, from, to int) ([]item, error) {
			rows, err := n.query(ctx, someItems, from, to)
			return itemsOf(rows), err
		}},
		{"named arguments and a star", false, func(ctx context.Context, from, to int) ([]item, error) {
			rows, err := n.db.Query(ctx, `SELECT * FROM items WHERE id BETWEEN @low AND @high ORDER BY id`, pgx.NamedArgs{"low": from, "high": to})
			if err != nil {
				return nil, err
			}
			return pgx.CollectRows(rows, pgx.RowToStructByName[item])
		}},
		{"QueryRow", true, func(ctx context.Context, from, _ int) ([]item, error) {
			out := make([]item, 1)
			err := n.db.QueryRow(ctx, one, from).Scan(&out[0].ID, &out[0].Mark)
			return found(out, err)
		}},
		{"a batch", false, func(ctx context.Context, from, to int) (out []item, err error) {
			var b pgx.Batch
			for id := from; id <= to; id++ {
				b.Queue(one, id).QueryRow(func(row pgx.Row) error {
					var i item
					err := row.Scan(&i.ID, &i.Mark)
					if err == nil {
						out = append(out, i)
					}
					return err
				})
			}
			err = n.db.SendBatch(ctx, &b).Close()
			return out, err
		}},
		{"a transaction without a tenant in its statements", false, func(ctx context.Context, from, to int) (out []item, err error) {
			err = pgx.BeginFunc(ctx, n.db, func(tx pgx.Tx) error {
				rows, err := nativeTexts(context.Background(), tx, someItems, []any{from, to})
				out = itemsOf(rows)
				return err
			})
			return out, err
		}},
	}
}
