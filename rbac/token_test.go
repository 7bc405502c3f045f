package rbac_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// The stores as another process has them: it is told of nothing.

type farTree struct{ *ctxtree.Memory }

func (farTree) Subscribe(func(tenant.ID, int64)) {}

type farRoles struct {
	*rbac.Memory
	loads *int
	err   error
}

func (farRoles) Subscribe(func(tenant.ID, int64)) {}

func (f farRoles) Load(ctx context.Context, of tenant.ID) (rbac.Rules, int64, error) {
	*f.loads++
	return f.Memory.Load(ctx, of)
}

func (f farRoles) Number(ctx context.Context, of tenant.ID) (int64, error) {
	n, err := f.Memory.Number(ctx, of)
	return n, errors.Join(err, f.err)
}

func TestAwait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	editor := w.role("editor")
	w.set(editor, w.system, rbac.Allow, "edit")
	w.assign("ann", editor, w.acmeCat)
	here := w.checker(rbac.Config{})
	loads := 0
	there := w.checker(rbac.Config{Tree: farTree{w.tree}, Store: farRoles{w.roles, &loads, nil}})
	ctx := as("acme", ann)
	require.True(t, there.Can(ctx, "edit", w.acmeCourse.ID))

	for name, change := range map[string]func(){
		"taken away": func() { w.unassign("ann", editor, w.acmeCat) },
		"moved":      func() { _, err := w.tree.Move(w.all, w.acmeCourse.ID, w.acmeOther.ID); require.NoError(t, err) },
		"prohibited": func() { w.set(editor, w.acmeCourse, rbac.Prohibit, "edit") },
		"for all":    func() { w.set(editor, w.system, rbac.Prevent, "edit") },
	} {
		_, err := w.tree.Move(w.all, w.acmeCourse.ID, w.acmeCat.ID)
		require.NoError(t, err)
		w.assign("ann", editor, w.acmeCat)
		w.set(editor, w.acmeCourse, rbac.Inherit, "edit")
		w.set(editor, w.system, rbac.Allow, "edit")
		before, err := here.Token(ctx)
		require.NoError(t, err)
		require.NoError(t, there.Await(ctx, before), name)
		require.True(t, there.Can(ctx, "edit", w.acmeCourse.ID), name)

		change()
		require.True(t, there.Can(ctx, "edit", w.acmeCourse.ID), "%s: nobody has told it", name)
		require.NoError(t, there.Await(ctx, before))
		require.True(t, there.Can(ctx, "edit", w.acmeCourse.ID), "%s: the earlier token asks for nothing newer", name)
		token, err := here.Token(ctx)
		require.NoError(t, err)
		token, err = rbac.ParseToken(token.String())
		require.NoError(t, err)
		require.NoError(t, there.Await(ctx, token), name)
		require.False(t, there.Can(ctx, "edit", w.acmeCourse.ID), name)
		known := loads
		require.NoError(t, there.Await(ctx, token), name)
		require.Equal(t, known, loads, "%s: what is known is not loaded again", name)
	}
}

// A token that was made up gets no answer and causes no load.
func TestAwaitRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowed(w)
	loads := 0
	there := w.checker(rbac.Config{Tree: farTree{w.tree}, Store: farRoles{w.roles, &loads, nil}})
	ctx := as("acme", ann)
	require.True(t, there.Can(ctx, "view", w.acmeCourse.ID))
	known := loads
	for _, text := range []string{"9999.9999.0.0.acme", "0.0.0.9223372036854775807.acme", "0.0.9999.0.acme", "0.0.0.0.bolt", "0.0.0.0."} {
		token, err := rbac.ParseToken(text)
		require.NoError(t, err, text)
		require.Equal(t, text, token.String())
		require.ErrorIs(t, there.Await(ctx, token), rbac.ErrToken, text)
	}
	require.Equal(t, known, loads)
	require.True(t, there.Can(ctx, "view", w.acmeCourse.ID), "and nothing was forgotten")
	require.Equal(t, known, loads)

	for _, text := range []string{
		"", "1", "1.1.1.1", "1.1.1.x.acme", "1.1.1.-1.acme", "01.1.1.1.acme", "+1.1.1.1.acme", "1.1.1.1.", "1.1.1.1.A B",
		"1.1.1.9223372036854775808.acme", "1.1.1.1.acme.bolt", " 1.1.1.1.acme", "1.1.1.1.acme\n",
	} {
		_, err := rbac.ParseToken(text)
		require.ErrorIs(t, err, rbac.ErrToken, "%q", text)
	}

	for _, bad := range []context.Context{context.Background(), tenant.AcrossAll(context.Background(), "test")} {
		_, err := there.Token(bad)
		require.Error(t, err)
		require.Error(t, there.Await(bad, rbac.Token{}))
	}
	require.NoError(t, there.Await(tenant.Global(context.Background()), rbac.Token{}))
	_, err := (&rbac.Checker{}).Token(ctx)
	require.Error(t, err)

	boom := errors.New("boom")
	failing := w.checker(rbac.Config{Tree: farTree{w.tree}, Store: farRoles{w.roles, &loads, boom}})
	_, err = failing.Token(ctx)
	require.ErrorIs(t, err, boom)
	token, err := rbac.ParseToken("0.0.0.1.acme")
	require.NoError(t, err)
	require.ErrorIs(t, failing.Await(ctx, token), boom)
}

// follower is a feed.
type follower struct{ at time.Time }

func (f *follower) Fresh() (time.Time, bool) { return f.at, !f.at.IsZero() }

// A process that hears of nothing any more answers nothing any more.
func TestLostFeed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		allowed(w)
		var feed follower
		checker := w.checker(rbac.Config{Feed: &feed, MaxLag: 5 * time.Second})
		ctx := as("acme", ann)
		ask := func() error { return checker.Check(ctx, "view", w.acmeCourse.ID) }
		require.ErrorIs(t, ask(), rbac.ErrBehind, "before the first look")
		feed.at = time.Now()
		require.NoError(t, ask())
		time.Sleep(5*time.Second + 1)
		synctest.Wait()
		require.ErrorIs(t, ask(), rbac.ErrBehind)
		require.False(t, checker.Can(ctx, "view", w.acmeCourse.ID))
		_, err := checker.Explain(ctx, "view", w.acmeCourse.ID)
		require.ErrorIs(t, err, rbac.ErrBehind)
		feed.at = time.Now()
		require.NoError(t, ask())

		seated := checker.NewContext(ctx)
		require.True(t, checker.Can(seated, "view", w.acmeCourse.ID))
		time.Sleep(5*time.Second + 1)
		synctest.Wait()
		require.False(t, checker.Can(seated, "view", w.acmeCourse.ID), "nor by what the context holds")
		require.ErrorIs(t, checker.Check(seated, "view", w.acmeCourse.ID), rbac.ErrBehind)
		feed.at = time.Now()
		require.True(t, checker.Can(seated, "view", w.acmeCourse.ID))

		checker = w.checker(rbac.Config{Feed: &feed})
		require.NoError(t, checker.Check(ctx, "view", w.acmeCourse.ID))
		time.Sleep(30*time.Second + 1)
		synctest.Wait()
		require.ErrorIs(t, checker.Check(ctx, "view", w.acmeCourse.ID), rbac.ErrBehind, "30 seconds if not said otherwise")
	})
}
