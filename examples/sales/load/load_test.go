package main

import (
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/storetest"
)

// TestLoad asks a small world, so that the command works when it is wanted. What
// it measures there is nothing to go by.
func TestLoad(t *testing.T) {
	t.Parallel()
	var out io.Writer = io.Discard
	if testing.Verbose() {
		out = os.Stdout
	}
	dsn := storetest.Postgres(t) // beside which it makes one of its own
	w, err := newWorld(t.Context(), options{dsn: dsn, tenants: 5, contacts: 5, hog: 300, workers: 4, rounds: 1, turn: time.Second, quiet: time.Second, rate: 20}, out)
	require.NoError(t, err)
	ratio, err := w.throughput(t.Context())
	require.NoError(t, err)
	require.Positive(t, ratio)
	slower, err := w.waiting(t.Context())
	require.NoError(t, err)
	require.Positive(t, slower)
	require.Positive(t, w.answers.Load())
	require.Zero(t, w.foreign.Load())
	require.NoError(t, w.close())
}

// TestCanary: a row of somebody else would be seen.
func TestCanary(t *testing.T) {
	t.Parallel()
	for text, foreign := range map[string]bool{
		"canary-0001- contact 1 canary-0001- contact 2": false,
		"canary-0001- contact 1 canary-0010- contact 2": true,
		"nothing": false,
	} {
		_, is := look(text, "canary-0001-")
		require.Equal(t, foreign, is != "", text)
	}
}
