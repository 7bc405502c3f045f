package tenant_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// visits records whom fn was called for, and what its context said.
type visits struct {
	mu  sync.Mutex
	ids []tenant.ID
}

func (v *visits) add(id tenant.ID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ids = append(v.ids, id)
}

func (v *visits) sorted() []tenant.ID { return slices.Sorted(slices.Values(v.ids)) }

// many returns a registry of n active tenants, t0000 and so on, and one
// suspended and one archived tenant in their midst.
func many(t testing.TB, n int) *tenant.MemoryRegistry {
	t.Helper()
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "t0001-cold", Status: tenant.Suspended}, tenant.Tenant{ID: "t0002-done", Status: tenant.Archived})
	require.NoError(t, err)
	for i := range n {
		require.NoError(t, reg.Put(tenant.Tenant{ID: tenant.ID(fmt.Sprintf("t%04d", i))}))
	}
	return reg
}

func TestEachVisitsTheActiveOnesOnce(t *testing.T) {
	t.Parallel()
	for _, opts := range []tenant.EachOptions{{}, {Page: 1}, {Page: 7, Parallel: 1}, {Page: 52}, {Page: 50, Parallel: 100}, {Page: 1000}} {
		reg := many(t, 50)
		var got visits
		var at, most atomic.Int64
		err := tenant.Each(context.Background(), reg, func(ctx context.Context, x *tenant.Tenant) error {
			most.Store(max(most.Load(), at.Add(1)))
			defer at.Add(-1)
			runtime.Gosched()
			record, ok := tenant.FromContext(ctx)
			if id, _ := tenant.IDFromContext(ctx); id != x.ID || !ok || record != x {
				return errors.New("not the tenant's context")
			}
			got.add(x.ID)
			return nil
		}, opts)
		require.NoError(t, err)
		var want []tenant.ID
		for i := range 50 {
			want = append(want, tenant.ID(fmt.Sprintf("t%04d", i)))
		}
		require.Equal(t, want, got.sorted(), "%+v", opts)
		limit := int64(4)
		if opts.Parallel > 0 {
			limit = int64(opts.Parallel)
		}
		require.LessOrEqual(t, most.Load(), limit)
	}
}

func TestEachInclude(t *testing.T) {
	t.Parallel()
	var got visits
	err := tenant.Each(context.Background(), many(t, 3), func(_ context.Context, x *tenant.Tenant) error {
		got.add(x.ID)
		return nil
	}, tenant.EachOptions{Include: func(x *tenant.Tenant) bool { return x.Status != tenant.Active }})
	require.NoError(t, err)
	require.Equal(t, []tenant.ID{"t0001-cold", "t0002-done"}, got.sorted())
}

// TestEachStarts: which contexts it starts from, and whom it visits there.
func TestEachStarts(t *testing.T) {
	t.Parallel()
	everybody := []tenant.ID{"acme", "bolt", "six"}
	for start, want := range map[string]struct {
		ids []tenant.ID
		err error
	}{
		"none":       {everybody, nil},
		"global":     {everybody, nil},
		"across-all": {everybody, nil},
		"across":     {[]tenant.ID{"acme", "bolt"}, nil},
		"tenant":     {nil, tenant.ErrTenantConflict},
		"refused":    {nil, tenant.ErrInvalidID},
	} {
		ctx := tenant.WithActor(starts[start](), tenant.Actor{ID: "root"})
		with := *carry.From(ctx)
		with.Config, with.Library = "resolver", true
		ctx = context.WithValue(carry.With(ctx, &with), traceKey{}, "trace")
		var got visits
		err := tenant.Each(ctx, site(t), func(ctx context.Context, x *tenant.Tenant) error {
			got.add(x.ID)
			v := carry.From(ctx)
			if a, _ := tenant.ActorFromContext(ctx); a.ID != "root" || v.Config != "resolver" || v.Library || v.Reason != with.Reason {
				return errors.New("something was lost, or kept that should not be")
			}
			if ctx.Value(traceKey{}) != "trace" {
				return errors.New("a value was lost")
			}
			return tenant.Err(ctx)
		}, tenant.EachOptions{})
		require.Equal(t, want.ids, got.sorted(), start)
		if want.err == nil {
			require.NoError(t, err, start)
		} else {
			require.ErrorIs(t, err, want.err, start)
		}
	}
}

func TestEachAcrossListed(t *testing.T) {
	t.Parallel()
	ctx := tenant.Across(context.Background(), "report", "acme", "cold", "gone")
	var got visits
	err := tenant.Each(ctx, site(t), func(_ context.Context, x *tenant.Tenant) error {
		got.add(x.ID)
		return nil
	}, tenant.EachOptions{})
	require.Equal(t, []tenant.ID{"acme"}, got.sorted(), "of the listed ones, the active")
	var all *tenant.EachError
	require.ErrorAs(t, err, &all)
	require.Equal(t, 1, all.Failures)
	require.Equal(t, tenant.ID("gone"), all.Failed[0].ID)
	require.ErrorIs(t, err, tenant.ErrUnknownTenant)
	require.NoError(t, all.Incomplete)
}

func TestEachIsNotForMembers(t *testing.T) {
	t.Parallel()
	ctx := tenant.WithActor(context.Background(), tenant.Actor{ID: "ann", Tenant: "acme"})
	for _, ctx := range []context.Context{ctx, tenant.Across(ctx, "report", "acme", "bolt")} {
		err := tenant.Each(ctx, site(t), func(context.Context, *tenant.Tenant) error {
			t.Error("called")
			return nil
		}, tenant.EachOptions{})
		require.ErrorIs(t, err, tenant.ErrNotMember)
	}
}

func TestEachGoesOnAfterFailures(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var n atomic.Int64
	err := tenant.Each(context.Background(), many(t, 40), func(_ context.Context, x *tenant.Tenant) error {
		n.Add(1)
		switch x.ID {
		case "t0003":
			return fmt.Errorf("send: %w", broken)
		case "t0005":
			panic("boom")
		case "t0007":
			panic(fs{})
		case "t0009":
			runtime.Goexit()
		case "t0011":
			var none map[string]int
			none["x"] = 1
		}
		return nil
	}, tenant.EachOptions{Parallel: 1, Page: 10})
	require.Equal(t, int64(40), n.Load())

	var all *tenant.EachError
	require.ErrorAs(t, err, &all)
	require.Equal(t, 5, all.Failures)
	require.Equal(t, 40, all.Finished)
	require.NoError(t, all.Incomplete)
	require.ErrorIs(t, err, broken)
	require.ErrorIs(t, err, fs{}, "a panic with an error is that error")
	require.Equal(t, "tenant: 5 of 40 tenants failed; tenant t0003: send: broken; tenant t0005: panic: boom;"+
		" tenant t0007: panic: full; tenant t0009: the function ended its goroutine;"+
		" tenant t0011: panic: assignment to entry in nil map", err.Error())
	var p *tenant.PanicError
	require.ErrorAs(t, err, &p)
	require.Equal(t, "boom", p.Value)
	require.Contains(t, string(p.Stack), "TestEachGoesOnAfterFailures")
}

type fs struct{}

func (fs) Error() string { return "full" }

func TestEachKeepsSomeErrorsAndCountsAll(t *testing.T) {
	t.Parallel()
	err := tenant.Each(context.Background(), many(t, 500), func(context.Context, *tenant.Tenant) error {
		return errors.New("no")
	}, tenant.EachOptions{MaxErrors: 3})
	var all *tenant.EachError
	require.ErrorAs(t, err, &all)
	require.Len(t, all.Failed, 3)
	require.Equal(t, 500, all.Failures)
	require.Contains(t, err.Error(), "500 of 500 tenants failed; tenant ")
	require.Contains(t, err.Error(), "; and 497 more")

	err = tenant.Each(context.Background(), many(t, 500), func(context.Context, *tenant.Tenant) error {
		return errors.New("no")
	}, tenant.EachOptions{})
	require.ErrorAs(t, err, &all)
	require.Len(t, all.Failed, 100)
	require.Contains(t, err.Error(), "; and 495 more")
	require.Less(t, len(err.Error()), 300)
}

func TestEachStopsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("shutting down")
		ctx, cancel := context.WithCancelCause(context.Background())
		var begun atomic.Int64
		done := make(chan error, 1)
		go func() {
			done <- tenant.Each(ctx, many(t, 50), func(ctx context.Context, _ *tenant.Tenant) error {
				begun.Add(1)
				<-ctx.Done()
				return context.Cause(ctx)
			}, tenant.EachOptions{Parallel: 3, Page: 5})
		}()
		synctest.Wait()
		require.Equal(t, int64(3), begun.Load(), "three at a time")
		cancel(why)
		err := <-done
		require.Equal(t, int64(3), begun.Load(), "nobody is begun afterwards")
		var all *tenant.EachError
		require.ErrorAs(t, err, &all)
		require.Equal(t, why, all.Incomplete)
		require.Equal(t, 3, all.Failures)
		require.ErrorIs(t, err, why)
		require.Contains(t, err.Error(), "and not all were visited: shutting down")
	})
}

func TestEachOnAnEndedContext(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, ctx := range []context.Context{ended, tenant.Across(ended, "report", "acme", "bolt")} {
		err := tenant.Each(ctx, site(t), func(context.Context, *tenant.Tenant) error {
			t.Error("called")
			return nil
		}, tenant.EachOptions{})
		require.ErrorIs(t, err, context.Canceled)
	}
}

// TestEachWaits: when it returns, nobody is still at work.
func TestEachWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var finished atomic.Bool
		release, done := make(chan struct{}), make(chan error, 1)
		go func() {
			done <- tenant.Each(context.Background(), many(t, 1), func(context.Context, *tenant.Tenant) error {
				<-release
				finished.Store(true)
				return nil
			}, tenant.EachOptions{})
		}()
		synctest.Wait()
		require.Empty(t, done)
		close(release)
		require.NoError(t, <-done)
		require.True(t, finished.Load())
	})
}

// faulty is a registry that breaks its contract, or fails.
type faulty struct {
	tenant.Registry
	list func(after tenant.ID) ([]*tenant.Tenant, error)
	byID func(id tenant.ID) (*tenant.Tenant, bool, error)
}

func (f faulty) List(_ context.Context, after tenant.ID, _ int) ([]*tenant.Tenant, error) {
	return f.list(after)
}

func (f faulty) ByID(_ context.Context, id tenant.ID) (*tenant.Tenant, bool, error) {
	return f.byID(id)
}

func TestEachWithAFaultyRegistry(t *testing.T) {
	t.Parallel()
	down := errors.New("connection refused")
	page := []*tenant.Tenant{{ID: "acme"}, {ID: "bolt"}}
	reg := faulty{byID: func(tenant.ID) (*tenant.Tenant, bool, error) { return &tenant.Tenant{ID: "bolt"}, true, nil }}
	visit := func(ctx context.Context) ([]tenant.ID, *tenant.EachError) {
		var got visits
		err := tenant.Each(ctx, reg, func(_ context.Context, x *tenant.Tenant) error {
			got.add(x.ID)
			return nil
		}, tenant.EachOptions{Page: 2})
		var all *tenant.EachError
		require.ErrorAs(t, err, &all)
		return got.sorted(), all
	}
	t.Run("fails later", func(t *testing.T) {
		reg.list = func(after tenant.ID) ([]*tenant.Tenant, error) {
			if after == "" {
				return page, nil
			}
			return nil, down
		}
		ids, err := visit(context.Background())
		require.Equal(t, []tenant.ID{"acme", "bolt"}, ids)
		require.ErrorIs(t, err.Incomplete, down)
		require.Zero(t, err.Failures)
	})
	t.Run("never ends", func(t *testing.T) {
		reg.list = func(tenant.ID) ([]*tenant.Tenant, error) { return page, nil }
		ids, err := visit(context.Background())
		require.Equal(t, []tenant.ID{"acme", "bolt"}, ids, "nobody twice")
		require.ErrorContains(t, err.Incomplete, "order of ids")
	})
	t.Run("an invalid record", func(t *testing.T) {
		reg.list = func(tenant.ID) ([]*tenant.Tenant, error) { return []*tenant.Tenant{{ID: "No"}}, nil }
		ids, err := visit(context.Background())
		require.Empty(t, ids)
		require.ErrorIs(t, err, tenant.ErrInvalidID)
	})
	t.Run("another tenant than the listed one", func(t *testing.T) {
		ids, err := visit(tenant.Across(context.Background(), "report", "acme"))
		require.Empty(t, ids)
		require.ErrorContains(t, err.Incomplete, "another tenant")
	})
	t.Run("fails for a listed one", func(t *testing.T) {
		reg.byID = func(tenant.ID) (*tenant.Tenant, bool, error) { return nil, false, down }
		ids, err := visit(tenant.Across(context.Background(), "report", "acme"))
		require.Empty(t, ids)
		require.ErrorIs(t, err.Incomplete, down)
	})
}

// TestEachWhileTenantsComeAndGo: nobody twice, and everybody who was there
// before and after.
func TestEachWhileTenantsComeAndGo(t *testing.T) {
	t.Parallel()
	reg := many(t, 20)
	var got visits
	err := tenant.Each(context.Background(), reg, func(_ context.Context, x *tenant.Tenant) error {
		got.add(x.ID)
		if x.ID == "t0004" {
			reg.Remove("t0002") // visited already
			reg.Remove("t0005") // on this page
			reg.Remove("t0017") // on a later one
			require.NoError(t, reg.Put(tenant.Tenant{ID: "t0000-late"}))
			require.NoError(t, reg.Put(tenant.Tenant{ID: "t0018-new"}))
			require.NoError(t, reg.Put(tenant.Tenant{ID: "t0019", Status: tenant.Suspended}))
		}
		return nil
	}, tenant.EachOptions{Parallel: 1, Page: 8})
	require.NoError(t, err)
	var want []tenant.ID
	for i := range 20 {
		if i != 17 && i != 19 {
			want = append(want, tenant.ID(fmt.Sprintf("t%04d", i)))
		}
	}
	require.Equal(t, append(want, "t0018-new"), got.sorted())
}

func TestEachRefusesBadArguments(t *testing.T) {
	t.Parallel()
	fn := func(context.Context, *tenant.Tenant) error { return nil }
	ctx := context.Background()
	require.Error(t, tenant.Each(ctx, nil, fn, tenant.EachOptions{}))
	require.Error(t, tenant.Each(ctx, site(t), nil, tenant.EachOptions{}))
	for _, opts := range []tenant.EachOptions{{Parallel: -1}, {Page: -1}, {MaxErrors: -1}} {
		require.Error(t, tenant.Each(ctx, site(t), fn, opts))
	}
	empty, err := tenant.NewMemoryRegistry()
	require.NoError(t, err)
	require.NoError(t, tenant.Each(ctx, empty, fn, tenant.EachOptions{}))
}
