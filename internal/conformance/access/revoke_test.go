// Package access_test asks, on real engines and in two processes, who may do
// what where.
package access_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbacsql"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

func migrateAll(t *testing.T, db *sql.DB, dialect tenant.Dialect) {
	t.Helper()
	require.NoError(t, feed.Migrate(t.Context(), db, dialect))
	require.NoError(t, ctxtreesql.Migrate(t.Context(), db, dialect))
	require.NoError(t, rbacsql.Migrate(t.Context(), db, dialect))
}

// revoker changes again and again whether ann may edit a node of one tenant, in
// every way there is, and asks the second process each time.
type revoker struct {
	*access
	ctx               context.Context
	of                tenant.ID
	editor            rbac.RoleID
	held, other, leaf ctxtree.Node
	assigned, under   bool
	prevented         bool
}

func (a *access) revoker(ctx context.Context, of tenant.ID, editor rbac.RoleID) (*revoker, error) {
	r := &revoker{access: a, ctx: tenant.WithID(ctx, of), of: of, editor: editor, under: true}
	top, err := a.tree.Create(r.ctx, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: string(of)})
	parent := top.ID
	for i, n := range []*ctxtree.Node{&r.held, &r.other, &r.leaf} {
		if err == nil {
			*n, err = a.tree.Create(r.ctx, ctxtree.Spec{Parent: parent, Level: "category", Instance: fmt.Sprint(i)})
		}
		if i == 1 {
			parent = r.held.ID
		}
	}
	return r, err
}

// change makes the i-th change; each gives ann the right or takes it away.
func (r *revoker) change(i int) error {
	held := rbac.Assignment{Role: r.editor, User: "ann"}
	switch {
	case !r.assigned:
		r.assigned = true
		return r.roles.Assign(r.ctx, r.held, held)
	case !r.under:
		r.under = true
		_, err := r.tree.Move(r.ctx, r.leaf.ID, r.held.ID)
		return err
	case r.prevented:
		r.prevented = false
		return r.roles.SetPermission(r.ctx, r.leaf, r.editor, "edit", rbac.Inherit)
	}
	switch i / 2 % 3 { // she has it
	case 0:
		r.assigned = false
		return r.roles.Unassign(r.ctx, r.held, held)
	case 1:
		r.under = false
		_, err := r.tree.Move(r.ctx, r.leaf.ID, r.other.ID)
		return err
	default:
		r.prevented = true
		return r.roles.SetPermission(r.ctx, r.leaf, r.editor, "edit", rbac.Prohibit)
	}
}

func (r *revoker) run(there *child, times int) error {
	for i := range times {
		if err := r.change(i); err != nil {
			return err
		}
		ctx := ann(r.ctx, r.of)
		want := r.assigned && r.under && !r.prevented
		token, err := r.checker.Token(ctx)
		if err != nil {
			return err
		}
		if r.checker.Can(ctx, "edit", r.leaf.ID) != want {
			return fmt.Errorf("change %d: an old answer in this process, not %v", i, want)
		}
		can, err := there.ask(order{Tenant: r.of, Node: r.leaf.ID, Token: token.String()})
		if err != nil {
			return fmt.Errorf("change %d: %w", i, err)
		}
		if can != want {
			return fmt.Errorf("change %d: an old answer, not %v", i, want)
		}
	}
	return nil
}

// A right that was taken away in one process is gone in another one as soon as
// it is shown the token: never an old answer, while eight tenants change at
// once. With TENANCY_FULL set 10,000 times an engine.
func TestRevokeAcrossProcesses(t *testing.T) {
	t.Parallel()
	const tenants = 8
	times := 15
	if os.Getenv("TENANCY_FULL") != "" {
		times = 10_000 / tenants
	}
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		p, db := placeOf(t, e)
		here, err := newAccess(db, e.Dialect)
		require.NoError(t, err)
		global := tenant.Global(t.Context())
		editor, err := here.roles.DefineRole(global, rbac.Role{Name: "editor"})
		require.NoError(t, err)
		require.NoError(t, here.roles.SetPermission(global, ctxtree.Node{ID: ctxtree.SystemID}, editor.ID, "edit", rbac.Allow))
		there := p.start(t)
		var wg sync.WaitGroup
		for i := range tenants {
			r, err := here.revoker(t.Context(), tenant.ID(fmt.Sprintf("tenant-%d", i)), editor.ID)
			require.NoError(t, err)
			wg.Go(func() {
				if err := r.run(there, times); err != nil {
					t.Errorf("%s: %v", r.of, err)
				}
			})
		}
		wg.Wait()
	})
}
