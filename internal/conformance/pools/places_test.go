package pools

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/conformance/servers"
	"github.com/gotenancy/tenancy/scope"
)

// newAdmin is the way past everything under test. It keeps no connection, so
// that none is broken when it is needed, and has one at a time, which must not
// kill itself.
func newAdmin(t *testing.T, driverName, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driverName, dsn)
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(-1)
	t.Cleanup(func() { db.Close() })
	fill(t, db)
	return db
}

// onSQLite is a file, in which contexts end and nothing else can go wrong.
func onSQLite(t *testing.T, e engines.Engine) *place {
	t.Helper()
	dsn, _ := e.NewDatabase(t)
	return &place{
		dialect: e.Dialect,
		admin:   newAdmin(t, e.Driver, dsn),
		clients: []client{newSQLClient(t, "sqlx", e.Driver, e.Dialect, e.Connector(t, dsn), true)},
		faults:  faults{cancel: true},
	}
}

// killPostgres ends one of the connections of the database, if there is any.
func killPostgres(admin *sql.DB) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := admin.ExecContext(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1`)
		return err
	}
}

// mode is a way in which pgx runs statements, with a name.
type mode struct {
	name string
	mode pgx.QueryExecMode
}

// poolerModes need no statement that stays prepared.
var (
	cacheStatement = mode{"default", pgx.QueryExecModeCacheStatement}
	poolerModes    = []mode{{"exec", pgx.QueryExecModeExec}, {"cache_describe", pgx.QueryExecModeCacheDescribe}}
)

// pgxClients are a pool of database/sql and a native one in each mode. via is
// the cutter that they go through, or nil.
func pgxClients(t *testing.T, dsn string, via *cutter, prepares bool, modes ...mode) []client {
	t.Helper()
	var out []client
	for _, m := range modes {
		config, err := pgx.ParseConfig(dsn)
		require.NoError(t, err)
		config.DefaultQueryExecMode = m.mode
		if via != nil {
			config.Host, config.Port = via.host(), uint16(via.port())
			config.TLSConfig, config.Fallbacks = nil, nil // it never leaves the machine
		}
		out = append(out,
			newSQLClient(t, "sqlx, pgx "+m.name, "pgx", scope.Postgres, stdlib.GetConnector(*config), prepares),
			newNativeClient(t, "native pgx "+m.name, *config))
	}
	return out
}

// cutPostgres is a cutter before the server at the DSN.
func cutPostgres(t *testing.T, dsn string) *cutter {
	t.Helper()
	config, err := pgconn.ParseConfig(dsn)
	require.NoError(t, err)
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	return newCutter(t, network, address)
}

// onPostgres reaches the server directly.
func onPostgres(t *testing.T) *place {
	t.Helper()
	e := engines.Get(t, "postgres")
	dsn, _ := e.NewDatabase(t)
	admin := newAdmin(t, e.Driver, dsn)
	via := cutPostgres(t, dsn)
	return &place{
		dialect: e.Dialect,
		admin:   admin,
		clients: pgxClients(t, dsn, via, true, append(poolerModes, cacheStatement)...),
		faults:  faults{cancel: true, kill: killPostgres(admin), cut: via},
	}
}

// bouncer starts PgBouncer before the server of a database, with as many
// connections to it as a pool has. It returns the database's DSN behind it, and
// what has to be called after errors: PgBouncer may have died and is started
// again. (1.18, which Debian 12 has, does so now and then when it passes on the
// cancelling of a statement: "server in bad state".)
func bouncer(t *testing.T, dsn string) (pooled string, revive func(context.Context) error) {
	t.Helper()
	if _, err := servers.PgBouncer().Open(t.Context()); err != nil {
		servers.LeaveOut(t, "PgBouncer", "", err)
	}
	server, err := servers.Bouncer(dsn, conns).Start(t.Context())
	require.NoError(t, err)
	died := 0
	t.Cleanup(func() {
		if text, err := server.Log(); err == nil && t.Failed() {
			t.Logf("PgBouncer:\n%s", text[max(0, len(text)-4000):])
		}
		t.Logf("PgBouncer died %d times", died)
		require.NoError(t, server.Stop())
	})
	config, err := pgconn.ParseConfig(dsn)
	require.NoError(t, err)
	var mu sync.Mutex
	return server.DSN + " dbname=" + config.Database, func(ctx context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if server.Running() {
			return nil
		}
		died++
		return server.Restart(ctx)
	}
}

// onBouncer reaches it through PgBouncer in transaction mode: each transaction
// gets any of the connections, and statements do not stay prepared on them.
func onBouncer(t *testing.T) *place {
	t.Helper()
	e := engines.Get(t, "postgres")
	dsn, _ := e.NewDatabase(t)
	admin := newAdmin(t, e.Driver, dsn)
	pooled, revive := bouncer(t, dsn)
	via := cutPostgres(t, pooled)
	return &place{
		dialect: e.Dialect,
		admin:   admin,
		clients: pgxClients(t, pooled, via, false, poolerModes...),
		faults:  faults{cancel: true, kill: killPostgres(admin), cut: via, revive: revive},
	}
}

// killMySQL ends one of the connections of the database, if there is any.
func killMySQL(admin *sql.DB) func(context.Context) error {
	return func(ctx context.Context) error {
		c, err := admin.Conn(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		var id int64
		err = c.QueryRowContext(ctx, `SELECT id FROM information_schema.processlist
			WHERE db = DATABASE() AND id <> CONNECTION_ID() ORDER BY RAND() LIMIT 1`).Scan(&id)
		if err == nil {
			_, err = c.ExecContext(ctx, fmt.Sprintf("KILL %d", id))
		}
		if isMySQL(err, 1094) || err == sql.ErrNoRows { // it has gone by itself, or there is none
			return nil
		}
		return err
	}
}

func isMySQL(err error, number uint16) bool {
	e, ok := err.(*mysql.MySQLError)
	return ok && e.Number == number
}

// mysqlClients send values apart, and within the text.
func mysqlClients(t *testing.T, dsn string, via *cutter) []client {
	t.Helper()
	var out []client
	for label, within := range map[string]bool{"sqlx": false, "sqlx, interpolateParams": true} {
		config, err := mysql.ParseDSN(dsn)
		require.NoError(t, err)
		config.InterpolateParams = within
		config.Logger = quiet{} // it prints each broken connection
		if via != nil {
			config.Net, config.Addr = "tcp", fmt.Sprintf("%s:%d", via.host(), via.port())
		}
		c, err := mysql.NewConnector(config)
		require.NoError(t, err)
		out = append(out, newSQLClient(t, label, "mysql", scope.MySQL, c, true))
	}
	return out
}

type quiet struct{}

func (quiet) Print(...any) {}

func cutMySQL(t *testing.T, dsn string) *cutter {
	t.Helper()
	config, err := mysql.ParseDSN(dsn)
	require.NoError(t, err)
	return newCutter(t, config.Net, config.Addr)
}

func onMySQL(t *testing.T) *place {
	t.Helper()
	e := engines.Get(t, "mysql")
	dsn, _ := e.NewDatabase(t)
	admin := newAdmin(t, e.Driver, dsn)
	via := cutMySQL(t, dsn)
	return &place{
		dialect: e.Dialect,
		admin:   admin,
		clients: mysqlClients(t, dsn, via),
		faults:  faults{cancel: true, kill: killMySQL(admin), cut: via},
	}
}

// private starts a server that may be stopped in the middle of a run, and
// makes a database on it.
func private(t *testing.T, k servers.Kind) (server *servers.Server, dsn string) {
	t.Helper()
	server, err := k.Private(t.Context())
	if err != nil {
		servers.LeaveOut(t, "a private "+k.Name, "", err)
	}
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	dsn, _, err = server.CreateDatabase(t.Context())
	require.NoError(t, err)
	return server, dsn
}

// onPostgresThatRestarts is reached directly and through PgBouncer at once.
func onPostgresThatRestarts(t *testing.T) *place {
	t.Helper()
	server, dsn := private(t, servers.Postgres())
	admin := newAdmin(t, "pgx", dsn)
	// It stops as by a crash. What was committed has to be there after it.
	config, err := pgconn.ParseConfig(dsn)
	require.NoError(t, err)
	_, err = admin.ExecContext(t.Context(), "ALTER DATABASE "+config.Database+" SET synchronous_commit = on")
	require.NoError(t, err)
	p := &place{
		dialect: scope.Postgres,
		admin:   admin,
		clients: pgxClients(t, dsn, nil, true, cacheStatement),
		faults:  faults{cancel: true, restart: server.Restart, times: 3},
	}
	if _, err := servers.PgBouncer().Open(t.Context()); err == nil {
		pooled, revive := bouncer(t, dsn)
		p.clients = append(p.clients, pgxClients(t, pooled, nil, false, poolerModes[0])...)
		p.faults.revive = revive
	}
	return p
}

func onMySQLThatRestarts(t *testing.T) *place {
	t.Helper()
	server, dsn := private(t, servers.MySQL())
	return &place{
		dialect: scope.MySQL,
		admin:   newAdmin(t, "mysql", dsn),
		clients: mysqlClients(t, dsn, nil),
		faults:  faults{cancel: true, restart: server.Restart, times: 2},
	}
}
