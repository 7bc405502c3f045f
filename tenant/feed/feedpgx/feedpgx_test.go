package feedpgx

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// What only a server can show is in internal/conformance. Here is what it never
// does by itself.

func TestParse(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]feed.Change{
		"7 1 acme":                    {Tenant: "acme", Number: 1},
		"7 12 ":                       {Number: 12},
		"7 9223372036854775807 a-b_0": {Tenant: "a-b_0", Number: 9223372036854775807},
	} {
		c, ours, err := parse(payload, 7)
		require.NoError(t, err, payload)
		require.True(t, ours, payload)
		require.Equal(t, want, c, payload)
		_, ours, err = parse(payload, 8)
		require.NoError(t, err, payload)
		require.False(t, ours, "another table's")
	}
	for _, payload := range []string{
		"", "7", "7 1", " 1 acme", "x 1 acme", "7 x acme", "7 0 acme", "7 -1 acme", "7 1 Acme", "7 1 a b", "7 1  acme",
		"7 9223372036854775808 acme", "-7 1 acme", "4294967303 1 acme", "7 1 acme\n",
	} {
		_, ours, err := parse(payload, 7)
		require.Error(t, err, payload)
		require.False(t, ours, payload)
		require.NotContains(t, err.Error(), "acme", "a notice is not ours to repeat")
	}
}

func TestNewListener(t *testing.T) {
	t.Parallel()
	conn, err := pgx.ParseConfig("postgres://localhost/x")
	require.NoError(t, err)
	poller := feed.NewPoller(feed.NewStore(nil, tenant.Postgres), feed.PollerConfig{})
	for _, cfg := range []Config{{}, {Conn: conn}, {Poller: poller}} {
		_, err := NewListener(cfg)
		require.ErrorContains(t, err, "needs Conn and Poller")
	}
	conn.OnNotification = func(*pgconn.PgConn, *pgconn.Notification) {}
	l, err := NewListener(Config{Conn: conn, Poller: poller})
	require.NoError(t, err)
	require.NotNil(t, conn.OnNotification, "the caller's configuration is its own")
	require.Nil(t, l.cfg.Conn.OnNotification)
}

// Attempts come at growing intervals, differ from process to process, and the
// table is looked at between them.
func TestBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		conn, err := pgx.ParseConfig("postgres://localhost/x?sslmode=disable")
		require.NoError(t, err)
		began := time.Now()
		var attempts []time.Duration
		refused := errors.New("refused")
		conn.LookupFunc = func(context.Context, string) ([]string, error) {
			attempts = append(attempts, time.Since(began))
			return nil, refused
		}
		var looks, errs int
		db := broken{looks: &looks}
		l, err := NewListener(Config{
			Conn: conn, Retry: 10 * time.Second,
			Poller:  feed.NewPoller(feed.NewStore(db, tenant.Postgres), feed.PollerConfig{}),
			OnError: func(error) { errs++ },
		})
		require.NoError(t, err)
		done := make(chan error)
		go func() { done <- l.Run(ctx) }()
		synctest.Wait()
		require.ErrorIs(t, l.Run(ctx), ErrRunning)
		time.Sleep(5 * time.Minute)
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)

		require.Greater(t, len(attempts), 5)
		varied, most := false, firstRetry
		for i := 1; i < len(attempts); i++ {
			gap := attempts[i] - attempts[i-1]
			require.LessOrEqual(t, gap, most, "attempt %d", i)
			require.GreaterOrEqual(t, gap, most/2, "attempt %d", i)
			varied, most = varied || gap != most, min(2*most, 10*time.Second)
		}
		require.True(t, varied)
		require.Greater(t, looks, 140, "five minutes, every two seconds")
		require.Equal(t, len(attempts)+looks, errs, "each failure is told")
	})
}

func TestMigrations(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(Migrations, "migrations/*/*.sql")
	require.NoError(t, err)
	require.Equal(t, []string{"migrations/postgres/0251_notify.sql"}, names)
	text, err := fs.ReadFile(Migrations, names[0])
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(string(text), ";\n"), "the function's body is not taken apart")
}
