package config_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// TestForcedPartOnly: a group that forces a part of a merged key lets nobody see
// what the key keeps from tenants.
func TestForcedPartOnly(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	mail := config.Declare("mail", map[string]string{"from": "x"}, config.Merged(config.MergeShallow), config.NotInherited())
	putOne(t, store, config.Owner{}, "mail", `{"password":"ours"}`, false)
	putOne(t, store, config.Owner{Group: "gold"}, "mail", `{"tls":"yes"}`, true)
	r := resolver(t, config.Config{
		Store: store, Keys: []config.Declaration{mail}, Base: map[string]any{"mail": map[string]any{"user": "ours"}},
		Groups: func(context.Context, tenant.ID) ([]string, error) { return []string{"gold"}, nil },
	})
	require.Equal(t, map[string]string{"from": "x", "tls": "yes"}, mail.Get(in(r, "acme")))
	require.Equal(t, map[string]string{"from": "x", "user": "ours", "password": "ours"}, mail.Get(everywhere(r)))
	e, err := r.Explain(in(r, "acme"), "mail")
	require.NoError(t, err)
	var outcomes []config.Outcome
	for _, s := range e.Steps {
		outcomes = append(outcomes, s.Outcome)
	}
	require.Equal(t, []config.Outcome{
		config.OutcomeMerged, config.OutcomeNotInherited, config.OutcomeNotInherited, config.OutcomeWins,
	}, outcomes)
}

// TestComputedIsTheCallersOwn: a function that returns the same map each time
// does not connect its callers.
func TestComputedIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	preset := map[string]int{"seats": 5}
	var kept map[string]int
	limits := config.Declare("limits", map[string]int{}, config.Public(),
		config.Validate(func(m map[string]int) error { kept = m; return nil }),
		config.Computed(func(context.Context, config.Snapshot) (map[string]int, error) { return preset, nil }))
	r := resolver(t, config.Config{Keys: []config.Declaration{limits}})
	limits.Get(in(r, "acme"))["seats"] = 500
	config.Get(in(r, "acme"), "limits", map[string]int{})["seats"] = 500
	require.Equal(t, 5, limits.Get(in(r, "blue"))["seats"])
	mine := limits.Get(in(r, "blue"))
	kept["seats"] = 500
	require.Equal(t, 5, mine["seats"], "nor to the rule")
}

// TestComputedFromItself: is found at once, however often it asks.
func TestComputedFromItself(t *testing.T) {
	t.Parallel()
	calls := 0
	var a, b config.Key[int]
	a = config.Declare("a", 0, config.Computed(func(ctx context.Context, s config.Snapshot) (int, error) {
		calls++
		return config.GetIn(s, "b", 1) + config.GetIn(s, "b", 1) + b.Get(ctx), nil
	}))
	b = config.Declare("b", 0, config.Computed(func(ctx context.Context, s config.Snapshot) (int, error) {
		calls++
		return config.GetIn(s, "a", 1) + config.GetIn(s, "a", 1) + a.Get(ctx), nil
	}))
	// The same key of another tenant is another value.
	parent := config.Declare("parent", "", config.Computed(func(ctx context.Context, _ config.Snapshot) (string, error) {
		if id, _ := tenant.IDFromContext(ctx); id == "acme" {
			ctx = tenant.Switch(ctx, "blue", "its parent")
			return config.Get(ctx, "parent", "nobody"), nil
		}
		return "blue's", nil
	}))
	r := resolver(t, config.Config{Keys: []config.Declaration{a, b, parent}})
	a.Get(in(r, "acme"))
	require.Less(t, calls, 100)
	require.Equal(t, "blue's", parent.Get(in(r, "acme")))
}

// TestSealedUnderFormerNameIsRead: what was sealed under a former name opens.
func TestSealedUnderFormerNameIsRead(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	was := config.Declare("passwd", config.Secret{}, config.PerAccount())
	is := config.Declare("password", config.Secret{}, config.PerAccount(), config.Alias("passwd"))
	old := resolver(t, config.Config{Store: store, Keys: []config.Declaration{was}, Keyring: keyring(t, "k1")})
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{is}, Keyring: keyring(t, "k1")})
	require.NoError(t, was.Set(everywhere(old), config.NewSecret("all"), ""))
	got, _, err := is.Lookup(in(r, "acme"))
	require.NoError(t, err)
	require.Equal(t, "all", got.Reveal())
	require.NoError(t, was.Set(in(old, "acme"), config.NewSecret("acme's"), ""))
	r.Invalidate("acme", 1)
	got, _, err = is.Lookup(in(r, "acme"))
	require.NoError(t, err)
	require.Equal(t, "acme's", got.Reveal())
}

// TestRulePanics: costs the key its answer, and nobody else his.
func TestRulePanics(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	putOne(t, store, config.Owner{}, "even", "3", false)
	putOne(t, store, config.Owner{}, "other", "7", false)
	even := config.Declare("even", 0, config.Closed(-2), config.Validate(func(n int) error {
		if n%2 != 0 {
			panic(fmt.Sprintf("%d is odd", n))
		}
		return nil
	}))
	other := config.Declare("other", 0)
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{even, other}})
	require.Equal(t, 7, other.Get(in(r, "acme")))
	require.Equal(t, -2, even.Get(in(r, "acme")))
	_, _, err := even.Lookup(in(r, "acme"))
	require.ErrorIs(t, err, config.ErrInvalid)
	require.NotContains(t, err.Error(), "odd", "what was panicked with may quote the value")
	require.ErrorIs(t, even.Set(in(r, "acme"), 5, ""), config.ErrInvalid)
	require.NoError(t, even.Set(in(r, "acme"), 4, ""))
	require.Equal(t, 4, even.Get(in(r, "acme")))
}

// TestExplainEditable: what a write would be refused for is not editable.
func TestExplainEditable(t *testing.T) {
	t.Parallel()
	shared := config.Declare("shared", 0, config.Isolation(tenant.Shared))
	own := config.Declare("own", 0)
	r := resolver(t, config.Config{Keys: []config.Declaration{shared, own}})
	for key, want := range map[string][3]bool{
		"shared": {true, false, false}, "own": {true, true, false}, "tenancy:enabled": {}, "no key": {},
	} {
		for i, ctx := range []context.Context{everywhere(r), in(r, "acme"), tenant.ReadOnly(in(r, "acme"))} {
			e, err := r.Explain(ctx, key)
			require.NoError(t, err)
			require.Equal(t, want[i], e.Editable, "%s %d", key, i)
			err = r.Set(ctx, key, 1, "")
			require.Equal(t, want[i], err == nil, "%s %d", key, i)
		}
	}
}

// TestExplainHidesWhatIsSealed: also of a key that is not declared any more.
func TestExplainHidesWhatIsSealed(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	text := config.Declare("text", "", config.Sealed())
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{text}, Keyring: keyring(t, "k1")})
	require.NoError(t, text.Set(in(r, "acme"), "hush", ""))
	later := resolver(t, config.Config{Store: store})
	e, err := later.Explain(in(later, "acme"), "text")
	require.NoError(t, err)
	raw, err := json.Marshal(e)
	require.NoError(t, err)
	require.NotContains(t, string(raw), "sealed:1:")
}

// TestLibraryNames: nobody declares what the library keeps for itself.
func TestLibraryNames(t *testing.T) {
	t.Parallel()
	for _, k := range []config.Declaration{
		config.Declare("tenancy:enabled", true),
		config.Declare("on", true, config.Alias("tenancy:enabled")),
	} {
		_, err := config.NewResolver(config.Config{Store: config.NewMemoryStore(), Keys: []config.Declaration{k}})
		require.ErrorIs(t, err, config.ErrBadKey, k.Name())
	}
}

// TestGroupNames: a name that no group can have is no group, and not two.
func TestGroupNames(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	putOne(t, store, config.Owner{Group: "gold"}, "a", `"of gold"`, false)
	for _, names := range [][]string{{"tin\x00gold"}, {"\x00gold"}, {""}, {"GOLD"}} {
		r := resolver(t, config.Config{Store: store, Groups: func(context.Context, tenant.ID) ([]string, error) { return names, nil }})
		require.Equal(t, "def", config.Get(in(r, "acme"), "a", "def"), "%q", names)
	}
	r := resolver(t, config.Config{Store: store, Groups: func(context.Context, tenant.ID) ([]string, error) {
		return []string{"gold", "", "gold"}, nil
	}})
	require.Equal(t, "of gold", config.Get(in(r, "acme"), "a", "def"))
}

// TestHostileValues: rows that nobody wrote through this package are refused
// where they do not fit, and do not quote themselves.
func TestHostileValues(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	number, list := config.Declare("number", 7, config.Closed(-1)), config.Declare("list", []any{"def"})
	object := config.Declare("object", map[string]any{"def": true}, config.Merged(config.MergeDeep))
	for raw, fits := range map[string]bool{
		"1e400": false, "1e-400": false, "9e18446744073709551616": false, "1e9223372036854775807": false,
		"0e9223372036854775807": true, "-0": true, "007": false, "": false, "hush": false, "\"hush": false,
		"NaN": false, "1 2": false, "\xff": false, "[1]": false, deep: false, "null": true, " 3 ": true,
		"18446744073709551616": false, "3.0000000000000000000000000001": false,
	} {
		store := &rows{settings: []config.Setting{
			{Key: "number", Value: json.RawMessage(raw), Version: -1}, {Key: "list", Value: json.RawMessage(deep)},
			{Key: "object", Value: json.RawMessage(`{"a":` + deep + `}`)}, {Key: "plain", Value: json.RawMessage(raw)},
		}}
		r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{number, list, object}})
		_, info, err := number.Lookup(in(r, "acme"))
		require.Equal(t, fits, err == nil, "%.40s", raw)
		require.Equal(t, config.LayerTenant, info.Layer)
		_, _, undeclared := config.Lookup[int](in(r, "acme"), "plain")
		require.Equal(t, fits, undeclared == nil, "%.40s", raw)
		require.NotContains(t, fmt.Sprint(err, undeclared), "hush")
		if !fits {
			require.ErrorIs(t, err, config.ErrMistyped)
			require.Equal(t, -1, number.Get(in(r, "acme")))
		}
		require.Equal(t, []any{"def"}, list.Get(in(r, "acme")))
		require.Equal(t, map[string]any{"def": true}, object.Get(in(r, "acme")))
	}
}

// rows is a store that has the same settings for every tenant.
type rows struct {
	config.Store
	settings []config.Setting
}

func (s *rows) Load(_ context.Context, owner config.Owner) ([]config.Setting, int64, error) {
	if owner.Tenant == "" {
		return nil, 0, nil
	}
	return append([]config.Setting(nil), s.settings...), 1, nil
}

// TestStrayRows: rows that the rules do not allow do not count.
func TestStrayRows(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	shared := config.Declare("shared", "default", config.Isolation(tenant.Shared))
	own, mine := config.Declare("own", "default"), config.Declare("mine", "default", config.PerAccount())
	amy := config.Owner{Tenant: "acme", Account: "amy"}
	for _, owner := range []config.Owner{{Tenant: "acme"}, amy, {Group: "gold"}} {
		putOne(t, store, owner, "shared", `"stray"`, false)
		putOne(t, store, owner, "ours.x", `"stray"`, false)
	}
	for _, key := range []string{"own", "loose", "tenancy:enabled"} {
		putOne(t, store, amy, key, "false", false)
	}
	putOne(t, store, config.Owner{}, "tenancy:enabled", "false", false)
	write(t, store, "acme", "own", `"acme"`)
	r := resolver(t, config.Config{
		Store: store, Keys: []config.Declaration{shared, own, mine},
		Modules:    []tenant.Module{{Name: "ours", Isolation: tenant.Shared}},
		Namespaces: map[string]string{"ours": "ours"},
		Groups:     func(context.Context, tenant.ID) ([]string, error) { return []string{"gold"}, nil },
	})
	ctx := tenant.WithActor(in(r, "acme"), tenant.Actor{ID: "amy"})
	require.Equal(t, "default", shared.Get(ctx))
	require.Equal(t, "def", config.Get(ctx, "ours.x", "def"))
	require.Equal(t, "acme", own.Get(ctx))
	require.Equal(t, "def", config.Get(ctx, "loose", "def"))
	s, err := config.TakeSnapshot(ctx) // of the account too, since there is a key that is PerAccount
	require.NoError(t, err)
	got, _, err := own.In(s)
	require.NoError(t, err)
	require.Equal(t, "acme", got)
	for name, info := range s.All() {
		require.NotEqual(t, config.LayerAccount, info.Layer, name)
		require.NotEqual(t, config.LayerGroup, info.Layer, name)
	}
}

// TestLogsHoldNoValue: what belongs to this package does not write values into a
// log by itself.
func TestLogsHoldNoValue(t *testing.T) {
	t.Parallel()
	r := resolver(t, config.Config{})
	ctx := in(r, "acme")
	require.NoError(t, r.Set(ctx, "a", "hush", ""))
	e, err := r.Explain(ctx, "a")
	require.NoError(t, err)
	s, err := config.TakeSnapshot(ctx)
	require.NoError(t, err)
	var out strings.Builder
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).Info("", "e", e, "a", config.Put("a", "hush").IfVersion(1), "s", s, "k", config.Declare("k", "hush"))
	}
	require.NotContains(t, out.String(), "hush")
}

// TestWatchedValueIsTheCallersOwn: what f does to the value does not hide the
// next change.
func TestWatchedValueIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	list := config.Declare("list", []string{"a"})
	r := resolver(t, config.Config{Keys: []config.Declaration{list}})
	ctx, cancel := context.WithCancelCause(in(r, "acme"))
	enough := errors.New("enough")
	var seen []string
	err := list.Watch(ctx, func(v []string) {
		seen = append(seen, v[0])
		if len(seen) == 2 {
			cancel(enough)
			return
		}
		v[0] = "b"
		noError(t, list.Set(ctx, []string{"b"}, ""))
	})
	require.ErrorIs(t, err, enough)
	require.Equal(t, []string{"a", "b"}, seen)
}

// TestDeepMerge: a few KB of brackets, one value in a tenant and one in an
// account of it, are merged in the time of their length; the square of it took half a
// minute.
func TestDeepMerge(t *testing.T) {
	t.Parallel()
	const levels = 5000
	nested := func(inner string) string {
		return strings.Repeat(`{"a":`, levels) + inner + strings.Repeat("}", levels)
	}
	store := config.NewMemoryStore()
	m := config.Declare("m", json.RawMessage("{}"), config.Merged(config.MergeDeep), config.PerAccount())
	write(t, store, "acme", "m", nested(`{"b":1.50,"c":{"d":1},"e":{"f":1}}`))
	putOne(t, store, config.Owner{Tenant: "acme", Account: "amy"}, "m", nested(`{"c":null,"e":{"g":1e400}}`), false)
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{m}})
	got := m.Get(tenant.WithActor(in(r, "acme"), tenant.Actor{ID: "amy"}))
	require.Equal(t, nested(`{"b":1.50,"c":null,"e":{"f":1,"g":1e400}}`), string(got))
}
