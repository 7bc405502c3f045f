package passwords

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAttempts(t *testing.T) {
	t.Parallel()
	var a Attempts
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var begun atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if a.Begin("sue@acme", 5, now) {
				begun.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 5, begun.Load(), "also where all are tried at once")
	for _, same := range []string{"SUE@Acme", "ſue@acme"} {
		require.False(t, a.Begin(same, 5, now), same)
	}
	require.True(t, a.Begin("sue@bolt", 5, now))
	require.False(t, a.Begin("sue@acme", 5, now.Add(pause-time.Second)))
	require.True(t, a.Begin("sue@acme", 5, now.Add(pause)))
	a.Succeeded("ſUE@acme")
	for range 5 {
		require.True(t, a.Begin("sue@acme", 5, now))
	}
	require.False(t, a.Begin("sue@acme", 5, now))
	for i := range maxAttempts + 100 {
		a.Begin(strconv.Itoa(i), 5, now)
	}
	require.LessOrEqual(t, len(a.all), maxAttempts)
}
