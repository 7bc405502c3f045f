package rbac

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/announce"
	"github.com/gotenancy/tenancy/tenant"
)

// Memory is a [Store] in this process's memory: for tests, and for roles that
// are built at start.
type Memory struct {
	changes announce.List

	mu      sync.RWMutex
	last    RoleID // the greatest number given out
	roles   map[RoleID]Role
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
	return &Memory{roles: map[RoleID]Role{}, admins: map[string]bool{}, parts: map[tenant.ID]*memoryPart{}}
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
		m.roles[r.ID] = r
		return nil
	})
	if err != nil {
		return Role{}, err
	}
	return r, nil
}

// SetPermission implements [Store].
func (m *Memory) SetPermission(ctx context.Context, at ctxtree.Node, role RoleID, capability string, p Permission) error {
	if !ValidCapability(capability) || p > Prohibit {
		return fmt.Errorf("%w: capability name or permission", ErrInvalid)
	}
	return m.changeAt(ctx, at, role, func(part *memoryPart) {
		key := permissionKey{at.ID, role, capability}
		if p == Inherit {
			delete(part.permissions, key)
		} else {
			part.permissions[key] = p
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
	if err := writable(ctx, of); err != nil {
		return err
	}
	if err := m.locked(of, fn); err != nil {
		return err
	}
	m.changes.Tell(of)
	return nil
}

func (m *Memory) locked(of tenant.ID, fn func(*memoryPart) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	part, ok := m.parts[of]
	if !ok {
		part = &memoryPart{map[permissionKey]Permission{}, map[PlacedAssignment]bool{}}
		m.parts[of] = part
	}
	return fn(part)
}

// writable returns why the context may not change the part.
func writable(ctx context.Context, of tenant.ID) error {
	reach, err := ctxtree.ReachOf(ctx)
	if err == nil {
		err = reach.Writes(of)
	}
	if err != nil {
		return fmt.Errorf("rbac: %w", err)
	}
	return nil
}

// Load implements [Store].
func (m *Memory) Load(ctx context.Context, of tenant.ID) (Rules, error) {
	reach, err := ctxtree.ReachOf(ctx)
	if err == nil && !reach.Reads(of) {
		err = ctxtree.ErrOutside
	}
	if err != nil {
		return Rules{}, fmt.Errorf("rbac: %w", err)
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var r Rules
	if of == "" {
		r.Roles = slices.SortedFunc(maps.Values(m.roles), func(a, b Role) int { return cmp.Compare(a.ID, b.ID) })
		r.Special = m.special
		r.SiteAdmins = slices.Sorted(maps.Keys(m.admins))
	}
	if part, ok := m.parts[of]; ok {
		for k, p := range part.permissions {
			r.Permissions = append(r.Permissions, PlacedPermission{k.node, k.role, k.capability, p})
		}
		r.Assignments = slices.Collect(maps.Keys(part.assignments))
	}
	slices.SortFunc(r.Permissions, func(a, b PlacedPermission) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Capability, b.Capability))
	})
	slices.SortFunc(r.Assignments, func(a, b PlacedAssignment) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Role, b.Role), cmp.Compare(a.User, b.User),
			cmp.Compare(a.Component, b.Component), cmp.Compare(a.Item, b.Item))
	})
	return r, nil
}

// Subscribe implements [Store].
func (m *Memory) Subscribe(fn func(of tenant.ID)) { m.changes.Add(fn) }
