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

// The tests in this file are lines of the list of what the systems that this
// module was distilled from require. Each carries the number of its line.

// outcomes returns what Explain says became of each layer's value.
func outcomes(t *testing.T, r *config.Resolver, ctx context.Context, key string) map[config.Layer]config.Outcome {
	t.Helper()
	e, err := r.Explain(ctx, key)
	require.NoError(t, err)
	out := map[config.Layer]config.Outcome{}
	for _, s := range e.Steps {
		out[s.Layer] = s.Outcome
	}
	return out
}

// inForm returns whether a form in ctx shows the key as not editable, and the
// isolation that it shows.
func inForm(t *testing.T, r *config.Resolver, ctx context.Context, key string) (closed bool, isolation string) {
	t.Helper()
	raw, err := r.Schema(ctx)
	require.NoError(t, err)
	var schema struct {
		Properties map[string]struct {
			ReadOnly  bool   `json:"readOnly"`
			Isolation string `json:"x-isolation"`
		} `json:"properties"`
	}
	require.NoError(t, json.Unmarshal(raw, &schema))
	require.Contains(t, schema.Properties, key)
	return schema.Properties[key].ReadOnly, schema.Properties[key].Isolation
}

// A5: values by key for each site, in a row that can be disabled as a whole,
// with every save in the history.
func Test_A05_SiteConfiguration(t *testing.T) {
	t.Parallel()
	r := resolver(t, config.Config{Base: map[string]any{"PLATFORM_NAME": "The installation", "SHOW": true}})
	acme, bolt := in(r, "acme"), in(r, "bolt")
	platform := func(ctx context.Context) string { return config.Get(ctx, "PLATFORM_NAME", "call") }

	_, err := r.Update(acme, "create", config.Put("PLATFORM_NAME", "Acme Academy"), config.Put("SHOW", false),
		config.Put("NOTHING_BELOW", "x"))
	require.NoError(t, err)
	require.Equal(t, "Acme Academy", platform(acme))
	require.Equal(t, "The installation", platform(bolt), "a site without a row")

	require.NoError(t, r.SetEnabled(acme, false, "draft"))
	require.Equal(t, "The installation", platform(acme))
	require.True(t, config.Get(acme, "SHOW", false))
	require.Equal(t, "call", config.Get(acme, "NOTHING_BELOW", "call"))
	_, info, err := config.Lookup[bool](acme, "SHOW")
	require.NoError(t, err)
	require.Equal(t, config.LayerBase, info.Layer, "what is disabled overrides nothing")
	require.Equal(t, config.OutcomeDisabled, outcomes(t, r, acme, "SHOW")[config.LayerTenant])
	require.NoError(t, r.Set(acme, "PLATFORM_NAME", "Acme Campus", "while it is disabled"))
	require.Equal(t, "The installation", platform(acme))

	require.NoError(t, r.SetEnabled(acme, true, "published"))
	require.Equal(t, "Acme Campus", platform(acme))
	require.Equal(t, "x", config.Get(acme, "NOTHING_BELOW", "call"))

	_, err = r.Update(acme, "fails", config.Put("PLATFORM_NAME", "never").IfVersion(99))
	require.ErrorIs(t, err, config.ErrConflict)
	history, err := r.History(acme, "PLATFORM_NAME", 10)
	require.NoError(t, err)
	require.Len(t, history, 2, "a save that failed leaves nothing")
	require.Equal(t, `"Acme Campus"`, string(history[0].Value), "newest first")
	require.Equal(t, "create", history[1].Reason)
}

// A6: each site chooses its theme, and changes parts of it.
func Test_A06_SiteTheming(t *testing.T) {
	t.Parallel()
	type theme struct {
		Name   string            `json:"name"`
		Accent string            `json:"accent"`
		Images map[string]string `json:"images"`
	}
	installation := theme{"plain", "#000000", map[string]string{"logo": "logo.svg"}}
	name := config.Declare("theme.name", "plain", config.OneOf("plain", "dark"))
	look := config.Declare("theme", installation, config.Merged(config.MergeDeep))
	r := resolver(t, config.Config{Keys: []config.Declaration{name, look}})
	acme, bolt := in(r, "acme"), in(r, "bolt")

	require.NoError(t, name.Set(acme, "dark", ""))
	require.ErrorIs(t, name.Set(bolt, "bright", ""), config.ErrInvalid)
	require.Equal(t, []string{"dark", "plain"}, []string{name.Get(acme), name.Get(bolt)})

	require.NoError(t, r.Set(acme, "theme", map[string]any{"accent": "#ff0000", "images": map[string]any{"icon": "acme.svg"}}, ""))
	require.NoError(t, r.Set(everywhere(r), "theme", map[string]any{"name": "corporate"}, "a new name for all"))
	require.Equal(t, theme{"corporate", "#ff0000", map[string]string{"logo": "logo.svg", "icon": "acme.svg"}}, look.Get(acme))
	require.Equal(t, theme{"corporate", "#000000", map[string]string{"logo": "logo.svg"}}, look.Get(bolt))

	look.Get(acme).Images["logo"] = "changed by a reader"
	require.Equal(t, "logo.svg", look.Get(acme).Images["logo"])
	require.Equal(t, "logo.svg", look.Get(bolt).Images["logo"])
}

// A7: the getter with a default takes the site's value, else the global one,
// also of what stands in FEATURES.
func Test_A07_SiteAwareGetter(t *testing.T) {
	t.Parallel()
	const sorting = "ENABLE_COURSE_SORTING_BY_START_DATE"
	settings := map[string]any{"FEATURES": map[string]any{sorting: true, "ENABLE_X": map[string]any{"depth": 3}}}

	t.Run("the default is the global setting", func(t *testing.T) {
		t.Parallel()
		r := resolver(t, config.Config{})
		global := settings["FEATURES"].(map[string]any)[sorting].(bool)
		require.NoError(t, r.Set(in(r, "acme"), sorting, false, ""))
		require.False(t, config.Get(in(r, "acme"), sorting, global))
		require.True(t, config.Get(in(r, "bolt"), sorting, global))
	})
	t.Run("a value in FEATURES by its name", func(t *testing.T) {
		t.Parallel()
		r := resolver(t, config.Config{Base: settings})
		require.NoError(t, r.Set(in(r, "acme"), "FEATURES."+sorting, false, ""))
		require.False(t, config.Get(in(r, "acme"), "FEATURES."+sorting, true))
		require.True(t, config.Get(in(r, "bolt"), "FEATURES."+sorting, false), "global, not the caller's")
		require.Equal(t, 3, config.Get(in(r, "acme"), "FEATURES.ENABLE_X.depth", 0))
		require.Equal(t, 7, config.Get(in(r, "acme"), "FEATURES.ENABLE_Y", 7))
	})
	t.Run("FEATURES as a whole", func(t *testing.T) {
		t.Parallel()
		features := config.Declare("FEATURES", map[string]any{}, config.Merged(config.MergeOpenEdX))
		r := resolver(t, config.Config{Keys: []config.Declaration{features}, Base: settings})
		require.NoError(t, r.Set(in(r, "acme"), "FEATURES", map[string]any{sorting: false, "OWN": 1}, ""))
		require.Equal(t, map[string]any{sorting: false, "OWN": 1., "ENABLE_X": map[string]any{"depth": 3.}}, features.Get(in(r, "acme")))
		require.Equal(t, map[string]any{sorting: true, "ENABLE_X": map[string]any{"depth": 3.}}, features.Get(in(r, "bolt")))
	})
	// dict(default) updated by the site's value, or else that value alone. The
	// default is the installation's setting here, not what a caller gave.
	for name, c := range map[string]struct{ global, site, want string }{
		"no value of the site's": {`{"a":1}`, ``, `{"a":1}`},
		"by field":               {`{"a":1,"b":2}`, `{"b":3,"c":null}`, `{"a":1,"b":3,"c":null}`},
		"not in fields":          {`{"a":{"x":1,"y":2}}`, `{"a":{"x":3}}`, `{"a":{"x":3}}`},
		"an empty one":           {`{"a":1}`, `{}`, `{"a":1}`},
		"text over a dict":       {`{"a":1}`, `"text"`, `"text"`},
		"empty text over a dict": {`{"a":1}`, `""`, `{"a":1}`},
		"an empty list over one": {`{"a":1}`, `[]`, `{"a":1}`},
		"a list over a dict":     {`{"a":1}`, `[1]`, `[1]`},
		"null over a dict":       {`{"a":1}`, `null`, `{"a":1}`},
		"False over a dict":      {`{"a":1}`, `false`, `false`},
		"a dict over text":       {`"text"`, `{"a":1}`, `{"a":1}`},
		"False over True":        {`true`, `false`, `false`},
		"0 over a number":        {`5`, `0`, `0`},
		"empty text over text":   {`"text"`, `""`, `""`},
		"null over a number":     {`5`, `null`, `null`},
		"null over nothing":      {``, `null`, `null`},
	} {
		t.Run("Open edX: "+name, func(t *testing.T) {
			t.Parallel()
			key := config.Declare[any]("k", nil, config.Merged(config.MergeOpenEdX))
			r := resolver(t, config.Config{Keys: []config.Declaration{key}})
			if c.global != "" {
				require.NoError(t, r.Set(everywhere(r), "k", json.RawMessage(c.global), ""))
			}
			if c.site != "" {
				require.NoError(t, r.Set(in(r, "acme"), "k", json.RawMessage(c.site), ""))
			}
			v, info, err := key.Lookup(in(r, "acme"))
			require.NoError(t, err)
			raw, err := json.Marshal(v)
			require.NoError(t, err)
			require.JSONEq(t, c.want, string(raw))
			require.Equal(t, c.site != "", info.Layer == config.LayerTenant, "has_override_value")
		})
	}
	// What eox-tenant loses: for an organisation a False of the site's counts.
	t.Run("False for an organisation", func(t *testing.T) {
		t.Parallel()
		r := resolver(t, config.Config{Organisations: orgs{"AcmeX": "acme", "BoltX": "bolt"}})
		ctx := everywhere(r)
		for key, own := range map[string]any{"flag": false, "number": 0, "text": "", "list": []int{}} {
			require.NoError(t, r.Set(ctx, key, map[string]any{"flag": true, "number": 5, "text": "t", "list": []int{1}}[key], ""))
			require.NoError(t, r.Set(in(r, "acme"), key, own, ""))
		}
		for range 2 { // once loaded, once remembered
			require.False(t, config.ForOrg(ctx, "AcmeX", "flag", true))
			require.Equal(t, 0, config.ForOrg(ctx, "AcmeX", "number", 9))
			require.Empty(t, config.ForOrg(ctx, "AcmeX", "text", "call"))
			require.Equal(t, []int{}, config.ForOrg(ctx, "AcmeX", "list", []int{9}))
			require.True(t, config.ForOrg(ctx, "BoltX", "flag", false), "global")
		}
		require.Equal(t, 9, config.ForOrg(ctx, "Nobody", "number", 9))
		require.Equal(t, 9, config.ForOrg(in(r, "bolt"), "AcmeX", "number", 9), "another tenant's")
		require.NoError(t, r.SetEnabled(in(r, "acme"), false, ""))
		require.Equal(t, 5, config.ForOrg(ctx, "AcmeX", "number", 9), "disabled")
	})
	t.Run("a value of a wrong type gives the default", func(t *testing.T) {
		t.Parallel()
		r := resolver(t, config.Config{})
		require.NoError(t, r.Set(in(r, "acme"), sorting, []string{"malformed"}, ""))
		require.True(t, config.Get(in(r, "acme"), sorting, true))
		require.EqualValues(t, 1, r.Stats().Mistyped)
	})
}

// B4: tenants override some of the global settings, in the order of Moodle and
// MuTMS: forced, the tenant's, global, missing.
func Test_B04_TenantOverrides(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	theme := config.Declare("theme", "boost", config.EditableBy(config.EditorManager))
	root := config.Declare("wwwroot", "https://example.com")
	keys := []config.Declaration{theme, root}
	file := resolver(t, config.Config{Store: store, Keys: keys})
	acme, bolt := in(file, "acme"), in(file, "bolt")

	require.NoError(t, theme.Set(everywhere(file), "classic", ""))
	require.NoError(t, theme.Set(acme, "acme", ""))
	require.NoError(t, root.Set(acme, "https://acme.example.com", ""))
	require.NoError(t, file.Set(acme, "without.a.global", false, ""))
	require.Equal(t, []string{"acme", "classic"}, []string{theme.Get(acme), theme.Get(bolt)})
	require.Equal(t, []string{"https://acme.example.com", "https://example.com"}, []string{root.Get(acme), root.Get(bolt)})
	_, info, err := config.Lookup[bool](acme, "without.a.global")
	require.NoError(t, err)
	require.True(t, info.Found, "false is stored, and is not missing")
	_, info, err = config.Lookup[bool](bolt, "without.a.global")
	require.NoError(t, err)
	require.False(t, info.Found)
	global, _, err := theme.In(snapshot(t, everywhere(file)))
	require.NoError(t, err)
	require.Equal(t, "classic", global, "the real global value, whatever tenants have")

	// The operator's file forces a value: the row stays, and does not count.
	forced := resolver(t, config.Config{Store: store, Keys: keys, Forced: map[string]any{"theme": "boost"}})
	under := in(forced, "acme")
	v, info, err := theme.Lookup(under)
	require.NoError(t, err)
	require.Equal(t, "boost", v)
	require.True(t, info.Forced)
	require.NotEqual(t, config.LayerTenant, info.Layer, "is_overridden")
	require.Equal(t, map[config.Layer]config.Outcome{
		config.LayerDefault: config.OutcomeOverridden, config.LayerBase: config.OutcomeWins,
		config.LayerGlobal: config.OutcomeForcedBelow, config.LayerTenant: config.OutcomeForcedBelow,
	}, outcomes(t, forced, under, "theme"))
	require.ErrorIs(t, theme.Set(under, "mine", ""), config.ErrForced)
	closed, _ := inForm(t, forced, under, "theme")
	require.True(t, closed)
	require.Equal(t, "acme", theme.Get(acme), "where nothing forces it the row counts again")

	// All of it is one read, and what is deleted comes from below.
	require.NoError(t, file.Delete(acme, "theme", ""))
	s := snapshot(t, acme)
	require.NoError(t, theme.Set(acme, "later", ""))
	all := map[string]config.Layer{}
	for key, info := range s.All() {
		all[key] = info.Layer
	}
	require.Equal(t, map[string]config.Layer{"theme": config.LayerGlobal, "wwwroot": config.LayerTenant,
		"without.a.global": config.LayerTenant}, all)
}

func snapshot(t *testing.T, ctx context.Context) config.Snapshot {
	t.Helper()
	s, err := config.TakeSnapshot(ctx)
	require.NoError(t, err)
	return s
}

// B14: each tenant has its own front page, or one that is taken from the
// tenant's record and can not be edited inside.
func Test_B14_FrontPage(t *testing.T) {
	t.Parallel()
	manager := func(context.Context) config.Editor { return config.EditorManager }
	own := config.Declare("front.own", "Welcome", config.EditableBy(config.EditorManager))
	taken := config.Declare("front.taken", "", config.Computed(func(ctx context.Context, _ config.Snapshot) (string, error) {
		rec, ok := tenant.FromContext(ctx)
		if !ok {
			return "", errors.New("the context has no record")
		}
		return rec.Description, nil
	})) // the operator's to edit
	store, keys := config.NewMemoryStore(), []config.Declaration{own, taken}
	groups := func(_ context.Context, id tenant.ID) ([]string, error) { return []string{string(id)}, nil }
	r := resolver(t, config.Config{Store: store, Keys: keys, Editor: manager, Groups: groups})
	operator := resolver(t, config.Config{Store: store, Keys: keys, Groups: groups})
	of := func(id tenant.ID, text string) context.Context {
		return config.NewContext(tenant.NewContext(background, &tenant.Tenant{ID: id, Description: text}), r)
	}
	acme, bolt := of("acme", "Acme, since 1920"), of("bolt", "Bolts and nuts")

	require.NoError(t, own.Set(acme, "Hello from Acme", ""))
	require.Equal(t, []string{"Hello from Acme", "Welcome"}, []string{own.Get(acme), own.Get(bolt)})
	require.Equal(t, []string{"Acme, since 1920", "Bolts and nuts"}, []string{taken.Get(acme), taken.Get(bolt)})
	require.ErrorIs(t, taken.Set(acme, "mine", ""), config.ErrNotEditable)
	require.Equal(t, "Acme, renamed", taken.Get(of("acme", "Acme, renamed")), "it follows the record")
	closed, _ := inForm(t, r, acme, "front.taken")
	require.True(t, closed)
	closed, _ = inForm(t, r, acme, "front.own")
	require.False(t, closed)

	// For one tenant only: a group of one, in which the record's text is forced.
	n, err := operator.Group("acme").Update(everywhere(operator), "copied from the record", own.Put("Acme, since 1920").Force())
	require.NoError(t, err)
	r.Invalidate("", n)
	require.Equal(t, []string{"Acme, since 1920", "Welcome"}, []string{own.Get(acme), own.Get(bolt)})
	require.ErrorIs(t, own.Set(acme, "mine", ""), config.ErrForced)
	require.NoError(t, own.Set(bolt, "Hello from Bolt", ""))
	closed, _ = inForm(t, r, acme, "front.own")
	require.True(t, closed)
}
