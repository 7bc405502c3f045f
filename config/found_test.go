package config_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// TestExplainNotInherited: what a key keeps from tenants is not said to be
// forced away, and a tenant's own value is not kept from its accounts.
func TestExplainNotInherited(t *testing.T) {
	t.Parallel()
	key := config.Declare("smtp.user", "nobody", config.NotInherited(), config.PerAccount())
	r := resolver(t, config.Config{Keys: []config.Declaration{key}, Base: map[string]any{"smtp.user": "file"}})
	acme := ann(in(r, "acme"))
	require.NoError(t, key.Set(everywhere(r), "host", ""))
	require.Equal(t, map[config.Layer]config.Outcome{
		config.LayerDefault: config.OutcomeWins,
		config.LayerBase:    config.OutcomeNotInherited,
		config.LayerGlobal:  config.OutcomeNotInherited,
	}, outcomes(t, r, acme, "smtp.user"))

	require.NoError(t, key.Set(acme, "acme", ""))
	_, err := r.Account().Update(acme, "", key.Put("ann"))
	require.NoError(t, err)
	require.Equal(t, map[config.Layer]config.Outcome{
		config.LayerDefault: config.OutcomeOverridden,
		config.LayerBase:    config.OutcomeNotInherited,
		config.LayerGlobal:  config.OutcomeNotInherited,
		config.LayerTenant:  config.OutcomeOverridden,
		config.LayerAccount: config.OutcomeWins,
	}, outcomes(t, r, acme, "smtp.user"))

	_, err = r.Update(everywhere(r), "", key.Put("forced").Force())
	require.NoError(t, err)
	require.Equal(t, map[config.Layer]config.Outcome{
		config.LayerDefault: config.OutcomeOverridden,
		config.LayerBase:    config.OutcomeNotInherited,
		config.LayerGlobal:  config.OutcomeWins,
		config.LayerTenant:  config.OutcomeForcedBelow,
		config.LayerAccount: config.OutcomeForcedBelow,
	}, outcomes(t, r, acme, "smtp.user"))
}

// TestNotInheritedMerged: a forced value counts in a tenant, and what the key
// keeps from tenants is not merged into it.
func TestNotInheritedMerged(t *testing.T) {
	t.Parallel()
	key := config.Declare("smtp", map[string]string{"port": "25"}, config.NotInherited(), config.Merged(config.MergeShallow))
	r := resolver(t, config.Config{
		Keys:   []config.Declaration{key},
		Base:   map[string]any{"smtp": map[string]string{"file": "the installation's"}},
		Groups: func(_ context.Context, id tenant.ID) ([]string, error) { return []string{"gold"}, nil },
	})
	require.NoError(t, key.Set(everywhere(r), map[string]string{"password": "the installation's"}, ""))
	_, err := r.Group("gold").Update(everywhere(r), "", key.Put(map[string]string{"host": "mail"}).Force())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"port": "25", "host": "mail"}, key.Get(in(r, "acme")))
	require.Equal(t, map[string]string{"port": "25", "file": "the installation's", "password": "the installation's"},
		key.Get(everywhere(r)))
}

// TestExplainEditable: it says what a write would.
func TestExplainEditableHere(t *testing.T) {
	t.Parallel()
	own := config.Declare("own", 1)
	shared := config.Declare("shared", 1, config.Isolation(tenant.Shared))
	for name, may := range map[string]func(context.Context) config.Editor{
		"nobody asks": nil, "an operator": editor(config.EditorOperator), "a manager": editor(config.EditorManager),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t, config.Config{Keys: []config.Declaration{own, shared}, Editor: may})
			for where, ctx := range map[string]context.Context{
				"tenant": in(r, "acme"), "global": everywhere(r), "read-only": tenant.ReadOnly(in(r, "acme")),
			} {
				for _, key := range []string{"own", "shared"} {
					e, err := r.Explain(ctx, key)
					require.NoError(t, err)
					require.Equal(t, r.Set(ctx, key, 2, "") == nil, e.Editable, "%s, %s", key, where)
				}
			}
		})
	}
}

// TestExplainNull: a stored null is a value.
func TestExplainNull(t *testing.T) {
	t.Parallel()
	r := resolver(t, config.Config{})
	require.NoError(t, r.Set(in(r, "acme"), "k", nil, ""))
	e, err := r.Explain(in(r, "acme"), "k")
	require.NoError(t, err)
	require.Equal(t, "null", string(e.Value))
	e, err = r.Explain(in(r, "acme"), "missing")
	require.NoError(t, err)
	require.Nil(t, e.Value)
}
