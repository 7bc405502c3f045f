package config

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// MemoryStore is a [Store] in this process's memory, for tests and for tools.
// It tells nobody of its changes but those who ask.
type MemoryStore struct {
	mu      sync.RWMutex
	tenants map[tenant.ID]*memoryTenant
}

type memoryTenant struct {
	number   int64
	settings map[string]Setting
	history  map[string][]Revision // oldest first
}

// NewMemoryStore returns an empty store.
func NewMemoryStore() *MemoryStore {
	return &MemoryStore{tenants: map[tenant.ID]*memoryTenant{}}
}

// Load implements [Store].
func (m *MemoryStore) Load(ctx context.Context, id tenant.ID) ([]Setting, int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	t, ok := m.tenants[id]
	if !ok {
		return nil, 0, nil
	}
	out := make([]Setting, 0, len(t.settings))
	for _, s := range t.settings {
		s.Value = bytes.Clone(s.Value)
		out = append(out, s)
	}
	return out, t.number, nil
}

// Write implements [Store].
func (m *MemoryStore) Write(ctx context.Context, id tenant.ID, edit Edit, changes ...Change) (int64, error) {
	if err := CheckWrite(id, changes); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.tenants[id]
	if !ok {
		t = &memoryTenant{settings: map[string]Setting{}, history: map[string][]Revision{}}
		m.tenants[id] = t
	}
	t.number++
	at := time.Now().UTC().Truncate(time.Millisecond)
	for _, c := range changes {
		if c.Value == nil {
			if _, ok := t.settings[c.Key]; !ok {
				continue
			}
			delete(t.settings, c.Key)
		} else {
			t.settings[c.Key] = Setting{Key: c.Key, Value: bytes.Clone(c.Value), Version: t.number}
		}
		t.history[c.Key] = append(t.history[c.Key],
			Revision{Version: t.number, Value: bytes.Clone(c.Value), Actor: edit.Actor, Reason: edit.Reason, At: at})
	}
	return t.number, nil
}

// History implements [Store].
func (m *MemoryStore) History(ctx context.Context, id tenant.ID, key string, limit int) ([]Revision, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	t, ok := m.tenants[id]
	if !ok || limit <= 0 {
		return nil, nil
	}
	all := t.history[key]
	out := slices.Clone(all[max(0, len(all)-limit):])
	slices.Reverse(out)
	for i := range out {
		out[i].Value = bytes.Clone(out[i].Value)
	}
	return out, nil
}
