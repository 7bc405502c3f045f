package tenant_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// starts are contexts in every mode.
var starts = map[string]func() context.Context{
	"none":       func() context.Context { return context.Background() },
	"tenant":     func() context.Context { return tenant.WithID(context.Background(), "acme") },
	"global":     func() context.Context { return tenant.Global(context.Background()) },
	"across":     func() context.Context { return tenant.Across(context.Background(), "report", "acme", "bolt") },
	"across-all": func() context.Context { return tenant.AcrossAll(context.Background(), "migration") },
	"refused":    func() context.Context { return tenant.WithID(context.Background(), "") },
}

// moves are the functions that lead into a mode.
var moves = map[string]func(context.Context) context.Context{
	"WithID same":      func(ctx context.Context) context.Context { return tenant.WithID(ctx, "acme") },
	"WithID other":     func(ctx context.Context) context.Context { return tenant.WithID(ctx, "bolt") },
	"WithID invalid":   func(ctx context.Context) context.Context { return tenant.WithID(ctx, "No") },
	"NewContext same":  func(ctx context.Context) context.Context { return tenant.NewContext(ctx, &tenant.Tenant{ID: "acme"}) },
	"NewContext other": func(ctx context.Context) context.Context { return tenant.NewContext(ctx, &tenant.Tenant{ID: "bolt"}) },
	"NewContext nil":   func(ctx context.Context) context.Context { return tenant.NewContext(ctx, nil) },
	"Global":           func(ctx context.Context) context.Context { return tenant.Global(ctx) },
	"Across":           func(ctx context.Context) context.Context { return tenant.Across(ctx, "report", "acme") },
	"Across twice":     func(ctx context.Context) context.Context { return tenant.Across(ctx, "report", "acme", "bolt", "acme") },
	"Across invalid":   func(ctx context.Context) context.Context { return tenant.Across(ctx, "report", "acme", "") },
	"Across silently":  func(ctx context.Context) context.Context { return tenant.Across(ctx, "", "acme") },
	"AcrossAll":        func(ctx context.Context) context.Context { return tenant.AcrossAll(ctx, "migration") },
	"AcrossAll silent": func(ctx context.Context) context.Context { return tenant.AcrossAll(ctx, "") },
	"Switch same":      func(ctx context.Context) context.Context { return tenant.Switch(ctx, "acme", "support") },
	"Switch other":     func(ctx context.Context) context.Context { return tenant.Switch(ctx, "bolt", "support") },
	"Switch invalid":   func(ctx context.Context) context.Context { return tenant.Switch(ctx, "", "support") },
	"Switch silently":  func(ctx context.Context) context.Context { return tenant.Switch(ctx, "bolt", "") },
}

// outcome is where a move ends: a mode, and for tenant mode the tenant, for a
// refused one the cause.
type outcome struct {
	mode tenant.Mode
	id   tenant.ID
	err  error
}

func in(id tenant.ID) outcome    { return outcome{tenant.ModeTenant, id, nil} }
func refused(err error) outcome  { return outcome{tenant.ModeRefused, "", err} }
func mode(m tenant.Mode) outcome { return outcome{m, "", nil} }

// TestModeTable is the table in the package's documentation, with every
// conflict: each function on each mode.
func TestModeTable(t *testing.T) {
	t.Parallel()
	var (
		acme, bolt = in("acme"), in("bolt")
		conflict   = refused(tenant.ErrTenantConflict)
		badID      = refused(tenant.ErrInvalidID)
		noTenant   = refused(tenant.ErrNoTenant)
		noReason   = refused(tenant.ErrNoReason)
		duplicate  = refused(tenant.ErrDuplicateID)
		global     = mode(tenant.ModeGlobal)
		across     = mode(tenant.ModeAcross)
		acrossAll  = mode(tenant.ModeAcrossAll)
	)
	want := map[string]map[string]outcome{
		"WithID same":      {"none": acme, "tenant": acme, "global": conflict, "across": conflict, "across-all": conflict},
		"WithID other":     {"none": bolt, "tenant": conflict, "global": conflict, "across": conflict, "across-all": conflict},
		"WithID invalid":   {"none": badID, "tenant": conflict, "global": conflict, "across": conflict, "across-all": conflict},
		"NewContext same":  {"none": acme, "tenant": acme, "global": conflict, "across": conflict, "across-all": conflict},
		"NewContext other": {"none": bolt, "tenant": conflict, "global": conflict, "across": conflict, "across-all": conflict},
		"NewContext nil":   {"none": noTenant, "tenant": noTenant, "global": noTenant, "across": noTenant, "across-all": noTenant},
		"Global":           {"none": global, "tenant": conflict, "global": global, "across": conflict, "across-all": conflict},
		"Across":           {"none": across, "tenant": across, "global": across, "across": across, "across-all": across},
		"Across twice":     {"none": duplicate, "tenant": duplicate, "global": duplicate, "across": duplicate, "across-all": duplicate},
		"Across invalid":   {"none": badID, "tenant": badID, "global": badID, "across": badID, "across-all": badID},
		"Across silently":  {"none": noReason, "tenant": noReason, "global": noReason, "across": noReason, "across-all": noReason},
		"AcrossAll":        {"none": acrossAll, "tenant": acrossAll, "global": acrossAll, "across": acrossAll, "across-all": acrossAll},
		"AcrossAll silent": {"none": noReason, "tenant": noReason, "global": noReason, "across": noReason, "across-all": noReason},
		"Switch same":      {"none": acme, "tenant": acme, "global": acme, "across": acme, "across-all": acme},
		"Switch other":     {"none": bolt, "tenant": bolt, "global": bolt, "across": bolt, "across-all": bolt},
		"Switch invalid":   {"none": badID, "tenant": badID, "global": badID, "across": badID, "across-all": badID},
		"Switch silently":  {"none": noReason, "tenant": noReason, "global": noReason, "across": noReason, "across-all": noReason},
	}
	require.Len(t, want, len(moves))
	for move, do := range moves {
		for start, from := range starts {
			t.Run(move+" from "+start, func(t *testing.T) {
				t.Parallel()
				expect, ok := want[move][start]
				if start == "refused" {
					// Nothing leads out, and the first cause stays.
					expect, ok = badID, true
				}
				require.True(t, ok, "the table has no entry")
				ctx := do(from())
				require.Equal(t, expect.mode, tenant.ModeOf(ctx))
				id, isTenant := tenant.IDFromContext(ctx)
				require.Equal(t, expect.id, id)
				require.Equal(t, expect.mode == tenant.ModeTenant, isTenant)
				if expect.err == nil {
					require.NoError(t, tenant.Err(ctx))
				} else {
					require.ErrorIs(t, tenant.Err(ctx), expect.err)
				}
			})
		}
	}
}

func TestErrOfAPlainContext(t *testing.T) {
	t.Parallel()
	require.Equal(t, tenant.ModeNone, tenant.ModeOf(context.Background()))
	require.ErrorIs(t, tenant.Err(context.Background()), tenant.ErrNoTenant)
}

func TestRecordInContext(t *testing.T) {
	t.Parallel()
	acme := &tenant.Tenant{ID: "acme", Name: "Acme"}
	ctx := tenant.NewContext(context.Background(), acme)
	got, ok := tenant.FromContext(ctx)
	require.True(t, ok)
	require.Same(t, acme, got)

	t.Run("the same id again keeps the record", func(t *testing.T) {
		got, ok := tenant.FromContext(tenant.WithID(ctx, "acme"))
		require.True(t, ok)
		require.Same(t, acme, got)
	})
	t.Run("a newer record replaces it", func(t *testing.T) {
		newer := &tenant.Tenant{ID: "acme"}
		got, ok := tenant.FromContext(tenant.NewContext(ctx, newer))
		require.True(t, ok)
		require.Same(t, newer, got)
	})
	for name, ctx := range map[string]context.Context{
		"WithID":     tenant.WithID(context.Background(), "acme"),
		"Switch":     tenant.Switch(ctx, "bolt", "support"),
		"Across":     tenant.Across(ctx, "report", "acme", "bolt"),
		"AcrossAll":  tenant.AcrossAll(ctx, "report"),
		"a conflict": tenant.WithID(ctx, "bolt"),
		"Global":     tenant.Global(context.Background()),
	} {
		t.Run("none after "+name, func(t *testing.T) {
			got, ok := tenant.FromContext(ctx)
			require.False(t, ok)
			require.Nil(t, got)
		})
	}
}

func TestActorSurvivesModes(t *testing.T) {
	t.Parallel()
	_, ok := tenant.ActorFromContext(context.Background())
	require.False(t, ok, "no actor is not an anonymous one")
	anonymous, ok := tenant.ActorFromContext(tenant.WithActor(context.Background(), tenant.Actor{}))
	require.True(t, ok)
	require.True(t, anonymous.Anonymous())

	root := tenant.Actor{ID: "root"}
	for name, move := range moves {
		got, ok := tenant.ActorFromContext(move(tenant.WithActor(context.Background(), root)))
		require.True(t, ok, name)
		require.Equal(t, root, got, name)
	}
	ctx := tenant.WithActor(tenant.WithID(context.Background(), "acme"), root)
	id, ok := tenant.IDFromContext(ctx)
	require.True(t, ok)
	require.Equal(t, tenant.ID("acme"), id, "an actor does not change the tenant")
}

func TestMembersDoNotSwitch(t *testing.T) {
	t.Parallel()
	member := func() context.Context {
		return tenant.WithActor(tenant.WithID(context.Background(), "acme"), tenant.Actor{ID: "ann", Tenant: "acme"})
	}
	elsewhere := tenant.Switch(member(), "bolt", "curious")
	require.ErrorIs(t, tenant.Err(elsewhere), tenant.ErrNotMember)
	require.ErrorIs(t, tenant.Err(tenant.Switch(elsewhere, "acme", "back")), tenant.ErrNotMember, "a refusal is final")
	require.NoError(t, tenant.Err(tenant.Switch(member(), "acme", "home")))
}

func TestContextsAreNotShared(t *testing.T) {
	t.Parallel()
	base := tenant.WithID(context.Background(), "acme")
	_ = tenant.Switch(base, "bolt", "support")
	_ = tenant.WithActor(base, tenant.Actor{ID: "ann"})
	id, _ := tenant.IDFromContext(base)
	require.Equal(t, tenant.ID("acme"), id)
	_, ok := tenant.ActorFromContext(base)
	require.False(t, ok)
}

func TestModeString(t *testing.T) {
	t.Parallel()
	for start, from := range starts {
		require.Equal(t, start, tenant.ModeOf(from()).String())
	}
	require.Equal(t, "Mode(99)", tenant.Mode(99).String())
}
