package access_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// While a tenant is being filled, so that its nodes change all the time, its
// people get answers: nodes and rules are read in one state of the database.
func TestAskWhileFilling(t *testing.T) {
	t.Parallel()
	const nodes = 60
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		_, db := placeOf(t, e)
		a, err := newAccess(db, e.Dialect)
		require.NoError(t, err)
		global := tenant.Global(t.Context())
		editor, err := a.roles.DefineRole(global, rbac.Role{Name: "editor"})
		require.NoError(t, err)
		require.NoError(t, a.roles.SetPermission(global, ctxtree.Node{ID: ctxtree.SystemID}, editor.ID, "edit", rbac.Allow))
		r, err := a.revoker(t.Context(), "acme", editor.ID)
		require.NoError(t, err)
		require.NoError(t, r.change(0)) // ann may edit
		filled := make(chan error, 1)
		go func() {
			for i := range nodes {
				if _, err := a.tree.Create(r.ctx, ctxtree.Spec{Parent: r.other.ID, Level: "category", Instance: fmt.Sprint("new", i)}); err != nil {
					filled <- err
					return
				}
			}
			filled <- nil
		}()
		for asked := 0; ; asked++ {
			require.NoError(t, a.checker.Check(ann(t.Context(), "acme"), "edit", r.leaf.ID))
			require.ErrorIs(t, a.checker.Check(ann(t.Context(), "acme"), "edit", r.other.ID), rbac.ErrDenied)
			select {
			case err := <-filled:
				require.NoError(t, err)
				require.Positive(t, asked)
				return
			default:
			}
		}
	})
}
