package timer

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

var errDown = errors.New("the database is down")

// memoryStore is a store for tests of the scheduler, which can make it fail.
type memoryStore struct {
	mu     sync.Mutex
	timers map[string]round
	table  map[[2]string]*memoryRow
	down   bool
	lapse  bool          // extend finds the claim gone
	slow   time.Duration // how long finish takes

	listed int // calls of between
}

type memoryRow struct {
	claim
	until int64 // milliseconds; 0 finished, 1 handed back
	State
}

func newMemoryStore() *memoryStore {
	return &memoryStore{timers: map[string]round{}, table: map[[2]string]*memoryRow{}}
}

func (m *memoryStore) lock() (unlock func(), err error) {
	m.mu.Lock()
	if m.down {
		m.mu.Unlock()
		return nil, errDown
	}
	return m.mu.Unlock, nil
}

func (m *memoryStore) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

func (m *memoryStore) ensure(_ context.Context, timer string, due time.Time) error {
	unlock, err := m.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if _, found := m.timers[timer]; !found {
		m.timers[timer] = round{due: due}
	}
	return nil
}

func (m *memoryStore) rounds(context.Context) (map[string]round, time.Time, error) {
	unlock, err := m.lock()
	if err != nil {
		return nil, time.Time{}, err
	}
	defer unlock()
	out := map[string]round{}
	for k, v := range m.timers {
		out[k] = v
	}
	return out, time.Now().UTC().Truncate(time.Millisecond), nil
}

func (m *memoryStore) move(_ context.Context, timer string, from, to round) (bool, error) {
	unlock, err := m.lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	if !m.timers[timer].is(from) {
		return false, nil
	}
	m.timers[timer] = to
	return true, nil
}

func (m *memoryStore) between(_ context.Context, timer string, after, upto tenant.ID) (map[tenant.ID]row, error) {
	unlock, err := m.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	m.listed++
	out := map[tenant.ID]row{}
	for key, r := range m.table {
		if id := tenant.ID(key[1]); key[0] == timer && id > after && id <= upto {
			out[id] = row{r.due, r.until != 0, r.token}
		}
	}
	return out, nil
}

func (m *memoryStore) rows(_ context.Context, timer string, list []target) (map[tenant.ID]row, error) {
	unlock, err := m.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	out := map[tenant.ID]row{}
	for _, t := range list {
		if r := m.table[[2]string{timer, string(t.id)}]; r != nil {
			out[t.id] = row{r.due, r.until != 0, r.token}
		}
	}
	return out, nil
}

func (m *memoryStore) remove(_ context.Context, timer string, list []target, due time.Time) error {
	unlock, err := m.lock()
	if err != nil {
		return err
	}
	defer unlock()
	for _, t := range list {
		if r := m.table[[2]string{timer, string(t.id)}]; r != nil && r.until == 0 && r.due.Before(due) {
			delete(m.table, [2]string{timer, string(t.id)})
		}
	}
	return nil
}

func (m *memoryStore) claim(_ context.Context, timer string, list []target, c claim) (out []claim, err error) {
	unlock, err := m.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	for _, t := range list {
		key := [2]string{timer, string(t.id)}
		r := m.table[key]
		if r == nil {
			r = &memoryRow{}
			m.table[key] = r
		}
		if r.until != 0 || !r.due.Before(c.due) && !(row{due: r.due}).ahead(c.due, time.Now()) {
			continue
		}
		got := c
		got.timer, got.tenant, got.token, got.attempt = timer, t.id, r.token+1, 1
		r.claim, r.until = got, c.until.UnixMilli()
		out = append(out, got)
	}
	return out, nil
}

func (m *memoryStore) claimNew(ctx context.Context, timer string, list []target, c claim) ([]claim, error) {
	return m.claim(ctx, timer, list, c)
}

func (m *memoryStore) claimNow(ctx context.Context, timer string, id tenant.ID, c claim) (claim, bool, error) {
	due := time.Time{}
	m.set(func() {
		if r := m.table[[2]string{timer, string(id)}]; r != nil {
			due = r.due
		}
	})
	c.due, c.onDemand = never, true
	got, err := m.claim(ctx, timer, []target{{id: id}}, c)
	if err != nil || len(got) == 0 {
		return claim{}, false, err
	}
	got[0].due = due
	m.set(func() { m.table[[2]string{timer, string(id)}].due = due })
	return got[0], true, nil
}

func (m *memoryStore) claimedFor(_ context.Context, timer string, all bool) (bool, error) {
	unlock, err := m.lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	for key, r := range m.table {
		if key[0] == timer && r.until > 0 && (key[1] == "") == all {
			return true, nil
		}
	}
	return false, nil
}

func (m *memoryStore) orphans(_ context.Context, timers []string, now time.Time) (out []claim, err error) {
	unlock, err := m.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	for key, r := range m.table {
		if r.until > 0 && r.until < now.UnixMilli() && slices.Contains(timers, key[0]) {
			out = append(out, r.claim)
		}
	}
	return out, nil
}

func (m *memoryStore) takeOver(_ context.Context, o claim, now time.Time, fresh claim) (claim, bool, error) {
	unlock, err := m.lock()
	if err != nil {
		return claim{}, false, err
	}
	defer unlock()
	r := m.table[[2]string{o.timer, string(o.tenant)}]
	if r.token != o.token || r.until == 0 || r.until >= now.UnixMilli() {
		return claim{}, false, nil
	}
	r.claim, r.until = r.passed(fresh), fresh.until.UnixMilli()
	return r.claim, true, nil
}

func (m *memoryStore) held(c claim, change func(*memoryRow)) (bool, error) {
	unlock, err := m.lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	r := m.table[[2]string{c.timer, string(c.tenant)}]
	if r == nil || r.token != c.token || r.until == 0 {
		return false, nil
	}
	change(r)
	return true, nil
}

func (m *memoryStore) extend(_ context.Context, c claim) (bool, error) {
	gone := false
	ok, err := m.held(c, func(r *memoryRow) {
		if gone = m.lapse; !gone {
			r.until = time.Now().Add(c.lease).UnixMilli()
		}
	})
	return ok && !gone, err
}

func (m *memoryStore) finish(_ context.Context, _ tenant.DBTX, c claim, end ending) (bool, error) {
	sleep(context.Background(), m.slow)
	return m.held(c, func(r *memoryRow) {
		r.until = 0
		r.State = State{Due: r.due, Attempt: r.attempt, Finished: end.at, Outcome: end.outcome, ErrorType: end.errorType, Code: end.code}
	})
}

func (m *memoryStore) handBack(_ context.Context, c claim) (bool, error) {
	return m.held(c, func(r *memoryRow) { r.until, r.attempt = 1, r.attempt-1 })
}

func (m *memoryStore) state(_ context.Context, timer string, id tenant.ID) (State, bool, error) {
	unlock, err := m.lock()
	if err != nil {
		return State{}, false, err
	}
	defer unlock()
	r := m.table[[2]string{timer, string(id)}]
	if r == nil {
		return State{}, false, nil
	}
	return r.State, true, nil
}
