package configopenfeature_test

import (
	"context"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// other is an evaluation context that names a tenant in every way that comes to
// mind, down to the names that package tenantotel uses.
func other(id string) openfeature.EvaluationContext {
	attributes := map[string]any{}
	for _, name := range []string{
		"tenant", "tenantId", "tenant_id", "tenant.id", "Tenant", "tenancy.tenant.id", "tenancy.mode", "organization",
		"org", "site", "host", "id", "key", "user", "account", "actor", "group", "plan", "targeting_key", "mode",
	} {
		attributes[name] = id
	}
	attributes["ctx"] = tenant.WithID(context.Background(), tenant.ID(id))
	attributes["record"] = &tenant.Tenant{ID: tenant.ID(id)}
	return openfeature.NewEvaluationContext(id, attributes)
}

// The tenant of ctx is asked, whatever API, transaction, client and invocation
// say, and a hook that rewrites the evaluation context. There is no tenant
// where ctx has none.
func TestTenantComesFromContextOnly(t *testing.T) {
	w := newWorld(t, config.Config{})
	for _, id := range []tenant.ID{"acme", "bolt"} {
		w.write(t, config.Owner{Tenant: id}, "who", `"`+string(id)+`"`, false)
		w.write(t, config.Owner{Tenant: id}, "of", `{"tenant": "`+string(id)+`"}`, false)
	}
	w.write(t, config.Owner{Tenant: "bolt"}, "paid", "true", false) // acme has nothing here
	w.write(t, config.Owner{Tenant: "bolt"}, "seats", "500", false)
	w.write(t, config.Owner{Tenant: "bolt"}, "rate", "0.5", false)
	w.write(t, config.Owner{Group: "bolt"}, "paid", "true", false)

	bolt := other("bolt")
	openfeature.SetEvaluationContext(bolt)
	defer openfeature.SetEvaluationContext(openfeature.EvaluationContext{})
	w.client.SetEvaluationContext(bolt)
	w.client.AddHooks(rewriting{bolt})

	acme := openfeature.WithTransactionContext(in("acme"), bolt)
	who, err := w.client.StringValueDetails(acme, "who", "", bolt)
	require.NoError(t, err)
	require.Equal(t, "acme", who.Value)
	of, err := w.client.ObjectValue(acme, "of", nil, bolt)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"tenant": "acme"}, of)

	paid, err := w.client.BooleanValueDetails(acme, "paid", false, bolt)
	require.Error(t, err)
	require.Equal(t, openfeature.FlagNotFoundCode, paid.ErrorCode)
	require.False(t, paid.Value)
	seats, err := w.client.IntValue(acme, "seats", 1, bolt)
	require.Error(t, err)
	require.EqualValues(t, 1, seats)
	rate, err := w.client.FloatValue(acme, "rate", 1, bolt)
	require.Error(t, err)
	require.EqualValues(t, 1, rate)

	// the other way round, so that it is not the one tenant who always wins
	require.Equal(t, "bolt", w.client.String(openfeature.WithTransactionContext(in("bolt"), other("acme")), "who", "", other("acme")))

	for _, ctx := range []context.Context{context.Background(), tenant.AcrossAll(context.Background(), "test")} {
		who, err = w.client.StringValueDetails(openfeature.WithTransactionContext(ctx, bolt), "who", "", bolt)
		require.Error(t, err)
		require.Equal(t, openfeature.InvalidContextCode, who.ErrorCode)
		require.Empty(t, who.Value)
	}
	who, err = w.client.StringValueDetails(openfeature.WithTransactionContext(tenant.Global(context.Background()), bolt), "who", "", bolt)
	require.Error(t, err)
	require.Equal(t, openfeature.FlagNotFoundCode, who.ErrorCode)
}

// rewriting is a hook that puts another evaluation context in.
type rewriting struct{ with openfeature.EvaluationContext }

func (h rewriting) Before(context.Context, openfeature.HookContext, openfeature.HookHints) (*openfeature.EvaluationContext, error) {
	return &h.with, nil
}

func (rewriting) After(context.Context, openfeature.HookContext, openfeature.InterfaceEvaluationDetails, openfeature.HookHints) error {
	return nil
}
func (rewriting) Error(context.Context, openfeature.HookContext, error, openfeature.HookHints) {}
func (rewriting) Finally(context.Context, openfeature.HookContext, openfeature.InterfaceEvaluationDetails, openfeature.HookHints) {
}
