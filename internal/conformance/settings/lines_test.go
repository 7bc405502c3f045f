package settings_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

// two are processes of one application on one database. told makes the second hear
// of what the first has written.
func two(t *testing.T, cfg config.Config, f func(one, other *process, told func())) {
	t.Helper()
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		p, _ := newPlace(t, e)
		one, other := p.process(t, cfg), p.process(t, cfg)
		poll := func() { require.NoError(t, other.poller.Poll(t.Context())) }
		poll()
		f(one, other, poll)
	})
}

// A site has values by key; disabled as a whole none of them counts, in any
// process, and enabled again all of them do.
func Test_A05_SiteConfiguration(t *testing.T) {
	two(t, config.Config{Base: map[string]any{"PLATFORM_NAME": "The installation", "SHOW": true}}, func(one, other *process, told func()) {
		look := func(id tenant.ID) []any {
			told()
			var seen []any
			for _, pr := range []*process{one, other} {
				ctx := pr.context(id)
				seen = append(seen, config.Get(ctx, "PLATFORM_NAME", "call"), config.Get(ctx, "SHOW", false), config.Get(ctx, "OWN", "call"))
			}
			return seen
		}
		twice := func(values ...any) []any { return append(values, values...) }
		bare := twice("The installation", true, "call")
		acme := one.context("acme")
		require.Equal(t, bare, look("acme"), "a site without a row")
		_, err := one.settings.Update(acme, "create", config.Put("PLATFORM_NAME", "Acme"), config.Put("SHOW", false), config.Put("OWN", ""))
		require.NoError(t, err)
		require.Equal(t, twice("Acme", false, ""), look("acme"), "false and empty are values")
		require.Equal(t, bare, look("bolt"))

		require.NoError(t, one.settings.SetEnabled(acme, false, "draft"))
		require.Equal(t, bare, look("acme"))
		require.NoError(t, one.settings.Set(acme, "PLATFORM_NAME", "Acme Campus", "while it is disabled"))
		require.Equal(t, bare, look("acme"))
		require.NoError(t, one.settings.SetEnabled(acme, true, "published"))
		require.Equal(t, twice("Acme Campus", false, ""), look("acme"))
		require.Equal(t, bare, look("bolt"))

		_, err = one.settings.Update(acme, "fails", config.Put("SHOW", true), config.Put("PLATFORM_NAME", "never").IfVersion(99))
		require.ErrorIs(t, err, config.ErrConflict)
		require.Equal(t, twice("Acme Campus", false, ""), look("acme"), "all of it or nothing")
		history, err := other.settings.History(other.context("acme"), "PLATFORM_NAME", 10)
		require.NoError(t, err)
		require.Len(t, history, 2)
		require.Equal(t, "create", history[1].Reason)
	})
}

// The getter with a default takes the site's value, else the global one - also of
// what stands in FEATURES - and the default only where there is neither.
func Test_A07_SiteAwareGetter(t *testing.T) {
	const sorting = "FEATURES.ENABLE_COURSE_SORTING_BY_START_DATE"
	base := map[string]any{"FEATURES": map[string]any{"ENABLE_COURSE_SORTING_BY_START_DATE": true, "ENABLE_X": map[string]any{"depth": 3}}}
	features := config.Declare("FEATURES.ALL", map[string]any{"a": true}, config.Merged(config.MergeOpenEdX))
	two(t, config.Config{Base: base, Keys: []config.Declaration{features}}, func(one, other *process, told func()) {
		acme, bolt := other.context("acme"), other.context("bolt")
		require.NoError(t, one.settings.Set(one.context("acme"), sorting, false, "ours"))
		require.NoError(t, one.settings.Set(one.context(""), "PAGE_SIZE", 50, "for all"))
		require.NoError(t, one.settings.Set(one.context("acme"), "FEATURES.ALL", map[string]any{"b": false}, "ours"))
		told()
		require.False(t, config.Get(acme, sorting, true), "the site's")
		require.True(t, config.Get(bolt, sorting, false), "the global one, not the caller's")
		require.Equal(t, 3, config.Get(acme, "FEATURES.ENABLE_X.depth", 0))
		require.Equal(t, 7, config.Get(acme, "FEATURES.ENABLE_Y", 7), "nobody has it")
		require.Equal(t, []int{50, 50}, []int{config.Get(acme, "PAGE_SIZE", 20), config.Get(bolt, "PAGE_SIZE", 20)})
		require.Equal(t, map[string]any{"a": true, "b": false}, features.Get(acme), "one in the other")
		require.Equal(t, map[string]any{"a": true}, features.Get(bolt))

		require.NoError(t, one.settings.Set(one.context("acme"), "PAGE_SIZE", 0, "none"))
		told()
		require.Equal(t, []int{0, 50}, []int{config.Get(acme, "PAGE_SIZE", 20), config.Get(bolt, "PAGE_SIZE", 20)}, "0 is a value")
		require.NoError(t, one.settings.Delete(one.context("acme"), "PAGE_SIZE", "as the others"))
		told()
		require.Equal(t, 50, config.Get(acme, "PAGE_SIZE", 20))
	})
}

// The tenant's overrides of global settings stand in a store of their own, are read
// at once before anything else is done, and the tenant's manager edits those that
// are his, by a form.
func Test_B04_TenantOverrides(t *testing.T) {
	theme := config.Declare("theme", "boost", config.EditableBy(config.EditorManager), config.OneOf("boost", "classic", "acme"))
	root := config.Declare("wwwroot", "https://example.com")
	type editorKey struct{}
	cfg := config.Config{Keys: []config.Declaration{theme, root}, Forced: map[string]any{"upgrade.key": "forced"}, Editor: func(ctx context.Context) config.Editor {
		if e, ok := ctx.Value(editorKey{}).(config.Editor); ok {
			return e
		}
		return config.EditorNobody
	}}
	two(t, cfg, func(one, other *process, told func()) {
		as := func(e config.Editor, id tenant.ID) context.Context {
			return context.WithValue(one.context(id), editorKey{}, e)
		}
		manager, operator := as(config.EditorManager, "acme"), as(config.EditorOperator, "")
		require.NoError(t, theme.Set(operator, "classic", "for all"))
		require.NoError(t, root.Set(as(config.EditorOperator, "acme"), "https://acme.example.com", "its own"))
		require.NoError(t, theme.Set(manager, "acme", "ours"))
		told()
		for id, want := range map[tenant.ID][]string{"acme": {"acme", "https://acme.example.com"}, "bolt": {"classic", "https://example.com"}} {
			s, err := config.TakeSnapshot(other.context(id)) // early in a request, all at once
			require.NoError(t, err)
			require.Equal(t, want, []string{config.GetIn(s, "theme", ""), config.GetIn(s, "wwwroot", "")}, id)
		}
		require.Equal(t, "classic", theme.Get(other.context("")), "the global setting is as it was")

		// What the form says the manager may do, he may; and nothing else.
		raw, err := one.settings.Schema(manager)
		require.NoError(t, err)
		var form struct {
			Properties map[string]struct {
				ReadOnly bool  `json:"readOnly"`
				Enum     []any `json:"enum"`
			} `json:"properties"`
		}
		require.NoError(t, json.Unmarshal(raw, &form))
		require.False(t, form.Properties["theme"].ReadOnly)
		require.Equal(t, []any{"boost", "classic", "acme"}, form.Properties["theme"].Enum)
		require.True(t, form.Properties["wwwroot"].ReadOnly)
		require.ErrorIs(t, theme.Set(manager, "nice", ""), config.ErrInvalid)
		require.ErrorIs(t, root.Set(manager, "https://evil.test", ""), config.ErrNotEditable)
		require.ErrorIs(t, theme.Set(as(config.EditorManager, ""), "acme", ""), config.ErrNotEditable, "nor for all")
		require.ErrorIs(t, theme.Set(as(config.EditorNobody, "acme"), "boost", ""), config.ErrNotEditable)
		require.ErrorIs(t, one.settings.Set(as(config.EditorOperator, "acme"), "upgrade.key", "x", ""), config.ErrForced)

		require.NoError(t, one.settings.Delete(manager, "theme", "as the others"))
		told()
		require.Equal(t, []string{"classic", "https://acme.example.com"}, []string{theme.Get(other.context("acme")), root.Get(other.context("acme"))})
	})
}

// A property is isolated, shared, or as its module is: the currency of a shop, and
// how often a password may be wrong.
func Test_D07_PropertyIsolation(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		for _, c := range []struct{ property, module, want tenant.Isolation }{
			{tenant.PerTenant, tenant.PerTenant, tenant.PerTenant},
			{tenant.PerTenant, tenant.Shared, tenant.PerTenant},
			{tenant.Shared, tenant.PerTenant, tenant.Shared},
			{tenant.Shared, tenant.Shared, tenant.Shared},
			{tenant.Inherit, tenant.PerTenant, tenant.PerTenant},
			{tenant.Inherit, tenant.Shared, tenant.Shared},
		} {
			p, plain := newPlace(t, e)
			key := config.Declare("shop.setting", "default", config.Isolation(c.property), config.Module("shop"))
			pr := p.process(t, config.Config{Keys: []config.Declaration{key}, Modules: []tenant.Module{{Name: "shop", Isolation: c.module}}})
			name := c.property.String() + " in " + c.module.String()
			require.NoError(t, key.Set(pr.context(""), "of all", "test"), name)
			err := key.Set(pr.context("acme"), "of acme", "test")
			rows := 0
			require.NoError(t, plain.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM tenancy_settings WHERE tenant_id = 'acme'`).Scan(&rows))
			if c.want == tenant.Shared {
				require.ErrorIs(t, err, config.ErrNotOverridable, name)
				require.Zero(t, rows, name)
				require.Equal(t, "of all", key.Get(pr.context("acme")), name)
			} else {
				require.NoError(t, err, name)
				require.Equal(t, 1, rows, name)
				require.Equal(t, "of acme", key.Get(pr.context("acme")), name)
			}
			require.Equal(t, "of all", key.Get(pr.context("bolt")), name)
		}
	})
}
