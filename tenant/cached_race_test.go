package tenant_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// answer is what a look-up gave.
type answer struct {
	t     *tenant.Tenant
	found bool
	err   error
}

// held is a backing registry whose answers wait, having been read, until the
// test lets them go.
func held(t *testing.T, tenants ...tenant.Tenant) (b *backing, gate chan struct{}) {
	gate = make(chan struct{})
	b = newBacking(t, tenants...)
	b.set(func(ctx context.Context, _ string) error {
		select {
		case <-gate:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return b, gate
}

func look(ctx context.Context, c *tenant.CachedRegistry, host string) <-chan answer {
	out := make(chan answer, 1)
	go func() {
		t, found, err := c.ByHost(ctx, host)
		out <- answer{t, found, err}
	}()
	return out
}

// A load that began before an invalidation leaves nothing behind, and whoever
// asks after the invalidation does not get what it found.
func TestCachedRegistryStaleFill(t *testing.T) {
	t.Parallel()
	for name, asked := range map[string]string{"primary": "acme.test", "domain": "www.acme.test"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				b, gate := held(t, acmeTenant())
				c := tenant.NewCachedRegistry(b, tenant.CacheConfig{})
				early := look(ctx, c, asked)
				synctest.Wait() // it has read the record and waits
				changed := acmeTenant()
				changed.Name = "two"
				require.NoError(t, b.Put(changed))
				c.Invalidate("acme", 2)
				late := look(ctx, c, asked)
				synctest.Wait()
				close(gate)

				got := <-early
				require.NoError(t, got.err)
				require.Equal(t, "one", got.t.Name, "who asked before the change may get what was before it")
				require.Nil(t, carry.From(tenant.NewContext(ctx, got.t)).Home, "but without slots, which nobody would end")
				got = <-late
				require.NoError(t, got.err)
				require.Equal(t, "two", got.t.Name)
				again, _, err := c.ByHost(ctx, asked)
				require.NoError(t, err)
				require.Same(t, got.t, again)
				require.Equal(t, 2, b.count("host "+asked))
			})
		})
	}
	t.Run("absent", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx := context.Background()
			b, gate := held(t)
			c := tenant.NewCachedRegistry(b, tenant.CacheConfig{})
			early := look(ctx, c, "acme.test")
			synctest.Wait()
			require.NoError(t, b.Put(acmeTenant()))
			c.Invalidate("acme", 1)
			late := look(ctx, c, "acme.test")
			synctest.Wait()
			close(gate)
			require.False(t, (<-early).found)
			require.True(t, (<-late).found)
			require.Equal(t, tenant.ID("acme"), owner(t, c, "acme.test"), "the early answer was not remembered")
		})
	})
	t.Run("the others' changes are no matter", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b, gate := held(t, acmeTenant())
			c := tenant.NewCachedRegistry(b, tenant.CacheConfig{})
			got := look(context.Background(), c, "acme.test")
			synctest.Wait()
			c.Invalidate("bolt", 1)
			close(gate)
			require.True(t, (<-got).found)
			require.Equal(t, 1, c.Len())
		})
	})
	t.Run("a first look of the feed tells of all", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b, gate := held(t, acmeTenant())
			c := tenant.NewCachedRegistry(b, tenant.CacheConfig{})
			got := look(context.Background(), c, "acme.test")
			synctest.Wait()
			for i := range 1000 {
				c.Invalidate(tenant.ID(fmt.Sprint("t", i)), 1)
			}
			c.Invalidate("acme", 1)
			close(gate)
			require.True(t, (<-got).found)
			require.Zero(t, c.Len(), "a change among very many was overlooked")
		})
	})
}

func TestCachedRegistrySingleFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type mark struct{}
		b, gate := held(t, acmeTenant())
		pass := b.ask
		b.set(func(ctx context.Context, name string) error {
			if ctx.Value(mark{}) != nil || tenant.ModeOf(ctx) != tenant.ModeNone {
				t.Error("the load sees what belongs to one caller")
			}
			return pass(ctx, name)
		})
		c := tenant.NewCachedRegistry(b, tenant.CacheConfig{})
		first, cancel := context.WithCancel(tenant.WithID(context.WithValue(context.Background(), mark{}, 1), "acme"))
		leader := look(first, c, "acme.test")
		synctest.Wait()
		var rest []<-chan answer
		for range 20 {
			rest = append(rest, look(context.Background(), c, "acme.test"))
		}
		synctest.Wait()
		cancel()
		require.ErrorIs(t, (<-leader).err, context.Canceled, "a caller who gives up does not wait")
		close(gate)
		for _, got := range rest {
			a := <-got
			require.NoError(t, a.err, "one caller's context has ended another's load")
			require.True(t, a.found)
		}
		require.Equal(t, 1, b.count("host acme.test"))
	})
}

// Loads have a bound; those who wait for their turn and give up leave nothing.
func TestCachedRegistryLoadLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, gate := held(t, acmeTenant())
		var running, most atomic.Int32
		pass := b.ask
		b.set(func(ctx context.Context, name string) error {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			return pass(ctx, name)
		})
		c := tenant.NewCachedRegistry(b, tenant.CacheConfig{Loads: 2, Timeout: time.Hour})
		impatient, cancel := context.WithCancel(context.Background())
		var gone, rest []<-chan answer
		rest = append(rest, look(context.Background(), c, "a.test"), look(context.Background(), c, "b.test"))
		synctest.Wait()
		for i := range 50 {
			gone = append(gone, look(impatient, c, fmt.Sprintf("x%d.test", i)))
		}
		synctest.Wait()
		require.EqualValues(t, 2, running.Load())
		cancel()
		for _, got := range gone {
			require.ErrorIs(t, (<-got).err, context.Canceled)
		}
		rest = append(rest, look(context.Background(), c, "acme.test"), look(context.Background(), c, "x1.test"))
		close(gate)
		for _, got := range rest {
			require.NoError(t, (<-got).err)
		}
		require.EqualValues(t, 2, most.Load())
		require.Zero(t, b.count("host x2.test"), "what nobody waits for is not asked")
		require.Equal(t, 1, b.count("host x1.test"))
	})
}

func TestCachedRegistryOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		b := newBacking(t, acmeTenant(), tenant.Tenant{ID: "bolt", Host: "bolt.test"})
		c := tenant.NewCachedRegistry(b, tenant.CacheConfig{MaxAge: time.Minute, OutageAge: time.Hour})
		first, _, err := c.ByHost(ctx, "acme.test")
		require.NoError(t, err)
		require.Equal(t, tenant.ID("bolt"), owner(t, c, "bolt.test"))
		b.set(func(context.Context, string) error { return errDown })
		_, _, err = c.ByHost(ctx, "new.test")
		require.ErrorIs(t, err, errDown)
		_, _, err = c.ByHost(ctx, "new.test")
		require.ErrorIs(t, err, errDown)
		require.Equal(t, 2, b.count("host new.test"), "errors are not kept")

		time.Sleep(30 * time.Minute)
		for range 100 {
			got, found, err := c.ByHost(ctx, "acme.test")
			require.NoError(t, err)
			require.True(t, found)
			require.Same(t, first, got, "the last known record is served")
		}
		require.Equal(t, 2, b.count("host acme.test"), "a store that is down is not asked each time")
		time.Sleep(time.Second)
		owner(t, c, "acme.test")
		synctest.Wait()
		require.Equal(t, 3, b.count("host acme.test"), "it is tried again, in the background")

		c.Invalidate("bolt", 9)
		_, found, err := c.ByHost(ctx, "bolt.test")
		require.ErrorIs(t, err, errDown, "a record that is known to be wrong is not served")
		require.False(t, found)

		time.Sleep(30*time.Minute - time.Second)
		require.Equal(t, tenant.ID("acme"), owner(t, c, "acme.test"))
		synctest.Wait()
		time.Sleep(time.Nanosecond)
		_, _, err = c.ByHost(ctx, "acme.test")
		require.ErrorIs(t, err, errDown, "it is too old even for an outage")

		b.set(nil)
		require.Equal(t, tenant.ID("acme"), owner(t, c, "acme.test"))
		b.set(func(context.Context, string) error { return errDown })
		time.Sleep(time.Minute)
		require.Equal(t, tenant.ID("acme"), owner(t, c, "acme.test"), "after the outage it is young again")
	})
}

// A store that hangs holds up the first who notices, and nobody afterwards.
func TestCachedRegistryTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		b := newBacking(t, acmeTenant())
		c := tenant.NewCachedRegistry(b, tenant.CacheConfig{MaxAge: time.Minute, Timeout: 3 * time.Second})
		require.Equal(t, tenant.ID("acme"), owner(t, c, "acme.test"))
		b.set(func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() })
		began := time.Now()
		_, _, err := c.ByHost(ctx, "new.test")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "did not answer within 3s")
		require.Equal(t, 3*time.Second, time.Since(began))
		time.Sleep(2 * time.Minute)
		began = time.Now()
		require.Equal(t, tenant.ID("acme"), owner(t, c, "acme.test"))
		require.Equal(t, 3*time.Second, time.Since(began))
		for range 10 {
			require.Equal(t, tenant.ID("acme"), owner(t, c, "acme.test"))
			time.Sleep(time.Second)
		}
		require.Equal(t, 13*time.Second, time.Since(began), "nobody waited")
		time.Sleep(time.Minute) // the last load in the background ends
	})
}

func TestCachedRegistryOddRegistries(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := newBacking(t, acmeTenant())
	c := tenant.NewCachedRegistry(b, tenant.CacheConfig{})
	b.set(func(context.Context, string) error { panic("broken") })
	_, found, err := c.ByID(ctx, "acme")
	require.ErrorContains(t, err, "the registry panicked: broken")
	require.False(t, found)
	b.set(func(context.Context, string) error { runtime.Goexit(); return nil })
	_, _, err = c.ByID(ctx, "acme")
	require.ErrorContains(t, err, "ended the goroutine")
	b.set(nil)
	_, found, err = c.ByID(ctx, "acme")
	require.NoError(t, err)
	require.True(t, found)

	wrong := tenant.NewCachedRegistry(liar{b}, tenant.CacheConfig{})
	_, found, err = wrong.ByID(ctx, "bolt")
	require.ErrorContains(t, err, "another id")
	require.False(t, found)
}

// liar gives acme to everybody.
type liar struct{ *backing }

func (l liar) ByID(ctx context.Context, _ tenant.ID) (*tenant.Tenant, bool, error) {
	return l.MemoryRegistry.ByID(ctx, "acme")
}

// A host that goes from one tenant to another leads to the new one as soon as
// its record is loaded, and to the old one never again, in whatever order the
// two changes are told.
func TestCachedRegistryHostMoves(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, told := range map[string][]tenant.ID{
		"old first": {"acme", "bolt"}, "new first": {"bolt", "acme"}, "the old one only": {"acme"}, "nothing": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBacking(t, acmeTenant(), tenant.Tenant{ID: "bolt", Host: "bolt.test"})
			c := tenant.NewCachedRegistry(b, tenant.CacheConfig{})
			require.Equal(t, tenant.ID("acme"), owner(t, c, "acme.test"))
			if told != nil {
				require.Equal(t, tenant.ID("bolt"), owner(t, c, "bolt.test"))
			}
			require.NoError(t, b.Put(tenant.Tenant{ID: "acme", Host: "old.test"}))
			require.NoError(t, b.Put(tenant.Tenant{ID: "bolt", Host: "bolt.test", Domains: []tenant.Domain{{Name: "acme.test", Verified: true}}}))
			for _, id := range told {
				c.Invalidate(id, 2)
				_, found, err := c.ByID(ctx, "bolt")
				require.NoError(t, err)
				require.True(t, found)
			}
			if told == nil { // its record comes in under another name
				require.Equal(t, tenant.ID("bolt"), owner(t, c, "bolt.test"))
			}
			require.Equal(t, tenant.ID("bolt"), owner(t, c, "acme.test"))
			got, _, err := c.ByID(ctx, "acme")
			require.NoError(t, err)
			require.Equal(t, "old.test", got.Host)
		})
	}
}

// Two loads of which nobody can say which is newer: neither record is kept.
func TestCachedRegistryOverlap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		gates := map[string]chan struct{}{"id acme": make(chan struct{}), "id bolt": make(chan struct{})}
		b := newBacking(t, acmeTenant())
		b.set(func(_ context.Context, name string) error {
			if gate := gates[name]; gate != nil {
				<-gate
			}
			return nil
		})
		c := tenant.NewCachedRegistry(b, tenant.CacheConfig{})
		one := make(chan answer, 2)
		ask := func(id tenant.ID) {
			got, found, err := c.ByID(ctx, id)
			one <- answer{got, found, err}
		}
		go ask("acme") // reads that it has acme.test
		synctest.Wait()
		require.NoError(t, b.Put(tenant.Tenant{ID: "acme"}))
		require.NoError(t, b.Put(tenant.Tenant{ID: "bolt", Host: "acme.test"}))
		go ask("bolt")
		synctest.Wait()
		close(gates["id bolt"])
		<-one
		require.Equal(t, 1, c.Len())
		close(gates["id acme"]) // comes last, with what was before
		require.True(t, (<-one).found)
		require.Equal(t, tenant.ID("bolt"), owner(t, c, "acme.test"))
	})
}

// Who joins a load that began before a change was told does not take its answer,
// also where another change is told while he waits.
func TestCachedRegistryTwoChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		gate := make(chan struct{})
		b := newBacking(t, acmeTenant())
		b.set(func(context.Context, string) error { <-gate; return nil })
		c := tenant.NewCachedRegistry(b, tenant.CacheConfig{})
		answers := make(chan answer, 2)
		ask := func() {
			got, found, err := c.ByID(ctx, "acme")
			answers <- answer{got, found, err}
		}
		change := func(name string) {
			changed := acmeTenant()
			changed.Name = name
			require.NoError(t, b.Put(changed))
			c.Invalidate("acme", 1)
		}
		go ask()
		synctest.Wait() // what was before is read
		change("second")
		go ask()
		synctest.Wait() // and joins that load
		change("third")
		close(gate)
		var names []string
		for range 2 {
			a := <-answers
			require.NoError(t, a.err)
			names = append(names, a.t.Name)
		}
		require.Contains(t, names, "third")
	})
}

// Whatever runs beside each other: after a change has been told nobody gets
// what was before, under no name, and a host leads to nobody but its owner.
func TestCachedRegistryUnderFire(t *testing.T) {
	t.Parallel()
	const tenants, moves = 4, 400
	ctx := t.Context()
	b := newBacking(t)
	b.set(func(context.Context, string) error { runtime.Gosched(); return nil })
	c := tenant.NewCachedRegistry(b, tenant.CacheConfig{Tenants: 3, Absent: 2})
	record := func(i, version int, more ...tenant.Domain) tenant.Tenant {
		return tenant.Tenant{ID: tenant.ID(fmt.Sprint("t", i)), Code: fmt.Sprint("code", i), Name: strconv.Itoa(version),
			Host: fmt.Sprintf("h%d.test", i), Domains: more}
	}
	put := func(x tenant.Tenant) {
		if err := b.Put(x); err != nil {
			t.Error(err)
		}
		c.Invalidate(x.ID, 1)
	}
	for i := range tenants {
		put(record(i, 0))
	}
	var told atomic.Int64 // the last move that was told completely
	var stop atomic.Bool
	var group sync.WaitGroup
	for worker := range 6 {
		group.Go(func() {
			for n := worker; !stop.Load(); n++ {
				before := told.Load()
				var got *tenant.Tenant
				var err error
				switch n % 4 {
				case 0:
					got, _, err = c.ByHost(ctx, "moving.test")
				case 1:
					got, _, err = c.ByHost(ctx, fmt.Sprintf("h%d.test", n%tenants))
				case 2:
					got, _, err = c.ByCode(ctx, fmt.Sprint("CODE", n%tenants))
				default:
					got, _, err = c.ByID(ctx, tenant.ID(fmt.Sprint("t", n%tenants)))
				}
				if err != nil {
					t.Error(err)
					return
				}
				if got == nil {
					if n%4 != 0 {
						t.Error("a tenant was not found")
					}
					continue
				}
				i := strings.TrimPrefix(string(got.ID), "t")
				if got.Code != "code"+i || got.Host != "h"+i+".test" || n%4 != 0 && i != strconv.Itoa(n%tenants) {
					t.Errorf("%d of kind %d led to %+v", n%tenants, n%4, got)
				}
				version, _ := strconv.ParseInt(got.Name, 10, 64)
				// A tenant is written in each move that it takes part in and in
				// every fourth one, so it can not be older than that.
				if n%4 == 0 && version < before || version < before-tenants {
					t.Errorf("version %d of %s after %d was told", version, got.ID, before)
				}
			}
		})
	}
	for move := 1; move <= moves; move++ {
		from, to := (move-1)%tenants, move%tenants
		put(record(from, move))
		put(record(to, move, tenant.Domain{Name: "moving.test", Verified: true}))
		told.Store(int64(move))
	}
	stop.Store(true)
	group.Wait()
	require.Equal(t, tenant.ID("t0"), owner(t, c, "moving.test"))
}
