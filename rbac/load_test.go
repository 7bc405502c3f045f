package rbac_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// onFirst returns the world's roles as a store that runs fn when what acme owns is
// read for the first time, before it reads it.
func (w *world) onFirst(fn func()) rbac.Store {
	done := false
	return &hooked{Memory: w.roles, onLoad: func(_ context.Context, of tenant.ID) error {
		if of == "acme" && !done {
			done = true
			fn()
		}
		return nil
	}}
}

// The nodes and the roles of a tenant are of one moment: who gets a role on a
// category has nothing in a course that was moved out of there before, also where
// both happens while the checker reads.
func TestTreeAndRolesOfOneMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	editor := w.role("editor")
	w.set(editor, w.system, rbac.Allow, "edit")
	checker := w.checker(rbac.Config{Store: w.onFirst(func() {
		_, err := w.tree.Move(w.all, w.acmeCourse.ID, w.acmeOther.ID)
		require.NoError(t, err)
		w.assign("ann", editor, w.acmeCat)
	})})
	require.False(t, checker.Can(as("acme", ann), "edit", w.acmeCourse.ID))
	require.True(t, checker.Can(as("acme", ann), "edit", w.acmeCat.ID))
}

// What the tenant owns and what nobody owns are of one moment: who gets a role
// that was closed for all before has nothing by it, also where both happens while
// the checker reads.
func TestBothPartsOfOneMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	editor := w.role("editor")
	w.set(editor, w.system, rbac.Allow, "view", "edit")
	checker := w.checker(rbac.Config{Store: w.onFirst(func() {
		w.set(editor, w.system, rbac.Prohibit, "edit")
		w.assign("ann", editor, w.acmeCourse)
	})})
	require.False(t, checker.Can(as("acme", ann), "edit", w.acmeCourse.ID))
	require.True(t, checker.Can(as("acme", ann), "view", w.acmeCourse.ID))
}

// vague is a store that says of its changes only that there may have been one.
type vague struct {
	*rbac.Memory
	told []func(of tenant.ID, number int64)
}

func (v *vague) Subscribe(fn func(of tenant.ID, number int64)) { v.told = append(v.told, fn) }

// A change that is announced without a number counts as well.
func TestToldWithoutNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := allowed(w)
	store := &vague{Memory: w.roles}
	checker := w.checker(rbac.Config{Store: store})
	ctx := checker.NewContext(as("acme", ann))
	require.True(t, checker.Can(ctx, "view", w.acmeCourse.ID))
	w.set(user, w.acme, rbac.Prohibit, "view")
	require.True(t, checker.Can(ctx, "view", w.acmeCourse.ID), "nobody has told it")
	for _, tell := range store.told {
		tell("acme", 0)
	}
	require.False(t, checker.Can(ctx, "view", w.acmeCourse.ID))
}
