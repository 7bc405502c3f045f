package application

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configsql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// parts is an application of two modules, sales and countries, with a table, a
// property and a timer of each kind: one that inherits from sales, one of sales
// that is isolated and one that is shared by its own word, and one that inherits
// from countries.
type parts struct {
	*testing.T
	engine engines.Engine
	dsn    string
	raw    *sql.DB
	reg    tenant.Registry
}

var kinds = []struct {
	name, module string
	isolation    tenant.Isolation
}{
	{"opportunities", "sales", tenant.Inherit},
	{"quotas", "sales", tenant.PerTenant},
	{"rates", "sales", tenant.Shared},
	{"regions", "countries", tenant.Inherit},
}

func newParts(t *testing.T, e engines.Engine) *parts {
	t.Helper()
	p := &parts{T: t, engine: e}
	p.dsn, p.raw = e.NewDatabase(t)
	require.NoError(t, configsql.Migrate(t.Context(), p.raw, e.Dialect))
	require.NoError(t, timer.Migrate(t.Context(), p.raw, e.Dialect))
	store := configsql.NewStore(p.raw, e.Dialect)
	for _, k := range kinds {
		_, err := p.raw.ExecContext(t.Context(), `CREATE TABLE `+k.name+` (tenant_id VARCHAR(63), title VARCHAR(40) NOT NULL)`)
		require.NoError(t, err)
		for _, id := range []string{"acme", "bolt"} {
			_, err := p.raw.ExecContext(t.Context(), sqltext.Rebind(e.Dialect, `INSERT INTO `+k.name+` (tenant_id, title) VALUES (?, ?)`), id, "of "+id)
			require.NoError(t, err)
			// Behind everybody's back: it counts where the property is isolated.
			_, err = store.Write(t.Context(), config.Owner{Tenant: tenant.ID(id)}, config.Edit{}, config.Change{Key: k.module + "." + k.name, Value: []byte(`"of ` + id + `"`)})
			require.NoError(t, err)
		}
		_, err = store.Write(t.Context(), config.Owner{}, config.Edit{}, config.Change{Key: k.module + "." + k.name, Value: []byte(`"of all"`)})
		require.NoError(t, err)
	}
	var err error
	p.reg, err = tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"}, tenant.Tenant{ID: "bolt"})
	require.NoError(t, err)
	return p
}

// opened is the application as it runs with the flag of sales in one position.
type opened struct {
	*parts
	policy   scope.Policy
	db       *sql.DB
	settings *config.Resolver
	timers   *timer.Scheduler
	ran      []string // "of acme" for each run
}

func (p *parts) open(sales tenant.Isolation) *opened {
	p.Helper()
	modules := []tenant.Module{{Name: "sales", Isolation: sales}, {Name: "countries", Isolation: tenant.Shared}}
	o := &opened{parts: p, policy: scope.Policy{Dialect: p.engine.Dialect, Column: "tenant_id", Default: scope.PerTenant, Modules: modules, Tables: map[string]scope.Table{}}}
	cfg := config.Config{Modules: modules, Namespaces: map[string]string{"sales": "sales", "countries": "countries"}}
	var timers []timer.Timer
	for _, k := range kinds {
		o.policy.Tables[k.name] = scope.Table{Class: scope.ClassOf(k.isolation), Module: k.module}
		cfg.Keys = append(cfg.Keys, config.Declare(k.module+"."+k.name, "", config.Isolation(k.isolation)))
		timers = append(timers, timer.Timer{Name: k.name, Schedule: timer.Every(time.Hour), Isolation: k.isolation,
			Module: modules[slices.IndexFunc(modules, func(m tenant.Module) bool { return m.Name == k.module })],
			Run: func(_ context.Context, run *timer.Run) error {
				o.ran = append(o.ran, "of "+string(run.Tenant))
				return nil
			}})
	}
	var err error
	o.db, err = scope.OpenDB(p.engine.Connector(p.T, p.dsn), o.policy)
	require.NoError(p, err)
	p.Cleanup(func() { require.NoError(p, o.db.Close()) })
	cfg.Store = configsql.NewStore(o.db, p.engine.Dialect)
	o.settings, err = config.NewResolver(cfg)
	require.NoError(p, err)
	o.timers, err = timer.New(timer.Config{DB: o.db, Dialect: p.engine.Dialect, Registry: p.reg, Timers: timers})
	require.NoError(p, err)
	return o
}

func (o *opened) in(id tenant.ID) context.Context {
	return config.NewContext(tenant.WithID(o.Context(), id), o.settings)
}

// isolated returns what each tenant has for itself; the rest is one for all.
func (o *opened) isolated() (names []string) {
	o.Helper()
	note := func(name string, acme, bolt, both []string) {
		switch {
		case slices.Equal(acme, []string{"of acme"}) && slices.Equal(bolt, []string{"of bolt"}):
			names = append(names, name)
		default:
			require.Equal(o, both, acme, name)
			require.Equal(o, both, bolt, name)
		}
	}
	for _, k := range kinds {
		query := `SELECT title FROM ` + k.name + ` ORDER BY title`
		note("table "+k.name, texts(o.T, o.in("acme"), o.db, query), texts(o.T, o.in("bolt"), o.db, query), []string{"of acme", "of bolt"})
		get := func(id tenant.ID) []string { return []string{config.Get(o.in(id), k.module+"."+k.name, "")} }
		note("property "+k.name, get("acme"), get("bolt"), []string{"of all"})
		run := func(id tenant.ID) []string {
			o.ran = nil
			if err := o.timers.RunNow(o.Context(), k.name, id); err != nil {
				require.ErrorContains(o, err, "it is shared")
				require.NoError(o, o.timers.RunNow(o.Context(), k.name, ""))
			} else {
				require.ErrorIs(o, o.timers.RunNow(o.Context(), k.name, ""), tenant.ErrInvalidID)
			}
			return o.ran
		}
		note("timer "+k.name, run("acme"), run("bolt"), []string{"of "})
	}
	slices.Sort(names)
	return names
}

func eachParts(t *testing.T, f func(p *parts)) {
	t.Helper()
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		f(newParts(t, e))
	})
}

// Turning the flag of sales turns its tables, properties and timers that say
// nothing themselves. What says so itself stays, and so does countries, whose flag
// was not touched. Nothing is written, and turning it back brings all back.
func Test_D18_TurningTheFlag(t *testing.T) {
	off := []string{"property quotas", "table quotas", "timer quotas"}
	on := append([]string{"property opportunities", "table opportunities", "timer opportunities"}, off...)
	slices.Sort(on)
	eachParts(t, func(p *parts) {
		for range 2 {
			require.Equal(p, off, p.open(tenant.Shared).isolated())
			require.Equal(p, on, p.open(tenant.PerTenant).isolated())
		}
	})
}

// Whether a module is multi-tenant stands in the policy, and shows wherever a
// developer looks: in what a statement becomes, in the description of the schema,
// and in the form of the settings.
func Test_D05_FlagIsVisible(t *testing.T) {
	eachParts(t, func(p *parts) {
		for flag, class := range map[tenant.Isolation]scope.Class{tenant.PerTenant: scope.PerTenant, tenant.Shared: scope.Shared} {
			o := p.open(flag)
			text, err := json.Marshal(o.policy)
			require.NoError(p, err)
			require.Contains(p, string(text), `{"name":"sales","isolation":"`+flag.String()+`"}`)
			read, err := scope.ParsePolicy(text)
			require.NoError(p, err)
			require.Equal(p, flag, read.Modules[0].Isolation)
			table, err := read.Effective("opportunities")
			require.NoError(p, err)
			require.Equal(p, "sales", table.Module)
			require.Equal(p, class, table.Class)

			why, err := scope.Explain(o.in("acme"), o.db, `SELECT title FROM opportunities`)
			require.NoError(p, err)
			require.Contains(p, why.String(), "table opportunities: "+flag.String())
			described, err := scope.Describe(p.Context(), o.db)
			require.NoError(p, err)
			require.Equal(p, class, described.Find("opportunities").Class)

			var form struct {
				Properties map[string]struct {
					Isolation string `json:"x-isolation"`
				} `json:"properties"`
			}
			raw, err := o.settings.Schema(o.in("acme"))
			require.NoError(p, err)
			require.NoError(p, json.Unmarshal(raw, &form))
			require.Equal(p, flag.String(), form.Properties["sales.opportunities"].Isolation)
			require.Equal(p, "shared", form.Properties["countries.regions"].Isolation)
		}
		// Nobody sets a flag by a slip of the pen.
		bad := p.open(tenant.Shared).policy
		bad.Tables["opportunities"] = scope.Table{Module: "sale"}
		_, err := scope.OpenDB(p.engine.Connector(p.T, p.dsn), bad)
		require.ErrorContains(p, err, `"sale"`)
	})
}

// A table is isolated, shared, or as its module is, for reading and writing.
func Test_D06_TableIsolation(t *testing.T) {
	eachParts(t, func(p *parts) {
		for _, c := range []struct {
			table  scope.Class
			module tenant.Isolation
			want   scope.Class
		}{
			{scope.PerTenant, tenant.PerTenant, scope.PerTenant},
			{scope.PerTenant, tenant.Shared, scope.PerTenant},
			{scope.Shared, tenant.PerTenant, scope.Shared},
			{scope.Shared, tenant.Shared, scope.Shared},
			{scope.Inherit, tenant.PerTenant, scope.PerTenant},
			{scope.Inherit, tenant.Shared, scope.Shared},
			{scope.Inherit, tenant.Inherit, scope.PerTenant}, // the policy's default
		} {
			name := c.table.String() + " in " + c.module.String()
			db, err := scope.OpenDB(p.engine.Connector(p.T, p.dsn), scope.Policy{Dialect: p.engine.Dialect, Column: "tenant_id", Default: scope.PerTenant,
				Modules: []tenant.Module{{Name: "shop", Isolation: c.module}},
				Tables:  map[string]scope.Table{"quotas": {Class: c.table, Module: "shop"}, "regions": {Class: scope.Shared, Module: "shop"}},
			}, scope.OnCrossing(func(context.Context, scope.Crossing) {}))
			require.NoError(p, err)
			_, err = p.raw.ExecContext(p.Context(), `DELETE FROM quotas`)
			require.NoError(p, err)
			acme, bolt, global := tenant.WithID(p.Context(), "acme"), tenant.WithID(p.Context(), "bolt"), tenant.Global(p.Context())
			read := func(ctx context.Context) []string { return texts(p.T, ctx, db, `SELECT title FROM quotas`) }
			_, asTenant := db.ExecContext(acme, `INSERT INTO quotas (title) VALUES ('own')`)
			_, asGlobal := db.ExecContext(global, `INSERT INTO quotas (title) VALUES ('common')`)
			if c.want == scope.PerTenant {
				require.NoError(p, asTenant, name)
				require.ErrorIs(p, asGlobal, scope.ErrRefused, name)
				require.Equal(p, []string{"own"}, read(acme), name)
				require.Empty(p, read(bolt), name)
			} else {
				require.ErrorIs(p, asTenant, scope.ErrRefused, name)
				require.NoError(p, asGlobal, name)
				require.Equal(p, []string{"common"}, read(acme), name)
				require.Equal(p, []string{"common"}, read(bolt), name)
			}
			// What is static is everybody's and nobody's to change, whatever the flag.
			require.Equal(p, []string{"of acme", "of bolt"}, texts(p.T, bolt, db, `SELECT title FROM regions ORDER BY title`), name)
			for _, write := range []string{`UPDATE regions SET title = 'mine'`, `DELETE FROM regions`, `INSERT INTO regions (title) VALUES ('mine')`} {
				_, err = db.ExecContext(acme, write)
				require.ErrorIs(p, err, scope.ErrRefused, name)
			}
			require.NoError(p, db.Close())
		}
	})
}
