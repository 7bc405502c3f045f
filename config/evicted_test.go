package config_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// slowStore holds up the first load of one tenant.
type slowStore struct {
	*config.MemoryStore
	loads   atomic.Int64
	begun   chan struct{}
	release chan struct{}
}

func (s *slowStore) Load(ctx context.Context, o config.Owner) ([]config.Setting, int64, error) {
	if o.Tenant == "acme" && s.loads.Add(1) == 1 {
		close(s.begun)
		<-s.release
	}
	return s.MemoryStore.Load(ctx, o)
}

// A reader waits for a cell that the cache lets go of meanwhile. What it reads is
// newer than what the cell's successor has loaded in between; it must not read
// that next.
func TestEvictedWhileLoading(t *testing.T) {
	t.Parallel()
	s := &slowStore{MemoryStore: config.NewMemoryStore(), begun: make(chan struct{}), release: make(chan struct{})}
	r, err := config.NewResolver(config.Config{Store: s, MaxTenants: 1})
	require.NoError(t, err)
	read := func(id tenant.ID) int {
		v, _, err := config.Lookup[int](config.NewContext(tenant.WithID(context.Background(), id), r), "k")
		require.NoError(t, err)
		return v
	}
	write := func(value string) { // as another process
		_, err := s.Write(t.Context(), config.Owner{Tenant: "acme"}, config.Edit{}, config.Change{Key: "k", Value: []byte(value)})
		require.NoError(t, err)
	}
	write(`1`)
	first, done := make(chan int), make(chan int)
	go func() {
		first <- read("acme")
		done <- read("acme")
	}()
	<-s.begun
	read("bolt")                      // acme's cell is let go of
	require.Equal(t, 1, read("acme")) // and has a successor
	write(`2`)
	close(s.release)
	require.Equal(t, 2, <-first)
	require.Equal(t, 2, <-done, "the same reader goes back in time")
}
