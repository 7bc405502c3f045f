package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStep(t *testing.T) {
	root := t.TempDir()
	require.True(t, step{".", []string{"go", "version"}}.run(t.Context(), root, os.Environ(), "1/2"))
	require.False(t, step{".", []string{"go", "no-such-command"}}.run(t.Context(), root, os.Environ(), "2/2"))
}
