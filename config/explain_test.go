package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// steps writes an explanation's steps down, a line each.
func steps(e config.Explanation) []string {
	var out []string
	for _, s := range e.Steps {
		line := fmt.Sprintf("%s%s %s %s", s.Layer, strings.Repeat(" ", min(1, len(s.Group)))+s.Group, s.Value, s.Outcome)
		if s.Under != "" {
			line += " as " + s.Under
		}
		out = append(out, line)
	}
	return out
}

func TestExplain(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	put(t, store, config.Owner{}, "plain", `"global"`, "!forced", `"global"`, "merged", `{"b":1}`, "inner", `"global"`, "short", `1`, "shared", `1`, "free", `1`)
	put(t, store, group("gold"), "plain", `"gold"`, "forced", `"gold"`, "shared", `2`)
	put(t, store, of("acme"), "plain", `"acme"`, "former", `"older"`, "forced", `"acme"`, "merged", `{"c":1}`, "short", `99`, "shared", `3`, "password", `"not sealed"`)
	put(t, store, config.Owner{Tenant: "acme", Account: "ann"}, "plain", `"ann"`)
	ring, err := config.NewKeyring("1", map[string][]byte{"1": make([]byte, 32)})
	require.NoError(t, err)
	keys := []config.Declaration{
		config.Declare("plain", "default", config.PerAccount(), config.Alias("former"), config.EditableBy(config.EditorManager)),
		config.Declare("forced", "default"),
		config.Declare("merged", map[string]int{"a": 1}, config.Merged(config.MergeShallow)),
		config.Declare("inner", "default", config.NotInherited()),
		config.Declare("short", 5, config.Between(1, 10)),
		config.Declare("shared", 0, config.Isolation(tenant.Shared)),
		config.Declare("password", "", config.Sealed()),
	}
	r := resolver(t, config.Config{
		Store: store, Keys: keys, Keyring: ring, Base: map[string]any{"plain": "base"},
		Groups: plans(map[tenant.ID][]string{"acme": {"silver", "gold"}}),
	})
	ann := as(r, "acme", "ann")
	for key, want := range map[string]struct {
		value string
		steps []string
	}{
		"plain": {`"ann"`, []string{`default "default" overridden`, `base "base" overridden`, `global "global" overridden`,
			`group gold "gold" overridden`, `tenant "acme" overridden`, `tenant "older" former name as former`, `account "ann" wins`}},
		"forced":   {`"global"`, []string{`default "default" overridden`, `global "global" wins`, `group gold "gold" forced below`, `tenant "acme" forced below`}},
		"merged":   {`{"a":1,"b":1,"c":1}`, []string{`default {"a":1} merged`, `global {"b":1} merged`, `tenant {"c":1} wins`}},
		"inner":    {`"default"`, []string{`default "default" wins`, `global  not inherited`}},
		"short":    {``, []string{`default 5 overridden`, `global 1 overridden`, `tenant 99 wins, unusable`}},
		"shared":   {`1`, []string{`default 0 overridden`, `global 1 wins`, `group gold 2 shared`, `tenant 3 shared`}},
		"password": {``, []string{`default  overridden`, `tenant  wins, unusable`}},
		"free":     {`1`, []string{`global 1 wins`}},
		"none":     {``, nil},
	} {
		e, err := r.Explain(ann, key)
		require.NoError(t, err, key)
		require.Equal(t, want.value, string(e.Value), key)
		require.Equal(t, want.steps, steps(e), key)
		v, info, err := config.Lookup[json.RawMessage](ann, key)
		if err == nil && key != "password" {
			require.Equal(t, string(v), string(e.Value), "one way of reading")
		}
		if err != nil {
			require.Equal(t, err.Error(), e.Problem)
		}
		require.Equal(t, info, e.Info, key)
		require.Equal(t, !info.Forced && key != "shared", e.Editable, key)
	}
	e, err := r.Explain(ann, "former")
	require.NoError(t, err)
	require.Equal(t, "plain", e.Key)
	require.NoError(t, r.SetEnabled(in(r, "acme"), false, ""))
	e, err = r.Explain(in(r, "acme"), "merged")
	require.NoError(t, err)
	require.Equal(t, []string{`default {"a":1} merged`, `global {"b":1} wins`, `tenant {"c":1} disabled`}, steps(e))

	e, err = r.Explain(everywhere(r), "plain")
	require.NoError(t, err)
	require.Equal(t, []string{`default "default" overridden`, `base "base" overridden`, `global "global" wins`}, steps(e))
	raw, err := json.Marshal(e)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"layer":"global","value":"global"`)
	require.NotContains(t, slog.AnyValue(e).Resolve().String(), "base")
	for _, ctx := range []func() error{
		func() error { _, err := r.Explain(background, "plain"); return err },
		func() error { _, err := r.Explain(tenant.AcrossAll(background, "test"), "plain"); return err },
	} {
		var wrong *config.KeyError
		require.ErrorAs(t, ctx(), &wrong)
	}
}
