package rbac

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Who are the people who have something on a node. The zero Who is nobody.
type Who struct {
	// Everybody says that all have it who are on the node's side of the wall
	// but those in Except. Otherwise those in Users have it and nobody else.
	// Both lists are in byte order and without people beyond the wall.
	Everybody bool
	Except    []string
	Users     []string

	// hidden are those that belong into the list and are members of another
	// tenant than the question was asked in: only Includes knows.
	hidden []string

	node ctxtree.Node
	wall Wall
}

// Includes reports whether the person is one of them. The application has to
// know the person; guests and visitors who are not signed in are never
// included.
func (w Who) Includes(a tenant.Actor) bool {
	if a.Guest || a.Anonymous() {
		return false
	}
	listed := w.Users
	if w.Everybody {
		listed = w.Except
	}
	isListed := slices.Contains(listed, a.ID) || slices.Contains(w.hidden, a.ID)
	return isListed != w.Everybody && w.wall.reaches(w.node, a.ID, a.Tenant)
}

// reaches reports whether a member of home, or with an empty id of no tenant,
// is on the node's side of the wall when it asks in the node's own context.
func (w Wall) reaches(n ctxtree.Node, user string, home tenant.ID) bool {
	mode := carry.Value{Mode: carry.Tenant, ID: string(n.Tenant)}
	if n.Tenant == "" {
		mode = carry.Value{Mode: carry.Global}
	}
	reach, err := ctxtree.ReachOf(carry.With(context.Background(), &mode))
	return err == nil && w.admits(scene{reach: reach, in: n.Tenant}, subject{user: user, home: home}, n)
}

// WhoCan returns who has at least one of the capabilities on the node: those
// whom [Checker.Check] would allow it there, in a context of the node's tenant
// and without a [Session]. Never guests and visitors, never people whom the
// application does not know. Site administrators are found only if they have a
// role that allows it, and a lock that is in force counts for them too, even
// where the configuration spares them.
//
// It asks Config.Homes about everybody who holds a role on the node or above,
// in one call; without that function the error is [ErrNoHomes]. The actor of
// ctx has to be on the node's side of the wall itself: of any other node it
// learns what it would of one that does not exist, that nobody can do anything
// there. Whether it may see the list is for the caller to check. Members of
// other tenants, who may have roles on nodes without one with the wall [Shared],
// are named in it only for a global account outside of tenants; [Who.Includes]
// knows them in any case. None to look for is [ErrInvalid].
func (c *Checker) WhoCan(ctx context.Context, node int64, capabilities ...string) (Who, error) {
	if len(capabilities) == 0 {
		return Who{}, fmt.Errorf("%w: no capability to look for", ErrInvalid)
	}
	q, err := c.question(ctx)
	if err != nil {
		return Who{}, err
	}
	if c.homes == nil {
		return Who{}, ErrNoHomes
	}
	m, err := c.model(ctx, q.scene, node)
	if err != nil {
		return Who{}, err
	}
	n, found := m.node(node)
	if !found || !m.wall.admits(q.scene, q.subject, n) {
		return Who{}, nil
	}
	line, inTree := m.line(n)
	if !inTree {
		return Who{}, nil
	}
	held := m.heldOn(line)
	anybody, can := m.whoOn(line, held, capabilities)
	return c.withinWall(ctx, q, m, n, held, anybody, can)
}

// withinWall makes the answer of what the roles say: whether somebody without
// any of the roles held on the node can, and which of those who hold some.
func (c *Checker) withinWall(ctx context.Context, q question, m *model, n ctxtree.Node, held map[string][]RoleID, anybody bool, can map[string]bool) (Who, error) {
	who := Who{Everybody: anybody, node: n, wall: m.wall}
	var candidates []string
	for user := range held {
		if can[user] != anybody {
			candidates = append(candidates, user)
		}
	}
	if len(candidates) == 0 {
		return who, nil
	}
	slices.Sort(candidates)
	homes, err := c.homes(ctx, slices.Clone(candidates))
	if err != nil {
		return Who{}, fmt.Errorf("rbac: %w", err)
	}
	for _, user := range candidates {
		home, known := homes[user]
		if !known || !m.wall.reaches(n, user, home) {
			continue
		}
		switch {
		case !q.mayName(home):
			who.hidden = append(who.hidden, user)
		case anybody:
			who.Except = append(who.Except, user)
		default:
			who.Users = append(who.Users, user)
		}
	}
	return who, nil
}

// mayName reports whether the answer names members of that tenant, or with an
// empty id of none.
func (q question) mayName(home tenant.ID) bool {
	own := cmp.Or(q.scene.in, q.subject.home)
	return home == "" || home == own || own == "" && !q.subject.outsider()
}

// heldOn returns the roles that are assigned on the line, by user.
func (m *model) heldOn(line []ctxtree.Node) map[string][]RoleID {
	held := map[string][]RoleID{}
	for _, n := range line {
		for h := range m.holdersAt(n.ID) {
			held[h.user] = append(held[h.user], h.role)
		}
	}
	return held
}

// whoOn reports who has one of the capabilities at the end of the line by the
// roles: anybody who is signed in and holds no other role there, and those of
// the holders for whom can is true.
func (m *model) whoOn(line []ctxtree.Node, held map[string][]RoleID, capabilities []string) (anybody bool, can map[string]bool) {
	special := m.special()
	everyones := []RoleID{special.DefaultUser}
	if onLine(line, special.FrontPageNode) {
		everyones = append(everyones, special.FrontPage)
	}
	can = make(map[string]bool, len(held))
	for _, name := range capabilities {
		c, declared := m.capabilities[name]
		if !declared || !m.ignoreLocks && c.Kind == Write && !c.ManagesLocks && ctxtree.Locked(line) {
			continue
		}
		effect := m.effects(line, c.Name)
		by := func(roles []RoleID) Permission {
			sum := Inherit
			for _, role := range roles {
				switch effect(role) {
				case Prohibit:
					return Prohibit
				case Allow:
					sum = Allow
				}
			}
			return sum
		}
		base := by(everyones)
		if base == Prohibit {
			continue
		}
		anybody = anybody || base == Allow
		for user, roles := range held {
			switch own := by(roles); {
			case own == Prohibit:
			case own == Allow, base == Allow:
				can[user] = true
			}
		}
	}
	return anybody, can
}

// effects returns what a role comes to at the end of the line: prohibit if it
// says so anywhere on it, else its nearest permission. A role that does not
// exist inherits. Each is looked up once.
func (m *model) effects(line []ctxtree.Node, capability string) func(RoleID) Permission {
	known := map[RoleID]Permission{}
	return func(role RoleID) Permission {
		effect, ok := known[role]
		if !ok {
			if _, exists := m.role(role); exists {
				effect = m.effect(line, capability, role)
			}
			known[role] = effect
		}
		return effect
	}
}

func (m *model) effect(line []ctxtree.Node, capability string, role RoleID) Permission {
	nearest := Inherit
	for _, n := range slices.Backward(line) {
		switch p := m.permission(n.ID, role, capability); {
		case p == Prohibit:
			return Prohibit
		case nearest == Inherit:
			nearest = p
		}
	}
	return nearest
}
