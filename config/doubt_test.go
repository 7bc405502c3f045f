package config_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// TestStorePanics: the load runs in a goroutine of its own, where nobody but us
// can catch it.
func TestStorePanics(t *testing.T) {
	t.Parallel()
	g := newGate()
	g.begun = func(context.Context, tenant.ID) { panic(http.ErrAbortHandler) }
	r := resolver(t, config.Config{Store: g})
	_, _, err := config.Lookup[string](in(r, "acme"), "a")
	require.ErrorIs(t, err, config.ErrUnavailable)
	require.ErrorContains(t, err, "panicked")
	require.Equal(t, "def", config.Get(in(r, "acme"), "a", "def"))
}

// TestUnbuiltResolver: one that NewResolver did not make is none.
func TestUnbuiltResolver(t *testing.T) {
	t.Parallel()
	ctx := config.NewContext(tenant.WithID(background, "acme"), &config.Resolver{})
	_, _, err := config.Lookup[string](ctx, "a")
	require.ErrorIs(t, err, config.ErrNoResolver)
	require.Equal(t, "def", config.Get(ctx, "a", "def"))
}

// TestStoreHeedsNothing: a store that does not look at its context holds
// readers up for LoadTimeout and no longer.
func TestStoreHeedsNothing(t *testing.T) {
	t.Parallel()
	held := make(chan struct{})
	defer close(held)
	g := newGate()
	g.hold = func(tenant.ID) { <-held }
	r := resolver(t, config.Config{Store: g, LoadTimeout: time.Millisecond})
	_, _, err := config.Lookup[string](in(r, "acme"), "a")
	require.ErrorIs(t, err, config.ErrUnavailable)
}

// lossy commits and then says that the connection broke.
type lossy struct {
	config.Store
	broken bool
}

func (l *lossy) Write(ctx context.Context, o config.Owner, e config.Edit, c ...config.Change) (int64, error) {
	n, err := l.Store.Write(ctx, o, e, c...)
	if l.broken {
		return 0, errors.New("the connection broke at COMMIT")
	}
	return n, err
}

// TestDoubtfulWrite: after a write that may have got through, the next read
// asks the store.
func TestDoubtfulWrite(t *testing.T) {
	t.Parallel()
	store := &lossy{Store: config.NewMemoryStore()}
	r := resolver(t, config.Config{Store: store})
	for _, ctx := range []context.Context{in(r, "acme"), everywhere(r)} {
		require.NoError(t, r.Set(ctx, "open", true, ""))
		require.True(t, config.Get(ctx, "open", false))
		store.broken = true
		require.Error(t, r.Set(ctx, "open", false, ""))
		store.broken = false
		require.False(t, config.Get(ctx, "open", true))
	}
}

// TestNewsAfterFailure: who writes reads it at once, also after a load failed.
func TestNewsAfterFailure(t *testing.T) {
	t.Parallel()
	g := newGate()
	r := resolver(t, config.Config{Store: g, RetryAfter: time.Hour})
	ctx := in(r, "acme")
	require.NoError(t, r.Set(ctx, "n", 1, ""))
	require.Equal(t, 1, config.Get(ctx, "n", 0))
	g.set(func(g *gate) { g.err = errors.New("down") })
	r.Invalidate("acme", write(t, g.Store, "acme", "n", "2"))
	require.Equal(t, 1, config.Get(ctx, "n", 0), "the last known")
	g.set(func(g *gate) { g.err = nil })
	require.NoError(t, r.Set(ctx, "n", 3, ""))
	require.Equal(t, 3, config.Get(ctx, "n", 0))
}

// TestNamespaceTwice: two spellings of one namespace would leave it to chance
// which of their modules counts.
func TestNamespaceTwice(t *testing.T) {
	t.Parallel()
	_, err := config.NewResolver(config.Config{
		Store:      config.NewMemoryStore(),
		Modules:    []tenant.Module{{Name: "a", Isolation: tenant.Shared}, {Name: "b", Isolation: tenant.PerTenant}},
		Namespaces: map[string]string{"billing": "a", "billing.": "b"},
	})
	require.ErrorContains(t, err, "billing")
}
