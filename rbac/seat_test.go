package rbac

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// seatWorld is a tree with one tenant, in which ann may do c:0 at the tenant.
func seatWorld(t *testing.T) (c *Checker, roles *Memory, top ctxtree.Node, role RoleID) {
	all := tenant.AcrossAll(t.Context(), "test")
	tree, roles := ctxtree.NewMemory(ctxtree.Levels{}), NewMemory()
	top, err := tree.Create(all, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: "acme"})
	require.NoError(t, err)
	r, err := roles.DefineRole(all, Role{Name: "r"})
	require.NoError(t, err)
	require.NoError(t, roles.SetPermission(all, top, r.ID, stormName(0), Allow))
	require.NoError(t, roles.Assign(all, top, Assignment{Role: r.ID, User: "ann"}))
	c, err = NewChecker(Config{Tree: tree, Store: roles, Capabilities: stormCapabilities()})
	require.NoError(t, err)
	return c, roles, top, r.ID
}

func inAcme(user string) context.Context {
	return tenant.WithActor(tenant.WithID(context.Background(), "acme"), tenant.Actor{ID: user})
}

// A check with a seat allocates nothing, whatever the session.
func TestSeatAllocatesNothing(t *testing.T) {
	c, _, top, role := seatWorld(t)
	ctx, asked := c.NewContext(inAcme("ann")), stormName(0)
	for name, ctx := range map[string]context.Context{
		"bound":    WithSession(ctx, Session{Bound: top.ID}),
		"switched": WithSession(ctx, Session{Switched: []Switch{{role, top.ID}}}),
		"plain":    c.NewContext(inAcme("ann")),
		"earlier":  c.NewContext(WithSession(inAcme("ann"), Session{NoBypass: true})),
	} {
		require.True(t, c.Can(ctx, asked, top.ID), name)
		require.Zero(t, testing.AllocsPerRun(100, func() { c.Can(ctx, asked, top.ID) }), name)
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = c.Check(ctx, asked, top.ID) }), name)
	}
}

// A seat belongs to its checker and answers for the actor of the context, not for
// the one that it answered for last.
func TestSeatIsNobodyElses(t *testing.T) {
	t.Parallel()
	c, _, top, _ := seatWorld(t)
	other, _, _, _ := seatWorld(t)
	require.NoError(t, other.store.Unassign(tenant.AcrossAll(t.Context(), "test"), top, Assignment{Role: 1, User: "ann"}))
	ann := c.NewContext(inAcme("ann"))
	for name, ctx := range map[string]context.Context{
		"another":          tenant.WithActor(ann, tenant.Actor{ID: "bob"}),
		"guest":            tenant.WithActor(ann, tenant.Actor{ID: "ann", Guest: true}),
		"elsewhere":        tenant.Switch(ann, "bolt", "test"),
		"bound":            WithSession(ann, Session{Bound: 99}),
		"bound elsewhere":  WithSession(WithSession(ann, Session{Bound: top.ID}), Session{Bound: 99}),
		"in another role":  WithSession(ann, Session{Switched: []Switch{{99, top.ID}}}),
		"of nobody at all": tenant.WithActor(ann, tenant.Actor{}),
	} {
		for range 3 {
			require.True(t, c.Can(ann, stormName(0), top.ID))
			require.False(t, c.Can(ctx, stormName(0), top.ID), name)
			require.False(t, c.Can(ctx, stormName(0), top.ID), name)
		}
	}
	for range 3 {
		require.True(t, c.Can(ann, stormName(0), top.ID))
		require.False(t, other.Can(ann, stormName(0), top.ID))
	}
	// Without the session, which the seat knows.
	bound := WithSession(ann, Session{Bound: 99})
	c.Can(carry.With(context.Background(), carry.From(bound)), stormName(0), top.ID)
	require.False(t, c.Can(bound, stormName(0), top.ID))
	var none *Checker
	require.False(t, none.Can(none.NewContext(ann), stormName(0), top.ID))
	require.False(t, none.Can(ann, stormName(0), top.ID))
	require.False(t, new(Checker).Can(ann, stormName(0), top.ID))
	require.Nil(t, none.seated(none.NewContext(ann)))
}

// What a feed says is loaded again unless it is known to be old news.
func TestInvalidateByNumber(t *testing.T) {
	t.Parallel()
	c, _, top, _ := seatWorld(t)
	ctx := c.NewContext(inAcme("ann"))
	fresh := func() bool {
		p := c.cells.Peek("acme").Fresh()
		require.True(t, c.Can(ctx, stormName(0), top.ID))
		return p != nil
	}
	require.True(t, c.Can(ctx, stormName(0), top.ID))
	number := c.cells.Peek("acme").AsOf()
	require.NotEqual(t, number.A, number.B)
	for _, old := range []int64{1, min(number.A, number.B)} {
		c.Invalidate("acme", old)
		require.True(t, fresh(), old)
	}
	for _, news := range []int64{0, -1, max(number.A, number.B), max(number.A, number.B) + 1} {
		c.Invalidate("acme", news)
		require.False(t, fresh(), news)
		require.True(t, fresh())
	}
	c.Invalidate("nobody", 1)
	c.Invalidate("", 0)
	require.Nil(t, c.shared.Fresh())
	require.True(t, fresh())
	require.NotNil(t, c.shared.Fresh())
}

// What is compiled takes no more than it is given, and who is asked about stays.
func TestSubjectsAreBounded(t *testing.T) {
	t.Parallel()
	c, _, top, _ := seatWorld(t)
	c.settings.subjectBytes = 4000
	require.True(t, c.Can(inAcme("ann"), stormName(0), top.ID))
	m, err := c.modelOf(inAcme("ann"), "acme")
	require.NoError(t, err)
	b := m.bases[1]
	ann := b.subjects.of(b, subject{user: "ann"}, m.settings)
	for i := range 200 {
		b.subjects.of(b, subject{user: string(rune('a' + i))}, m.settings)
		require.LessOrEqual(t, len(b.subjects.young)+len(b.subjects.old), 26)
		require.Same(t, ann, b.subjects.of(b, subject{user: "ann"}, m.settings))
	}
}

// A part may hang at several places, under nodes with other permissions and
// locks.
func TestSeveralTops(t *testing.T) {
	t.Parallel()
	known := stormCapabilities()
	resolved, err := newCapabilities(known)
	require.NoError(t, err)
	set := &settings{capabilities: resolved, catalogue: newCatalogue(resolved), subjectBytes: subjectBytes, maxPoints: maxPoints}
	place := func(node int64, role RoleID, p Permission) PlacedPermission {
		return PlacedPermission{node, role, stormName(0), p}
	}
	system := ctxtree.Node{ID: 1, Path: "/1/"}
	shared := newPart("", []ctxtree.Node{
		system,
		{ID: 2, Parent: 1, Path: "/1/2/"},
		{ID: 3, Parent: 1, Path: "/1/3/", Locked: true},
	}, Rules{
		Roles:       []Role{{ID: 1}, {ID: 2}},
		Permissions: []PlacedPermission{place(2, 1, Allow), place(3, 1, Allow), place(3, 2, Prohibit)},
		Special:     Special{DefaultUser: 1},
	}, version{}, set.catalogue)
	var nodes []ctxtree.Node
	for _, n := range []ctxtree.Node{
		{ID: 4, Parent: 1, Path: "/1/4/"},
		{ID: 5, Parent: 2, Path: "/1/2/5/"},
		{ID: 6, Parent: 3, Path: "/1/3/6/"},
		{ID: 7, Parent: 6, Path: "/1/3/6/7/"},
		{ID: 8, Parent: 9, Path: "/1/9/8/"},  // hangs under nothing
		{ID: 10, Parent: 5, Path: "/1/2/5/"}, // says that it is another one
		{ID: 11, Parent: 5, Path: "/1/2/5/11/"},
	} {
		n.Tenant = "acme"
		nodes = append(nodes, n)
	}
	nodes = append(nodes, ctxtree.Node{ID: 12, Parent: 5, Path: "/1/2/5/12/", Tenant: "bolt"})
	own := newPart("acme", nodes, Rules{
		Permissions: []PlacedPermission{place(12, 1, Allow), place(2, 1, Prevent)},
		Assignments: []PlacedAssignment{{7, Assignment{Role: 2, User: "bob"}}, {4, Assignment{Role: 2, User: "bob"}}},
	}, version{}, set.catalogue)
	m := newModel(set, shared, own)
	_, bolts := m.node(12)
	require.False(t, bolts, "another tenant's node")
	sc := scene{in: "acme"}
	sc.reach, err = ctxtree.ReachOf(inAcme("ann"))
	require.NoError(t, err)
	allowed := 0
	for _, user := range []string{"ann", "bob"} {
		q := question{sc, subject{user: user}}
		for id := range int64(14) {
			for _, c := range known {
				want := m.evaluate(q.scene, q.subject, c.Name, id)
				require.Equal(t, want.Allowed, m.answer(q, c.Name, id), "%s %s %d %+v", user, c.Name, id, want)
				if want.Allowed {
					allowed++
				}
			}
		}
	}
	require.NotZero(t, allowed)
}

type deafFeed struct{}

func (deafFeed) Fresh() (at time.Time, ok bool) { return at, false }

// Nor does a seat answer in a process that does not hear of changes any more.
func TestSeatEndsWithTheLease(t *testing.T) {
	t.Parallel()
	c, _, top, _ := seatWorld(t)
	ctx := c.NewContext(inAcme("ann"))
	require.True(t, c.Can(ctx, stormName(0), top.ID))
	c.lease = newLease(deafFeed{}, time.Second)
	require.False(t, c.Can(ctx, stormName(0), top.ID))
	require.ErrorIs(t, c.Check(ctx, stormName(0), top.ID), ErrBehind)
}
