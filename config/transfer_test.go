package config_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// asText is an Export after the way to JSON and back.
func asText(tb testing.TB, e config.Export) config.Export {
	tb.Helper()
	raw, err := json.Marshal(e)
	require.NoError(tb, err)
	var back config.Export
	require.NoError(tb, json.Unmarshal(raw, &back))
	require.Equal(tb, e, back, "it survives the way to JSON and back")
	return back
}

func effects(diffs []config.Difference) map[string]string {
	out := map[string]string{}
	for _, d := range diffs {
		out[d.Key] = fmt.Sprintf("%s %s>%s", d.Effect, d.Old, d.New)
	}
	return out
}

// TestExport: what the owner has set itself, and what counts of it.
func TestExport(t *testing.T) {
	t.Parallel()
	keys := []config.Declaration{
		config.Declare("new", 0, config.Alias("old", "older")),
		config.Declare("shared", 0, config.Isolation(tenant.Shared)),
		config.Declare("secret", "", config.Sealed()),
		config.Declare("mine", 0, config.PerAccount()),
	}
	store := newRecorder()
	r := resolver(t, config.Config{Store: store, Keys: keys, Base: map[string]any{"base": 1}, Keyring: keyring(t, "k1")})
	ctx := in(r, "acme")
	for key, value := range map[string]string{
		"z": `false`, "null": `null`, "empty": `""`, "spaces": `{ "b" : [ 1,  2.50 ], "a" : "<&>" }`, "large": `12345678901234567890`,
		"older": `2`, "old": `1`, "shared": `5`, "tenancy:enabled": `false`, "mine": `1`,
	} {
		store.put(t, ofAcme, config.Change{Key: key, Value: []byte(value)})
	}
	require.NoError(t, r.Set(ctx, "secret", "hush", ""))
	store.put(t, config.Owner{}, config.Change{Key: "g", Value: []byte("1"), Forced: true})
	store.put(t, ofGold, config.Change{Key: "g", Value: []byte("2")})
	store.put(t, ofAnn, config.Change{Key: "mine", Value: []byte("7")}, config.Change{Key: "z", Value: []byte("7")})

	e, err := r.Export(tenant.ReadOnly(ctx))
	require.NoError(t, err)
	setting := func(key, value string) config.ExportedSetting {
		return config.ExportedSetting{Key: key, Value: []byte(value)}
	}
	want := config.Export{Format: 1, Sealed: []string{"secret"}, Settings: []config.ExportedSetting{
		setting("empty", `""`), setting("large", `12345678901234567890`), setting("mine", `1`), setting("new", `1`),
		setting("null", `null`), setting("spaces", `{"b":[1,2.50],"a":"\u003c\u0026\u003e"}`), setting("z", `false`),
	}}
	require.Equal(t, want, e)
	asText(t, e)

	e, err = r.Export(everywhere(r))
	require.NoError(t, err)
	require.Equal(t, []config.ExportedSetting{{Key: "g", Value: []byte("1"), Forced: true}}, e.Settings)
	asText(t, e)
	e, err = r.Group("gold").Export(everywhere(r))
	require.NoError(t, err)
	require.Equal(t, []config.ExportedSetting{setting("g", "2")}, e.Settings)
	e, err = r.Account().Export(ann(ctx))
	require.NoError(t, err)
	require.Equal(t, []config.ExportedSetting{setting("mine", "7")}, e.Settings)
	e, err = r.Export(in(r, "bolt"))
	require.NoError(t, err)
	require.Equal(t, config.Export{Format: 1, Settings: []config.ExportedSetting{}}, asText(t, e))

	for name, c := range map[string]struct {
		ctx context.Context
		err error
	}{
		"no tenant": {background, tenant.ErrNoTenant},
		"several":   {tenant.AcrossAll(background, "look"), tenant.ErrSeveralTenants},
		"cancelled": {cancelled(ctx), context.Canceled},
	} {
		_, err := r.Export(c.ctx)
		require.ErrorIs(t, err, c.err, name)
		_, err = r.Diff(c.ctx, want)
		require.ErrorIs(t, err, c.err, name)
		_, err = r.Import(c.ctx, want, "")
		require.ErrorIs(t, err, c.err, name)
	}
}

// TestImport: each effect, in the dry run as in earnest, which is one write.
func TestImport(t *testing.T) {
	t.Parallel()
	keys := []config.Declaration{
		config.Declare("new", 0, config.Alias("old")),
		config.Declare("size", 0),
		config.Declare("map", map[string]any{}),
		config.Declare("null", 5),
		config.Declare("secret", "", config.Sealed()),
		config.Declare("password", "", config.Sealed()),
	}
	for name, c := range map[string]struct {
		options []config.ImportOption
		effects map[string]string
		after   map[string]string
	}{
		"kept": {
			nil,
			map[string]string{"new": "change 1>5", "size": "add >30", "map": `same { "a": 1, "b": "<" }>{"b": "\u003c", "a": 1}`, "null": "change 4>null",
				"free": `add >"x"`},
			map[string]string{"new": "5", "size": "30", "map": `{ "a": 1, "b": "<" }`, "null": "null", "free": `"x"`, "other": "1", "tenancy:enabled": "false"},
		},
		"others removed": {
			[]config.ImportOption{config.RemoveOthers()},
			map[string]string{"new": "change 1>5", "size": "add >30", "map": `same { "a": 1, "b": "<" }>{"b": "\u003c", "a": 1}`, "null": "change 4>null",
				"free": `add >"x"`, "other": "remove 1>", "password": `remove "[redacted]">`},
			map[string]string{"new": "5", "size": "30", "map": `{ "a": 1, "b": "<" }`, "null": "null", "free": `"x"`, "tenancy:enabled": "false"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newRecorder()
			r := resolver(t, config.Config{Store: store, Keys: keys, Keyring: keyring(t, "k1")})
			ctx := ann(in(r, "acme"))
			_, err := r.Update(ctx, "", config.Put("secret", "hush"), config.Put("password", "hush"))
			require.NoError(t, err)
			for key, value := range map[string]string{"old": "1", "map": `{ "a": 1, "b": "<" }`, "null": "4", "other": "1", "tenancy:enabled": "false"} {
				store.put(t, ofAcme, config.Change{Key: key, Value: []byte(value)})
			}
			var e config.Export
			require.NoError(t, json.Unmarshal([]byte(`{"format": 1, "sealed": ["secret"], "settings": [{"key": "new", "value": 5}, {"key": "size", "value": 30},
				{"key": "map", "value": {"b": "\u003c", "a": 1}}, {"key": "null", "value": null}, {"key": "free", "value": "x"}]}`), &e))

			before := store.dump(t)
			diffs, err := r.Diff(tenant.ReadOnly(ctx), e, c.options...)
			require.NoError(t, err)
			require.Equal(t, c.effects, effects(diffs))
			for i, d := range diffs {
				require.NoError(t, d.Err)
				require.Equal(t, d.Key == "free" || d.Key == "other", d.Undeclared, d.Key)
				require.True(t, i == 0 || diffs[i-1].Key < d.Key, "sorted")
			}
			require.Equal(t, before, store.dump(t), "a dry run")

			done, err := r.Import(ctx, e, "from staging", c.options...)
			require.NoError(t, err)
			require.Equal(t, effects(diffs), effects(done))
			got := values(t, store, ofAcme)
			require.Contains(t, got, "secret", "what was left out stays")
			delete(got, "secret")
			if c.options == nil {
				delete(got, "password")
			}
			require.Equal(t, c.after, got)
			revs, err := r.History(ctx, "size", 5)
			require.NoError(t, err)
			require.Equal(t, "ann", revs[0].Actor)
			require.Equal(t, "from staging", revs[0].Reason)
			require.Equal(t, revs[0].Version, version(t, store, ofAcme, "new"), "one write")

			before = store.dump(t)
			again, err := r.Import(ctx, e, "once more", c.options...)
			require.NoError(t, err)
			for _, d := range again {
				require.Equal(t, config.EffectSame, d.Effect, d.Key)
			}
			require.Equal(t, before, store.dump(t), "there is nothing left to do")
			exported, err := r.Export(ctx)
			require.NoError(t, err)
			require.Equal(t, len(c.after)-1, len(exported.Settings))
		})
	}
}

// TestImportForced: being forced is part of a value, and not for a tenant.
func TestImportForced(t *testing.T) {
	t.Parallel()
	store := newRecorder()
	r := resolver(t, config.Config{Store: store})
	require.NoError(t, r.Set(everywhere(r), "n", 1, ""))
	e := config.Export{Format: 1, Settings: []config.ExportedSetting{{Key: "n", Value: []byte("1"), Forced: true}}}
	diffs, err := r.Diff(in(r, "acme"), e)
	require.NoError(t, err)
	require.ErrorIs(t, diffs[0].Err, config.ErrNotForcible)
	_, err = r.Import(in(r, "acme"), e, "")
	require.ErrorIs(t, err, config.ErrNotForcible)
	diffs, err = r.Import(everywhere(r), e, "")
	require.NoError(t, err)
	require.Equal(t, config.EffectChange, diffs[0].Effect)
	require.False(t, diffs[0].OldForced)
	require.True(t, diffs[0].NewForced)
	again, err := r.Export(everywhere(r))
	require.NoError(t, err)
	require.Equal(t, e, again)
}

// TestImportRefused: one refused key, and nothing is written; the others say what
// would have been done with them.
func TestImportRefused(t *testing.T) {
	t.Parallel()
	keys := []config.Declaration{
		config.Declare("good", 0, config.EditableBy(config.EditorManager)),
		config.Declare("few", 3, config.Between(1, 5), config.EditableBy(config.EditorManager)),
		config.Declare("shared", 0, config.Isolation(tenant.Shared), config.EditableBy(config.EditorManager)),
		config.Declare("forced", 0, config.EditableBy(config.EditorManager)),
		config.Declare("operator", 0),
		config.Declare("secret", "", config.Sealed(), config.EditableBy(config.EditorManager)),
	}
	sealed := `"sealed:1:k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"`
	for name, c := range map[string]struct {
		key, value string
		options    []config.ImportOption
		err        error
	}{
		"shared":            {"shared", `1`, nil, config.ErrNotOverridable},
		"forced":            {"forced", `1`, nil, config.ErrForced},
		"not editable":      {"operator", `8`, nil, config.ErrNotEditable},
		"mistyped":          {"few", `"hush"`, nil, config.ErrMistyped},
		"against a rule":    {"few", `9`, nil, config.ErrInvalid},
		"hostile name":      {"x'; DROP TABLE\x00", `1`, nil, config.ErrBadKey},
		"no name":           {"", `1`, nil, config.ErrBadKey},
		"foreign letters":   {"ключ", `1`, nil, config.ErrBadKey},
		"the library's own": {"tenancy:enabled", `true`, nil, config.ErrBadKey},
		"no JSON":           {"few", `{hush`, nil, config.ErrMistyped},
		"two values":        {"few", `1 2`, nil, config.ErrMistyped},
		"no UTF-8":          {"few", "\"\xff\"", nil, config.ErrMistyped},
		"no value":          {"few", ``, nil, config.ErrMistyped},
		"a sealed one":      {"secret", sealed, nil, config.ErrSealed},
		"redacted":          {"secret", `"[redacted]"`, nil, config.ErrInvalid},
		"deep":              {"few", strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), nil, config.ErrMistyped},
		"undeclared":        {"any", `1`, []config.ImportOption{config.DeclaredOnly()}, config.ErrNotEditable},
		"to be removed":     {"good", `1`, []config.ImportOption{config.RemoveOthers()}, config.ErrNotEditable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newRecorder()
			r := resolver(t, config.Config{Store: store, Keys: keys, Editor: editor(config.EditorManager), Keyring: keyring(t, "k1")})
			store.put(t, ofAcme, config.Change{Key: "operator", Value: []byte("7")}, config.Change{Key: "good", Value: []byte("0")})
			store.put(t, config.Owner{}, config.Change{Key: "forced", Value: []byte("5"), Forced: true})
			ctx := in(r, "acme")
			before := store.dump(t)
			e := config.Export{Format: 1, Settings: []config.ExportedSetting{{Key: c.key, Value: []byte(c.value)}}}
			if c.key != "good" {
				e.Settings = append(e.Settings, config.ExportedSetting{Key: "good", Value: []byte("1")})
			}
			if c.key != "operator" && name != "to be removed" { // the same already, so it needs no right
				e.Settings = append(e.Settings, config.ExportedSetting{Key: "operator", Value: []byte("7")})
			}
			diffs, err := r.Import(ctx, e, "", c.options...)
			require.ErrorIs(t, err, c.err)
			require.NotContains(t, err.Error(), "hush")
			require.Equal(t, before, store.dump(t), "nothing is written")
			dry, err := r.Diff(ctx, e, c.options...)
			require.NoError(t, err)
			require.Equal(t, effects(diffs), effects(dry))
			refused := 0
			for _, d := range diffs {
				_, err := json.Marshal([]json.RawMessage{d.Old, d.New})
				require.NoError(t, err, "what is no JSON is not in it")
				if d.Effect == config.EffectRefused {
					refused++
					require.ErrorIs(t, d.Err, c.err)
				} else {
					require.NoError(t, d.Err)
				}
				if d.Key == "good" {
					require.Equal(t, config.EffectChange, d.Effect)
				}
			}
			require.Equal(t, 1, refused)
		})
	}

	// An operator may, and what is undeclared is refused only where that is asked.
	r := resolver(t, config.Config{})
	e := config.Export{Format: 1, Settings: []config.ExportedSetting{{Key: "any", Value: []byte("1")}}}
	_, err := r.Import(in(r, "acme"), e, "", config.DeclaredOnly())
	require.ErrorIs(t, err, config.ErrUndeclared)
	_, err = r.Import(tenant.ReadOnly(in(r, "acme")), e, "")
	require.ErrorIs(t, err, tenant.ErrReadOnly)
	_, err = r.Import(in(r, "acme"), e, "")
	require.NoError(t, err)
}

// TestBadExport: what is wrong as a whole is not looked at any further.
func TestBadExport(t *testing.T) {
	t.Parallel()
	key := config.Declare("new", 0, config.Alias("old"))
	store := newRecorder()
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{key}})
	one := func(keys ...string) (out []config.ExportedSetting) {
		for _, k := range keys {
			out = append(out, config.ExportedSetting{Key: k, Value: []byte("1")})
		}
		return out
	}
	many := make([]config.ExportedSetting, 10_001)
	for i := range many {
		many[i] = config.ExportedSetting{Key: fmt.Sprint("k", i), Value: []byte("1")}
	}
	huge := []config.ExportedSetting{{Key: "a", Value: []byte(`"` + strings.Repeat("x", 16<<20) + `"`)}}
	for name, e := range map[string]config.Export{
		"no format":          {Settings: one("a")},
		"a later format":     {Format: 2, Settings: one("a")},
		"twice":              {Format: 1, Settings: one("a", "b", "a")},
		"twice by alias":     {Format: 1, Settings: one("old", "new")},
		"twice, present one": {Format: 1, Settings: one("new", "old")},
		"sealed and not":     {Format: 1, Settings: one("a"), Sealed: []string{"a"}},
		"sealed twice":       {Format: 1, Sealed: []string{"a", "a"}},
		"too many":           {Format: 1, Settings: many},
		"too large":          {Format: 1, Settings: huge},
		"a name too long":    {Format: 1, Settings: one(strings.Repeat("hush", 1000))},
		"too long and seals": {Format: 1, Sealed: []string{strings.Repeat("hush", 1000)}},
	} {
		for _, do := range []func() ([]config.Difference, error){
			func() ([]config.Difference, error) { return r.Diff(in(r, "acme"), e) },
			func() ([]config.Difference, error) { return r.Import(in(r, "acme"), e, "") },
		} {
			diffs, err := do()
			require.ErrorIs(t, err, config.ErrBadExport, name)
			require.Empty(t, diffs, name)
			require.NotContains(t, err.Error(), "hush", name)
			require.Less(t, len(err.Error()), 200, name)
		}
	}
	require.Empty(t, store.all())
	_, err := r.Import(in(r, "acme"), config.Export{Format: 1, Settings: many[:10_000]}, "")
	require.NoError(t, err)
}

// TestImportMeanwhile: what somebody else writes between the look and the write
// is not overwritten, and not half of it is imported.
func TestImportMeanwhile(t *testing.T) {
	t.Parallel()
	for name, theirs := range map[string]config.Change{
		"what is changed": {Key: "changed", Value: []byte(`"theirs"`)},
		"what is added":   {Key: "added", Value: []byte(`"theirs"`)},
		"what is removed": {Key: "removed", Value: []byte(`"theirs"`)},
		"by removing":     {Key: "changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newRecorder()
			r := resolver(t, config.Config{Store: store})
			store.put(t, ofAcme, config.Change{Key: "changed", Value: []byte("1")}, config.Change{Key: "removed", Value: []byte("1")})
			want := map[string]string{"changed": "1", "removed": "1"}
			if want[theirs.Key] = string(theirs.Value); theirs.Value == nil {
				delete(want, theirs.Key)
			}
			store.set(func(s *recorder) {
				s.before = func() {
					_, err := s.MemoryStore.Write(background, ofAcme, config.Edit{}, theirs)
					require.NoError(t, err)
				}
			})
			e := config.Export{Format: 1, Settings: []config.ExportedSetting{{Key: "changed", Value: []byte("2")}, {Key: "added", Value: []byte("2")}}}
			diffs, err := r.Import(in(r, "acme"), e, "", config.RemoveOthers())
			require.ErrorIs(t, err, config.ErrConflict)
			require.Len(t, diffs, 3)
			require.Equal(t, want, values(t, store, ofAcme))
		})
	}
}

// TestDiffNumbers: numbers that a float64 can not tell apart are not the same.
func TestDiffNumbers(t *testing.T) {
	t.Parallel()
	r := resolver(t, config.Config{})
	require.NoError(t, r.Set(in(r, "acme"), "n", uint64(12345678901234567890), ""))
	for value, want := range map[string]config.Effect{"12345678901234567890": config.EffectSame, "12345678901234567891": config.EffectChange} {
		diffs, err := r.Diff(in(r, "acme"), config.Export{Format: 1, Settings: []config.ExportedSetting{{Key: "n", Value: []byte(value)}}})
		require.NoError(t, err)
		require.Equal(t, want, diffs[0].Effect, value)
	}
}

func TestEffectString(t *testing.T) {
	t.Parallel()
	require.Equal(t, "same add change remove refused Effect(9)", fmt.Sprint(config.EffectSame, " ", config.EffectAdd, " ", config.EffectChange,
		" ", config.EffectRemove, " ", config.EffectRefused, " ", config.Effect(9)))
}
