//go:build cgo

package scoping

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"testing"

	"github.com/mattn/go-sqlite3"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
)

// registering gives each connection a function and a collation of the
// application's own; the collation takes mike for nike.
type registering struct{ driver.Connector }

func (r registering) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	own := c.(*sqlite3.SQLiteConn)
	if err := own.RegisterFunc("ours", func(n int64) int64 { return n }, true); err != nil {
		return nil, err
	}
	fold := strings.NewReplacer("m", "n")
	return c, own.RegisterCollation("ours", func(a, b string) int { return strings.Compare(fold.Replace(a), fold.Replace(b)) })
}

// TestCheckSQLiteFunctions: what the application registers with the driver, in
// the schema.
func TestCheckSQLiteFunctions(t *testing.T) {
	e := engines.Get(t, "sqlite-cgo")
	shared := func(names ...string) func(p *scope.Policy) {
		return func(p *scope.Policy) {
			for _, n := range names {
				p.Tables[n] = scope.Table{Class: scope.Shared}
			}
		}
	}
	for _, f := range []fault{
		{schema: []string{`CREATE TABLE a (id integer, n integer GENERATED ALWAYS AS (Ours (id)))`, `CREATE TABLE b (id integer DEFAULT (abs(1)), ours integer)`},
			policy: shared("a", "b"), want: []string{"warning function a"}},
		{schema: []string{`CREATE TABLE a (id integer, n integer GENERATED ALWAYS AS (ours(id)))`},
			policy: func(p *scope.Policy) {
				shared("a")(p)
				p.Functions = []string{"ours"}
			}},
		{schema: []string{`CREATE TABLE a (tenant_id text COLLATE ours NOT NULL PRIMARY KEY)`},
			policy: func(p *scope.Policy) { p.Tables["a"] = scope.Table{} }, want: []string{"error tenant-column-collation a", "warning unique-without-tenant a"}},
	} {
		f.connector = func(c driver.Connector) driver.Connector { return registering{c.(setting).Connector} }
		dsn, _ := e.NewDatabase(t)
		db := sql.OpenDB(registering{e.Connector(t, dsn)})
		t.Cleanup(func() { db.Close() })
		require.ElementsMatch(t, f.want, checked(t, e, dsn, db, f))
	}
}
