package tenant_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// Invalidate is what a poller's subscribers look like.
var _ = func(p *feed.Poller, c *tenant.MemberCache) { p.Subscribe(c.Invalidate) }

// clubs is a question that counts and whose answers can change.
type clubs struct {
	mu    sync.Mutex
	asked int
	yes   map[tenant.ID]bool
	err   error
}

func (c *clubs) ask(context.Context, tenant.Actor, tenant.ID) (bool, error) { return c.say("acme") }

func (c *clubs) say(id tenant.ID) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	return c.yes[id], c.err
}

func newCache(t testing.TB, ask func(context.Context, tenant.Actor, tenant.ID) (bool, error), cfg tenant.MemberCacheConfig) *tenant.MemberCache {
	t.Helper()
	c, err := tenant.NewMemberCache(ask, cfg)
	require.NoError(t, err)
	return c
}

var gina = tenant.Actor{ID: "gina"}

func TestMemberCacheAges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		club := &clubs{yes: map[tenant.ID]bool{"acme": true}}
		c := newCache(t, club.ask, tenant.MemberCacheConfig{})
		is := func(want bool, asked int) {
			t.Helper()
			ok, err := c.Members(ctx, gina, "acme")
			require.NoError(t, err)
			require.Equal(t, want, ok)
			require.Equal(t, asked, club.asked)
		}
		is(true, 1)
		time.Sleep(59 * time.Second)
		is(true, 1)
		club.yes["acme"] = false
		time.Sleep(time.Second)
		is(false, 2)
		time.Sleep(4 * time.Second)
		is(false, 2)
		club.yes["acme"] = true
		time.Sleep(time.Second)
		is(true, 3)

		club.err = errors.New("boom")
		time.Sleep(time.Minute)
		for asked := 4; asked < 7; asked++ { // an error is not kept, and is no yes
			ok, err := c.Members(ctx, gina, "acme")
			require.ErrorIs(t, err, club.err)
			require.False(t, ok)
			require.Equal(t, asked, club.asked)
		}
	})
}

// TestMemberCacheKeys: an answer is for that actor, as it is, and that tenant.
func TestMemberCacheKeys(t *testing.T) {
	t.Parallel()
	c := newCache(t, func(_ context.Context, a tenant.Actor, id tenant.ID) (bool, error) {
		return a == gina && id == "acme", nil
	}, tenant.MemberCacheConfig{})
	for range 2 {
		for i, k := range []struct {
			a  tenant.Actor
			id tenant.ID
		}{{gina, "acme"}, {gina, "bolt"}, {tenant.Actor{ID: "ginaa"}, "cme"}, {tenant.Actor{ID: "gina", Guest: true}, "acme"}, {tenant.Actor{ID: "gina", Tenant: "acme"}, "acme"}, {tenant.Actor{}, "acme"}} {
			ok, err := c.Members(t.Context(), k.a, k.id)
			require.NoError(t, err)
			require.Equal(t, i == 0, ok, "%v", k)
		}
	}
}

func TestMemberCacheInvalidate(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	c := newCache(t, func(context.Context, tenant.Actor, tenant.ID) (bool, error) { asked.Add(1); return true, nil }, tenant.MemberCacheConfig{})
	ask := func(id tenant.ID) int64 {
		_, err := c.Members(t.Context(), gina, id)
		require.NoError(t, err)
		return asked.Load()
	}
	require.EqualValues(t, 1, ask("acme"))
	require.EqualValues(t, 2, ask("bolt"))
	require.EqualValues(t, 2, ask("acme"))
	c.Invalidate("acme", 1)
	require.EqualValues(t, 3, ask("acme"))
	require.EqualValues(t, 3, ask("acme"))
	require.EqualValues(t, 3, ask("bolt"))
	c.Invalidate("", 1)
	require.EqualValues(t, 4, ask("acme"))
	require.EqualValues(t, 5, ask("bolt"))
}

// TestMemberCacheInvalidateDuringAQuestion: an answer from before the change is
// not kept, and who asks after the change gets one from after it.
func TestMemberCacheInvalidateDuringAQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		release, asked := make(chan bool), 0
		c := newCache(t, func(context.Context, tenant.Actor, tenant.ID) (bool, error) {
			if asked++; asked == 1 {
				return <-release, nil
			}
			return false, nil
		}, tenant.MemberCacheConfig{})
		first := make(chan bool)
		go func() {
			ok, err := c.Members(ctx, gina, "acme")
			first <- ok && err == nil
		}()
		synctest.Wait()
		c.Invalidate("acme", 2) // she was thrown out
		ok, err := c.Members(ctx, gina, "acme")
		require.NoError(t, err)
		require.False(t, ok, "not the answer of the question that was under way")
		release <- true
		require.True(t, <-first, "who asked before may get the answer from before")
		ok, err = c.Members(ctx, gina, "acme")
		require.NoError(t, err)
		require.False(t, ok, "but it is not kept")
	})
}

func TestMemberCacheSingleFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release, asked := make(chan struct{}), atomic.Int64{}
		c := newCache(t, func(ctx context.Context, _ tenant.Actor, _ tenant.ID) (bool, error) {
			asked.Add(1)
			select {
			case <-release:
				return true, nil
			case <-ctx.Done():
				return false, ctx.Err()
			}
		}, tenant.MemberCacheConfig{})
		leader, giveUp := context.WithCancel(t.Context())
		results := make(chan error, 12)
		ask := func(ctx context.Context) {
			ok, err := c.Members(ctx, gina, "acme")
			if err == nil && !ok {
				err = errors.New("no")
			}
			results <- err
		}
		go ask(leader)
		synctest.Wait()
		impatient, leave := context.WithCancel(t.Context())
		go ask(impatient)
		for range 10 {
			go ask(t.Context())
		}
		synctest.Wait()
		require.EqualValues(t, 1, asked.Load())
		leave()
		require.ErrorIs(t, <-results, context.Canceled)
		giveUp() // its error is its own; another of the ten asks again
		require.ErrorIs(t, <-results, context.Canceled)
		synctest.Wait()
		require.EqualValues(t, 2, asked.Load())
		close(release)
		for range 10 {
			require.NoError(t, <-results)
		}
		require.EqualValues(t, 2, asked.Load())
	})
}

// TestMemberCacheSharesErrors: those who wait for one question get its error,
// and it is not asked once for each.
func TestMemberCacheSharesErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		boom, release, asked := errors.New("boom"), make(chan struct{}), atomic.Int64{}
		c := newCache(t, func(context.Context, tenant.Actor, tenant.ID) (bool, error) {
			asked.Add(1)
			<-release
			return true, boom
		}, tenant.MemberCacheConfig{})
		results := make(chan error, 5)
		for range 5 {
			go func() {
				ok, err := c.Members(t.Context(), gina, "acme")
				if ok {
					err = errors.New("an error is no yes")
				}
				results <- err
			}()
		}
		synctest.Wait()
		close(release)
		for range 5 {
			require.ErrorIs(t, <-results, boom)
		}
		require.EqualValues(t, 1, asked.Load())
	})
}

// TestMemberCachePanic: a question that panics keeps nobody waiting.
func TestMemberCachePanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release, asked := make(chan struct{}), atomic.Int64{}
		c := newCache(t, func(context.Context, tenant.Actor, tenant.ID) (bool, error) {
			if asked.Add(1) == 1 {
				<-release
				panic("boom")
			}
			return true, nil
		}, tenant.MemberCacheConfig{})
		panicked, waited := make(chan any), make(chan bool)
		go func() {
			defer func() { panicked <- recover() }()
			_, _ = c.Members(t.Context(), gina, "acme")
		}()
		synctest.Wait()
		go func() {
			ok, err := c.Members(t.Context(), gina, "acme")
			waited <- ok && err == nil
		}()
		synctest.Wait()
		close(release)
		require.Equal(t, "boom", <-panicked)
		require.True(t, <-waited)
	})
}

// TestMemberCacheIsBounded: it keeps what is asked for, and forgets the rest.
func TestMemberCacheIsBounded(t *testing.T) {
	t.Parallel()
	asked := 0
	c := newCache(t, func(context.Context, tenant.Actor, tenant.ID) (bool, error) { asked++; return true, nil }, tenant.MemberCacheConfig{Size: 1000})
	for i := range 100_000 {
		_, err := c.Members(t.Context(), gina, "acme")
		require.NoError(t, err)
		_, err = c.Members(t.Context(), gina, tenant.ID(fmt.Sprintf("t%d", i)))
		require.NoError(t, err)
	}
	require.Equal(t, 100_001, asked, "what is in use stays")
	before := asked
	for i := range 100_000 {
		_, err := c.Members(t.Context(), gina, tenant.ID(fmt.Sprintf("t%d", i)))
		require.NoError(t, err)
	}
	require.Greater(t, asked-before, 99_000)
}

func TestMemberCacheConcurrently(t *testing.T) {
	t.Parallel()
	c := newCache(t, func(_ context.Context, a tenant.Actor, id tenant.ID) (bool, error) { return a.ID == string(id), nil }, tenant.MemberCacheConfig{Size: 64})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				a, id := fmt.Sprintf("t%d", (i*7+g)%50), tenant.ID(fmt.Sprintf("t%d", i%50))
				ok, err := c.Members(t.Context(), tenant.Actor{ID: a}, id)
				if err != nil || ok != (a == string(id)) {
					t.Errorf("%s in %s: %v, %v", a, id, ok, err)
					return
				}
				if i%100 == g {
					c.Invalidate(id, int64(i))
				}
			}
		})
	}
	wg.Wait()
}

func TestMemberCacheMisconfigured(t *testing.T) {
	t.Parallel()
	ask := (&clubs{}).ask
	_, err := tenant.NewMemberCache(nil, tenant.MemberCacheConfig{})
	require.ErrorIs(t, err, tenant.ErrMisconfigured)
	for _, cfg := range []tenant.MemberCacheConfig{{MaxAge: -1}, {MaxDenied: -1}, {Size: -1}} {
		_, err := tenant.NewMemberCache(ask, cfg)
		require.ErrorIs(t, err, tenant.ErrMisconfigured)
	}
	small := newCache(t, ask, tenant.MemberCacheConfig{Size: 1})
	for range 3 {
		_, err := small.Members(t.Context(), gina, "acme")
		require.NoError(t, err)
	}
}

// TestMiddlewareKeepsNoForeignAnswer: the cache behind the middleware, with a
// member of another tenant, who is not even asked about.
func TestMiddlewareWithMemberCache(t *testing.T) {
	t.Parallel()
	reg := site(t)
	asked := 0
	c := newCache(t, func(_ context.Context, _ tenant.Actor, id tenant.ID) (bool, error) { asked++; return id == "acme", nil }, tenant.MemberCacheConfig{})
	in := func(a tenant.Actor, host string) int {
		return serve(tenant.Middleware(tenant.MiddlewareConfig{
			Registry: reg, Resolve: tenant.ByHost(reg), Members: c.Members, Actor: signedIn(a)})(whoami), request(host)).Code
	}
	for range 3 {
		require.Equal(t, 200, in(gina, "acme.example.com"))
		require.Equal(t, 403, in(gina, "bolt.example.com"))
		require.Equal(t, 403, in(tenant.Actor{ID: "gina", Tenant: "acme"}, "bolt.example.com"))
	}
	require.Equal(t, 2, asked)
}
