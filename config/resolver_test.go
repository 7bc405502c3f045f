package config_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// TestIsolation: a tenant's own row counts for a per-tenant key and does not
// exist for a shared one. Flipping a module flips exactly what inherits it.
func TestIsolation(t *testing.T) {
	t.Parallel()
	type key struct {
		declared config.Declaration // nil: only its name is known
		name     string
	}
	declare := func(name string, opts ...config.Option) key {
		return key{config.Declare(name, "default", opts...), name}
	}
	in0 := config.Module("billing")
	keys := map[string]key{
		"declared":                  declare("a"),
		"declared per tenant":       declare("b", config.Isolation(tenant.PerTenant)),
		"declared shared":           declare("c", config.Isolation(tenant.Shared)),
		"module":                    declare("d", in0),
		"module, but per tenant":    declare("e", in0, config.Isolation(tenant.PerTenant)),
		"module, but shared":        declare("f", in0, config.Isolation(tenant.Shared)),
		"namespace":                 declare("billing.g"),
		"namespace, but per tenant": declare("billing.h", config.Isolation(tenant.PerTenant)),
		"namespace, other module":   declare("billing.i", config.Module("geo")),
		"undeclared":                {name: "j"},
		"undeclared namespace":      {name: "billing.k"},
		"longer namespace":          {name: "billing.open.l"},
		"not quite the namespace":   {name: "billingm"},
		"module that inherits":      declare("n", config.Module("lazy")),
		"namespace that inherits":   {name: "lazy.o"},
	}
	// What is per tenant, by the isolation of the module and of the resolver.
	always := map[string]bool{"declared per tenant": true, "module, but per tenant": true, "namespace, but per tenant": true, "longer namespace": true}
	byModule := map[string]bool{"module": true, "namespace": true, "undeclared namespace": true}
	byDefault := map[string]bool{"declared": true, "undeclared": true, "not quite the namespace": true, "module that inherits": true, "namespace that inherits": true}

	for _, module := range []tenant.Isolation{tenant.PerTenant, tenant.Shared} {
		for _, def := range []tenant.Isolation{tenant.Inherit, tenant.PerTenant, tenant.Shared} {
			t.Run(module.String()+" module, default "+def.String(), func(t *testing.T) {
				t.Parallel()
				cfg := config.Config{
					Store: config.NewMemoryStore(),
					Modules: []tenant.Module{{Name: "billing", Isolation: module}, {Name: "geo", Isolation: tenant.Shared},
						{Name: "open", Isolation: tenant.PerTenant}, {Name: "lazy"}},
					Namespaces: map[string]string{"billing": "billing", "billing.open.": "open", "lazy": "lazy"},
					Isolation:  def,
				}
				for _, k := range keys {
					if k.declared != nil {
						cfg.Keys = append(cfg.Keys, k.declared)
					}
					write(t, cfg.Store, "", k.name, `"global"`)
					write(t, cfg.Store, "acme", k.name, `"own"`) // behind the resolver's back
				}
				r := resolver(t, cfg)
				for name, k := range keys {
					perTenant := always[name] || byModule[name] && module == tenant.PerTenant || byDefault[name] && def != tenant.Shared
					want, refusal, across := "global", config.ErrNotOverridable, error(nil)
					if perTenant {
						want, refusal, across = "own", nil, tenant.ErrSeveralTenants
					}
					require.Equal(t, want, config.Get(in(r, "acme"), k.name, "call"), name)
					if k.declared != nil {
						require.Equal(t, want, k.declared.(config.Key[string]).Get(in(r, "acme")), name)
					}
					_, _, err := config.Lookup[string](config.NewContext(tenant.Across(background, "report", "acme"), r), k.name)
					require.ErrorIs(t, err, across, name)
					require.ErrorIs(t, r.Set(in(r, "bolt"), k.name, "x", ""), refusal, name)
					require.ErrorIs(t, r.Delete(in(r, "bolt"), k.name, ""), refusal, name)
				}
			})
		}
	}
}

func TestNewResolver(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	good := config.Declare("good", 1)
	key := func(d config.Declaration) config.Config {
		return config.Config{Store: store, Keys: []config.Declaration{good, d}}
	}
	type lossy struct {
		Kept []string
		lost string
	}
	for name, cfg := range map[string]config.Config{
		"no store":                              {},
		"a key twice":                           key(good),
		"a name twice":                          key(config.Declare("good", 2)),
		"a malformed key":                       key(config.Declare("no good", 1)),
		"no name":                               key(config.Declare("", 1)),
		"the zero key":                          key(config.Key[int]{}),
		"an unknown module":                     key(config.Declare("k", 1, config.Module("billing"))),
		"a default without a JSON form":         key(config.Declare("k", func() {})),
		"a default that JSON has no number for": key(config.Declare("k", math.NaN())),
		"a default that JSON loses":             key(config.Declare("k", lossy{Kept: []string{"a"}, lost: "b"})),
		"a closed value of another type":        key(config.Declare("k", 1, config.Closed("none"))),
		"a closed value that does not fit":      key(config.Declare("k", int8(1), config.Closed(300))),
		"a closed value without a form":         key(config.Declare("k", 1, config.Closed(func() {}))),
		"a module twice":                        {Store: store, Modules: []tenant.Module{{Name: "m"}, {Name: "m"}}},
		"a module without a name":               {Store: store, Modules: []tenant.Module{{}}},
		"a namespace of an unknown module":      {Store: store, Namespaces: map[string]string{"billing": "billing"}},
		"a malformed base key":                  {Store: store, Base: map[string]any{"no good": 1}},
		"a base value without a form":           {Store: store, Base: map[string]any{"k": func() {}}},
		"a base value of another type":          {Store: store, Keys: []config.Declaration{good}, Base: map[string]any{"good": "one"}},
	} {
		r, err := config.NewResolver(cfg)
		require.Error(t, err, name)
		require.Nil(t, r, name)
	}
	r, err := config.NewResolver(config.Config{Store: store, Keys: []config.Declaration{
		good,
		config.Declare("closed", int64(5), config.Closed(0)),
		config.Declare("timeout", time.Minute, config.Closed(time.Second)),
		config.Declare("when", time.Now()),
		config.Declare("kept", lossyButShared{Kept: "a", own: "b"}),
		config.Declare[map[string]any]("none", nil),
	}, Base: map[string]any{"timeout": 5 * time.Second}})
	require.NoError(t, err)
	require.Equal(t, 5*time.Second, config.Get(in(r, "acme"), "timeout", time.Duration(0)))
}

// lossyButShared can be handed to every caller as it is.
type lossyButShared struct{ Kept, own string }

func TestDeclaredDefaultIsExact(t *testing.T) {
	t.Parallel()
	now := time.Now()
	when, kept := config.Declare("when", now), config.Declare("kept", lossyButShared{"a", "b"})
	r := resolver(t, config.Config{Keys: []config.Declaration{when, kept}})
	require.Equal(t, now, when.Get(in(r, "acme")))
	require.Equal(t, lossyButShared{"a", "b"}, kept.Get(in(r, "acme")))
}

// A key works only with resolvers that know it: otherwise its isolation would
// hold for some of its readers and not for others.
func TestUndeclaredKey(t *testing.T) {
	t.Parallel()
	stranger := config.Declare("k", "default")
	known := config.Declare("k", "other default", config.Isolation(tenant.Shared))
	for name, cfg := range map[string]config.Config{"nobody's": {}, "somebody else's": {Keys: []config.Declaration{known}}} {
		r := resolver(t, cfg)
		require.NoError(t, r.Set(everywhere(r), "k", "global", ""), name)
		_, _, err := stranger.Lookup(in(r, "acme"))
		require.ErrorIs(t, err, config.ErrUndeclared, name)
		require.Equal(t, "default", stranger.Get(in(r, "acme")), name)
		require.ErrorIs(t, stranger.Set(in(r, "acme"), "x", ""), config.ErrUndeclared, name)
		require.EqualValues(t, 1, r.Stats().Undeclared, name)
	}
	// One key may serve several resolvers in turn.
	a, b := resolver(t, config.Config{Keys: []config.Declaration{known}}), resolver(t, config.Config{Keys: []config.Declaration{known}})
	require.NoError(t, known.Set(everywhere(a), "a", ""))
	require.NoError(t, known.Set(everywhere(b), "b", ""))
	for range 3 {
		require.Equal(t, "a", known.Get(in(a, "acme")))
		require.Equal(t, "b", known.Get(in(b, "acme")))
	}

	var zero config.Key[string]
	require.Empty(t, zero.Get(in(a, "acme")))
	_, _, err := zero.Lookup(in(a, "acme"))
	require.ErrorIs(t, err, config.ErrBadKey)
}
