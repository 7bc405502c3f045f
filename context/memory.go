package ctxtree

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/gotenancy/tenancy/internal/announce"
	"github.com/gotenancy/tenancy/tenant"
)

// Memory is a [Store] in this process's memory: for tests, and for trees that
// are built at start.
type Memory struct {
	levels  Levels
	changes announce.List

	mu    sync.RWMutex
	last  int64 // the greatest number given out
	nodes map[int64]Node
	keys  map[key]int64
}

// key is what is unique besides the number.
type key struct {
	tenant   tenant.ID
	level    Level
	instance string
}

func (n Node) key() key { return key{n.Tenant, n.Level, n.Instance} }

// NewMemory returns a tree that holds the system node only.
func NewMemory(levels Levels) *Memory {
	system := root()
	return &Memory{
		levels: levels,
		last:   system.ID,
		nodes:  map[int64]Node{system.ID: system},
		keys:   map[key]int64{system.key(): system.ID},
	}
}

// Create implements [Store].
func (m *Memory) Create(ctx context.Context, s Spec) (Node, error) {
	var created Node
	err := m.change(ctx, "create", s.Parent, func(parent Node, reach Reach) (tenant.ID, error) {
		n, err := m.levels.Child(parent, s)
		if err != nil {
			return "", err
		}
		if err := reach.Writes(n.Tenant); err != nil {
			return "", err
		}
		if _, taken := m.keys[n.key()]; taken {
			return "", ErrTaken
		}
		if created, err = n.Numbered(m.last+1, parent); err != nil {
			return "", err
		}
		m.last++
		m.nodes[created.ID] = created
		m.keys[created.key()] = created.ID
		return created.Tenant, nil
	})
	return created, err
}

// Move implements [Store].
func (m *Memory) Move(ctx context.Context, id, parent int64) (Node, error) {
	var moved Node
	err := m.change(ctx, "move", id, func(n Node, reach Reach) (tenant.ID, error) {
		if err := reach.Writes(n.Tenant); err != nil {
			return "", err
		}
		to, ok := m.nodes[parent]
		if !ok || !reach.Reads(to.Tenant) {
			return "", ErrNoNode
		}
		var err error
		if moved, err = m.levels.Moved(n, to); err != nil {
			return "", err
		}
		carried := m.below(n)
		for i, d := range carried {
			if carried[i], err = d.Carried(n, moved); err != nil {
				return "", err
			}
		}
		for _, d := range append(carried, moved) {
			m.nodes[d.ID] = d
		}
		return n.Tenant, nil
	})
	if err != nil {
		return Node{}, err
	}
	return moved, nil
}

// SetLocked implements [Store].
func (m *Memory) SetLocked(ctx context.Context, id int64, locked bool) error {
	return m.change(ctx, "lock", id, func(n Node, reach Reach) (tenant.ID, error) {
		if err := reach.Writes(n.Tenant); err != nil {
			return "", err
		}
		line := m.line(n)
		if Locked(line[:len(line)-1]) {
			return "", ErrLockedAbove
		}
		n.Locked = locked
		m.nodes[id] = n
		return n.Tenant, nil
	})
}

// Delete implements [Store].
func (m *Memory) Delete(ctx context.Context, id int64) error {
	return m.change(ctx, "delete", id, func(n Node, reach Reach) (tenant.ID, error) {
		if err := reach.Writes(n.Tenant); err != nil {
			return "", err
		}
		if n.ID == SystemID {
			return "", ErrSystem
		}
		for _, d := range append(m.below(n), n) {
			delete(m.nodes, d.ID)
			delete(m.keys, d.key())
		}
		return n.Tenant, nil
	})
}

// change runs fn on the node with that number under the lock, and announces
// what it has changed.
func (m *Memory) change(ctx context.Context, op string, id int64, fn func(Node, Reach) (tenant.ID, error)) error {
	reach, err := ReachOf(ctx)
	if err != nil {
		return err
	}
	of, err := m.locked(id, reach, fn)
	if err != nil {
		return &NodeError{Op: op, Node: id, Err: err}
	}
	m.changes.Tell(of)
	return nil
}

func (m *Memory) locked(id int64, reach Reach, fn func(Node, Reach) (tenant.ID, error)) (tenant.ID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, ok := m.nodes[id]
	if !ok || !reach.Reads(n.Tenant) {
		return "", ErrNoNode
	}
	return fn(n, reach)
}

// Node implements [Store].
func (m *Memory) Node(ctx context.Context, id int64) (Node, bool, error) {
	reach, err := ReachOf(ctx)
	if err != nil {
		return Node{}, false, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, ok := m.nodes[id]
	if !ok || !reach.Reads(n.Tenant) {
		return Node{}, false, nil
	}
	return n, true, nil
}

// ByInstance implements [Store].
func (m *Memory) ByInstance(ctx context.Context, of tenant.ID, level Level, instance string) (Node, bool, error) {
	reach, err := ReachOf(ctx)
	if err != nil {
		return Node{}, false, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	id, ok := m.keys[key{of, level, instance}]
	if !ok || !reach.Reads(of) {
		return Node{}, false, nil
	}
	return m.nodes[id], true, nil
}

// Ancestors implements [Store].
func (m *Memory) Ancestors(ctx context.Context, id int64) ([]Node, error) {
	reach, err := ReachOf(ctx)
	if err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, ok := m.nodes[id]
	if !ok || !reach.Reads(n.Tenant) {
		return nil, nil
	}
	return m.line(n), nil
}

// Descendants implements [Store].
func (m *Memory) Descendants(ctx context.Context, id int64) ([]Node, error) {
	reach, err := ReachOf(ctx)
	if err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, ok := m.nodes[id]
	if !ok || !reach.Reads(n.Tenant) {
		return nil, nil
	}
	return slices.DeleteFunc(m.below(n), func(d Node) bool { return !reach.Reads(d.Tenant) }), nil
}

// OfTenant implements [Store].
func (m *Memory) OfTenant(ctx context.Context, of tenant.ID) ([]Node, error) {
	reach, err := ReachOf(ctx)
	if err != nil || !reach.Reads(of) {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.where(func(n Node) bool { return n.Tenant == of }), nil
}

// Subscribe implements [Store].
func (m *Memory) Subscribe(fn func(of tenant.ID)) { m.changes.Add(fn) }

// line returns the nodes from the system down to n.
func (m *Memory) line(n Node) []Node {
	line := []Node{n}
	for n.Parent != 0 {
		n = m.nodes[n.Parent]
		line = append(line, n)
	}
	slices.Reverse(line)
	return line
}

func (m *Memory) below(a Node) []Node {
	return m.where(func(n Node) bool { return n.ID != a.ID && n.Within(a) })
}

func (m *Memory) where(keep func(Node) bool) []Node {
	var out []Node
	for _, n := range m.nodes {
		if keep(n) {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b Node) int { return strings.Compare(a.Path, b.Path) })
	return out
}
