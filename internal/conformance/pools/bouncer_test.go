package pools

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/conformance/servers"
	"github.com/gotenancy/tenancy/scope"
)

// TestStatementsThatStay: an application that lets pgx prepare statements on
// connections that PgBouncer exchanges behind its back. Many fail, with a
// PgBouncer that does not know prepared statements. None answers with another
// tenant's rows: a statement that one tenant left on a connection has no tenant
// in it.
func TestStatementsThatStay(t *testing.T) {
	e := engines.Get(t, "postgres")
	for i, label := range []string{"sqlx", "native"} {
		t.Run(label, func(t *testing.T) {
			dsn, _ := e.NewDatabase(t)
			newAdmin(t, e.Driver, dsn)
			pooled, revive := bouncer(t, dsn)
			config, err := pgx.ParseConfig(pooled)
			require.NoError(t, err)
			var c client
			if i == 0 {
				c = newSQLClient(t, label, "pgx", scope.Postgres, stdlib.GetConnector(*config), true)
			} else {
				c = newNativeClient(t, label, *config)
			}
			var all sync.WaitGroup
			var next, failed atomic.Int64
			wrong := make(chan error, goroutines)
			for range goroutines {
				all.Go(func() {
					for n := next.Add(1); n <= 1000; n = next.Add(1) {
						rng := rand.New(rand.NewPCG(uint64(n), 6))
						k, list := rng.IntN(tenants), c.readers()
						r := list[rng.IntN(len(list))]
						from, to := r.span(rng)
						got, err := r.read(as(k), from, to)
						switch err := check(got, k, from, to, err); {
						case errors.Is(err, errWrong), errors.Is(err, scope.ErrRefused):
							wrong <- err
							return
						case err != nil:
							failed.Add(1)
							if err := revive(context.Background()); err != nil {
								wrong <- err
								return
							}
						}
					}
				})
			}
			all.Wait()
			close(wrong)
			for err := range wrong {
				t.Error(err)
			}
			t.Logf("%d of 1000 reads failed", failed.Load())
		})
	}
}

// TestFirstTransaction: who reads the catalogue for the first time keeps everybody
// else waiting, but no transaction, which may hold the server connection that
// PgBouncer would have to give to the reader.
func TestFirstTransaction(t *testing.T) {
	e := engines.Get(t, "postgres")
	dsn, _ := e.NewDatabase(t)
	newAdmin(t, e.Driver, dsn)
	if _, err := servers.PgBouncer().Open(t.Context()); err != nil {
		servers.LeaveOut(t, "PgBouncer", "", err)
	}
	server, err := servers.Bouncer(dsn, 1).Start(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })

	direct, err := pgx.ParseConfig(dsn)
	require.NoError(t, err)
	config, err := pgx.ParseConfig(server.DSN + " dbname=" + direct.Database)
	require.NoError(t, err)
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	reading := make(chan struct{}, 100)
	config.Tracer = started{reading}
	db, err := scope.OpenDB(stdlib.GetConnector(*config), policy(scope.Postgres))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })

	tx, err := db.BeginTx(as(0), nil) // and PgBouncer's only connection is its
	require.NoError(t, err)
	other := make(chan error, 1)
	go func() {
		var text string
		other <- db.QueryRowContext(as(1), `SELECT mark FROM items WHERE id = $1`, 0).Scan(&text)
	}()
	<-reading

	ctx, cancel := context.WithTimeout(as(0), time.Minute)
	defer cancel()
	var text string
	require.NoError(t, tx.QueryRowContext(ctx, `SELECT mark FROM items WHERE id = $1`, 0).Scan(&text))
	require.NoError(t, tx.Rollback())
	require.NoError(t, <-other)
}

// started tells of each query but BEGIN when it begins.
type started struct{ queries chan struct{} }

func (s started) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	if !strings.EqualFold(q.SQL, "begin") {
		select {
		case s.queries <- struct{}{}:
		default: // nobody counts them
		}
	}
	return ctx
}

func (started) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
