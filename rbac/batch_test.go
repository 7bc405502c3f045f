package rbac_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

func TestFilterKeepsOrderAndDuplicates(t *testing.T) {
	t.Parallel()
	w, checker, gus := readers(t)
	ctx := tenant.WithActor(tenant.AcrossAll(t.Context(), "test"), gus)
	asked := []int64{w.acmeOther.ID, w.boltCourse.ID, w.system.ID, w.acmeOther.ID, w.nowhere.ID, w.nowhere.ID, 0, -1, w.bolt.ID, w.acmeLeaf.ID, w.acme.ID}
	got, err := checker.Filter(ctx, "view", asked)
	require.NoError(t, err)
	require.Equal(t, []int64{w.acmeOther.ID, w.system.ID, w.acmeOther.ID, w.bolt.ID, w.acme.ID}, got)

	got, err = checker.Filter(as("acme", gus), "view", asked) // bolt's are not to be seen
	require.NoError(t, err)
	require.Equal(t, []int64{w.acmeOther.ID, w.system.ID, w.acmeOther.ID, w.acme.ID}, got)

	got, err = checker.Filter(ctx, "view", nil)
	require.NoError(t, err)
	require.Empty(t, got)
}

// lateTree is a tree in which one node is created just after it was loaded.
type lateTree struct {
	*hookedTree
	late int64
}

func (l *lateTree) Load(ctx context.Context, of tenant.ID) ([]ctxtree.Node, int64, error) {
	nodes, number, err := l.hookedTree.Load(ctx, of)
	return slices.DeleteFunc(nodes, func(n ctxtree.Node) bool { return n.ID == l.late }), number, err
}

// A batch sees one state, also if it changes while it is being answered.
func TestFilterIsOfOneState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowed(w)
	loads := 0
	roles := &hooked{Memory: w.roles, onLoad: func(_ context.Context, of tenant.ID) error {
		if of != "" {
			loads++
		}
		return nil
	}}
	user, reads := w.role("user"), 0
	tree := &lateTree{late: w.acmeLeaf.ID, hookedTree: &hookedTree{Memory: w.tree, onRead: func() error {
		if reads++; reads == 4 { // one node and two parts have been read
			w.set(user, w.acme, rbac.Prohibit, "view")
		}
		return nil
	}}}
	checker := w.checker(rbac.Config{Tree: tree, Store: roles})
	ctx := tenant.WithActor(tenant.Across(t.Context(), "test", "acme"), gil)
	asked := []int64{w.acme.ID, w.nowhere.ID, w.acmeCat.ID, w.acmeLeaf.ID, w.acmeCourse.ID}
	got, err := checker.Filter(ctx, "view", asked)
	require.NoError(t, err)
	require.Equal(t, []int64{w.acme.ID, w.acmeCat.ID, w.acmeCourse.ID}, got)
	require.Equal(t, 1, loads)
	got, err = checker.Filter(ctx, "view", asked)
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestBatchesFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowed(w)
	down := errors.New("down")
	broken := w.checker(rbac.Config{Store: &hooked{Memory: w.roles, onLoad: func(_ context.Context, of tenant.ID) error {
		if of == "bolt" {
			return down
		}
		return nil
	}}})
	across := tenant.WithActor(tenant.Across(t.Context(), "test", "acme", "bolt"), gil)
	got, err := broken.Filter(across, "view", []int64{w.acme.ID, w.bolt.ID})
	require.ErrorIs(t, err, down)
	require.Empty(t, got)
	nodes, err := broken.WhereCan(across, "view")
	require.ErrorIs(t, err, down)
	require.Empty(t, nodes)
	p, err := broken.Predicate(across, "view", rbac.Columns{Dialect: tenant.SQLite, Tenant: "t", ID: "id"})
	require.ErrorIs(t, err, down)
	require.Equal(t, rbac.Predicate{SQL: "(1 = 0)"}, p)

	deaf := w.checker(rbac.Config{Tree: &hookedTree{Memory: w.tree, onRead: func() error { return down }}})
	_, err = deaf.Filter(across, "view", []int64{w.acme.ID})
	require.ErrorIs(t, err, down)
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.role("user")
	w.set(user, w.system, rbac.Allow, "view", "unlock", "edit", "see")
	w.special(rbac.Special{DefaultUser: user})
	checker := w.checker(rbac.Config{})
	for _, c := range []struct {
		actor tenant.Actor
		at    ctxtree.Node
		want  []string
	}{
		{ann, w.acmeCourse, []string{"edit", "unlock", "view"}},
		{bob, w.acmeCourse, nil},
		{ann, w.sharedCourse, nil},
		{gil, w.sharedCourse, []string{"edit", "unlock", "view"}},
		{gil, w.boltCourse, nil},
		{gil, w.nowhere, nil},
	} {
		got, err := checker.Capabilities(as("acme", c.actor), c.at.ID)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
}

func TestCheckAnyAndAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.role("user")
	w.set(user, w.system, rbac.Allow, "view", "unlock")
	w.special(rbac.Special{DefaultUser: user})
	require.NoError(t, w.tree.SetLocked(w.all, w.acmeCat.ID, true))
	checker := w.checker(rbac.Config{})
	ctx, at := as("acme", ann), w.acmeCourse.ID
	require.NoError(t, checker.CheckAny(ctx, at, "edit", "see"))
	require.NoError(t, checker.CheckAll(ctx, at, "view", "unlock", "see"))
	for err, want := range map[error]rbac.DeniedError{
		checker.CheckAny(ctx, at, "edit", "list"):               {Step: rbac.StepLock, Capability: "edit", Node: at},
		checker.CheckAll(ctx, at, "view", "list", "edit"):       {Step: rbac.StepNothing, Capability: "list", Node: at},
		checker.CheckAll(ctx, at, "view", "undeclared"):         {Step: rbac.StepCapability, Capability: "undeclared", Node: at},
		checker.CheckAny(ctx, w.bolt.ID, "view", "edit"):        {Step: rbac.StepWall, Capability: "view", Node: w.bolt.ID},
		checker.CheckAll(ctx, w.nowhere.ID, "unlock", "unlock"): {Step: rbac.StepWall, Capability: "unlock", Node: w.nowhere.ID},
	} {
		var denied *rbac.DeniedError
		require.ErrorAs(t, err, &denied)
		require.Equal(t, want, *denied)
	}
	require.ErrorIs(t, checker.CheckAny(ctx, at), rbac.ErrInvalid)
	require.ErrorIs(t, checker.CheckAll(ctx, at), rbac.ErrInvalid)
}
