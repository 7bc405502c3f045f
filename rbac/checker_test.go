package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// hooked is a store and a tree whose loads can be watched and made to fail.
type hooked struct {
	*rbac.Memory
	onLoad func(ctx context.Context, of tenant.ID) error
}

func (h *hooked) Load(ctx context.Context, of tenant.ID) (rbac.Rules, int64, error) {
	if err := h.onLoad(ctx, of); err != nil {
		return rbac.Rules{}, 0, err
	}
	return h.Memory.Load(ctx, of)
}

type hookedTree struct {
	*ctxtree.Memory
	onRead func() error
}

func (h *hookedTree) Load(ctx context.Context, of tenant.ID) ([]ctxtree.Node, int64, error) {
	if err := h.onRead(); err != nil {
		return nil, 0, err
	}
	return h.Memory.Load(ctx, of)
}

func (h *hookedTree) Node(ctx context.Context, id int64) (ctxtree.Node, bool, error) {
	if err := h.onRead(); err != nil {
		return ctxtree.Node{}, false, err
	}
	return h.Memory.Node(ctx, id)
}

// allowed gives everybody who is signed in everything.
func allowed(w *world) rbac.RoleID {
	user := w.role("user")
	w.set(user, w.system, rbac.Allow, "view", "edit")
	w.special(rbac.Special{DefaultUser: user})
	return user
}

func TestClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowed(w)
	w.admin("ann")
	checker := w.checker(rbac.Config{})
	bg := context.Background()
	conflict := tenant.WithID(tenant.WithID(bg, "acme"), "bolt")
	var zero rbac.Checker
	for _, c := range []struct {
		name    string
		checker *rbac.Checker
		ctx     context.Context
		want    error
	}{
		{"no tenant", checker, tenant.WithActor(bg, ann), tenant.ErrNoTenant},
		{"no tenant, no actor", checker, bg, tenant.ErrNoTenant},
		{"a context that refuses", checker, tenant.WithActor(conflict, ann), tenant.ErrTenantConflict},
		{"no actor", checker, tenant.WithID(bg, "acme"), rbac.ErrNoActor},
		{"the zero Checker", &zero, as("acme", ann), nil},
		{"no Checker", nil, as("acme", ann), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.False(t, c.checker.Can(c.ctx, "view", w.acmeCourse.ID))
			err := c.checker.Check(c.ctx, "view", w.acmeCourse.ID)
			require.Error(t, err)
			require.NotErrorIs(t, err, rbac.ErrDenied)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			}
			d, err := c.checker.Explain(c.ctx, "view", w.acmeCourse.ID)
			require.Error(t, err)
			require.False(t, d.Allowed)
			require.Zero(t, d.Step)
			c.checker.Invalidate("acme", 0)
		})
	}
	require.True(t, checker.Can(as("acme", ann), "view", w.acmeCourse.ID))
}

func TestFailuresDeny(t *testing.T) {
	t.Parallel()
	broken := errors.New("the database is away")
	w := newWorld(t)
	allowed(w)
	w.admin("gil")
	failing, times := true, 0
	fail := func() error {
		if failing {
			times++
			return broken
		}
		return nil
	}
	for name, cfg := range map[string]rbac.Config{
		"tree":  {Tree: &hookedTree{w.tree, fail}},
		"store": {Store: &hooked{w.roles, func(context.Context, tenant.ID) error { return fail() }}},
		"one tenant's part": {Store: &hooked{w.roles, func(_ context.Context, of tenant.ID) error {
			if of == "" {
				return nil
			}
			return fail()
		}}},
		"known": {Known: func(context.Context, tenant.Actor) (bool, error) { return true, fail() }},
	} {
		synctest.Test(t, func(t *testing.T) {
			failing, times = true, 0
			checker := w.checker(cfg)
			across := tenant.WithActor(w.all, gil)
			for _, ctx := range []context.Context{as("acme", gil), across, checker.NewContext(as("acme", gil))} {
				require.False(t, checker.Can(ctx, "view", w.acmeCourse.ID), name)
				time.Sleep(time.Second)
				err := checker.Check(ctx, "view", w.acmeCourse.ID)
				require.ErrorIs(t, err, broken, name)
				require.NotErrorIs(t, err, rbac.ErrDenied, name)
				time.Sleep(time.Second)
			}
			require.GreaterOrEqual(t, times, 6, "a failure must not be kept: %s", name)
			failing = false
			require.True(t, checker.Can(as("acme", gil), "view", w.acmeCourse.ID), name)
			require.True(t, checker.Can(across, "view", w.acmeCourse.ID), name)
		})
	}
}

func TestNewChecker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, cfg := range map[string]rbac.Config{
		"no tree":         {Store: w.roles},
		"no store":        {Tree: w.tree},
		"unknown wall":    {Tree: w.tree, Store: w.roles, Wall: rbac.Shared + 1},
		"negative bound":  {Tree: w.tree, Store: w.roles, MaxTenants: -1},
		"bad name":        {Tree: w.tree, Store: w.roles, Capabilities: []rbac.Capability{{Name: "a b"}}},
		"no name":         {Tree: w.tree, Store: w.roles, Capabilities: []rbac.Capability{{}}},
		"unknown kind":    {Tree: w.tree, Store: w.roles, Capabilities: []rbac.Capability{{Name: "a", Kind: rbac.Read + 1}}},
		"twice":           {Tree: w.tree, Store: w.roles, Capabilities: []rbac.Capability{{Name: "a"}, {Name: "a"}}},
		"replaced by air": {Tree: w.tree, Store: w.roles, Capabilities: []rbac.Capability{{Name: "a", ReplacedBy: "b"}}},
		"replaced by itself": {Tree: w.tree, Store: w.roles, Capabilities: []rbac.Capability{
			{Name: "a", ReplacedBy: "b"}, {Name: "b", ReplacedBy: "a"}, {Name: "c", ReplacedBy: "a"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rbac.NewChecker(cfg)
			require.Error(t, err)
		})
	}
}

// TestLoadsAreTheTenantsOwn: whoever asks, a part is read in a context of its
// tenant and holds nothing of another.
func TestLoadsAreTheTenantsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowed(w)
	var seen []string
	checker := w.checker(rbac.Config{Store: &hooked{w.roles, func(ctx context.Context, of tenant.ID) error {
		in, _ := tenant.IDFromContext(ctx)
		seen = append(seen, fmt.Sprintf("%v %s for %s", tenant.ModeOf(ctx), in, of))
		return nil
	}}})
	require.True(t, checker.Can(tenant.WithActor(w.all, gil), "view", w.boltCourse.ID))
	require.Equal(t, []string{"global  for ", "tenant bolt for bolt"}, seen)
}

// lost is a tree with a node whose path leads nowhere, which no store of ours
// makes.
type lost struct{ *ctxtree.Memory }

func (l lost) Load(ctx context.Context, of tenant.ID) ([]ctxtree.Node, int64, error) {
	nodes, number, err := l.Memory.Load(ctx, of)
	for i := range nodes {
		if nodes[i].Instance == "7" {
			nodes[i].Path = []string{"", "/1/", "/1/99999/" + strconv.FormatInt(nodes[i].ID, 10) + "/"}[i%3]
		}
	}
	return nodes, number, err
}

func TestNodesOutsideTheTree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowed(w)
	w.admin("gil")
	checker := w.checker(rbac.Config{Tree: lost{w.tree}})
	ask := func(ctx context.Context) rbac.Decision {
		d, err := checker.Explain(ctx, "view", w.acmeCourse.ID)
		require.NoError(t, err)
		return d
	}
	d := ask(as("acme", ann))
	require.Equal(t, rbac.StepPath, d.Step)
	require.False(t, d.Allowed)
	require.True(t, ask(as("acme", gil)).Allowed)
	require.False(t, ask(rbac.WithSession(as("acme", gil), rbac.Session{NoBypass: true})).Allowed)
	require.Equal(t, rbac.StepWall, ask(as("acme", bob)).Step)
}

// leftOver is a store that still has what was said about a role that is gone.
type leftOver struct {
	*rbac.Memory
	role rbac.RoleID
}

func (l leftOver) Load(ctx context.Context, of tenant.ID) (rbac.Rules, int64, error) {
	r, number, err := l.Memory.Load(ctx, of)
	r.Roles = slices.DeleteFunc(r.Roles, func(x rbac.Role) bool { return x.ID == l.role })
	return r, number, err
}

func TestRolesThatAreGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gone := allowed(w)
	w.assign("ann", gone, w.acmeCourse)
	require.True(t, w.checker(rbac.Config{}).Can(as("acme", ann), "view", w.acmeCourse.ID))
	checker := w.checker(rbac.Config{Store: leftOver{w.roles, gone}})
	require.False(t, checker.Can(as("acme", ann), "view", w.acmeCourse.ID))
	switched := rbac.WithSession(as("acme", ann), rbac.Session{Switched: []rbac.Switch{{Role: gone, Node: w.acme.ID}}})
	require.False(t, checker.Can(switched, "view", w.acmeCourse.ID))
	checker = w.checker(rbac.Config{Store: leftOver{w.roles, gone}, Homes: new(homes).of})
	who, err := checker.WhoCan(as("acme", ann), w.acmeCourse.ID, "view")
	require.NoError(t, err)
	require.False(t, who.Everybody)
	require.Empty(t, who.Users)
}
