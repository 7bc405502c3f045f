package rbac_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// TestChangesAreSeenAtOnce while others keep asking and so keep loading.
func TestChangesAreSeenAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	editor := w.role("editor")
	w.set(editor, w.system, rbac.Allow, "edit")
	checker := w.checker(rbac.Config{})
	ctx := as("acme", ann)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for {
				select {
				case <-stop:
					return
				default:
					checker.Can(ctx, "edit", w.acmeCourse.ID)
				}
			}
		}()
	}
	defer readers.Wait()
	defer close(stop)
	for i := range 300 {
		at := []ctxtree.Node{w.acmeCourse, w.system}[i%2] // both parts
		w.assign("ann", editor, at)
		require.True(t, checker.Can(ctx, "edit", w.acmeCourse.ID), i)
		w.set(editor, w.acme, rbac.Prohibit, "edit")
		require.False(t, checker.Can(ctx, "edit", w.acmeCourse.ID), i)
		w.set(editor, w.acme, rbac.Inherit, "edit")
		require.True(t, checker.Can(ctx, "edit", w.acmeCourse.ID), i)
		w.unassign("ann", editor, at)
		require.False(t, checker.Can(ctx, "edit", w.acmeCourse.ID), i)
	}
}

// TestInvalidateDuringALoad: a load that began before a change is not kept,
// and nobody who asks after the change gets what it found.
func TestInvalidateDuringALoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	editor := w.role("editor")
	w.set(editor, w.system, rbac.Allow, "edit")
	w.assign("ann", editor, w.acmeCourse)

	loaded, proceed := make(chan struct{}), make(chan struct{})
	var first atomic.Bool
	slow := &slowStore{Memory: w.roles, after: func(of tenant.ID) {
		if of == "acme" && first.CompareAndSwap(false, true) {
			close(loaded) // it has read that ann may
			<-proceed
		}
	}}
	checker := w.checker(rbac.Config{Store: slow})
	ctx := as("acme", ann)
	early := make(chan bool)
	go func() { early <- checker.Can(ctx, "edit", w.acmeCourse.ID) }()
	<-loaded
	w.unassign("ann", editor, w.acmeCourse)
	late, waiting := make(chan bool), make(chan struct{}, 2)
	go func() { late <- checker.Can(watched{ctx, waiting}, "edit", w.acmeCourse.ID) }()
	<-waiting
	close(proceed)
	require.True(t, <-early, "asked before the change")
	require.False(t, <-late, "asked after the change")
	require.False(t, checker.Can(ctx, "edit", w.acmeCourse.ID), "the early load must not be kept")
}

// slowStore calls after between reading and returning.
type slowStore struct {
	*rbac.Memory
	after func(of tenant.ID)
}

func (s *slowStore) Load(ctx context.Context, of tenant.ID) (rbac.Rules, int64, error) {
	r, number, err := s.Memory.Load(ctx, of)
	s.after(of)
	return r, number, err
}

// watched is a context that says when somebody waits for its end.
type watched struct {
	context.Context
	waiting chan<- struct{}
}

func (w watched) Done() <-chan struct{} {
	w.waiting <- struct{}{}
	return w.Context.Done()
}

// TestOneLoadForAll: many who ask at once cause one load, and somebody who
// gives up, were it the first, does not take the others along.
func TestOneLoadForAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowed(w)
	var loads atomic.Int64
	begun, proceed := make(chan struct{}), make(chan struct{})
	checker := w.checker(rbac.Config{Store: &hooked{w.roles, func(ctx context.Context, of tenant.ID) error {
		if of == "" {
			return nil
		}
		if loads.Add(1) == 1 {
			close(begun)
		}
		<-proceed
		return ctx.Err()
	}}})
	require.True(t, checker.Can(as("", gil), "view", w.sharedCourse.ID)) // what has no tenant is loaded

	leaving, leave := context.WithCancel(as("acme", gil))
	left := make(chan error)
	go func() { left <- checker.Check(leaving, "view", w.acmeCourse.ID) }()
	<-begun

	const others = 20
	waiting, answers := make(chan struct{}, 2*others), make(chan bool, others)
	for range others {
		go func() { answers <- checker.Can(watched{as("acme", gil), waiting}, "view", w.acmeCourse.ID) }()
	}
	for range others {
		<-waiting
	}
	leave()
	require.ErrorIs(t, <-left, context.Canceled)
	close(proceed)
	for range others {
		require.True(t, <-answers)
	}
	require.EqualValues(t, 1, loads.Load())
}

// TestFailureIsForAll: stores that have failed are not asked again by each of
// those who wait for them, but once a while.
func TestFailureIsForAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowed(w)
	broken := errors.New("the database is away")
	synctest.Test(t, func(t *testing.T) {
		loads, proceed := 0, make(chan struct{})
		checker := w.checker(rbac.Config{Store: &hooked{w.roles, func(context.Context, tenant.ID) error {
			loads++
			<-proceed
			return broken
		}}})
		for range 20 {
			go func() { require.ErrorIs(t, checker.Check(as("acme", gil), "view", w.acmeCourse.ID), broken) }()
		}
		synctest.Wait()
		close(proceed)
		synctest.Wait()
		require.ErrorIs(t, checker.Check(as("acme", gil), "view", w.acmeCourse.ID), broken)
		require.Equal(t, 1, loads)
		time.Sleep(time.Second)
		require.ErrorIs(t, checker.Check(as("acme", gil), "view", w.acmeCourse.ID), broken)
		require.Equal(t, 2, loads)
	})
}

// TestMaxTenants: what is kept is bounded, and what was dropped is loaded
// again.
func TestMaxTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowed(w)
	loads := map[tenant.ID]int{}
	checker := w.checker(rbac.Config{MaxTenants: 2, Store: &hooked{w.roles, func(_ context.Context, of tenant.ID) error {
		loads[of]++
		return nil
	}}})
	tops := map[tenant.ID]ctxtree.Node{}
	for i := range 10 {
		id := tenant.ID("t" + strconv.Itoa(i))
		tops[id] = w.node(w.system, ctxtree.LevelTenant, string(id))
	}
	for range 2 {
		for id, top := range tops {
			require.True(t, checker.Can(as(id, gil), "view", top.ID))
			require.True(t, checker.Can(as(id, gil), "view", top.ID))
		}
	}
	require.Equal(t, 1, loads[""], "what has no tenant stays")
	total := 0
	for id := range tops {
		total += loads[id]
	}
	require.GreaterOrEqual(t, total, 18, "two of the ten may have stayed")
	require.LessOrEqual(t, total, 20, "each was asked for twice in a row")
}

// TestTenantsDoNotDisturbEachOther: a change of one does not make the checker
// load another again.
func TestTenantsDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := allowed(w)
	loads := map[tenant.ID]int{}
	checker := w.checker(rbac.Config{Store: &hooked{w.roles, func(_ context.Context, of tenant.ID) error {
		loads[of]++
		return nil
	}}})
	ask := func() {
		require.True(t, checker.Can(as("acme", ann), "view", w.acmeCourse.ID))
		require.True(t, checker.Can(as("bolt", bob), "view", w.boltCourse.ID))
	}
	ask()
	w.assign("ann", user, w.acmeCourse)
	_, err := w.tree.Move(as("acme", ann), w.acmeCourse.ID, w.acmeOther.ID)
	require.NoError(t, err)
	ask()
	require.Equal(t, map[tenant.ID]int{"": 1, "acme": 2, "bolt": 1}, loads)
	checker.Invalidate("bolt", 0)
	ask()
	require.Equal(t, map[tenant.ID]int{"": 1, "acme": 2, "bolt": 2}, loads)
	w.admin("root")
	ask()
	require.Equal(t, map[tenant.ID]int{"": 2, "acme": 2, "bolt": 2}, loads)
}
