package config_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

func TestLoadsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		write(t, g.Store, "acme", "k", `"v"`)
		release := make(chan struct{})
		g.hold = func(tenant.ID) { <-release }
		r := resolver(t, config.Config{Store: g})
		for range 20 {
			go func() { require.Equal(t, "v", config.Get(in(r, "acme"), "k", "")) }()
		}
		synctest.Wait() // all of them are waiting
		close(release)
		synctest.Wait()
		require.Equal(t, 1, g.count("acme"), "a crowd causes one load")
		for range 20 {
			require.Equal(t, "default", config.Get(in(r, "acme"), "absent", "default"))
			require.Equal(t, "default", config.Get(in(r, "bolt"), "absent", "default"))
		}
		require.Equal(t, 1, g.count("acme"))
		require.Equal(t, 1, g.count("bolt"), "that there is nothing is remembered too")
		require.Equal(t, 1, g.count(""), "what all share is loaded once for all")
	})
}

// The load does not end with the request that happened to come first, and runs
// for the tenant it loads and nobody else.
func TestLoadIsNotItsCallers(t *testing.T) {
	t.Parallel()
	type traceKey struct{}
	g := newGate()
	write(t, g.Store, "acme", "k", `"v"`)
	begun, release := make(chan struct{}), make(chan struct{})
	g.begun = func(ctx context.Context, id tenant.ID) {
		require.Equal(t, "trace", ctx.Value(traceKey{}))
		_, bounded := ctx.Deadline()
		require.True(t, bounded)
		if id == "" {
			require.Equal(t, tenant.ModeGlobal, tenant.ModeOf(ctx))
			return
		}
		now, ok := tenant.IDFromContext(ctx)
		require.True(t, ok)
		require.Equal(t, id, now)
		close(begun)
		<-release
		require.NoError(t, ctx.Err(), "the first caller has gone, the load goes on")
	}
	r := resolver(t, config.Config{Store: g})
	ctx, cancel := context.WithCancel(context.WithValue(in(r, "acme"), traceKey{}, "trace"))
	first := make(chan error)
	go func() {
		_, _, err := config.Lookup[string](ctx, "k")
		first <- err
	}()
	<-begun
	cancel()
	err := <-first
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, config.ErrUnavailable)
	close(release)
	require.Equal(t, "v", config.Get(context.WithValue(in(r, "acme"), traceKey{}, "trace"), "k", ""))
	require.Equal(t, 1, g.count("acme"))
}

func TestLoadTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := resolver(t, config.Config{Store: hangs{config.NewMemoryStore()}, LoadTimeout: 3 * time.Second})
		began := time.Now()
		_, _, err := config.Lookup[string](in(r, "acme"), "k")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, config.ErrUnavailable)
		require.Equal(t, 3*time.Second, time.Since(began))
	})
}

// hangs is a store that answers nothing.
type hangs struct{ config.Store }

func (hangs) Load(ctx context.Context, _ config.Owner) ([]config.Setting, int64, error) {
	<-ctx.Done()
	return nil, 0, ctx.Err()
}

func TestInvalidate(t *testing.T) {
	t.Parallel()
	g := newGate()
	r := resolver(t, config.Config{Store: g})
	acme := in(r, "acme")
	old := write(t, g.Store, "acme", "k", `"old"`)
	require.Equal(t, "old", config.Get(acme, "k", ""))

	now := write(t, g.Store, "acme", "k", `"new"`)
	require.Equal(t, "old", config.Get(acme, "k", ""), "nobody has told")
	r.Invalidate("acme", old)
	r.Invalidate("acme", -1)
	r.Invalidate("acme-2", now)
	r.Invalidate("bolt", now)
	require.Equal(t, "old", config.Get(acme, "k", ""), "that was known, or is about others")
	require.Equal(t, 1, g.count("acme"))
	r.Invalidate("acme", now)
	require.Equal(t, "new", config.Get(acme, "k", ""))
	r.Invalidate("acme", now)
	r.Invalidate("acme", old)
	require.Equal(t, "new", config.Get(acme, "k", ""))
	require.Equal(t, 2, g.count("acme"), "an old message loads nothing")
	require.Zero(t, g.count("bolt"), "nor does one about a tenant that nobody asks for")

	require.Empty(t, config.Get(acme, "shared", ""))
	global := write(t, g.Store, "", "shared", `"new"`)
	require.Empty(t, config.Get(acme, "shared", ""))
	r.Invalidate("", global)
	require.Equal(t, "new", config.Get(acme, "shared", ""))
	require.Equal(t, "new", config.Get(in(r, "bolt"), "shared", ""))
	require.Equal(t, 2, g.count("acme"), "a global change does not load the tenants again")
	require.Equal(t, 2, g.count(""))
}

// A change that is announced while a load is under way, which has read the
// store already, must not be hidden by what that load brings.
func TestInvalidateDuringLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		write(t, g.Store, "acme", "k", `"old"`)
		release := make(chan struct{})
		g.hold = func(id tenant.ID) {
			if id == "acme" {
				<-release
			}
		}
		r := resolver(t, config.Config{Store: g})
		acme := in(r, "acme")
		var early, late string
		go func() { early = config.Get(acme, "k", "") }()
		synctest.Wait() // the store was read
		r.Invalidate("acme", write(t, g.Store, "acme", "k", `"new"`))
		go func() { late = config.Get(acme, "k", "") }()
		synctest.Wait() // and this one waits for the same load
		g.set(func(g *gate) { g.hold = nil })
		close(release)
		synctest.Wait()
		require.Equal(t, "old", early, "which was right when it was asked")
		require.Equal(t, "new", late, "but had begun too early for those who came after the change")
		require.Equal(t, "new", config.Get(acme, "k", ""), "and was not kept")
		require.Equal(t, 2, g.count("acme"))
	})
}

// Announcements that come faster than loads can not starve a reader.
func TestInvalidatedAllTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		r := resolver(t, config.Config{Store: g})
		g.hold = func(id tenant.ID) {
			if id == "acme" {
				r.Invalidate("acme", write(t, g.Store, "acme", "k", `"newer"`))
			}
		}
		write(t, g.Store, "acme", "k", `"first"`)
		require.Equal(t, "first", config.Get(in(r, "acme"), "k", ""))
		require.Equal(t, "newer", config.Get(in(r, "acme"), "k", ""))
		require.Equal(t, 2, g.count("acme"))
	})
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	g := newGate()
	r := resolver(t, config.Config{Store: g, MaxTenants: 3})
	for i := range 10 {
		id := tenant.ID(fmt.Sprint("t", i))
		write(t, g.Store, id, "k", fmt.Sprintf(`"%s"`, id))
	}
	for range 3 {
		for i := range 10 {
			id := tenant.ID(fmt.Sprint("t", i))
			require.Equal(t, id.String(), config.Get(in(r, id), "k", ""))
			require.LessOrEqual(t, r.Stats().Tenants, 3)
		}
	}
	// One that is read all the time stays.
	loads := g.count("t0")
	require.Equal(t, "t0", config.Get(in(r, "t0"), "k", ""))
	for i := range 20 {
		config.Get(in(r, tenant.ID(fmt.Sprint("t", 1+i%9))), "k", "")
		config.Get(in(r, "t0"), "k", "")
	}
	require.LessOrEqual(t, g.count("t0"), loads+2)
}

// A context may outlive what it leads to: its tenant's place in the cache, and
// its tenant's record in the registry. It has to notice both, or it would read
// a value that no announcement reaches any more.
func TestLongLivedContext(t *testing.T) {
	t.Parallel()
	g := newGate()
	r := resolver(t, config.Config{Store: g, MaxTenants: 1})
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"})
	require.NoError(t, err)
	record, _, err := reg.ByID(background, "acme")
	require.NoError(t, err)
	ctx := config.NewContext(tenant.NewContext(background, record), r)
	set := func(value string) {
		t.Helper()
		r.Invalidate("acme", write(t, g.Store, "acme", "k", value))
	}
	set(`"one"`)
	require.Equal(t, "one", config.Get(ctx, "k", ""))

	config.Get(in(r, "bolt"), "k", "") // takes the only place
	set(`"two"`)
	require.Equal(t, "two", config.Get(ctx, "k", ""), "evicted")
	set(`"three"`)
	require.Equal(t, "three", config.Get(ctx, "k", ""))

	require.NoError(t, reg.Put(tenant.Tenant{ID: "acme", Name: "renamed"}))
	require.Equal(t, "three", config.Get(ctx, "k", ""))
	set(`"four"`)
	require.Equal(t, "four", config.Get(ctx, "k", ""), "the record is dead")

	record, _, err = reg.ByID(background, "acme")
	require.NoError(t, err)
	ctx = config.NewContext(tenant.NewContext(background, record), r)
	reg.Remove("acme")
	require.Equal(t, "four", config.Get(ctx, "k", ""))
	require.Nil(t, carry.From(ctx).Home.Load(carry.SlotConfig), "what is dead is not filled")
}

// What lies in a tenant's slot is used only if it is this tenant's and this
// resolver's.
func TestSlotOfAnother(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	write(t, store, "acme", "k", `"acme"`)
	write(t, store, "bolt", "k", `"bolt"`)
	r := resolver(t, config.Config{Store: store})
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"}, tenant.Tenant{ID: "bolt"})
	require.NoError(t, err)
	enter := func(id tenant.ID) context.Context {
		record, _, err := reg.ByID(background, id)
		require.NoError(t, err)
		return tenant.NewContext(background, record)
	}
	acme, bolt := enter("acme"), enter("bolt")
	require.Equal(t, "bolt", config.Get(config.NewContext(bolt, r), "k", ""))
	carry.From(acme).Home.Store(carry.SlotConfig, carry.From(bolt).Home.Load(carry.SlotConfig))
	require.Equal(t, "acme", config.Get(config.NewContext(acme, r), "k", ""))

	otherStore := config.NewMemoryStore()
	write(t, otherStore, "acme", "k", `"elsewhere"`)
	other := resolver(t, config.Config{Store: otherStore})
	for range 2 {
		require.Equal(t, "elsewhere", config.Get(config.NewContext(acme, other), "k", ""))
		require.Equal(t, "acme", config.Get(config.NewContext(acme, r), "k", ""))
	}
}

// A value that one process writes is read by another once its poller has
// looked.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	here, there := resolver(t, config.Config{Store: store}), resolver(t, config.Config{Store: store})
	db, mock, err := sqlmock.New()
	require.NoError(t, err)
	defer db.Close()
	poller := feed.NewPoller(feed.NewStore(db, tenant.SQLite), feed.PollerConfig{})
	poller.Subscribe(there.Invalidate)
	look := func(id tenant.ID) {
		t.Helper()
		_, number, err := store.Load(background, config.Owner{Tenant: id})
		require.NoError(t, err)
		mock.ExpectQuery("tenancy_changes").WillReturnRows(sqlmock.NewRows([]string{"tenant_id", "number"}).AddRow(string(id), number))
		require.NoError(t, poller.Poll(background))
	}
	read := func(r *config.Resolver) string { return config.Get(in(r, "acme"), "k", "none") }

	require.Equal(t, "none", read(there))
	require.NoError(t, here.Set(everywhere(here), "k", "global", ""))
	require.Equal(t, "global", read(here), "whoever writes reads it at once")
	require.Equal(t, "none", read(there))
	look("")
	require.Equal(t, "global", read(there))
	require.NoError(t, here.Set(in(here, "acme"), "k", "own", ""))
	look("acme")
	require.Equal(t, "own", read(there))
	require.NoError(t, here.Delete(in(here, "acme"), "k", ""))
	look("acme")
	require.Equal(t, "global", read(there))
}

// Readers and writers in any order: no reader sees another tenant's value, or
// goes back to a version older than one it has seen.
func TestRaces(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	r := resolver(t, config.Config{Store: store, MaxTenants: 3})
	ids := []tenant.ID{"t0", "t1", "t2", "t3"}
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "t0"}, tenant.Tenant{ID: "t1"}, tenant.Tenant{ID: "t2"}, tenant.Tenant{ID: "t3"})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for range 500 {
				id := ids[random.IntN(len(ids))]
				n := write(t, store, id, "k", fmt.Sprintf(`"%s"`, id))
				r.Invalidate(id, n-int64(random.IntN(3))) // late, twice, out of order
				r.Invalidate(id, n)
			}
		})
		wg.Go(func() {
			random := rand.New(rand.NewPCG(2, uint64(worker)))
			seen := map[tenant.ID]int64{}
			for range 2000 {
				id := ids[random.IntN(len(ids))]
				ctx := in(r, id)
				if worker%2 == 0 {
					record, _, _ := reg.ByID(background, id)
					ctx = config.NewContext(tenant.NewContext(background, record), r)
				}
				v, info, err := config.Lookup[string](ctx, "k")
				require.NoError(t, err)
				if info.Found {
					require.Equal(t, id.String(), v)
				}
				require.GreaterOrEqual(t, info.Version, seen[id])
				seen[id] = info.Version
			}
		})
	}
	wg.Wait()
}
