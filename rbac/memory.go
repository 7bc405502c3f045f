package rbac

import (
	"context"
	"fmt"
	"maps"
	"sync"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/announce"
	"github.com/gotenancy/tenancy/tenant"
)

// Memory is a [Store] in this process's memory: for tests, and for roles that
// are built at start.
type Memory struct {
	changes announce.List

	writing sync.Mutex   // held by every change from its beginning to its end
	mu      sync.RWMutex // held while what follows is read or replaced
	memoryState
	numbers map[tenant.ID]int64 // of changes

	// within is set in what Change gives to its function: the one part that
	// can be changed.
	within *tenant.ID
}

type memoryState struct {
	last    RoleID // the greatest number given out
	roles   map[RoleID]Role
	pairs   map[Pair]bool
	special Special
	admins  map[string]bool
	parts   map[tenant.ID]*memoryPart
}

type memoryPart struct {
	permissions map[permissionKey]Permission
	assignments map[PlacedAssignment]bool
}

// permissionKey is where a permission stands.
type permissionKey struct {
	node       int64
	role       RoleID
	capability string
}

// NewMemory returns a store without roles.
func NewMemory() *Memory {
	return &Memory{
		memoryState: memoryState{
			roles: map[RoleID]Role{}, pairs: map[Pair]bool{}, admins: map[string]bool{}, parts: map[tenant.ID]*memoryPart{},
		},
		numbers: map[tenant.ID]int64{},
	}
}

// DefineRole implements [Store].
func (m *Memory) DefineRole(ctx context.Context, r Role) (Role, error) {
	if err := r.Check(); err != nil {
		return Role{}, err
	}
	err := m.change(ctx, "", func(*memoryPart) error {
		r.ID = 0
		for id, old := range m.roles {
			if old.Name == r.Name {
				r.ID = id
			}
		}
		if r.ID == 0 {
			m.last++
			r.ID = m.last
		}
		r = r.Normal()
		m.roles[r.ID] = r
		return nil
	})
	if err != nil {
		return Role{}, err
	}
	return r.Normal(), nil
}

// DeleteRole implements [Store].
func (m *Memory) DeleteRole(ctx context.Context, id RoleID) error {
	return m.change(ctx, "", func(part *memoryPart) error {
		delete(m.roles, id)
		maps.DeleteFunc(m.pairs, func(p Pair, _ bool) bool { return p.Role == id || p.Target == id })
		m.special = m.special.Without(id)
		part.forget(func(role RoleID) bool { return role == id })
		return nil
	})
}

// Sweep implements [Store].
func (m *Memory) Sweep(ctx context.Context, of tenant.ID) (n int, err error) {
	err = m.change(ctx, of, func(part *memoryPart) error {
		n = part.forget(func(role RoleID) bool { _, known := m.roles[role]; return !known })
		return nil
	})
	return n, err
}

// DeleteAll implements [Store].
func (m *Memory) DeleteAll(ctx context.Context, of tenant.ID) (n int, err error) {
	if of == "" {
		return 0, ctxtree.ErrSystem
	}
	err = m.change(ctx, of, func(part *memoryPart) error {
		n = part.forget(func(RoleID) bool { return true })
		return nil
	})
	return n, err
}

// forget removes what the part says about roles that are gone.
func (p *memoryPart) forget(gone func(RoleID) bool) int {
	before := len(p.permissions) + len(p.assignments)
	maps.DeleteFunc(p.permissions, func(k permissionKey, _ Permission) bool { return gone(k.role) })
	maps.DeleteFunc(p.assignments, func(a PlacedAssignment, _ bool) bool { return gone(a.Role) })
	return before - len(p.permissions) - len(p.assignments)
}

// SetPermission implements [Store].
func (m *Memory) SetPermission(ctx context.Context, at ctxtree.Node, role RoleID, capability string, p Permission) error {
	return m.SetPermissions(ctx, at, role, map[string]Permission{capability: p})
}

// SetPermissions implements [Store].
func (m *Memory) SetPermissions(ctx context.Context, at ctxtree.Node, role RoleID, all map[string]Permission) error {
	if err := CheckPermissions(all); err != nil {
		return err
	}
	return m.changeAt(ctx, at, role, func(part *memoryPart) {
		for capability, p := range all {
			key := permissionKey{at.ID, role, capability}
			if p == Inherit {
				delete(part.permissions, key)
			} else {
				part.permissions[key] = p
			}
		}
	})
}

// Assign implements [Store].
func (m *Memory) Assign(ctx context.Context, at ctxtree.Node, a Assignment) error {
	if err := a.Check(); err != nil {
		return err
	}
	return m.changeAt(ctx, at, a.Role, func(part *memoryPart) {
		part.assignments[PlacedAssignment{at.ID, a}] = true
	})
}

// Unassign implements [Store].
func (m *Memory) Unassign(ctx context.Context, at ctxtree.Node, a Assignment) error {
	if err := a.Check(); err != nil {
		return err
	}
	return m.changeAt(ctx, at, a.Role, func(part *memoryPart) {
		delete(part.assignments, PlacedAssignment{at.ID, a})
	})
}

// UnassignAll implements [Store].
func (m *Memory) UnassignAll(ctx context.Context, of tenant.ID, f Filter) (n int, err error) {
	if err := f.Check(); err != nil {
		return 0, err
	}
	err = m.change(ctx, of, func(part *memoryPart) error {
		before := len(part.assignments)
		maps.DeleteFunc(part.assignments, func(a PlacedAssignment, _ bool) bool { return f.Selects(a) })
		n = before - len(part.assignments)
		return nil
	})
	return n, err
}

// SetPair implements [Store].
func (m *Memory) SetPair(ctx context.Context, p Pair, allowed bool) error {
	if err := p.Check(); err != nil {
		return err
	}
	return m.change(ctx, "", func(*memoryPart) error {
		for _, id := range []RoleID{p.Role, p.Target} {
			if _, ok := m.roles[id]; !ok {
				return ErrUnknownRole
			}
		}
		if allowed {
			m.pairs[p] = true
		} else {
			delete(m.pairs, p)
		}
		return nil
	})
}

// SetSpecial implements [Store].
func (m *Memory) SetSpecial(ctx context.Context, s Special) error {
	return m.change(ctx, "", func(*memoryPart) error {
		for _, id := range s.Roles() {
			if _, ok := m.roles[id]; !ok {
				return ErrUnknownRole
			}
		}
		m.special = s
		return nil
	})
}

// SetSiteAdmin implements [Store].
func (m *Memory) SetSiteAdmin(ctx context.Context, user string, admin bool) error {
	if !ctxtree.ValidInstance(user) {
		return fmt.Errorf("%w: user id", ErrInvalid)
	}
	return m.change(ctx, "", func(*memoryPart) error {
		if admin {
			m.admins[user] = true
		} else {
			delete(m.admins, user)
		}
		return nil
	})
}

// changeAt changes what a role does on a node.
func (m *Memory) changeAt(ctx context.Context, at ctxtree.Node, role RoleID, fn func(*memoryPart)) error {
	return m.change(ctx, at.Tenant, func(part *memoryPart) error {
		if at.ID <= 0 {
			return fmt.Errorf("rbac: %w", ctxtree.ErrNoNode)
		}
		if _, ok := m.roles[role]; !ok {
			return ErrUnknownRole
		}
		fn(part)
		return nil
	})
}

// change runs fn on one part under the lock and announces it.
func (m *Memory) change(ctx context.Context, of tenant.ID, fn func(*memoryPart) error) error {
	if err := Writable(ctx, of); err != nil {
		return err
	}
	number, err := m.locked(of, fn)
	if err != nil {
		return err
	}
	m.changes.Tell(of, number)
	return nil
}

func (m *Memory) locked(of tenant.ID, fn func(*memoryPart) error) (number int64, err error) {
	if m.within != nil && *m.within != of {
		return 0, wrapped(ctxtree.ErrOutside)
	}
	m.writing.Lock()
	defer m.writing.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	part, ok := m.parts[of]
	if !ok {
		part = &memoryPart{map[permissionKey]Permission{}, map[PlacedAssignment]bool{}}
		m.parts[of] = part
	}
	if err := fn(part); err != nil {
		return 0, err
	}
	m.numbers[of]++
	return m.numbers[of], nil
}

// Subscribe implements [Store].
func (m *Memory) Subscribe(fn func(of tenant.ID, number int64)) { m.changes.Add(fn) }
