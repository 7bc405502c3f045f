package config_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// put writes the settings of any owner behind every resolver's back, as pairs of
// key and JSON. A "!" in front of the key forces it.
func put(tb testing.TB, s config.Store, owner config.Owner, pairs ...string) int64 {
	tb.Helper()
	var changes []config.Change
	for i := 0; i < len(pairs); i += 2 {
		c := config.Change{Key: pairs[i], Value: []byte(pairs[i+1])}
		if c.Key[0] == '!' {
			c.Key, c.Forced = c.Key[1:], true
		}
		changes = append(changes, c)
	}
	n, err := s.Write(background, owner, config.Edit{}, changes...)
	require.NoError(tb, err)
	return n
}

func group(name string) config.Owner { return config.Owner{Group: name} }

func of(id tenant.ID) config.Owner { return config.Owner{Tenant: id} }

// as returns the context of a member of a tenant.
func as(r *config.Resolver, id tenant.ID, account string) context.Context {
	return tenant.WithActor(in(r, id), tenant.Actor{ID: account, Tenant: id})
}

// plans puts tenants into the groups that the map says.
func plans(m map[tenant.ID][]string) func(context.Context, tenant.ID) ([]string, error) {
	return func(_ context.Context, id tenant.ID) ([]string, error) { return m[id], nil }
}

// Each layer wins over those below it, for declared keys and for others.
func TestEveryLayer(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	for _, kind := range []string{"declared.", "free."} {
		put(t, store, config.Owner{}, kind+"global", `"global"`, kind+"gold", `"global"`, kind+"acme", `"global"`, kind+"ann", `"global"`)
		put(t, store, group("silver"), kind+"gold", `"silver"`)
		put(t, store, group("gold"), kind+"gold", `"gold"`, kind+"acme", `"gold"`, kind+"ann", `"gold"`)
		put(t, store, of("acme"), kind+"acme", `"acme"`, kind+"ann", `"acme"`)
		put(t, store, config.Owner{Tenant: "acme", Account: "ann"}, kind+"ann", `"ann"`)
	}
	var keys []config.Declaration
	for _, name := range []string{"default", "base", "global", "gold", "acme", "ann"} {
		keys = append(keys, config.Declare("declared."+name, "default", config.PerAccount()))
	}
	base := map[string]any{}
	for _, name := range []string{"base", "global", "gold", "acme", "ann"} {
		base[name] = "base"
	}
	r := resolver(t, config.Config{
		Store: store, Keys: keys, Base: map[string]any{"declared": base, "free": base},
		Groups: plans(map[tenant.ID][]string{"acme": {"silver", "gold"}, "bolt": {"gold", "silver"}}),
	})
	for _, c := range []struct {
		ctx   context.Context
		key   string
		want  string
		layer config.Layer
	}{
		{as(r, "acme", "ann"), "declared.default", "default", config.LayerDefault},
		{as(r, "acme", "ann"), "declared.base", "base", config.LayerBase},
		{as(r, "acme", "ann"), "declared.global", "global", config.LayerGlobal},
		{as(r, "acme", "ann"), "declared.gold", "gold", config.LayerGroup},
		{as(r, "acme", "ann"), "declared.acme", "acme", config.LayerTenant},
		{as(r, "acme", "ann"), "declared.ann", "ann", config.LayerAccount},
		{as(r, "acme", "bob"), "declared.ann", "acme", config.LayerTenant},
		{in(r, "acme"), "declared.ann", "acme", config.LayerTenant},
		{as(r, "bolt", "ann"), "declared.ann", "gold", config.LayerGroup},
		{in(r, "bolt"), "declared.gold", "silver", config.LayerGroup},
		{in(r, "coil"), "declared.gold", "global", config.LayerGlobal},
		{everywhere(r), "declared.gold", "global", config.LayerGlobal},
		{in(r, "acme"), "free.base", "base", config.LayerBase},
		{in(r, "acme"), "free.global", "global", config.LayerGlobal},
		{in(r, "acme"), "free.gold", "gold", config.LayerGroup},
		{in(r, "bolt"), "free.gold", "silver", config.LayerGroup},
		{in(r, "acme"), "free.acme", "acme", config.LayerTenant},
		{as(r, "acme", "ann"), "free.ann", "acme", config.LayerTenant},
		{in(r, "acme"), "free.none", "", config.LayerNone},
	} {
		v, info, err := config.Lookup[string](c.ctx, c.key)
		require.NoError(t, err, c.key)
		require.Equal(t, c.want, v, c.key)
		require.Equal(t, c.layer, info.Layer, c.key)
		require.Equal(t, c.want != "", info.Found, c.key)
		require.Equal(t, c.want, config.Get(c.ctx, c.key, ""), c.key)
	}
}

// A forced value wins over every layer above it, and of several the lowest one.
func TestForced(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	put(t, store, config.Owner{}, "a", `"global"`, "!b", `"global"`, "c", `"global"`, "!f", `"global"`)
	put(t, store, group("gold"), "a", `"gold"`, "!b", `"gold"`, "!c", `"gold"`)
	put(t, store, of("acme"), "a", `"acme"`, "b", `"acme"`, "c", `"acme"`, "d", `"acme"`, "f", `"acme"`)
	declared := map[string]config.Key[string]{}
	var keys []config.Declaration
	for _, name := range []string{"a", "b", "c", "d"} {
		declared[name] = config.Declare(name, "default")
		keys = append(keys, declared[name])
	}
	r := resolver(t, config.Config{
		Store: store, Keys: keys,
		Base: map[string]any{"b": "base"}, Forced: map[string]any{"a": "operator"},
		Groups: plans(map[tenant.ID][]string{"acme": {"gold"}}),
	})
	for key, want := range map[string]struct {
		value string
		layer config.Layer
	}{
		"a": {"operator", config.LayerBase},
		"b": {"global", config.LayerGlobal},
		"c": {"gold", config.LayerGroup},
		"d": {"acme", config.LayerTenant},
		"f": {"global", config.LayerGlobal},
	} {
		v, info, err := config.Lookup[string](in(r, "acme"), key)
		require.NoError(t, err)
		require.Equal(t, want.value, v, key)
		require.Equal(t, want.layer, info.Layer, key)
		require.Equal(t, key != "d", info.Forced, key)
		require.Equal(t, want.value, config.Get(in(r, "acme"), key, ""), key)
		if k, ok := declared[key]; ok {
			require.Equal(t, want.value, k.Get(in(r, "acme")), key)
		}
	}
	for key, layer := range map[string]string{"a": "base", "b": "global", "c": "group", "f": "global"} {
		err := r.Set(in(r, "acme"), key, "mine", "")
		require.ErrorIs(t, err, config.ErrForced, key)
		require.ErrorContains(t, err, layer)
	}
	require.NoError(t, r.Set(in(r, "bolt"), "c", "mine", ""), "bolt is in no group")
	require.ErrorIs(t, r.Set(everywhere(r), "a", "mine", ""), config.ErrForced)
	require.NoError(t, r.Set(everywhere(r), "b", "free", ""))
	require.Equal(t, "free", config.Get(in(r, "bolt"), "b", ""))
	require.Equal(t, "gold", config.Get(in(r, "acme"), "b", ""), "what the group forces comes into its own")
}

func TestMerged(t *testing.T) {
	t.Parallel()
	type value = map[string]any
	for name, c := range map[string]struct {
		merge               config.Merge
		def, global, tenant string
		want                string
	}{
		"replaced":                  {config.MergeReplace, `{"a":1}`, `{"b":2}`, `{"c":3}`, `{"c":3}`},
		"shallow":                   {config.MergeShallow, `{"a":{"x":1},"z":0}`, `{"b":2}`, `{"a":{"y":3}}`, `{"a":{"y":3},"b":2,"z":0}`},
		"deep":                      {config.MergeDeep, `{"a":{"x":1},"z":0}`, `{"b":2}`, `{"a":{"y":3}}`, `{"a":{"x":1,"y":3},"b":2,"z":0}`},
		"a null within":             {config.MergeDeep, `{"a":{"x":1}}`, `{}`, `{"a":null}`, `{"a":null}`},
		"null":                      {config.MergeShallow, `{"a":1}`, `{"b":2}`, `null`, `null`},
		"null as Open edX has it":   {config.MergeOpenEdX, `{"a":1}`, `{"b":2}`, `null`, `{"a":1,"b":2}`},
		"text as Open edX has it":   {config.MergeOpenEdX, `{"a":1}`, `{"b":2}`, `""`, `{"a":1,"b":2}`},
		"nested as Open edX has it": {config.MergeOpenEdX, `{"a":{"x":1}}`, `{}`, `{"a":{"y":2}}`, `{"a":{"y":2}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var def value
			require.NoError(t, json.Unmarshal([]byte(c.def), &def))
			key := config.Declare[value]("k", def, config.Merged(c.merge))
			store := config.NewMemoryStore()
			put(t, store, config.Owner{}, "k", c.global)
			put(t, store, of("acme"), "k", c.tenant)
			r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{key}})
			for range 2 {
				got, info, err := key.Lookup(in(r, "acme"))
				require.NoError(t, err)
				raw, err := json.Marshal(got)
				require.NoError(t, err)
				require.JSONEq(t, c.want, string(raw))
				require.Equal(t, config.LayerTenant, info.Layer)
				if got != nil {
					got["mine"] = true // is the caller's own
				}
			}
			require.NotContains(t, key.Get(in(r, "acme")), "mine")

			// What is below it changes, and the merged value with it.
			r.Invalidate("", put(t, store, config.Owner{}, "k", `{"new":1}`))
			if got := key.Get(in(r, "acme")); c.merge != config.MergeReplace && got != nil {
				require.Contains(t, got, "new")
			}
		})
	}
}

// A key whose values are merged up to the account.
func TestMergedForAccounts(t *testing.T) {
	t.Parallel()
	type look struct{ Colour, Font string }
	type value struct {
		Look look
		Size int
	}
	key := config.Declare("look", value{Size: 1}, config.Merged(config.MergeDeep), config.PerAccount())
	store := config.NewMemoryStore()
	put(t, store, of("acme"), "look", `{"Look":{"Colour":"red"}}`)
	put(t, store, config.Owner{Tenant: "acme", Account: "ann"}, "look", `{"Look":{"Font":"mono"}}`)
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{key}})
	require.Equal(t, value{look{"red", "mono"}, 1}, key.Get(as(r, "acme", "ann")))
	require.Equal(t, value{look{"red", ""}, 1}, key.Get(as(r, "acme", "bob")))
	r.Invalidate("acme", put(t, store, of("acme"), "look", `{"Look":{"Colour":"blue"},"Size":2}`))
	require.Equal(t, value{look{"blue", "mono"}, 2}, key.Get(as(r, "acme", "ann")))
}

// Whose settings count as an account's own: those of somebody who is signed in,
// and no member of another tenant.
func TestAccounts(t *testing.T) {
	t.Parallel()
	key := config.Declare("k", "default", config.PerAccount())
	store := config.NewMemoryStore()
	for _, owner := range []config.Owner{{Tenant: "acme", Account: "ann"}, {Tenant: "acme", Account: "guest"}, {Account: "ann"}, {Tenant: "bolt", Account: "ann"}} {
		put(t, store, owner, "k", `"`+string(owner.Tenant)+owner.Account+`"`)
	}
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{key}})
	for want, ctx := range map[string]context.Context{
		"acmeann": as(r, "acme", "ann"),
		"boltann": tenant.WithActor(in(r, "bolt"), tenant.Actor{ID: "ann"}),
	} {
		require.Equal(t, want, key.Get(ctx))
	}
	for _, ctx := range []context.Context{
		in(r, "acme"),
		tenant.WithActor(in(r, "acme"), tenant.Actor{ID: "ann", Tenant: "bolt"}),
		tenant.WithActor(in(r, "acme"), tenant.Actor{ID: "guest", Guest: true}),
		tenant.WithActor(everywhere(r), tenant.Actor{ID: "ann"}),
		as(r, "acme", "bob"),
	} {
		require.Equal(t, "default", key.Get(ctx))
	}
	ann := as(r, "acme", "ann")
	_, err := r.Account().Update(ann, "", key.Put("new"))
	require.NoError(t, err)
	require.Equal(t, "new", key.Get(ann), "own writes are seen at once")
	r.Invalidate("acme", put(t, store, config.Owner{Tenant: "acme", Account: "ann"}, "k", `"elsewhere"`))
	require.Equal(t, "elsewhere", key.Get(ann))
}

func TestAlias(t *testing.T) {
	t.Parallel()
	key := config.Declare("new", "default", config.Alias("old", "older"))
	store := config.NewMemoryStore()
	put(t, store, config.Owner{}, "older", `"global"`)
	put(t, store, of("acme"), "old", `"old"`, "older", `"older"`)
	put(t, store, of("bolt"), "old", `"old"`, "new", `"new"`)
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{key}})
	for id, want := range map[tenant.ID]string{"acme": "old", "bolt": "new", "coil": "global"} {
		require.Equal(t, want, key.Get(in(r, id)))
		for _, name := range []string{"new", "old", "older"} {
			require.Equal(t, want, config.Get(in(r, id), name, ""))
		}
	}
	require.NoError(t, r.Set(in(r, "acme"), "older", "written", ""))
	require.Equal(t, "written", key.Get(in(r, "acme")))
	require.NoError(t, r.Delete(in(r, "acme"), "new", ""))
	require.Equal(t, "global", key.Get(in(r, "acme")), "what is deleted does not come back from under a former name")
}

func TestNotInherited(t *testing.T) {
	t.Parallel()
	key := config.Declare("ldap.password", "", config.NotInherited())
	store := config.NewMemoryStore()
	put(t, store, config.Owner{}, "ldap.password", `"the installation's"`)
	put(t, store, group("gold"), "ldap.password", `"the plan's"`)
	put(t, store, of("acme"), "ldap.password", `"acme's"`)
	r := resolver(t, config.Config{
		Store: store, Keys: []config.Declaration{key}, Base: map[string]any{"ldap.password": "base"},
		Groups: plans(map[tenant.ID][]string{"bolt": {"gold"}}),
	})
	require.Equal(t, "acme's", key.Get(in(r, "acme")))
	require.Empty(t, key.Get(in(r, "bolt")))
	require.Empty(t, config.Get(in(r, "bolt"), "ldap.password", ""))
	require.Equal(t, "the installation's", key.Get(everywhere(r)))
	r.Invalidate("", put(t, store, config.Owner{}, "!ldap.password", `"for all"`))
	require.Equal(t, "for all", key.Get(in(r, "bolt")), "what is forced counts all the same")
	require.Equal(t, "for all", key.Get(in(r, "acme")))
}

// A computed key is a function of what the same reader sees.
func TestComputed(t *testing.T) {
	t.Parallel()
	host := config.Declare("host", "example.com")
	url := config.Declare("url", "", config.Computed(func(_ context.Context, s config.Snapshot) (string, error) {
		h, _, err := host.In(s)
		return "https://" + h, err
	}))
	broken := config.Declare("broken", 7, config.Closed(8), config.Computed(func(context.Context, config.Snapshot) (int, error) {
		return 0, errors.New("no")
	}))
	var loop config.Key[int]
	loop = config.Declare("loop", 0, config.Computed(func(ctx context.Context, s config.Snapshot) (int, error) {
		v, _, err := loop.In(s)
		return v + 1, err
	}))
	var round config.Key[int]
	round = config.Declare("round", 0, config.Computed(func(ctx context.Context, _ config.Snapshot) (int, error) {
		v, _, err := round.Lookup(ctx)
		return v, err
	}))
	picky := config.Declare("picky", 1, config.Between(1, 5), config.Computed(func(context.Context, config.Snapshot) (int, error) { return 6, nil }))
	r := resolver(t, config.Config{Keys: []config.Declaration{host, url, broken, loop, round, picky}})
	acme := in(r, "acme")
	require.NoError(t, r.Set(acme, "host", "acme.example.com", ""))
	require.Equal(t, "https://acme.example.com", url.Get(acme))
	require.Equal(t, "https://acme.example.com", config.Get(acme, "url", ""))
	require.Equal(t, "https://example.com", url.Get(in(r, "bolt")))
	require.NoError(t, r.Set(acme, "url", "https://other", ""))
	require.Equal(t, "https://other", url.Get(acme), "a layer's value is no default")

	require.Equal(t, 8, broken.Get(acme))
	for _, k := range []config.Key[int]{loop, round} {
		_, _, err := k.Lookup(acme)
		require.ErrorIs(t, err, config.ErrCycle)
	}
	_, _, err := picky.Lookup(acme)
	require.ErrorIs(t, err, config.ErrInvalid)
}

// A value that a rule refuses is no answer, wherever it came from, and is not
// searched for in the layers below.
func TestRules(t *testing.T) {
	t.Parallel()
	size := config.Declare("size", 10, config.Between(1, 100), config.Closed(1))
	mode := config.Declare("mode", "on", config.OneOf("on", "off"))
	even := config.Declare("even", 2, config.Validate(func(n int) error {
		if n%2 != 0 {
			return errors.New("it is odd")
		}
		return nil
	}))
	store := config.NewMemoryStore()
	put(t, store, of("acme"), "size", `101`, "mode", `"maybe"`, "even", `3`)
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{size, mode, even}})
	acme := in(r, "acme")
	require.Equal(t, 1, size.Get(acme))
	require.Equal(t, "on", mode.Get(acme))
	require.Equal(t, "call", config.Get(acme, "mode", "call"))
	require.Equal(t, 2, even.Get(acme))
	_, _, err := even.Lookup(acme)
	require.EqualError(t, err, `config: key "even" in the tenant layer: config: the value is not allowed: it is odd`)
	require.Equal(t, uint64(4), r.Stats().Invalid)
	for key, value := range map[string]any{"size": 0, "mode": "maybe", "even": 3} {
		require.ErrorIs(t, r.Set(in(r, "bolt"), key, value, ""), config.ErrInvalid, key)
	}
	for name, k := range map[string]config.Declaration{
		"default":       config.Declare("k", 0, config.Between(1, 5)),
		"closed":        config.Declare("k", 1, config.Between(1, 5), config.Closed(9)),
		"other type":    config.Declare("k", 1, config.OneOf("a")),
		"public secret": config.Declare("k", "", config.Sealed(), config.Public()),
		"alias":         config.Declare("k", 1, config.Alias("no good")),
	} {
		_, err := config.NewResolver(config.Config{Store: store, Keys: []config.Declaration{k}})
		require.Error(t, err, name)
	}
}

// Settings that are out of use are neither read nor lost.
func TestDisabled(t *testing.T) {
	t.Parallel()
	key := config.Declare("k", "default")
	r := resolver(t, config.Config{Keys: []config.Declaration{key}})
	acme := in(r, "acme")
	require.NoError(t, r.Set(acme, "k", "own", ""))
	require.NoError(t, r.Set(acme, "free", "own", ""))
	require.NoError(t, r.SetEnabled(acme, false, "preview"))
	require.Equal(t, "default", key.Get(acme))
	require.Equal(t, "call", config.Get(acme, "free", "call"))
	require.NoError(t, r.SetEnabled(acme, true, ""))
	require.Equal(t, "own", key.Get(acme))
	require.Equal(t, "own", config.Get(acme, "free", "call"))
}

// Maps in the base stand for keys with dots, unless a declared key has the name.
func TestBase(t *testing.T) {
	t.Parallel()
	features := config.Declare("FEATURES", map[string]bool{})
	r := resolver(t, config.Config{
		Keys: []config.Declaration{features},
		Base: map[string]any{
			"page":     map[string]any{"size": 20, "look": map[string]string{"colour": "red"}},
			"FEATURES": map[string]any{"X": true},
			"free":     map[string]bool{"Y": true},
			"list":     []int{1, 2},
		},
	})
	acme := in(r, "acme")
	require.Equal(t, 20, config.Get(acme, "page.size", 0))
	require.Equal(t, "red", config.Get(acme, "page.look.colour", ""))
	require.Equal(t, map[string]bool{"X": true}, features.Get(acme))
	require.True(t, config.Get(acme, "free.Y", false))
	require.False(t, config.Get(acme, "FEATURES.X", false))
	require.Equal(t, []int{1, 2}, config.Get(acme, "list", []int(nil)))

	for name, base := range map[string]map[string]any{
		"bad key":  {"a": map[string]any{"no good": 1}},
		"twice":    {"a.b": 1, "a": map[string]any{"b": 2}},
		"mistyped": {"FEATURES": 1},
		"no JSON":  {"a": func() {}},
		"reserved": {"tenancy:enabled": false},
	} {
		_, err := config.NewResolver(config.Config{Store: config.NewMemoryStore(), Keys: []config.Declaration{features}, Base: base})
		var wrong *config.KeyError
		require.ErrorAs(t, err, &wrong, name)
		require.Equal(t, config.LayerBase, wrong.Layer, name)
	}
}
