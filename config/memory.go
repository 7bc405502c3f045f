package config

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// MemoryStore is a [Store] in this process's memory, for tests and for tools.
// It tells nobody of its changes but those who ask.
type MemoryStore struct {
	mu      sync.RWMutex
	numbers map[tenant.ID]int64 // of a tenant and its accounts, or of the rest
	owners  map[Owner]*memoryOwner
}

type memoryOwner struct {
	settings map[string]Setting
	history  map[string][]Revision // oldest first
}

// NewMemoryStore returns an empty store.
func NewMemoryStore() *MemoryStore {
	return &MemoryStore{numbers: map[tenant.ID]int64{}, owners: map[Owner]*memoryOwner{}}
}

// Load implements [Store].
func (m *MemoryStore) Load(ctx context.Context, owner Owner) ([]Setting, int64, error) {
	if err := errors.Join(owner.Check(), ctx.Err()); err != nil {
		return nil, 0, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var out []Setting
	for o, own := range m.owners {
		if o != owner && !(owner == Owner{} && o.Group != "") {
			continue
		}
		for _, s := range own.settings {
			s.Value, s.Group = bytes.Clone(s.Value), o.Group
			out = append(out, s)
		}
	}
	return out, m.numbers[owner.Tenant], nil
}

// Write implements [Store].
func (m *MemoryStore) Write(ctx context.Context, owner Owner, edit Edit, changes ...Change) (int64, error) {
	if err := CheckWrite(owner, changes); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	own, ok := m.owners[owner]
	if !ok {
		own = &memoryOwner{settings: map[string]Setting{}, history: map[string][]Revision{}}
	}
	for _, c := range changes {
		if c.If != nil && *c.If != own.settings[c.Key].Version {
			return 0, &KeyError{Key: c.Key, Err: ErrConflict}
		}
	}
	m.owners[owner] = own
	m.numbers[owner.Tenant]++
	number := m.numbers[owner.Tenant]
	at := time.Now().UTC().Truncate(time.Millisecond)
	for _, c := range changes {
		if c.Value == nil {
			if _, ok := own.settings[c.Key]; !ok {
				continue
			}
			delete(own.settings, c.Key)
		} else {
			own.settings[c.Key] = Setting{Key: c.Key, Value: bytes.Clone(c.Value), Version: number, Forced: c.Forced}
		}
		own.history[c.Key] = append(own.history[c.Key], Revision{
			Version: number, Value: bytes.Clone(c.Value), Forced: c.Forced, Actor: edit.Actor, Reason: edit.Reason, At: at,
		})
	}
	return number, nil
}

// DeleteTenant removes every setting of a tenant and of the accounts in it, and
// their history, and returns how many settings and versions those were. The
// tenant's change number stays and grows by one. The error is
// [tenant.ErrInvalidID], or the context's.
func (m *MemoryStore) DeleteTenant(ctx context.Context, id tenant.ID) (rows int64, err error) {
	if !id.Valid() { // the empty one would be everybody's
		return 0, tenant.ErrInvalidID
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.numbers[id]++
	for o, own := range m.owners {
		if o.Tenant != id {
			continue
		}
		rows += int64(len(own.settings))
		for _, versions := range own.history {
			rows += int64(len(versions))
		}
		delete(m.owners, o)
	}
	return rows, nil
}

// History implements [Store].
func (m *MemoryStore) History(ctx context.Context, owner Owner, key string, limit int) ([]Revision, error) {
	if err := errors.Join(owner.Check(), ctx.Err()); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	own, ok := m.owners[owner]
	if !ok || limit <= 0 {
		return nil, nil
	}
	all := own.history[key]
	out := slices.Clone(all[max(0, len(all)-limit):])
	slices.Reverse(out)
	for i := range out {
		out[i].Value = bytes.Clone(out[i].Value)
	}
	return out, nil
}
