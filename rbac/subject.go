package rbac

import (
	"slices"
	"sync"

	"github.com/gotenancy/tenancy/tenant"
)

// bearer is whose roles count: those of a user, or one role that all guests or
// visitors have.
type bearer struct {
	user       string // whose assignments count; empty for guests and visitors
	everywhere RoleID
	switched   RoleID // instead of all others but the one everywhere
	front      RoleID // at and below frontNode
	frontNode  int64
}

// switchedTo returns whose roles count where one is switched to. Guests and
// visitors keep their one role.
func (w bearer) switchedTo(role RoleID) bearer {
	if w.user == "" {
		return w
	}
	return bearer{everywhere: w.everywhere, switched: role}
}

// bears returns whose roles count for s.
func (s Special) bears(who subject) bearer {
	switch {
	case who.anonymous:
		return bearer{everywhere: s.NotLoggedIn}
	case who.guest:
		return bearer{everywhere: s.Guest}
	default:
		return bearer{user: who.user, everywhere: s.DefaultUser, front: s.FrontPage, frontNode: s.FrontPageNode}
	}
}

// walk answers for one node that hangs in the tree, without having compiled
// anything.
func (b *base) walk(who bearer, pos, cap uint32) (allowed bool) {
	weigh := func(role RoleID) (on bool) {
		if _, defined := b.shared().roles[role]; !defined {
			return true
		}
		switch b.says(role, pos, cap) {
		case Prohibit:
			return false
		case Allow:
			allowed = true
		}
		return true
	}
	if !weigh(who.everywhere) || !weigh(who.switched) {
		return false
	}
	if who.user == "" {
		return allowed
	}
	if b.reaches(who.frontNode, pos) && !weigh(who.front) {
		return false
	}
	if !b.holding.heldOver(who.user, b.parent, pos, weigh) {
		return false
	}
	if b.above != nil && !b.above.holding.heldOver(who.user, b.above.parent, b.under(pos), weigh) {
		return false
	}
	return allowed
}

// equal reports whether two subjects get the same answers on the same side of
// the wall.
func (s subject) equal(t subject) bool {
	return s.user == t.user && s.home == t.home && s.guest == t.guest && s.anonymous == t.anonymous && s.unknown == t.unknown &&
		s.session.Bound == t.session.Bound && s.session.NoBypass == t.session.NoBypass && sameSwitches(s.session.Switched, t.session.Switched)
}

// sameSwitches compares them, which may be many, but for those of one session
// with themselves.
func sameSwitches(a, b []Switch) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b))
}

// subjectKey is who something was compiled for. The same account may become a
// member, or the guest, while it is kept.
type subjectKey struct {
	user  string
	home  tenant.ID
	guest bool
}

// subjects are the people whose answers were compiled on one base. It takes at
// most the bytes it is given, so that the people of one tenant do not push out
// those of another: when the younger half is full the older one goes, without
// those who were asked about meanwhile.
type subjects struct {
	mu         sync.RWMutex
	young, old map[subjectKey]*compiled
	weight     int64 // of the younger half
}

// of returns what is compiled for a subject on the base b, which t belongs to, and
// compiles it if need be.
func (t *subjects) of(b *base, s subject, set *settings) *compiled {
	key := subjectKey{s.user, s.home, s.guest}
	t.mu.RLock()
	c, young := t.young[key]
	if !young {
		c = t.old[key]
	}
	t.mu.RUnlock()
	if young {
		return c
	}
	if c == nil {
		c = b.compile(b.shared().special.bears(s), set.catalogue.words, set.maxPoints)
	}
	half := set.subjectBytes / 2
	if b.above == nil {
		half *= 16 // everybody's
	}
	t.keep(key, c, half)
	return c
}

func (t *subjects) keep(key subjectKey, c *compiled, half int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.young[key]; ok {
		return
	}
	weight := c.size() + int64(len(key.user)+len(key.home)) + subjectOverhead
	if t.young == nil || t.weight+weight > half {
		t.old, t.young, t.weight = t.young, map[subjectKey]*compiled{}, 0
	}
	t.young[key] = c
	t.weight += weight
}

// subjectBytes is what the people compiled on one tenant's part take at most.
const subjectBytes = 4 << 20

// subjectOverhead is about what the maps need for each subject.
const subjectOverhead = 120
