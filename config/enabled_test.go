package config_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// TestSetEnabled: the switch is a setting of the tenant, with a history, which
// nothing but SetEnabled writes.
func TestSetEnabled(t *testing.T) {
	t.Parallel()
	store := newRecorder()
	r := resolver(t, config.Config{Store: store, Editor: editor(config.EditorOperator)})
	ctx := ann(in(r, "acme"))
	require.NoError(t, r.Set(ctx, "size", 10, ""))
	require.NoError(t, r.SetEnabled(ctx, true, "on as it is"))
	require.Equal(t, map[string]string{"size": "10"}, values(t, store, ofAcme))
	require.NoError(t, r.SetEnabled(ctx, false, "unpaid"))
	require.Equal(t, map[string]string{"size": "10", "tenancy:enabled": "false"}, values(t, store, ofAcme))
	require.NoError(t, r.SetEnabled(ctx, true, "paid"))
	require.Equal(t, map[string]string{"size": "10"}, values(t, store, ofAcme))

	history, err := r.History(ctx, "tenancy:enabled", 10)
	require.NoError(t, err)
	require.Len(t, history, 2)
	require.Nil(t, history[0].Value)
	require.Equal(t, "paid", history[0].Reason)
	require.Equal(t, "false", string(history[1].Value))
	require.Equal(t, "unpaid", history[1].Reason)
	require.Equal(t, "ann", history[1].Actor)
	require.ErrorIs(t, r.Rollback(ctx, "tenancy:enabled", history[1].Version, ""), config.ErrBadKey)
	require.Empty(t, values(t, store, config.Owner{Tenant: "bolt"}))
}

func TestSetEnabledRefuses(t *testing.T) {
	t.Parallel()
	acme := tenant.WithID(background, "acme")
	for name, c := range map[string]struct {
		ctx    context.Context
		editor func(context.Context) config.Editor
		err    error
		layer  config.Layer
	}{
		"no tenant":  {background, nil, tenant.ErrNoTenant, config.LayerNone},
		"global":     {tenant.Global(background), nil, tenant.ErrNoTenant, config.LayerNone},
		"several":    {tenant.AcrossAll(background, "edit"), nil, tenant.ErrSeveralTenants, config.LayerNone},
		"read-only":  {tenant.ReadOnly(acme), nil, tenant.ErrReadOnly, config.LayerNone},
		"a manager":  {acme, editor(config.EditorManager), config.ErrNotEditable, config.LayerTenant},
		"an account": {acme, editor(config.EditorAccount), config.ErrNotEditable, config.LayerTenant},
		"nobody":     {acme, editor(config.EditorNobody), config.ErrNotEditable, config.LayerTenant},
		"store down": {acme, nil, errDown, config.LayerTenant},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newRecorder()
			r := resolver(t, config.Config{Store: store, Editor: c.editor})
			store.put(t, ofAcme, config.Change{Key: "size", Value: []byte("1")})
			store.set(func(s *recorder) { s.fail = errDown })
			before := store.dump(t)
			err := r.SetEnabled(config.NewContext(c.ctx, r), false, "")
			require.ErrorIs(t, err, c.err)
			var named *config.KeyError
			require.ErrorAs(t, err, &named)
			require.Equal(t, "tenancy:enabled", named.Key)
			require.Equal(t, c.layer, named.Layer)
			require.Equal(t, before, store.dump(t))
		})
	}
}
