package tenant

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gotenancy/tenancy/internal/carry"
)

// MemoryRegistry is a [Registry] in this process's memory: for tests, for
// tools, and for installations whose tenants stand in a configuration file.
type MemoryRegistry struct {
	mu     sync.RWMutex
	byID   map[ID]*Tenant
	byCode map[string]*Tenant // lower case
	byHost map[string]*Tenant // canonical
	ids    []ID               // sorted
}

// NewMemoryRegistry returns a registry that holds these tenants, or an error
// if one of them is malformed or two share an id, a code or a host, or the id of
// one is the code of another.
func NewMemoryRegistry(tenants ...Tenant) (*MemoryRegistry, error) {
	m := &MemoryRegistry{
		byID:   make(map[ID]*Tenant, len(tenants)),
		byCode: make(map[string]*Tenant),
		byHost: make(map[string]*Tenant),
	}
	for i, t := range tenants {
		if err := m.Put(t); err != nil {
			return nil, fmt.Errorf("tenant %d: %w", i, err)
		}
	}
	return m, nil
}

// Put adds the tenant, or replaces the one with the same id. The error is
// [ErrTaken] if its code or one of its hosts belongs to another tenant; an
// unverified domain does not take a name. Ids and codes are names of one kind:
// no tenant has a code that is another's id, ignoring case, or the other way
// round. On any error nothing has changed.
func (m *MemoryRegistry) Put(t Tenant) error {
	t, err := t.Check()
	if err != nil {
		return err
	}
	t.home = carry.NewHome(string(t.ID))
	m.mu.Lock()
	defer m.mu.Unlock()
	if other, ok := m.byCode[string(t.ID)]; ok && other.ID != t.ID {
		return fmt.Errorf("%w: the id", ErrTaken)
	}
	code := strings.ToLower(t.Code)
	_, isID := m.byID[ID(code)]
	if other, ok := m.byCode[code]; ok && other.ID != t.ID || isID && ID(code) != t.ID {
		return fmt.Errorf("%w: the code", ErrTaken)
	}
	for _, host := range t.hosts() {
		if other, ok := m.byHost[host]; ok && other.ID != t.ID {
			return fmt.Errorf("%w: a host", ErrTaken)
		}
	}
	m.remove(t.ID)
	m.byID[t.ID] = &t
	if t.Code != "" {
		m.byCode[code] = &t
	}
	for _, host := range t.hosts() {
		m.byHost[host] = &t
	}
	at, _ := slices.BinarySearch(m.ids, t.ID)
	m.ids = slices.Insert(m.ids, at, t.ID)
	return nil
}

// Remove takes the tenant out, if it is there.
func (m *MemoryRegistry) Remove(id ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remove(id)
}

func (m *MemoryRegistry) remove(id ID) {
	old, ok := m.byID[id]
	if !ok {
		return
	}
	old.home.Kill()
	delete(m.byID, id)
	delete(m.byCode, strings.ToLower(old.Code))
	for _, host := range old.hosts() {
		delete(m.byHost, host)
	}
	at, _ := slices.BinarySearch(m.ids, id)
	m.ids = slices.Delete(m.ids, at, at+1)
}

// hosts returns the names that resolve to the tenant.
func (t *Tenant) hosts() []string {
	var names []string
	if t.Host != "" {
		names = append(names, t.Host)
	}
	for _, d := range t.Domains {
		if d.Verified {
			names = append(names, d.Name)
		}
	}
	return names
}

// ByID implements [Registry].
func (m *MemoryRegistry) ByID(_ context.Context, id ID) (*Tenant, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	t, ok := m.byID[id]
	return t, ok, nil
}

// ByCode implements [Registry].
func (m *MemoryRegistry) ByCode(_ context.Context, code string) (*Tenant, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if !ValidCode(code) {
		return nil, false, nil // ToLower would also fold letters beyond ASCII
	}
	t, ok := m.byCode[strings.ToLower(code)]
	return t, ok, nil
}

// ByHost implements [Registry].
func (m *MemoryRegistry) ByHost(_ context.Context, host string) (*Tenant, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	t, ok := m.byHost[host]
	return t, ok, nil
}

// List implements [Registry].
func (m *MemoryRegistry) List(_ context.Context, after ID, limit int) ([]*Tenant, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	at, found := slices.BinarySearch(m.ids, after)
	if found {
		at++
	}
	ids := m.ids[at:]
	if limit < len(ids) {
		ids = ids[:max(limit, 0)]
	}
	out := make([]*Tenant, len(ids))
	for i, id := range ids {
		out[i] = m.byID[id]
	}
	return out, nil
}
