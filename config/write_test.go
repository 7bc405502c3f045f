package config_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

func TestSet(t *testing.T) {
	t.Parallel()
	size := config.Declare("size", 20)
	shared := config.Declare("shared", "default", config.Isolation(tenant.Shared))
	for name, c := range map[string]struct {
		ctx   context.Context
		key   string
		value any
		err   error
		layer config.Layer
		at    tenant.ID // where it is stored
		raw   string
	}{
		"of a tenant":               {tenant.WithID(background, "acme"), "size", 30, nil, config.LayerTenant, "acme", `30`},
		"global":                    {tenant.Global(background), "size", 30, nil, config.LayerGlobal, "", `30`},
		"undeclared":                {tenant.WithID(background, "acme"), "any", []int{1}, nil, config.LayerTenant, "acme", `[1]`},
		"null":                      {tenant.WithID(background, "acme"), "size", nil, nil, config.LayerTenant, "acme", `null`},
		"shared, global":            {tenant.Global(background), "shared", "x", nil, config.LayerGlobal, "", `"x"`},
		"shared, of a tenant":       {tenant.WithID(background, "acme"), "shared", "x", config.ErrNotOverridable, config.LayerTenant, "", ""},
		"of another type":           {tenant.WithID(background, "acme"), "size", "secret", config.ErrMistyped, config.LayerTenant, "", ""},
		"of another type, global":   {tenant.Global(background), "size", 30.5, config.ErrMistyped, config.LayerGlobal, "", ""},
		"without a form":            {tenant.WithID(background, "acme"), "any", func() {}, config.ErrMistyped, config.LayerTenant, "", ""},
		"a malformed key":           {tenant.WithID(background, "acme"), "no good", 1, config.ErrBadKey, config.LayerTenant, "", ""},
		"without a tenant":          {background, "size", 30, tenant.ErrNoTenant, config.LayerNone, "", ""},
		"of several":                {tenant.Across(background, "edit", "acme", "bolt"), "size", 30, tenant.ErrSeveralTenants, config.LayerNone, "", ""},
		"of all":                    {tenant.AcrossAll(background, "edit"), "size", 30, tenant.ErrSeveralTenants, config.LayerNone, "", ""},
		"in a context that refuses": {tenant.WithID(background, "No"), "size", 30, tenant.ErrInvalidID, config.LayerNone, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := config.NewMemoryStore()
			r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{size, shared}})
			ctx := tenant.WithActor(config.NewContext(c.ctx, r), tenant.Actor{ID: "ann", Tenant: "acme"})
			err := r.Set(ctx, c.key, c.value, "asked for")
			stored := map[tenant.ID]string{}
			for _, id := range []tenant.ID{"", "acme", "bolt"} {
				settings, _, err := store.Load(background, config.Owner{Tenant: id})
				require.NoError(t, err)
				for _, s := range settings {
					stored[id] = string(s.Value)
				}
			}
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
				var named *config.KeyError
				require.ErrorAs(t, err, &named)
				require.Equal(t, c.key, named.Key)
				require.Equal(t, c.layer, named.Layer)
				require.NotContains(t, err.Error(), "secret")
				require.Empty(t, stored, "nothing has changed")
				return
			}
			require.NoError(t, err)
			require.Equal(t, map[tenant.ID]string{c.at: c.raw}, stored)
			history, err := store.History(background, config.Owner{Tenant: c.at}, c.key, 10)
			require.NoError(t, err)
			require.Len(t, history, 1)
			require.Equal(t, "ann", history[0].Actor)
			require.Equal(t, "asked for", history[0].Reason)

			require.NoError(t, r.Delete(ctx, c.key, "not any more"))
			_, info, err := config.Lookup[any](ctx, c.key)
			require.NoError(t, err)
			require.Less(t, info.Layer, config.LayerGlobal)
			history, err = store.History(background, config.Owner{Tenant: c.at}, c.key, 10)
			require.NoError(t, err)
			require.Len(t, history, 2)
			require.Nil(t, history[0].Value)
			require.Equal(t, "not any more", history[0].Reason)
		})
	}
}

func TestSetFails(t *testing.T) {
	t.Parallel()
	r := resolver(t, config.Config{Store: readOnly{config.NewMemoryStore()}})
	err := r.Set(in(r, "acme"), "k", 1, "")
	require.ErrorIs(t, err, errDown, "the store's own error")
	require.EqualError(t, err, `config: key "k" in the tenant layer: connection refused`)
}

type readOnly struct{ config.Store }

func (readOnly) Write(context.Context, config.Owner, config.Edit, ...config.Change) (int64, error) {
	return 0, errDown
}
