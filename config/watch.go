package config

import (
	"context"
	"reflect"
	"sync"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// watches are those who wait for a change.
type watches struct {
	mu   sync.Mutex
	byID map[tenant.ID]map[chan struct{}]bool
}

// add has c told of what changes for a tenant, or with an empty id for all, and
// returns what ends that.
func (w *watches) add(id tenant.ID, c chan struct{}) (remove func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byID == nil {
		w.byID = map[tenant.ID]map[chan struct{}]bool{}
	}
	if w.byID[id] == nil {
		w.byID[id] = map[chan struct{}]bool{}
	}
	w.byID[id][c] = true
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.byID[id], c)
		if len(w.byID[id]) == 0 {
			delete(w.byID, id)
		}
	}
}

// wake tells those who wait for a tenant, or with an empty id for all. Who has
// been told and has not looked yet needs no second word.
func (w *watches) wake(id tenant.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.byID[id] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Watch calls f with the setting's value for the tenant of ctx, and again
// whenever that value has changed in a way that this process hears of, until ctx
// is done; then it returns the cause. Changes that come faster than f returns
// are seen as one. While there is no answer f is not called.
//
// It blocks: run it in a goroutine. f is called in that goroutine, never twice
// at once, and may read settings and write them.
func (k Key[T]) Watch(ctx context.Context, f func(T)) error {
	carried := carry.From(ctx)
	r := resolverOf(carried)
	if r == nil {
		return keyError(k.Name(), LayerNone, ErrNoResolver)
	}
	b, err := r.bind(k.declared())
	if err != nil {
		return keyError(k.Name(), LayerNone, err)
	}
	switch carried.Mode {
	case carry.Tenant, carry.Global:
	case carry.Across, carry.AcrossAll:
		if !b.shared() {
			return keyError(k.Name(), LayerNone, tenant.ErrSeveralTenants)
		}
	default:
		return keyError(k.Name(), LayerNone, tenant.Err(ctx))
	}
	id, _ := tenant.IDFromContext(ctx)
	changed := make(chan struct{}, 1)
	defer r.watches.add(id, changed)()
	if id != "" {
		defer r.watches.add("", changed)()
	}
	var last T
	for told := false; ; {
		rd := r.read(ctx, carried)
		v, info, err := k.in(ctx, r, carried, &rd)
		if err == nil && (!told || !reflect.DeepEqual(v, last)) {
			last, _, _ = k.in(ctx, r, carried, &rd) // v is f's to change
			told = true
			f(v)
		}
		var retry <-chan time.Time // nobody says when the store is back
		if err != nil || info.Stale {
			retry = time.After(r.shared.RetryAfter)
		}
		select {
		case <-changed:
		case <-retry:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
