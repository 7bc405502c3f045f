package ctxtree

import (
	"context"
	"sync"

	"github.com/gotenancy/tenancy/internal/announce"
	"github.com/gotenancy/tenancy/tenant"
)

// Memory is a [Store] in this process's memory: for tests, and for trees that
// are built at start. What it returns of one tenant costs what is returned,
// however many others there are.
type Memory struct {
	levels  Levels
	changes announce.List

	mu sync.RWMutex
	t  table
}

// NewMemory returns a tree that holds the system node only.
func NewMemory(levels Levels) *Memory {
	return &Memory{levels: levels, t: newTable()}
}

// Create implements [Store].
func (m *Memory) Create(ctx context.Context, s Spec) (Node, error) {
	var created Node
	err := m.change(ctx, "create", s.Parent, func(parent *held, reach Reach) (tenant.ID, error) {
		n, err := m.levels.Child(parent.Node, s)
		if err != nil {
			return "", err
		}
		if err := reach.Writes(n.Tenant); err != nil {
			return "", err
		}
		if m.t.part(n.Tenant).objects[n.object()] != nil {
			return "", ErrTaken
		}
		if created, err = n.Numbered(m.t.last+1, parent.Node); err != nil {
			return "", err
		}
		m.t.last++
		m.t.add(created)
		return created.Tenant, nil
	})
	return created, err
}

// Move implements [Store].
func (m *Memory) Move(ctx context.Context, id, parent int64) (Node, error) {
	var moved Node
	err := m.change(ctx, "move", id, func(h *held, reach Reach) (tenant.ID, error) {
		if err := reach.Writes(h.Tenant); err != nil {
			return "", err
		}
		to := m.t.read(reach, parent)
		if to == nil {
			return "", ErrNoNode
		}
		var err error
		if moved, err = m.levels.Moved(h.Node, to.Node); err != nil {
			return "", err
		}
		below := h.subtree(nil)[1:]
		carried := make([]Node, len(below))
		for i, d := range below {
			if carried[i], err = d.Carried(h.Node, moved); err != nil {
				return "", err
			}
		}
		m.t.detach(h)
		h.Node = moved
		m.t.attach(h)
		for i, d := range below {
			d.Node = carried[i]
		}
		return moved.Tenant, nil
	})
	if err != nil {
		return Node{}, err
	}
	return moved, nil
}

// SetLocked implements [Store].
func (m *Memory) SetLocked(ctx context.Context, id int64, locked bool) error {
	return m.change(ctx, "lock", id, func(h *held, reach Reach) (tenant.ID, error) {
		if err := reach.Writes(h.Tenant); err != nil {
			return "", err
		}
		line := m.t.line(h)
		if Locked(line[:len(line)-1]) {
			return "", ErrLockedAbove
		}
		h.Locked = locked
		return h.Tenant, nil
	})
}

// Delete implements [Store].
func (m *Memory) Delete(ctx context.Context, id int64) error {
	return m.change(ctx, "delete", id, func(h *held, reach Reach) (tenant.ID, error) {
		if err := reach.Writes(h.Tenant); err != nil {
			return "", err
		}
		if h.ID == SystemID {
			return "", ErrSystem
		}
		m.t.detach(h)
		for _, d := range h.subtree(nil) {
			m.t.forget(d)
		}
		return h.Tenant, nil
	})
}

// DeleteAll implements [Store].
func (m *Memory) DeleteAll(ctx context.Context, of tenant.ID) (int, error) {
	reach, err := ReachOf(ctx)
	if err != nil {
		return 0, err
	}
	if err = reach.Writes(of); err == nil && of == "" {
		err = ErrSystem
	}
	if err != nil {
		return 0, &NodeError{Op: "delete all", Err: err}
	}
	n, number := m.deleteAll(of)
	m.changes.Tell(of, number)
	return n, nil
}

func (m *Memory) deleteAll(of tenant.ID) (n int, number int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.t.part(of)
	n = len(p.objects)
	for _, h := range p.objects {
		delete(m.t.nodes, h.ID)
	}
	// The part stays: its numbers go on where they are.
	p.objects, p.tops = map[object]*held{}, nil
	p.number++
	return n, p.number
}

// change runs fn on the node with that number under the lock, and announces
// what it has changed.
func (m *Memory) change(ctx context.Context, op string, id int64, fn func(*held, Reach) (tenant.ID, error)) error {
	reach, err := ReachOf(ctx)
	if err != nil {
		return err
	}
	of, number, err := m.locked(id, reach, fn)
	if err != nil {
		return &NodeError{Op: op, Node: id, Err: err}
	}
	m.changes.Tell(of, number)
	return nil
}

func (m *Memory) locked(id int64, reach Reach, fn func(*held, Reach) (tenant.ID, error)) (of tenant.ID, number int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.t.read(reach, id)
	if h == nil {
		return "", 0, ErrNoNode
	}
	if of, err = fn(h, reach); err != nil {
		return "", 0, err
	}
	p := m.t.part(of)
	p.number++
	return of, p.number, nil
}

// Node implements [Store].
func (m *Memory) Node(ctx context.Context, id int64) (Node, bool, error) {
	reach, err := ReachOf(ctx)
	if err != nil {
		return Node{}, false, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	h := m.t.read(reach, id)
	if h == nil {
		return Node{}, false, nil
	}
	return h.Node, true, nil
}

// ByInstance implements [Store].
func (m *Memory) ByInstance(ctx context.Context, of tenant.ID, level Level, instance string) (Node, bool, error) {
	reach, err := ReachOf(ctx)
	if err != nil || !reach.Reads(of) {
		return Node{}, false, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if p := m.t.parts[of]; p != nil {
		if h := p.objects[object{level, instance}]; h != nil {
			return h.Node, true, nil
		}
	}
	return Node{}, false, nil
}

// Find implements [Store].
func (m *Memory) Find(ctx context.Context, level Level, instance string) ([]Node, error) {
	reach, err := ReachOf(ctx)
	if err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var found []Node
	for _, p := range m.t.readable(reach) {
		if h := p.objects[object{level, instance}]; h != nil {
			found = append(found, h.Node)
		}
	}
	return byTenant(found), nil
}

// Ancestors implements [Store].
func (m *Memory) Ancestors(ctx context.Context, id int64) ([]Node, error) {
	reach, err := ReachOf(ctx)
	if err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	h := m.t.read(reach, id)
	if h == nil {
		return nil, nil
	}
	return m.t.line(h), nil
}

// Descendants implements [Store].
func (m *Memory) Descendants(ctx context.Context, id int64) ([]Node, error) {
	reach, err := ReachOf(ctx)
	if err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	h := m.t.read(reach, id)
	switch {
	case h == nil:
		return nil, nil
	case id != SystemID:
		return byPath(h.subtree(nil)[1:]), nil
	}
	// The one node below which several tenants' lie.
	var below []*held
	for _, p := range m.t.readable(reach) {
		below = p.subtrees(below)
	}
	return byPath(below), nil
}

// Load implements [Store].
func (m *Memory) Load(ctx context.Context, of tenant.ID) ([]Node, int64, error) {
	reach, err := ReachOf(ctx)
	if err != nil || !reach.Reads(of) {
		return nil, 0, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	p := m.t.parts[of]
	if p == nil {
		return nil, 0, nil
	}
	nodes := make([]*held, 0, len(p.objects))
	if of == "" {
		nodes = append(nodes, m.t.nodes[SystemID])
	}
	return byPath(p.subtrees(nodes)), p.number, nil
}

// Number implements [Store].
func (m *Memory) Number(ctx context.Context, of tenant.ID) (int64, error) {
	reach, err := ReachOf(ctx)
	if err != nil || !reach.Reads(of) {
		return 0, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if p := m.t.parts[of]; p != nil {
		return p.number, nil
	}
	return 0, nil
}

// Subscribe implements [Store].
func (m *Memory) Subscribe(fn func(of tenant.ID, number int64)) { m.changes.Add(fn) }
