package stores_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/context/ctxtreetest"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbacsql"
	"github.com/gotenancy/tenancy/rbac/rbactest"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

func TestTreeScoped(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctxtreetest.TestStore(t, func(t *testing.T, levels ctxtree.Levels) ctxtree.Store {
			return ctxtreesql.New(openScoped(t, e, feed.Migrate, ctxtreesql.Migrate), e.Dialect, levels)
		})
	})
}

func TestRolesScoped(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		rbactest.TestStore(t, func(t *testing.T) rbac.Store {
			return rbacsql.New(openScoped(t, e, feed.Migrate, rbacsql.Migrate), e.Dialect)
		})
	})
}

// access is a tree and roles on one database, with one course of one tenant.
type access struct {
	tree    *ctxtreesql.Store
	roles   *rbacsql.Store
	checker *rbac.Checker

	acme        context.Context
	ann         context.Context
	top, course ctxtree.Node
	editor      rbac.RoleID
}

func newAccess(t *testing.T, e engines.Engine, db *sql.DB) *access {
	t.Helper()
	levels, err := ctxtree.NewLevels(
		ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelTenant, "category"}},
		ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{ctxtree.LevelTenant, "category"}})
	require.NoError(t, err)
	a := &access{tree: ctxtreesql.New(db, e.Dialect, levels), roles: rbacsql.New(db, e.Dialect)}
	a.checker, err = rbac.NewChecker(rbac.Config{Tree: a.tree, Store: a.roles, Capabilities: []rbac.Capability{{Name: "edit"}}})
	require.NoError(t, err)
	a.acme = tenant.WithID(t.Context(), "acme")
	a.ann = tenant.WithActor(a.acme, tenant.Actor{ID: "ann", Tenant: "acme"})
	return a
}

func (a *access) fill(t *testing.T) {
	t.Helper()
	var err error
	a.top, err = a.tree.Create(a.acme, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: "acme"})
	require.NoError(t, err)
	a.course, err = a.tree.Create(a.acme, ctxtree.Spec{Parent: a.top.ID, Level: "course", Instance: "7"})
	require.NoError(t, err)
	global := tenant.Global(t.Context())
	role, err := a.roles.DefineRole(global, rbac.Role{Name: "editor"})
	require.NoError(t, err)
	a.editor = role.ID
	require.NoError(t, a.roles.SetPermission(global, ctxtree.Node{ID: ctxtree.SystemID}, role.ID, "edit", rbac.Allow))
}

// One transaction of the application's spans both stores: what it does counts
// when it commits, not before, and not at all if it does not.
func TestAccessInOneTransaction(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		db := openScoped(t, e, feed.Migrate, ctxtreesql.Migrate, rbacsql.Migrate)
		a := newAccess(t, e, db)
		a.fill(t)
		told := 0
		a.tree.Subscribe(func(tenant.ID, int64) { told++ })
		a.roles.Subscribe(func(tenant.ID, int64) { told++ })

		change := func() (*sql.Tx, ctxtree.Node) {
			tx, err := db.BeginTx(a.acme, nil)
			require.NoError(t, err)
			course, err := a.tree.With(tx).Create(a.acme, ctxtree.Spec{Parent: a.top.ID, Level: "course", Instance: "8"})
			require.NoError(t, err)
			require.NoError(t, a.roles.With(tx).Assign(a.acme, course, rbac.Assignment{Role: a.editor, User: "ann"}))
			return tx, course
		}
		tx, course := change()
		require.NoError(t, tx.Rollback())
		require.False(t, a.checker.Can(a.ann, "edit", course.ID))
		_, found, err := a.tree.ByInstance(a.acme, "acme", "course", "8")
		require.NoError(t, err)
		require.False(t, found)
		rules, _, err := a.roles.Load(a.acme, "acme")
		require.NoError(t, err)
		require.Empty(t, rules.Assignments)

		tx, course = change()
		require.NoError(t, tx.Commit())
		require.Zero(t, told, "a store inside a transaction announces nothing")
		a.checker.Invalidate("acme", 0)
		require.True(t, a.checker.Can(a.ann, "edit", course.ID))
	})
}

// Another process hears of a change through the feed.
func TestAccessAcrossProcesses(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		dsn, db := e.NewDatabase(t)
		for _, up := range []migration{feed.Migrate, ctxtreesql.Migrate, rbacsql.Migrate} {
			require.NoError(t, up(t.Context(), db, e.Dialect))
		}
		here := newAccess(t, e, db)
		here.fill(t)
		there := newAccess(t, e, e.Pool(t, dsn))
		poller := feed.NewPoller(feed.NewStore(e.Pool(t, dsn), e.Dialect), feed.PollerConfig{Every: time.Hour})
		poller.Subscribe(there.checker.Invalidate)

		ask := func(want bool) {
			t.Helper()
			require.Equal(t, want, here.checker.Can(here.ann, "edit", here.course.ID))
			require.NoError(t, poller.Poll(t.Context()))
			require.Equal(t, want, there.checker.Can(there.ann, "edit", here.course.ID))
		}
		ask(false)
		held := rbac.Assignment{Role: here.editor, User: "ann"}
		category, err := here.tree.Create(here.acme, ctxtree.Spec{Parent: here.top.ID, Level: "category", Instance: "c"})
		require.NoError(t, err)
		require.NoError(t, here.roles.Assign(here.acme, category, held))
		ask(false)
		_, err = here.tree.Move(here.acme, here.course.ID, category.ID)
		require.NoError(t, err)
		ask(true)
		global := tenant.Global(t.Context())
		require.NoError(t, here.roles.SetPermission(global, ctxtree.Node{ID: ctxtree.SystemID}, here.editor, "edit", rbac.Prohibit))
		ask(false)
		require.NoError(t, here.roles.SetPermission(global, ctxtree.Node{ID: ctxtree.SystemID}, here.editor, "edit", rbac.Allow))
		ask(true)
		require.NoError(t, here.tree.SetLocked(here.acme, category.ID, true))
		ask(false)
		require.NoError(t, here.tree.SetLocked(here.acme, category.ID, false))
		require.NoError(t, here.roles.Unassign(here.acme, category, held))
		ask(false)
	})
}

// A transaction that has looked at the tree before another one moved a parent
// still builds the path of a new child from where the parent is now.
func TestTreeOldSnapshot(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		if e.Dialect == tenant.SQLite {
			t.Skip("SQLite refuses to write from an old snapshot")
		}
		db := open(t, e, feed.Migrate, ctxtreesql.Migrate, rbacsql.Migrate)
		a := newAccess(t, e, db)
		a.fill(t)
		create := func(parent ctxtree.Node, instance string) ctxtree.Node {
			n, err := a.tree.Create(a.acme, ctxtree.Spec{Parent: parent.ID, Level: "category", Instance: instance})
			require.NoError(t, err)
			return n
		}
		from, to := create(a.top, "from"), create(a.top, "to")
		moving := create(from, "moving")

		tx, err := db.BeginTx(a.acme, nil)
		require.NoError(t, err)
		defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
		_, _, err = a.tree.With(tx).Node(a.acme, moving.ID)
		require.NoError(t, err)
		moved, err := a.tree.Move(a.acme, moving.ID, to.ID)
		require.NoError(t, err)

		child, err := a.tree.With(tx).Create(a.acme, ctxtree.Spec{Parent: moving.ID, Level: "category", Instance: "child"})
		require.NoError(t, err)
		require.True(t, child.Within(moved), "%s is not below %s", child.Path, moved.Path)
		require.NoError(t, a.tree.With(tx).SetLocked(a.acme, child.ID, true))
		_, err = a.tree.With(tx).Move(a.acme, moving.ID, from.ID)
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
		line, err := a.tree.Ancestors(a.acme, child.ID)
		require.NoError(t, err)
		require.Len(t, line, 5)
		require.True(t, line[4].Within(line[3]))
		require.Equal(t, from.ID, line[2].ID)
	})
}
