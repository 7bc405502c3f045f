package rbac

import (
	"cmp"
	"context"
	"maps"
	"slices"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// Snapshot implements [Store].
func (m *Memory) Snapshot(_ context.Context, fn func(s Store, db tenant.DBTX) error) error {
	return fn(m, nil)
}

// Load implements [Store].
func (m *Memory) Load(ctx context.Context, of tenant.ID) (Rules, int64, error) {
	if err := Readable(ctx, of); err != nil {
		return Rules{}, 0, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	r := m.rules(of, func(int64) bool { return true }, func(string) bool { return true })
	return r, m.numbers[of], nil
}

// LoadLine implements [Store].
func (m *Memory) LoadLine(ctx context.Context, line []ctxtree.Node, user string) (shared, own Rules, err error) {
	of, err := LineOf(ctx, line)
	if err != nil {
		return Rules{}, Rules{}, err
	}
	onLine := func(id int64) bool {
		return slices.ContainsFunc(line, func(n ctxtree.Node) bool { return n.ID == id })
	}
	itself := func(other string) bool { return other == user }
	m.mu.RLock()
	defer m.mu.RUnlock()
	shared = m.rules("", onLine, itself)
	if of != "" {
		own = m.rules(of, onLine, itself)
	}
	return shared, own, nil
}

// rules returns what one part says on some nodes and about some people.
func (m *Memory) rules(of tenant.ID, node func(int64) bool, user func(string) bool) (r Rules) {
	if of == "" {
		for _, id := range slices.Sorted(maps.Keys(m.roles)) {
			role := m.roles[id]
			role.Levels = slices.Clone(role.Levels)
			r.Roles = append(r.Roles, role)
		}
		r.Pairs = slices.SortedFunc(maps.Keys(m.pairs), func(a, b Pair) int {
			return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Target, b.Target))
		})
		r.Special = m.special
		for _, admin := range slices.Sorted(maps.Keys(m.admins)) {
			if user(admin) {
				r.SiteAdmins = append(r.SiteAdmins, admin)
			}
		}
	}
	if part, ok := m.parts[of]; ok {
		for k, p := range part.permissions {
			if node(k.node) {
				r.Permissions = append(r.Permissions, PlacedPermission{k.node, k.role, k.capability, p})
			}
		}
		r.Assignments = part.selected(func(a PlacedAssignment) bool { return node(a.Node) && user(a.User) })
	}
	slices.SortFunc(r.Permissions, func(a, b PlacedPermission) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Capability, b.Capability))
	})
	return r
}

// selected returns some assignments in their order.
func (p *memoryPart) selected(by func(PlacedAssignment) bool) []PlacedAssignment {
	var all []PlacedAssignment
	for a := range p.assignments {
		if by(a) {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b PlacedAssignment) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Role, b.Role), cmp.Compare(a.User, b.User),
			cmp.Compare(a.Component, b.Component), cmp.Compare(a.Item, b.Item))
	})
	return all
}

// Assignments implements [Store].
func (m *Memory) Assignments(ctx context.Context, of tenant.ID, f Filter) ([]PlacedAssignment, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	if err := Readable(ctx, of); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	part, ok := m.parts[of]
	if !ok {
		return nil, nil
	}
	return part.selected(f.Selects), nil
}

// IsSiteAdmin implements [Store].
func (m *Memory) IsSiteAdmin(ctx context.Context, user string) (bool, error) {
	if err := Readable(ctx, ""); err != nil {
		return false, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.admins[user], nil
}

// Number implements [Store].
func (m *Memory) Number(ctx context.Context, of tenant.ID) (int64, error) {
	if err := Readable(ctx, of); err != nil {
		return 0, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.numbers[of], nil
}

// Change implements [Store]. fn works on a copy of the part, which takes its
// place at the end. The stores in memory share no lock: a node may be moved
// meanwhile.
func (m *Memory) Change(ctx context.Context, of tenant.ID, fn func(tx Store, db tenant.DBTX) error) error {
	if err := Writable(ctx, of); err != nil {
		return err
	}
	if m.within != nil {
		if *m.within != of {
			return wrapped(ctxtree.ErrOutside)
		}
		return fn(m, nil)
	}
	number, err := m.replace(of, func(tx *Memory) error { return fn(tx, nil) })
	if err != nil {
		return err
	}
	m.changes.Tell(of, number)
	return nil
}

func (m *Memory) replace(of tenant.ID, fn func(tx *Memory) error) (number int64, err error) {
	m.writing.Lock()
	defer m.writing.Unlock()
	tx := &Memory{memoryState: m.copied(of), numbers: map[tenant.ID]int64{}, within: &of}
	if err := fn(tx); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.memoryState = tx.memoryState
	m.numbers[of]++
	return m.numbers[of], nil
}

// copied returns the state with what changes of one part touch copied.
func (m *Memory) copied(of tenant.ID) memoryState {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s := m.memoryState
	s.parts = maps.Clone(s.parts)
	if part, ok := s.parts[of]; ok {
		s.parts[of] = &memoryPart{maps.Clone(part.permissions), maps.Clone(part.assignments)}
	}
	if of == "" {
		s.roles, s.pairs, s.admins = maps.Clone(s.roles), maps.Clone(s.pairs), maps.Clone(s.admins)
	}
	return s
}
