package config_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// D5: a module is multi-tenant or not, and whoever works on it sees that.
func Test_D05_ModuleFlag(t *testing.T) {
	t.Parallel()
	for _, flag := range []tenant.Isolation{tenant.PerTenant, tenant.Shared} {
		var sales tenant.Module
		require.NoError(t, json.Unmarshal([]byte(`{"name":"sales","isolation":"`+flag.String()+`"}`), &sales))
		key := config.Declare("quota", 1, config.Module("sales"))
		r := resolver(t, config.Config{Keys: []config.Declaration{key}, Modules: []tenant.Module{sales},
			Namespaces: map[string]string{"sales": "sales"}})
		_, shown := inForm(t, r, in(r, "acme"), "quota")
		require.Equal(t, flag.String(), shown)
		for _, name := range []string{"quota", "sales.undeclared"} {
			err := r.Set(in(r, "acme"), name, 2, "")
			if flag == tenant.Shared {
				require.ErrorIs(t, err, config.ErrNotOverridable, name)
			} else {
				require.NoError(t, err, name)
			}
		}
	}
	_, err := config.NewResolver(config.Config{Store: config.NewMemoryStore(),
		Keys: []config.Declaration{config.Declare("quota", 1, config.Module("sale"))}})
	require.ErrorContains(t, err, `"sale"`, "a slip of the pen is no flag")
}

// D7: a property is isolated, shared, or as its module is: the default currency
// and the number of retries of a shop. The rest is ABP's: what is stored where
// the declaration has no place for it does not count, and is not shown.
func Test_D07_PropertyIsolation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ property, module, want tenant.Isolation }{
		{tenant.PerTenant, tenant.PerTenant, tenant.PerTenant},
		{tenant.PerTenant, tenant.Shared, tenant.PerTenant},
		{tenant.Shared, tenant.PerTenant, tenant.Shared},
		{tenant.Shared, tenant.Shared, tenant.Shared},
		{tenant.Inherit, tenant.PerTenant, tenant.PerTenant},
		{tenant.Inherit, tenant.Shared, tenant.Shared},
		{tenant.Inherit, tenant.Inherit, tenant.PerTenant},
	} {
		t.Run(c.property.String()+" in "+c.module.String(), func(t *testing.T) {
			t.Parallel()
			store := config.NewMemoryStore()
			key := config.Declare("shop.setting", "default", config.Isolation(c.property), config.Module("shop"))
			r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{key},
				Modules: []tenant.Module{{Name: "shop", Isolation: c.module}}})
			write(t, store, "", "shop.setting", `"global"`)
			write(t, store, "acme", "shop.setting", `"acme"`) // behind the resolver's back
			own, lists, outcome := "acme", []string{"shop.setting"}, config.OutcomeWins
			if c.want == tenant.Shared {
				own, lists, outcome = "global", nil, config.OutcomeShared
			}
			require.Equal(t, own, key.Get(in(r, "acme")))
			require.Equal(t, own, config.Get(in(r, "acme"), "shop.setting", "call"))
			require.Equal(t, "global", key.Get(in(r, "bolt")))
			require.Equal(t, outcome, outcomes(t, r, in(r, "acme"), "shop.setting")[config.LayerTenant])
			export, err := r.Export(in(r, "acme"))
			require.NoError(t, err)
			var names []string
			for _, s := range export.Settings {
				names = append(names, s.Key)
			}
			require.Equal(t, lists, names)

			require.NoError(t, r.Delete(everywhere(r), "shop.setting", ""))
			if c.want == tenant.Shared {
				own = "default"
			}
			require.Equal(t, own, key.Get(in(r, "acme")), "a row that does not count is no fallback either")
		})
	}
	t.Run("what is not inherited stops at the tenant", func(t *testing.T) {
		t.Parallel()
		key := config.Declare("smtp.user", "nobody", config.NotInherited())
		r := resolver(t, config.Config{Keys: []config.Declaration{key}, Base: map[string]any{"smtp.user": "file"}})
		require.NoError(t, key.Set(everywhere(r), "host", ""))
		require.Equal(t, []string{"nobody", "host"}, []string{key.Get(in(r, "acme")), key.Get(everywhere(r))})
		require.Equal(t, config.OutcomeNotInherited, outcomes(t, r, in(r, "acme"), "smtp.user")[config.LayerGlobal])
		require.NoError(t, key.Set(in(r, "acme"), "acme", ""))
		require.Equal(t, []string{"acme", "nobody"}, []string{key.Get(in(r, "acme")), key.Get(in(r, "bolt"))})
	})
}

// D18: turning a module's flag on flips the properties that inherit it, and
// nothing else: explicit ones and those of modules without the flag stay. Tables
// and timers do the same, see the tests of packages scope and timer.
func Test_D18_TurningTheFlag(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	world := func(sales tenant.Isolation) (*config.Resolver, []config.Declaration) {
		keys := []config.Declaration{
			config.Declare("inherits", "", config.Module("sales")),
			config.Declare("sales.by.name", ""),
			config.Declare("sales.explicit.yes", "", config.Isolation(tenant.PerTenant)),
			config.Declare("sales.explicit.no", "", config.Isolation(tenant.Shared)),
			config.Declare("countries.inherits", ""),
			config.Declare("sales.elsewhere", "", config.Module("countries")),
		}
		return resolver(t, config.Config{Store: store, Keys: keys,
			Modules:    []tenant.Module{{Name: "sales", Isolation: sales}, {Name: "countries", Isolation: tenant.Shared}},
			Namespaces: map[string]string{"sales": "sales", "countries": "countries"}}), keys
	}
	isolated := func(sales tenant.Isolation) (names []string) {
		r, keys := world(sales)
		for _, k := range append(keys, config.Declare("sales.undeclared", ""), config.Declare("countries.undeclared", "")) {
			if config.Get(in(r, "acme"), k.Name(), "") == "acme" {
				names = append(names, k.Name())
			}
		}
		slices.Sort(names)
		return names
	}
	_, keys := world(tenant.Shared)
	for _, name := range append([]string{"sales.undeclared", "countries.undeclared"}, namesOf(keys)...) {
		write(t, store, "", name, `"global"`)
		write(t, store, "acme", name, `"acme"`)
	}
	off := []string{"sales.explicit.yes"}
	on := []string{"inherits", "sales.by.name", "sales.explicit.yes", "sales.undeclared"}
	require.Equal(t, off, isolated(tenant.Shared))
	require.Equal(t, on, isolated(tenant.PerTenant))
	require.Equal(t, off, isolated(tenant.Shared), "and back: nothing was lost or written")
	require.Equal(t, on, isolated(tenant.PerTenant))
}

func namesOf(keys []config.Declaration) (names []string) {
	for _, k := range keys {
		names = append(names, k.Name())
	}
	return names
}
