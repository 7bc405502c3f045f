package engines_test

import (
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

func TestEach(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctx := t.Context()
		dsn, db := e.NewDatabase(t)

		_, err := db.ExecContext(ctx, `CREATE TABLE note (id INTEGER PRIMARY KEY, body VARCHAR(40))`)
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, `INSERT INTO note VALUES (1, 'one')`)
		require.NoError(t, err)

		t.Run("the connector reaches the same database", func(t *testing.T) {
			again := sql.OpenDB(e.Connector(t, dsn))
			defer again.Close()
			var body string
			require.NoError(t, again.QueryRowContext(ctx, `SELECT body FROM note`).Scan(&body))
			require.Equal(t, "one", body)
		})

		t.Run("another database is empty", func(t *testing.T) {
			otherDSN, other := e.NewDatabase(t)
			require.NotEqual(t, dsn, otherDSN)
			_, err := other.ExecContext(ctx, `SELECT body FROM note`)
			require.Error(t, err)
		})

		t.Run("the engine speaks the dialect it says", func(t *testing.T) {
			probe := map[tenant.Dialect]string{
				tenant.Postgres: `SELECT current_setting('server_encoding')`,
				tenant.MySQL:    `SELECT @@character_set_database`,
				tenant.SQLite:   `SELECT sqlite_version()`,
			}
			var answer string
			require.NoError(t, db.QueryRowContext(ctx, probe[e.Dialect]).Scan(&answer))
			require.NotEmpty(t, answer)
		})
	})
}

// A database must be gone after its test, also where a connection is left open.
func TestDropped(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"postgres", "mysql"} {
		t.Run(name, func(t *testing.T) {
			e := engines.Get(t, name)
			var dsn string
			var left driver.Conn
			t.Run("uses a database", func(t *testing.T) {
				dsn, _ = e.NewDatabase(t)
				var err error
				left, err = e.Connector(t, dsn).Connect(t.Context())
				require.NoError(t, err)
			})
			_ = left.Close() // the server has ended it already, or ends it now
			db := sql.OpenDB(e.Connector(t, dsn))
			defer db.Close()
			require.Error(t, db.PingContext(t.Context()))
		})
	}
}

// One statement a text: what the scoper is measured against must not hide a
// second one behind a driver's setting.
func TestMySQLMultiStatementsOff(t *testing.T) {
	t.Parallel()
	_, db := engines.Get(t, "mysql").NewDatabase(t)
	_, err := db.ExecContext(t.Context(), `SELECT 1; SELECT 2`)
	require.Error(t, err)
}
