package settings_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configsql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// signed is a value that says whose it is and who wrote it when.
type signed struct {
	Tenant tenant.ID
	Writer int
	N      int
}

// storm is several processes that write and read the same settings at random.
type storm struct {
	t       *testing.T
	seed    uint64
	tenants []tenant.ID // "" is what is global
	keys    []string
	members []*member
	sent    chan feed.Change // what has been committed
	outage  bool             // reads and writes may fail, and be of the last known

	reads, writes, own, shared, none, stale, failures atomic.Int64
	writer                                            atomic.Int64
}

// member is a process in the storm.
type member struct {
	*process
	store    config.Store                    // as its resolver has it, and without the resolver
	contexts map[tenant.ID][]context.Context // by an id, and by a record that leads to the cached settings

	// marks are twice the highest versions that anybody has read here, by
	// tenant, key and layer, and one more where it was gone since. Who begins to
	// read later must not get an older one.
	marks map[mark]*atomic.Int64
}

type mark struct {
	tenant tenant.ID
	key    string
	layer  config.Layer
}

// recorder passes on what has been committed.
type recorder struct {
	config.Store
	sent chan<- feed.Change
}

func (r recorder) Write(ctx context.Context, o config.Owner, e config.Edit, c ...config.Change) (int64, error) {
	number, err := r.Store.Write(ctx, o, e, c...)
	if err == nil {
		r.sent <- feed.Change{Tenant: o.Tenant, Number: number}
	}
	return number, err
}

// newStorm prepares processes with room for two of six tenants. handle is what
// their stores use for the pool of each.
func newStorm(t *testing.T, e engines.Engine, processes int, handle func(*sql.DB) tenant.DBTX) *storm {
	t.Helper()
	p, _ := newPlace(t, e)
	s := &storm{
		t: t, seed: uint64(time.Now().UnixNano()), sent: make(chan feed.Change, 100),
		tenants: []tenant.ID{"", "acme", "bolt", "core", "dune", "echo", "flux"}, keys: []string{"a", "b", "c"},
	}
	var records []tenant.Tenant
	for _, id := range s.tenants[1:] {
		records = append(records, tenant.Tenant{ID: id})
	}
	for range processes {
		pool, err := p.open()
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, pool.Close()) })
		m := &member{contexts: map[tenant.ID][]context.Context{}, marks: map[mark]*atomic.Int64{}}
		m.store = recorder{configsql.NewStore(handle(pool), e.Dialect), s.sent}
		m.process = p.process(t, config.Config{Store: m.store, MaxTenants: 2, LoadTimeout: patience, RetryAfter: time.Millisecond})
		reg, err := tenant.NewMemoryRegistry(records...)
		require.NoError(t, err)
		for _, id := range s.tenants {
			for _, key := range s.keys {
				m.marks[mark{id, key, config.LayerTenant}], m.marks[mark{id, key, config.LayerGlobal}] = &atomic.Int64{}, &atomic.Int64{}
			}
			m.contexts[id] = []context.Context{m.context(id)}
			if id != "" {
				record, found, err := reg.ByID(t.Context(), id)
				require.NoError(t, err)
				require.True(t, found)
				m.contexts[id] = append(m.contexts[id], tenant.NewContext(config.NewContext(context.Background(), m.settings), record))
			}
		}
		s.members = append(s.members, m)
	}
	return s
}

// run has writers and readers in every process until so many changes were
// tried.
func (s *storm) run(writers, readers, changes int) {
	s.t.Helper()
	s.t.Logf("seed %d", s.seed)
	var writing, reading, delivering sync.WaitGroup
	delivering.Go(s.deliver)
	done := make(chan struct{})
	lane := uint64(1)
	each := func(n int, group *sync.WaitGroup, f func(m *member, r *rand.Rand)) {
		for _, m := range s.members {
			for range n {
				lane++
				r := rand.New(rand.NewPCG(s.seed, lane))
				group.Go(func() { f(m, r) })
			}
		}
	}
	each(readers, &reading, func(m *member, r *rand.Rand) {
		for {
			select {
			case <-done:
				return
			default:
				s.read(m, r, s.tenants[r.IntN(len(s.tenants))], s.keys[r.IntN(len(s.keys))])
			}
		}
	})
	each(writers, &writing, func(m *member, r *rand.Rand) {
		me := int(s.writer.Add(1))
		for n := range changes / writers / len(s.members) {
			if s.t.Failed() {
				return // the first few say enough
			}
			s.write(m, r, me, n)
		}
	})
	writing.Wait()
	close(done)
	reading.Wait()
	close(s.sent)
	delivering.Wait()
	s.t.Logf("%d changes, %d reads (%d of a tenant's own, %d global, %d of nothing; %d stale), %d failures",
		s.writes.Load(), s.reads.Load(), s.own.Load(), s.shared.Load(), s.none.Load(), s.stale.Load(), s.failures.Load())
	for _, m := range s.members {
		require.LessOrEqual(s.t, m.settings.Stats().Tenants, 2)
	}
}

// deliver tells the processes of what has been committed: late, some of it
// twice, and in no order, as a feed may.
func (s *storm) deliver() {
	r := rand.New(rand.NewPCG(s.seed, 1))
	type letter struct {
		to *member
		feed.Change
	}
	var bag []letter
	one := func() {
		i := r.IntN(len(bag))
		bag[i].to.settings.Invalidate(bag[i].Tenant, bag[i].Number)
		bag[i] = bag[len(bag)-1]
		bag = bag[:len(bag)-1]
	}
	for c := range s.sent {
		for _, m := range s.members {
			for range 1 + r.IntN(2) {
				bag = append(bag, letter{m, c})
			}
		}
		for len(bag) > r.IntN(100) {
			one()
		}
	}
	for len(bag) > 0 {
		one()
	}
}

// write makes one change, with the resolver or behind its back, and reads what
// it wrote.
func (s *storm) write(m *member, r *rand.Rand, me, n int) {
	id, key := s.tenants[r.IntN(len(s.tenants))], s.keys[r.IntN(len(s.keys))]
	value := signed{id, me, n}
	ctx := m.contexts[id][r.IntN(len(m.contexts[id]))]
	var err error
	set := false
	switch r.IntN(8) {
	case 0:
		err = m.settings.Delete(ctx, key, "storm")
	case 1, 2:
		raw, _ := json.Marshal(value)
		_, err = m.store.Write(ctx, config.Owner{Tenant: id}, config.Edit{}, config.Change{Key: key, Value: raw})
	default:
		set = true
		err = m.settings.Set(ctx, key, value, "storm")
	}
	s.writes.Add(1)
	if err != nil {
		s.failed(err)
		return
	}
	got, stale := s.read(m, r, id, key)
	if set && !stale && got.Tenant == id && got.Writer == me && got.N < n {
		s.t.Errorf("whoever wrote %+v reads %+v", value, got)
	}
}

// read reads once and compares with what anybody has read here before.
func (s *storm) read(m *member, r *rand.Rand, id tenant.ID, key string) (v signed, stale bool) {
	own, global := m.marks[mark{id, key, config.LayerTenant}], m.marks[mark{"", key, config.LayerGlobal}]
	ownBefore, globalBefore := own.Load(), global.Load()
	v, info, err := config.Lookup[signed](m.contexts[id][r.IntN(len(m.contexts[id]))], key)
	s.reads.Add(1)
	switch {
	case err != nil:
		s.failed(err)
		return v, true
	case info.Stale:
		s.stale.Add(1)
		if !s.outage {
			s.t.Errorf("%s of %q is stale, and the store is up", key, id)
		}
	}
	older := func(before int64) {
		if 2*info.Version < before {
			s.t.Errorf("%s of %q has version %d in the %v layer after %d was read, gone since: %v", key, id, info.Version, info.Layer, before/2, before%2 == 1)
		}
	}
	switch info.Layer {
	case config.LayerTenant:
		s.own.Add(1)
		if v.Tenant != id {
			s.t.Errorf("%q reads %+v as its own", id, v)
		}
		older(ownBefore)
		raise(own, 2*info.Version)
		return v, info.Stale
	case config.LayerGlobal:
		s.shared.Add(1)
		if v.Tenant != "" {
			s.t.Errorf("%q reads %+v as what is global", id, v)
		}
		older(globalBefore)
		raise(global, 2*info.Version)
	case config.LayerNone:
		s.none.Add(1)
		if info.Found {
			s.t.Errorf("%s of %q is found nowhere", key, id)
		}
		raise(global, globalBefore|1)
	default:
		s.t.Errorf("%s of %q comes from the %v layer", key, id, info.Layer)
	}
	raise(own, ownBefore|1)
	return v, info.Stale
}

func raise(mark *atomic.Int64, to int64) {
	for was := mark.Load(); was < to && !mark.CompareAndSwap(was, to); was = mark.Load() {
	}
}

// failed is for a call that returned an error.
func (s *storm) failed(err error) {
	s.failures.Add(1)
	if !s.outage || !errors.Is(err, errDown) && !errors.Is(err, config.ErrUnavailable) {
		s.t.Errorf("after %d reads and %d writes: %v", s.reads.Load(), s.writes.Load(), err)
	}
}

// settle compares what every process reads, once all has been delivered, with
// what is stored.
func (s *storm) settle() {
	s.t.Helper()
	stored := map[mark]string{}
	for _, id := range s.tenants {
		settings, _, err := s.members[0].process.store.Load(context.Background(), config.Owner{Tenant: id})
		require.NoError(s.t, err)
		for _, set := range settings {
			stored[mark{tenant: id, key: set.Key}] = fmt.Sprint(string(set.Value), set.Version)
		}
	}
	for i, m := range s.members {
		for _, id := range s.tenants {
			for _, key := range s.keys {
				want, ok := stored[mark{tenant: id, key: key}]
				if !ok {
					want = stored[mark{key: key}]
				}
				got := ""
				raw, info, err := config.Lookup[json.RawMessage](m.context(id), key)
				require.NoError(s.t, err)
				require.False(s.t, info.Stale)
				if info.Found {
					got = fmt.Sprint(string(raw), info.Version)
				}
				require.Equal(s.t, want, got, "process %d, %s of %q", i, key, id)
			}
		}
	}
}
