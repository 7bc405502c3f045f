package rbac_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// between are stores in which something happens between the reading of the
// nodes and that of the rules.
type between struct {
	*rbac.Memory
	happens func(of tenant.ID)
}

func (b *between) Load(ctx context.Context, of tenant.ID) (rbac.Rules, int64, error) {
	b.happens(of)
	return b.Memory.Load(ctx, of)
}

// A move and the change of roles that follows it are seen together or not at
// all: here the course leaves the category in which ann is to become an editor.
func TestNodesAndRulesAreOfOneState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	editor := w.role("editor")
	w.set(editor, w.system, rbac.Allow, "edit")
	times := 0
	store := &between{w.roles, func(of tenant.ID) {
		if of != "acme" {
			return
		}
		if times++; times == 1 {
			_, err := w.tree.Move(w.all, w.acmeCourse.ID, w.acmeOther.ID)
			require.NoError(t, err)
			w.assign("ann", editor, w.acmeCat)
		}
	}}
	checker := w.checker(rbac.Config{Store: store})
	require.False(t, checker.Can(as("acme", ann), "edit", w.acmeCourse.ID))
	require.True(t, checker.Can(as("acme", ann), "edit", w.acmeCat.ID))
	require.Equal(t, 2, times, "read again")

	// Nodes that always change meanwhile can not be read, and nobody is let in.
	restless := &between{w.roles, func(of tenant.ID) {
		if of == "acme" {
			w.node(w.acmeOther, "course", "new")
			require.NoError(t, w.tree.Delete(w.all, newest(t, w).ID))
		}
	}}
	checker = w.checker(rbac.Config{Store: restless})
	require.False(t, checker.Can(as("acme", ann), "edit", w.acmeCat.ID))
	require.Error(t, checker.Check(as("acme", ann), "edit", w.acmeCat.ID))
}

func newest(t *testing.T, w *world) ctxtree.Node {
	n, found, err := w.tree.ByInstance(w.all, "acme", "course", "new")
	require.NoError(t, err)
	require.True(t, found)
	return n
}

// Where the tree is read on the roles' transaction, nothing comes between.
func TestTreeOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowed(w)
	asked := 0
	checker := w.checker(rbac.Config{TreeOn: func(db tenant.DBTX) ctxtree.Store {
		require.Nil(t, db, "stores in memory have no transaction")
		asked++
		return w.tree
	}})
	require.True(t, checker.Can(as("acme", ann), "edit", w.acmeCourse.ID))
	require.Equal(t, 2, asked, "for either part")
}
