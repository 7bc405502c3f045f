package config_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

var background = context.Background()

// resolver returns one on an empty store in memory, unless cfg has another.
func resolver(tb testing.TB, cfg config.Config) *config.Resolver {
	tb.Helper()
	if cfg.Store == nil {
		cfg.Store = config.NewMemoryStore()
	}
	r, err := config.NewResolver(cfg)
	require.NoError(tb, err)
	return r
}

// in returns the context of a tenant, without a record.
func in(r *config.Resolver, id tenant.ID) context.Context {
	return config.NewContext(tenant.WithID(background, id), r)
}

// everywhere returns a context in global mode.
func everywhere(r *config.Resolver) context.Context {
	return config.NewContext(tenant.Global(background), r)
}

// write puts a value into a store behind every resolver's back.
func write(tb testing.TB, s config.Store, id tenant.ID, key, value string) int64 {
	tb.Helper()
	n, err := s.Write(background, config.Owner{Tenant: id}, config.Edit{}, config.Change{Key: key, Value: []byte(value)})
	require.NoError(tb, err)
	return n
}

// gate is a store whose loads can be counted, held up and made to fail.
type gate struct {
	config.Store

	mu     sync.Mutex
	loads  map[tenant.ID]int
	seen   []context.Context
	err    error
	behind int64              // how far the numbers lag
	hold   func(id tenant.ID) // called after the store was read
	begun  func(ctx context.Context, id tenant.ID)
}

func newGate() *gate {
	return &gate{Store: config.NewMemoryStore(), loads: map[tenant.ID]int{}}
}

func (g *gate) Load(ctx context.Context, owner config.Owner) ([]config.Setting, int64, error) {
	g.mu.Lock()
	id := owner.Tenant
	g.loads[id]++
	g.seen = append(g.seen, ctx)
	err, behind, hold, begun := g.err, g.behind, g.hold, g.begun
	g.mu.Unlock()
	if begun != nil {
		begun(ctx, id)
	}
	if err != nil {
		return nil, 0, err
	}
	settings, number, err := g.Store.Load(ctx, owner)
	if hold != nil {
		hold(id)
	}
	return settings, number - behind, err
}

func (g *gate) set(fn func(*gate)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	fn(g)
}

func (g *gate) count(id tenant.ID) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.loads[id]
}
