package rbac_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// decides wants the step that decides a question, and Can to agree.
func decides(t *testing.T, c *rbac.Checker, ctx context.Context, capability string, at ctxtree.Node, want rbac.Step) {
	t.Helper()
	d, err := c.Explain(ctx, capability, at.ID)
	require.NoError(t, err)
	require.Equal(t, want, d.Step, d.String())
	require.Equal(t, d.Allowed, c.Can(ctx, capability, at.ID))
}

func switchedTo(ctx context.Context, switches ...rbac.Switch) context.Context {
	return rbac.WithSession(ctx, rbac.Session{Switched: switches})
}

// TestRisksAndGuests: each of three risks closes a capability that only reads
// to guests and visitors, each of the three others does not; and of a
// deprecated capability the replacement's count.
func TestRisksAndGuests(t *testing.T) {
	t.Parallel()
	risks := map[string]rbac.Risk{
		"trust": rbac.RiskManageTrust, "config": rbac.RiskConfig, "xss": rbac.RiskXSS,
		"personal": rbac.RiskPersonal, "spam": rbac.RiskSpam, "loss": rbac.RiskDataLoss,
	}
	closed := map[string]bool{"config": true, "xss": true, "loss": true, "old-safe": true}
	capabilities := []rbac.Capability{
		{Name: "old-safe", Kind: rbac.Read, ReplacedBy: "xss"},
		{Name: "old-risky", Risks: rbac.RiskXSS, ReplacedBy: "spam"},
	}
	names := []string{"old-safe", "old-risky"}
	w := newWorld(t)
	every := w.role("every")
	for name, risk := range risks {
		names = append(names, name)
		capabilities = append(capabilities, rbac.Capability{Name: name, Kind: rbac.Read, Risks: risk})
		w.set(every, w.system, rbac.Allow, name)
	}
	w.special(rbac.Special{Guest: every, NotLoggedIn: every, DefaultUser: every})
	checker, err := rbac.NewChecker(rbac.Config{Tree: w.tree, Store: w.roles, Capabilities: capabilities})
	require.NoError(t, err)
	for _, name := range names {
		for _, actor := range []tenant.Actor{guest, anon} {
			want := rbac.StepAllow
			if closed[name] {
				want = rbac.StepGuest
			}
			decides(t, checker, as("", actor), name, w.sharedCourse, want)
		}
		decides(t, checker, as("", gil), name, w.sharedCourse, rbac.StepAllow)
	}
}

// TestDeprecated: what is said about the old name counts for nothing.
func TestDeprecated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.role("user")
	w.special(rbac.Special{DefaultUser: user})
	w.set(user, w.system, rbac.Allow, "see", "look")
	checker := w.checker(rbac.Config{})
	decides(t, checker, as("", gil), "see", w.sharedCourse, rbac.StepNothing)
	w.set(user, w.system, rbac.Allow, "view")
	w.set(user, w.sharedCat, rbac.Prohibit, "see", "look")
	for _, name := range []string{"see", "look", "view"} {
		decides(t, checker, as("", gil), name, w.sharedCourse, rbac.StepAllow)
	}
}

// TestNumbersThatBeginAlike: node 2 is not above node 20, for anything that
// can stand on a node.
func TestNumbersThatBeginAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	far := w.sharedCat
	for far.ID < 20 {
		far = w.node(w.system, "category", "far-"+strconv.FormatInt(far.ID, 10))
	}
	require.Equal(t, [2]int64{2, 20}, [2]int64{w.acme.ID, far.ID})
	user, held := w.role("user"), w.role("held")
	w.set(user, w.system, rbac.Allow, "view", "edit")
	w.set(held, w.system, rbac.Allow, "unlock")
	w.special(rbac.Special{DefaultUser: user, FrontPage: held, FrontPageNode: w.acme.ID})
	w.assign("gil", held, w.acme)
	w.set(user, w.acme, rbac.Prohibit, "view")
	require.NoError(t, w.tree.SetLocked(w.all, w.acme.ID, true))
	checker := w.checker(rbac.Config{})
	ctx := as("acme", gil)
	decides(t, checker, ctx, "view", far, rbac.StepAllow)
	decides(t, checker, ctx, "edit", far, rbac.StepAllow)
	decides(t, checker, ctx, "unlock", far, rbac.StepNothing)
	decides(t, checker, switchedTo(ctx, rbac.Switch{Role: held, Node: w.acme.ID}), "unlock", far, rbac.StepNothing)
	decides(t, checker, rbac.WithSession(ctx, rbac.Session{Bound: w.acme.ID}), "view", far, rbac.StepBound)
	decides(t, checker, ctx, "edit", w.acmeCourse, rbac.StepLock)
	decides(t, checker, ctx, "unlock", w.acmeCourse, rbac.StepAllow)
}

// TestSwitching: the deepest switch counts, of several on one node the last;
// it takes all roles but the default one away; guests and visitors cannot.
func TestSwitching(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user, own, other := w.role("user"), w.role("own"), w.role("other")
	w.special(rbac.Special{DefaultUser: user, Guest: user, NotLoggedIn: user, FrontPage: own, FrontPageNode: w.system.ID})
	w.set(user, w.system, rbac.Allow, "list")
	w.set(own, w.system, rbac.Allow, "edit")
	w.set(other, w.system, rbac.Allow, "view")
	w.assign("gil", own, w.system)
	checker := w.checker(rbac.Config{})
	ctx := as("", gil)
	toOther, toOwn := rbac.Switch{Role: other, Node: w.sharedCat.ID}, rbac.Switch{Role: own, Node: w.sharedCat.ID}
	up, down := rbac.Switch{Role: other, Node: w.system.ID}, rbac.Switch{Role: own, Node: w.sharedCourse.ID}

	decides(t, checker, ctx, "view", w.sharedCourse, rbac.StepNothing)
	decides(t, checker, switchedTo(ctx, toOther), "view", w.sharedCourse, rbac.StepAllow)
	decides(t, checker, switchedTo(ctx, toOther), "view", w.sharedCat, rbac.StepAllow)
	decides(t, checker, switchedTo(ctx, toOther), "view", w.system, rbac.StepNothing)
	decides(t, checker, switchedTo(ctx, toOther), "edit", w.sharedCourse, rbac.StepNothing)
	decides(t, checker, switchedTo(ctx, toOther), "list", w.sharedCourse, rbac.StepAllow)
	decides(t, checker, switchedTo(ctx, toOther, toOwn), "edit", w.sharedCourse, rbac.StepAllow)
	decides(t, checker, switchedTo(ctx, toOwn, toOther), "edit", w.sharedCourse, rbac.StepNothing)
	for _, session := range [][]rbac.Switch{{up, down}, {down, up}} {
		decides(t, checker, switchedTo(ctx, session...), "edit", w.sharedCourse, rbac.StepAllow)
		decides(t, checker, switchedTo(ctx, session...), "edit", w.sharedCat, rbac.StepNothing)
	}
	for _, actor := range []tenant.Actor{guest, anon} {
		decides(t, checker, switchedTo(as("", actor), toOther), "view", w.sharedCourse, rbac.StepNothing)
		decides(t, checker, switchedTo(as("", actor), toOther), "list", w.sharedCourse, rbac.StepAllow)
	}

	w.admin("gil")
	decides(t, checker, ctx, "publish", w.sharedCourse, rbac.StepAdmin)
	decides(t, checker, switchedTo(ctx, toOther), "publish", w.sharedCourse, rbac.StepNothing)
	decides(t, checker, switchedTo(ctx, toOther), "view", w.sharedCourse, rbac.StepAllow)
	decides(t, checker, switchedTo(ctx, toOther), "publish", w.system, rbac.StepAdmin)
}

// TestSwitchedToProhibits: wherever on the line it stands, a prohibit of the role
// switched to, or of the default one, binds both whatever is nearer; a prevent does
// not.
func TestSwitchedToProhibits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user, other := w.role("user"), w.role("other")
	w.special(rbac.Special{DefaultUser: user})
	checker := w.checker(rbac.Config{})
	ctx := switchedTo(as("acme", ann), rbac.Switch{Role: other, Node: w.acme.ID})
	for _, allows := range []rbac.RoleID{user, other} {
		w.set(allows, w.acmeCourse, rbac.Allow, "view")
		for _, says := range []rbac.RoleID{user, other} {
			for _, at := range []ctxtree.Node{w.system, w.acme, w.acmeCat, w.acmeLeaf} {
				w.set(says, at, rbac.Prohibit, "view")
				decides(t, checker, ctx, "view", w.acmeLeaf, rbac.StepProhibit)
				w.set(says, at, rbac.Prevent, "view")
				want := rbac.StepAllow
				if says == allows && at == w.acmeLeaf {
					want = rbac.StepNothing
				}
				decides(t, checker, ctx, "view", w.acmeLeaf, want)
				w.set(says, at, rbac.Inherit, "view")
			}
		}
		w.set(allows, w.acmeCourse, rbac.Inherit, "view")
	}
}

// TestFrontPage: the role counts on the node and below it, for everybody who
// is signed in.
func TestFrontPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	front := w.role("front")
	w.set(front, w.system, rbac.Allow, "view")
	w.special(rbac.Special{FrontPage: front, FrontPageNode: w.sharedCat.ID})
	checker := w.checker(rbac.Config{Wall: rbac.Shared})
	for _, ctx := range []context.Context{as("", gil), as("acme", ann)} {
		decides(t, checker, ctx, "view", w.system, rbac.StepNothing)
		decides(t, checker, ctx, "view", w.sharedCat, rbac.StepAllow)
		decides(t, checker, ctx, "view", w.sharedCourse, rbac.StepAllow)
		w.set(front, w.sharedCourse, rbac.Prohibit, "view")
		decides(t, checker, ctx, "view", w.sharedCat, rbac.StepAllow)
		decides(t, checker, ctx, "view", w.sharedCourse, rbac.StepProhibit)
		w.set(front, w.sharedCourse, rbac.Inherit, "view")
	}
	decides(t, checker, as("", guest), "view", w.sharedCourse, rbac.StepNothing)
	decides(t, checker, as("", anon), "view", w.sharedCourse, rbac.StepNothing)
}

// TestLocksAndAdministrators: whom the configuration spares is spared where
// the flag counts, also without the bypass, and nowhere else.
func TestLocksAndAdministrators(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := allowed(w)
	for _, n := range []ctxtree.Node{w.acmeCat, w.boltCat, w.sharedCat} {
		require.NoError(t, w.tree.SetLocked(w.all, n.ID, true))
	}
	w.admin("ann")
	w.admin("gil")
	checker := w.checker(rbac.Config{Wall: rbac.Shared, LocksSpareAdmins: true})
	decides(t, checker, as("acme", ann), "edit", w.acmeCourse, rbac.StepAdmin)
	decides(t, checker, as("acme", ann), "edit", w.sharedCourse, rbac.StepLock)
	decides(t, checker, as("bolt", bob), "edit", w.boltCourse, rbac.StepLock)
	decides(t, checker, as("bolt", gil), "edit", w.boltCourse, rbac.StepAdmin)
	without := rbac.WithSession(as("bolt", gil), rbac.Session{NoBypass: true})
	decides(t, checker, without, "edit", w.boltCourse, rbac.StepAllow)
	w.set(user, w.bolt, rbac.Prohibit, "edit")
	decides(t, checker, without, "edit", w.boltCourse, rbac.StepProhibit)
	decides(t, checker, switchedTo(as("bolt", gil), rbac.Switch{Role: user, Node: w.bolt.ID}), "edit", w.boltCourse, rbac.StepProhibit)
}

// brokenTree is a tree in which one node's path leads nowhere.
type brokenTree struct {
	*ctxtree.Memory
	node int64
	path string
}

func (b *brokenTree) Load(ctx context.Context, of tenant.ID) ([]ctxtree.Node, int64, error) {
	nodes, number, err := b.Memory.Load(ctx, of)
	for i := range nodes {
		if nodes[i].ID == b.node {
			nodes[i].Path = b.path
		}
	}
	return nodes, number, err
}

// TestBrokenPath: a node that does not hang in the tree is nobody's but a site
// administrator's, and outside of every bound.
func TestBrokenPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := allowed(w)
	w.assign("gil", user, w.acmeCourse)
	w.admin("root")
	w.admin("ann")
	root := tenant.Actor{ID: "root"}
	for _, path := range []string{"", "/", "/1/", "/1/99/4/", "/4/", "garbage"} {
		checker := w.checker(rbac.Config{Tree: &brokenTree{w.tree, w.acmeCourse.ID, path}})
		decides(t, checker, as("acme", gil), "view", w.acmeCourse, rbac.StepPath)
		require.False(t, checker.Can(as("acme", gil), "view", w.acmeCourse.ID))
		require.True(t, checker.Can(as("acme", root), "view", w.acmeCourse.ID), path)
		require.True(t, checker.Can(as("acme", ann), "view", w.acmeCourse.ID), path)
		for _, session := range []rbac.Session{{NoBypass: true}, {Bound: ctxtree.SystemID}, {Bound: w.acmeCourse.ID}} {
			ctx := rbac.WithSession(as("acme", root), session)
			decides(t, checker, ctx, "view", w.acmeCourse, rbac.StepPath)
			require.False(t, checker.Can(ctx, "view", w.acmeCourse.ID), "%+v", session)
		}
		decides(t, checker, as("bolt", bob), "view", w.acmeCourse, rbac.StepWall)
	}
}
