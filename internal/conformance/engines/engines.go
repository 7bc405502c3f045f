package engines

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"testing"
	"time"

	"github.com/gotenancy/tenancy/internal/conformance/servers"
	"github.com/gotenancy/tenancy/tenant"
)

// Engine is one database engine behind one database/sql driver.
type Engine struct {
	Name    string // "sqlite", "sqlite-cgo", "postgres" or "mysql"
	Dialect tenant.Dialect
	Driver  string // for sql.Open

	create func(t testing.TB) (dsn string)
}

// Each runs f as a subtest on every engine.
func Each(t *testing.T, f func(t *testing.T, e Engine)) {
	t.Helper()
	var names []string
	for _, e := range embedded() {
		names = append(names, e.Name)
	}
	for _, k := range servers.Kinds() {
		names = append(names, k.Name)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) { f(t, Get(t, name)) })
	}
}

// Get returns the engine with that name, for what only one of them has. Where
// it is not there the test is skipped, or fails if the engine is required.
func Get(t testing.TB, name string) Engine {
	t.Helper()
	for _, e := range embedded() {
		if e.Name == name {
			return e
		}
	}
	switch name {
	case "postgres":
		return onServer(t, servers.Postgres(), tenant.Postgres, postgres)
	case "mysql":
		return onServer(t, servers.MySQL(), tenant.MySQL, mysql)
	}
	t.Fatalf("there is no engine %q", name)
	return Engine{}
}

// Look for a server once a process.
var (
	postgres = sync.OnceValues(func() (*servers.Server, error) { return servers.Postgres().Find(context.Background()) })
	mysql    = sync.OnceValues(func() (*servers.Server, error) { return servers.MySQL().Find(context.Background()) })
)

func onServer(t testing.TB, k servers.Kind, dialect tenant.Dialect, find func() (*servers.Server, error)) Engine {
	t.Helper()
	server, err := find()
	if err != nil {
		servers.LeaveOut(t, k.Name, k.EnvDSN, err)
	}
	create := func(t testing.TB) string {
		dsn, drop, err := server.CreateDatabase(t.Context())
		if err != nil {
			t.Fatalf("%s: create a database: %v", k.Name, err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			if err := drop(ctx); err != nil {
				t.Errorf("%s: drop the database: %v", k.Name, err)
			}
		})
		return dsn
	}
	return Engine{Name: k.Name, Dialect: dialect, Driver: k.Driver, create: create}
}

// NewDatabase creates an empty database and returns how to reach it. It is
// dropped, and db closed, when the test ends; pools that the test opens itself
// it must close before that (t.Cleanup after this call does).
func (e Engine) NewDatabase(t testing.TB) (dsn string, db *sql.DB) {
	t.Helper()
	dsn = e.create(t)
	return dsn, e.Pool(t, dsn)
}

// Pool opens one more pool on a database of [Engine.NewDatabase], as another
// process would. It is closed when the test ends.
func (e Engine) Pool(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(e.Driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	// Many tests run at once and a server accepts a hundred connections or so.
	db.SetMaxOpenConns(8)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("%s: close: %v", e.Name, err)
		}
	})
	return db
}

// Connector returns the driver's own connector for a DSN of NewDatabase, which
// is what a wrapping driver is given.
func (e Engine) Connector(t testing.TB, dsn string) driver.Connector {
	t.Helper()
	c, err := connectorFor(e.Driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// connector serves drivers that have none of their own, as sql.Open does.
type connector struct {
	driver driver.Driver
	dsn    string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return c.driver }
