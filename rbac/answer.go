package rbac

import (
	"iter"
	"slices"

	ctxtree "github.com/gotenancy/tenancy/context"
)

// answer is evaluate without the reason. Who asks about many nodes takes the
// view once instead.
func (m *model) answer(q question, capability string, node int64) bool {
	return m.view(q).allows(m.catalogue.find(capability), node)
}

// view returns the view of a question, which it keeps for the next one about the
// same subject. The wall is asked again each time.
func (m *model) view(q question) *view {
	last := m.asked.Load()
	if last == nil || !last.subject.equal(q.subject) || !last.admittedBy(m, q) {
		last = new(view)
		m.fill(last, q)
		m.asked.Store(last)
	}
	return last
}

func (w *view) admittedBy(m *model, q question) bool {
	return w.other.admitted == m.admits(q, m.bases[0]) && (w.own.base == nil || w.own.admitted == m.admits(q, m.bases[1]))
}

func (m *model) admits(q question, b *base) bool {
	return m.wall.admits(q.scene, q.subject, ctxtree.Node{Tenant: b.part.of})
}

// turn is a node at which the answer is another one than at its parent, or at
// the top of a part another one than no.
type turn struct {
	node    ctxtree.Node
	allowed bool
}

// turns returns the turns in one part of the model, each after those above it:
// the whole answer about every node of the part, in its shortest form. It looks
// only at the nodes at which there may be one.
func (m *model) turns(q question, capability string, p *part) iter.Seq[turn] {
	w, e := m.view(q), m.catalogue.find(capability)
	s := &w.other
	if p != m.shared {
		s = &w.own
	}
	return func(yield func(turn) bool) {
		if !s.admitted || e == nil {
			return
		}
		for _, pos := range w.maybe(s) {
			n := p.nodes[pos]
			above := false
			if at, ok := p.place(n.Parent); ok {
				above = w.decide(s, e, placeOf(at, s.base.flags[at]))
			}
			if allowed := w.decide(s, e, placeOf(pos, s.base.flags[pos])); allowed != above && !yield(turn{n, allowed}) {
				return
			}
		}
	}
}

// maybe returns, in order, the positions of one side at which a turn may be.
func (w *view) maybe(s *side) []uint32 {
	var maybe []uint32
	if w.roams || s.answers.walks {
		for i := range s.base.nodes {
			maybe = append(maybe, uint32(i))
		}
		return maybe
	}
	maybe = append(maybe, s.base.marks...)
	maybe = append(maybe, s.answers.starts()...)
	slices.Sort(maybe)
	return slices.Compact(maybe)
}
