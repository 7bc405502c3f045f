package ctxtree_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

func noPage(t *testing.T, ctx context.Context) {
	t.Helper()
	_, ok := ctxtree.Current(ctx)
	require.False(t, ok)
}

// TestPageEnds: what makes a context be about something else leaves the page
// behind; everything else keeps it.
func TestPageEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	noPage(t, context.Background())
	for _, of := range []tenant.ID{"acme", ""} {
		ctx, err := s.pages.Enter(as(in("acme"), eve), s.course[of].ID)
		require.NoError(t, err)
		noPage(t, tenant.Switch(ctx, "bolt", "test"))
		noPage(t, tenant.Switch(ctx, "acme", "test"))
		noPage(t, tenant.Across(ctx, "test", "acme"))
		noPage(t, tenant.AcrossAll(ctx, "test"))
		noPage(t, tenant.WithID(ctx, "bolt"))
		noPage(t, tenant.Global(ctx))

		on(t, tenant.WithID(ctx, "acme"), s.course[of], "acme")
		on(t, tenant.NewContext(ctx, &tenant.Tenant{ID: "acme"}), s.course[of], "acme")
		on(t, tenant.ReadOnly(ctx), s.course[of], "acme")
		on(t, tenant.WithActor(ctx, tenant.Actor{}), s.course[of], "acme")
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		on(t, tenant.Detach(cancelled), s.course[of], "acme")
	}
	for name, start := range map[string]context.Context{"global": tenant.Global(context.Background()), "across all": tenant.AcrossAll(context.Background(), "test")} {
		ctx, err := s.pages.Enter(as(start, eve), s.course[""].ID)
		require.NoError(t, err, name)
		on(t, ctx, s.course[""], "")
		err = tenant.Each(ctx, s.pages.Registry, func(ctx context.Context, _ *tenant.Tenant) error {
			if _, ok := ctxtree.Current(ctx); ok {
				return errors.New("there is a page")
			}
			return nil
		}, tenant.EachOptions{})
		require.NoError(t, err, name)
		noPage(t, tenant.Switch(ctx, "acme", "test"))
		noPage(t, tenant.Across(ctx, "test", "acme"))
		noPage(t, tenant.WithID(ctx, "acme"))
	}
}

// TestPageIsOfItsContext: whoever carries a page on into another context, it is
// none there.
func TestPageIsOfItsContext(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, of := range []tenant.ID{"acme", ""} {
		ctx, err := s.pages.Enter(in("acme"), s.course[of].ID)
		require.NoError(t, err)
		for name, change := range map[string]func(*carry.Value){
			"another tenant": func(v *carry.Value) { v.ID = "bolt" },
			"global":         func(v *carry.Value) { v.Mode, v.ID = carry.Global, "" },
			"across all":     func(v *carry.Value) { v.Mode, v.ID = carry.AcrossAll, "" },
			"none":           func(v *carry.Value) { v.Mode, v.ID = carry.None, "" },
		} {
			v := *carry.From(ctx)
			change(&v)
			_, ok := ctxtree.Current(carry.With(ctx, &v))
			require.False(t, ok, name)
		}
	}
}

// TestCurrentTenant: the user's tenant if set; else that of
// the page; on a page without one the session's choice.
func TestCurrentTenant(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	enter := func(ctx context.Context, of tenant.ID) context.Context {
		ctx, err := s.pages.Enter(ctx, s.course[of].ID)
		require.NoError(t, err)
		return ctx
	}
	member := as(in("acme"), tenant.Actor{ID: "ann", Tenant: "acme"})
	on(t, enter(member, "acme"), s.course["acme"], "acme")
	on(t, enter(member, ""), s.course[""], "acme")
	_, err := s.pages.Enter(member, s.course["corp"].ID)
	require.ErrorIs(t, err, ctxtree.ErrNoNode)

	chosen := as(in("acme"), eve)
	on(t, enter(chosen, "corp"), s.course["corp"], "corp")
	on(t, enter(chosen, ""), s.course[""], "acme")
	on(t, enter(enter(chosen, "corp"), ""), s.course[""], "acme")
	on(t, enter(enter(enter(chosen, "corp"), ""), "corp"), s.course["corp"], "corp")
	on(t, enter(enter(chosen, "corp"), "acme"), s.course["acme"], "acme")

	global := as(tenant.Global(context.Background()), eve)
	on(t, enter(enter(global, "corp"), "acme"), s.course["acme"], "acme")
	back := enter(enter(global, "corp"), "")
	on(t, back, s.course[""], "")
	require.Equal(t, tenant.ModeGlobal, tenant.ModeOf(back))

	// Only the same person goes back, and nobody gets rid of a ban on writing.
	there := enter(chosen, "corp")
	for name, ctx := range map[string]context.Context{
		"another actor": as(there, tenant.Actor{ID: "bob"}),
		"nobody":        as(there, tenant.Actor{}),
		"read-only":     tenant.ReadOnly(there),
	} {
		entered, err := s.pages.Enter(ctx, s.course[""].ID)
		require.NoError(t, err, name)
		on(t, entered, s.course[""], "corp")
		require.Equal(t, tenant.IsReadOnly(ctx), tenant.IsReadOnly(entered), name)
	}
	readOnly, err := s.pages.Enter(tenant.ReadOnly(chosen), s.course["corp"].ID)
	require.NoError(t, err)
	on(t, readOnly, s.course["corp"], "corp")
	require.True(t, tenant.IsReadOnly(readOnly))
	on(t, enter(readOnly, ""), s.course[""], "acme")
	require.True(t, tenant.IsReadOnly(enter(readOnly, "")))
}
