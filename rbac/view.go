package rbac

import (
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/cell"
)

// view is one question without the capability and the node: everything that can
// be known before these are. It answers as evaluate does, and says no reason.
//
// What a check reads of it lies together, and is copied here from where it is
// kept: each pointer that is followed may be one wait for the memory.
type view struct {
	// Of a seat's: what the context carried that it was made for, and the cell of
	// the tenant's part.
	carried *carry.Value
	cell    *cell.Cell[part]

	parts [2]*part // that it is made of: without tenant, and the tenant's or nil
	own   side
	other side // what has no tenant

	subject  subject
	who      bearer
	roams    bool             // the session is bound or has switched roles
	switches map[int64]RoleID // in force, by node
}

// side is one part of what a view is about.
type side struct {
	never   entryFlags // capabilities that the subject never has
	locks   entryFlags // capabilities that locks stop
	plain   bool       // only what is compiled counts, where a node hangs in the tree
	answers compiled
	places  places

	admitted bool  // by the wall
	bypass   bool  // a site administrator, who is not asked about roles
	base     *base // nil where there is none
}

// fill prepares the answers to a question.
func (m *model) fill(w *view, q question) {
	s := q.subject
	w.parts = [2]*part{m.shared, m.own}
	w.subject, w.who = s, m.special().bears(s)
	if w.roams = s.session.Bound != 0 || len(s.session.Switched) > 0; w.roams {
		w.switches = switchesOf(s.session)
	}
	for i, b := range m.bases {
		if b == nil {
			continue
		}
		side := side{places: b.known, base: b, admitted: m.admits(q, b)}
		switch {
		case !side.admitted, m.forceLogin && s.anonymous, s.unknown:
			side.never = isAny
		case s.outsider():
			side.never = isNotForAll
		}
		admin := m.isAdmin(s.user) && !s.outsider() && (s.home == "" || s.home == b.part.of)
		side.bypass = admin && !s.session.NoBypass
		if !m.ignoreLocks && !(admin && m.locksSpareAdmins) {
			side.locks = isLockable
		}
		if side.admitted && !side.bypass {
			side.answers = *b.subjects.of(b, s, m.settings)
			side.plain = !side.answers.walks && !w.roams
		}
		if i == 0 {
			w.other = side
		} else {
			w.own = side
		}
	}
}

// allows answers for one capability, which is nil if nobody has declared it, and
// one node.
func (w *view) allows(e *entry, node int64) bool {
	s := &w.own
	at := s.places.find(node)
	if at == nowhere {
		s = &w.other
		if at = s.places.find(node); at == nowhere {
			return false
		}
	}
	return e != nil && w.decide(s, e, at)
}

// decide goes through what stands before the roles and then asks them. All that
// denies commutes with one another, so it does so in whatever order is cheapest.
func (w *view) decide(s *side, e *entry, at place) bool {
	flags := at.flags()
	switch {
	case e.is&s.never != 0, flags&isLocked != 0 && e.is&s.locks != 0:
		return false
	case flags&isLost != 0:
		return s.bypass && w.subject.session.Bound == 0
	case s.plain:
		return s.answers.has(at.pos(), e.cap)
	default:
		return w.consider(s, e, at.pos())
	}
}

// consider is decide for one who may not be held to the roles, or to others.
func (w *view) consider(s *side, e *entry, pos uint32) bool {
	if w.roams {
		if w.subject.session.Bound != 0 && !s.base.reaches(w.subject.session.Bound, pos) {
			return false
		}
		if role, ok := s.base.switched(w.switches, pos); ok {
			return s.base.walk(w.who.switchedTo(role), pos, e.cap)
		}
	}
	switch {
	case s.bypass:
		return true
	case s.answers.walks:
		return s.base.walk(w.who, pos, e.cap)
	default:
		return s.answers.has(pos, e.cap)
	}
}

// switched returns the role that is switched to at pos: that of the deepest node
// on the line.
func (b *base) switched(to map[int64]RoleID, pos uint32) (role RoleID, ok bool) {
	if len(to) == 0 {
		return 0, false
	}
	for at := pos; at != nobody; at = b.parent[at] {
		if role, ok = to[b.nodes[at].ID]; ok {
			return role, true
		}
	}
	if b.above == nil {
		return 0, false
	}
	return b.above.switched(to, b.under(pos))
}

// switchesOf returns the switches of a session by node. Of several at one node
// the last counts.
func switchesOf(s Session) map[int64]RoleID {
	to := make(map[int64]RoleID, len(s.Switched))
	for _, sw := range s.Switched {
		to[sw.Node] = sw.Role
	}
	return to
}
