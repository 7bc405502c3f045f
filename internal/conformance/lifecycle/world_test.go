package lifecycle

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configsql"
	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/migrate"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbacsql"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// world is an application: everything runs on its one scoped pool.
type world struct {
	dialect  tenant.Dialect
	pool     *sql.DB // scoped
	registry *tenantsql.Registry
	tree     *ctxtreesql.Store
	roles    *rbacsql.Store
	settings *configsql.Store
	log      *audit.Log
	manager  *lifecycle.Manager
	role     rbac.RoleID // of the tenants' managers
	dns      dns

	// at is called behind every step of a change, with its name. A test makes
	// it fail, or stop there.
	at func(place string) error
}

// migrations of everything, and the application's own table.
func migrated(t *testing.T, e engines.Engine, db *sql.DB) {
	t.Helper()
	for _, up := range []func(context.Context, migrate.DB, tenant.Dialect) error{
		tenantsql.Migrate, configsql.Migrate, ctxtreesql.Migrate, rbacsql.Migrate, audit.Migrate,
	} {
		require.NoError(t, up(t.Context(), db, e.Dialect))
	}
	_, err := db.ExecContext(t.Context(), `CREATE TABLE accounts (tenant_id VARCHAR(63) NOT NULL, id VARCHAR(40) NOT NULL, name VARCHAR(40) NOT NULL, PRIMARY KEY (tenant_id, id))`)
	require.NoError(t, err)
}

// newWorld returns an application on a fresh database, and a plain pool on it
// for what the test wants to see.
func newWorld(t *testing.T, e engines.Engine) (w *world, raw *sql.DB, dsn string) {
	t.Helper()
	dsn, raw = e.NewDatabase(t)
	migrated(t, e, raw)
	w = openWorld(t, e, dsn)
	role, err := w.roles.DefineRole(tenant.Global(t.Context()), rbac.Role{Name: "manager"})
	require.NoError(t, err)
	w.role = role.ID
	return w, raw, dsn
}

// openWorld is another process of the application.
func openWorld(t *testing.T, e engines.Engine, dsn string) *world {
	t.Helper()
	pool, err := scope.OpenDB(e.Connector(t, dsn), scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant})
	require.NoError(t, err)
	pool.SetMaxOpenConns(8)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelTenant, "category"}})
	require.NoError(t, err)
	w := &world{
		dialect: e.Dialect, pool: pool,
		registry: tenantsql.NewRegistry(pool, e.Dialect),
		tree:     ctxtreesql.New(pool, e.Dialect, levels),
		roles:    rbacsql.New(pool, e.Dialect),
		settings: configsql.NewStore(pool, e.Dialect),
		log:      audit.New(pool, e.Dialect),
		role:     1,
		dns:      dns{},
		at:       func(string) error { return nil },
	}
	w.manager, err = lifecycle.New(w.config())
	require.NoError(t, err)
	return w
}

func (w *world) config() lifecycle.Config {
	return lifecycle.Config{
		DB:           w.pool,
		Dialect:      w.dialect,
		Registry:     func(tx tenant.DBTX) lifecycle.Registry { return &probe{w.registry.With(tx), w} },
		Hooks:        []tenant.Hook{w.node, w.category, w.setting, w.log.Hook, w.after("audit")},
		Purge:        []func(context.Context, tenant.ID) error{w.purgeNothing, w.purgeAccounts},
		Fixed:        []string{"Users"},
		ChallengeKey: []byte(strings.Repeat("k", 32)),
		TXT:          w.dns,
		MaxDomains:   3,
	}
}

// dns answers what the map holds.
type dns map[string][]string

var errNoHost = errors.New("no such host")

func (d dns) LookupTXT(_ context.Context, name string) ([]string, error) {
	// A resolver looks for a name without the final dot in other domains too.
	if whole, rooted := strings.CutSuffix(name, "."); rooted && d[whole] != nil {
		return d[whole], nil
	}
	return nil, errNoHost
}

// probe is a registry with places in it.
type probe struct {
	lifecycle.Registry
	w *world
}

func (p *probe) Create(ctx context.Context, t tenant.Tenant) error {
	if err := p.Registry.Create(ctx, t); err != nil {
		return err
	}
	return p.w.at("registry create")
}

func (p *probe) Delete(ctx context.Context, id tenant.ID) error {
	if err := p.Registry.Delete(ctx, id); err != nil {
		return err
	}
	return p.w.at("registry delete")
}

func (w *world) after(name string) tenant.Hook {
	return func(_ context.Context, _ tenant.DBTX, ev tenant.Event) error { return w.at(ev.Kind + " " + name) }
}

// The hooks of the application. Each takes part where it is concerned.

func (w *world) node(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
	tree := w.tree.With(tx)
	switch ev.Kind {
	case lifecycle.KindCreated:
		if _, err := tree.Create(ctx, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: string(ev.Tenant)}); err != nil {
			return err
		}
	case lifecycle.KindDeleted:
		n, err := w.top(ctx, tree, ev.Tenant)
		if err != nil {
			return err
		}
		if err := w.roles.With(tx).Unassign(ctx, n, rbac.Assignment{Role: w.role, User: "ann"}); err != nil {
			return err
		}
		if err := tree.Delete(ctx, n.ID); err != nil {
			return err
		}
	}
	return w.at(ev.Kind + " node")
}

func (w *world) top(ctx context.Context, tree ctxtree.Store, id tenant.ID) (ctxtree.Node, error) {
	n, found, err := tree.ByInstance(ctx, id, ctxtree.LevelTenant, string(id))
	if err == nil && !found {
		err = errors.New("the tenant has no node")
	}
	return n, err
}

func (w *world) category(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
	if ev.Kind != lifecycle.KindCreated {
		return nil
	}
	tree := w.tree.With(tx)
	n, err := w.top(ctx, tree, ev.Tenant)
	if err != nil {
		return err
	}
	record, ok := tenant.FromContext(ctx)
	if !ok || record.ID != ev.Tenant {
		return errors.New("the hook's context has no record")
	}
	if _, err := tree.Create(ctx, ctxtree.Spec{Parent: n.ID, Level: "category", Instance: record.Code}); err != nil {
		return err
	}
	if err := w.at(ev.Kind + " category"); err != nil {
		return err
	}
	if err := w.roles.With(tx).Assign(ctx, n, rbac.Assignment{Role: w.role, User: "ann"}); err != nil {
		return err
	}
	return w.at(ev.Kind + " role")
}

func (w *world) setting(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
	settings := w.settings.With(tx)
	switch ev.Kind {
	case lifecycle.KindCreated:
		record, _ := tenant.FromContext(ctx)
		name, _ := json.Marshal(record.Name)
		change := config.Change{Key: "site.name", Value: name}
		if _, err := settings.Write(ctx, config.Owner{Tenant: ev.Tenant}, config.Edit{Actor: ev.Actor.ID, Reason: ev.Kind}, change); err != nil {
			return err
		}
	case lifecycle.KindDeleted:
		if _, err := settings.DeleteTenant(ctx, ev.Tenant); err != nil {
			return err
		}
	default:
		return nil
	}
	return w.at(ev.Kind + " setting")
}

// account returns the hook of one call: the first administrator, in a table of
// the application, whose INSERT knows nothing of tenants.
func (w *world) account(id string) tenant.Hook {
	return func(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
		_, err := tx.ExecContext(ctx, sqltext.Rebind(w.dialect, `INSERT INTO accounts (id, name) VALUES (?, ?)`), id, "Ann")
		if err != nil {
			return err
		}
		return w.at(ev.Kind + " account")
	}
}

func (w *world) purgeNothing(context.Context, tenant.ID) error { return w.at("purge 1") }

// purgeAccounts removes the rows one by one, each in a transaction of its own.
func (w *world) purgeAccounts(ctx context.Context, _ tenant.ID) error {
	for {
		var id string
		err := w.pool.QueryRowContext(ctx, `SELECT id FROM accounts ORDER BY id LIMIT 1`).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return w.at("purge 2")
		}
		if err == nil {
			_, err = w.pool.ExecContext(ctx, sqltext.Rebind(w.dialect, `DELETE FROM accounts WHERE id = ?`), id)
		}
		if err == nil {
			err = w.at("purge 2 half")
		}
		if err != nil {
			return err
		}
	}
}

var listTables = map[tenant.Dialect]string{
	tenant.Postgres: `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`,
	tenant.MySQL:    `SELECT table_name FROM information_schema.tables WHERE table_schema = database()`,
	tenant.SQLite:   `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
}

// dump returns every row of every table as text, in order.
func dump(t *testing.T, d tenant.Dialect, raw *sql.DB) []string {
	t.Helper()
	rows, err := raw.QueryContext(t.Context(), listTables[d])
	require.NoError(t, err)
	var tables, all []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	require.NoError(t, rows.Err())
	require.NoError(t, rows.Close())
	require.Contains(t, tables, "tenancy_tenants")
	for _, table := range tables {
		rows, err := raw.QueryContext(t.Context(), "SELECT * FROM "+table)
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values := make([]sql.NullString, len(columns))
			into := make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			require.NoError(t, rows.Scan(into...))
			all = append(all, fmt.Sprintf("%s %v", table, values))
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
	sort.Strings(all)
	return all
}

// of returns the rows of a dump that name the tenant, except in these tables.
func of(all []string, id string, except ...string) []string {
	var out []string
	for _, row := range all {
		table, _, _ := strings.Cut(row, " ")
		if strings.Contains(row, id) && !slices.Contains(except, table) {
			out = append(out, row)
		}
	}
	return out
}

// kinds returns what the log holds about a tenant.
func (w *world) kinds(t *testing.T, id tenant.ID) []string {
	t.Helper()
	var out []string
	for r, err := range w.log.Records(tenant.WithID(t.Context(), id), audit.Query{}) {
		require.NoError(t, err)
		out = append(out, r.Kind)
	}
	return out
}
