package lifecycle

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gotenancy/tenancy/config/configsql"
	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/internal/migrate"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbacsql"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// app is what the examples share: an application on SQLite, as a real one would
// wire it.
type app struct {
	dir      string
	db       *sql.DB // scoped
	registry *tenantsql.Registry
	tree     *ctxtreesql.Store
	roles    *rbacsql.Store
	settings *configsql.Store
	log      *audit.Log
	manager  *lifecycle.Manager
	role     rbac.RoleID
}

type lazy struct{ dsn string }

func (c lazy) Connect(context.Context) (driver.Conn, error) { return c.Driver().Open(c.dsn) }
func (c lazy) Driver() driver.Driver {
	db, _ := sql.Open("sqlite", "")
	defer db.Close()
	return db.Driver()
}

// newApp opens it, with tables of the application's own. Examples are not the
// place for error handling: what goes wrong shows in what they print.
func newApp(schema ...string) *app {
	dir, err := os.MkdirTemp("", "tenancy-example-")
	check(err)
	a := &app{dir: dir}
	connector := lazy{"file:" + filepath.ToSlash(filepath.Join(dir, "app.db")) + "?_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)"}
	policy := scope.Policy{
		Dialect: tenant.SQLite, Column: "tenant_id", Default: scope.PerTenant,
		Tables: map[string]scope.Table{"courses": {Class: scope.Shared}},
	}
	// Crossings are recorded on a pool of their own: the statement's connection
	// is held meanwhile. A panic here would keep the statement from being sent.
	crossings := audit.New(sql.OpenDB(connector), tenant.SQLite)
	a.db, err = scope.OpenDB(connector, policy, scope.OnCrossing(func(ctx context.Context, c scope.Crossing) {
		if c.Writes {
			return // SQLite has one writer, and it is waiting for us; elsewhere record these too
		}
		actor, _ := tenant.ActorFromContext(ctx)
		for _, id := range c.Tenants {
			err := crossings.Append(ctx, tenant.Event{
				Kind: "scope.crossed", Tenant: id, Actor: actor, Reason: c.Reason,
				Detail: map[string]string{"statement": c.Shape, "mode": c.Mode.String()},
			})
			check(err)
		}
	}))
	check(err)
	all := tenant.AcrossAll(context.Background(), "set the example up")
	for _, up := range []func(context.Context, migrate.DB, tenant.Dialect) error{
		tenantsql.Migrate, configsql.Migrate, ctxtreesql.Migrate, rbacsql.Migrate, audit.Migrate,
	} {
		check(up(all, a.db, tenant.SQLite))
	}
	for _, stmt := range schema {
		_, err := a.db.ExecContext(all, stmt)
		check(err)
	}
	levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelTenant, "category"}})
	check(err)
	a.registry, a.log = tenantsql.NewRegistry(a.db, tenant.SQLite), audit.New(a.db, tenant.SQLite)
	a.tree, a.roles, a.settings = ctxtreesql.New(a.db, tenant.SQLite, levels), rbacsql.New(a.db, tenant.SQLite), configsql.NewStore(a.db, tenant.SQLite)
	role, err := a.roles.DefineRole(tenant.Global(context.Background()), rbac.Role{Name: "manager"})
	check(err)
	a.role = role.ID
	check(a.roles.SetPermission(tenant.Global(context.Background()), ctxtree.Node{ID: ctxtree.SystemID}, role.ID, "edit", rbac.Allow))
	a.manager, err = lifecycle.New(lifecycle.Config{
		DB: a.db, Dialect: tenant.SQLite,
		Registry: func(tx tenant.DBTX) lifecycle.Registry { return a.registry.With(tx) },
		Hooks:    []tenant.Hook{a.place, a.log.Hook}, // the log comes last
	})
	check(err)
	return a
}

// place gives a new tenant its node.
func (a *app) place(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
	if ev.Kind != lifecycle.KindCreated {
		return nil
	}
	_, err := a.tree.With(tx).Create(ctx, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: string(ev.Tenant)})
	return err
}

func (a *app) close() {
	a.db.Close()
	os.RemoveAll(a.dir)
}

// create registers tenants by their codes, the last with a parent.
func (a *app) create(t ...tenant.Tenant) {
	for _, record := range t {
		_, _, err := a.manager.Create(context.Background(), record)
		check(err)
	}
}

func (a *app) exec(ctx context.Context, stmt string, args ...any) {
	_, err := a.db.ExecContext(ctx, stmt, args...)
	check(err)
}

// texts returns a query's rows.
func (a *app) texts(ctx context.Context, query string) string {
	rows, err := a.db.QueryContext(ctx, query)
	check(err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		check(rows.Scan(&s))
		all = append(all, s)
	}
	check(rows.Err())
	return strings.Join(all, ", ")
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A crossing of package scope is recorded with every tenant that it reached, and
// the tenant's own managers can read who looked at their rows, and why.
func Example_crossings() {
	a := newApp(`CREATE TABLE invoices (tenant_id TEXT NOT NULL, id INTEGER NOT NULL, total INTEGER NOT NULL, PRIMARY KEY (tenant_id, id))`)
	defer a.close()
	a.create(tenant.Tenant{Code: "acme"}, tenant.Tenant{Code: "bolt"}, tenant.Tenant{Code: "core"})
	operator := tenant.WithActor(context.Background(), tenant.Actor{ID: "olga"})
	report := tenant.Across(operator, "monthly revenue report", "acme", "bolt")
	fmt.Println("rows:", a.texts(report, `SELECT COUNT(*) FROM invoices WHERE total > 100`))

	for _, id := range []tenant.ID{"acme", "core"} {
		for r, err := range a.log.Records(tenant.WithID(context.Background(), id), audit.Query{Kinds: []string{"scope.crossed"}}) {
			fmt.Println(id, r.Actor.ID, r.Reason, r.Detail["statement"], err)
		}
	}
	// Output:
	// rows: 0
	// acme olga monthly revenue report SELECT COUNT(*) FROM invoices WHERE total > ? <nil>
}
