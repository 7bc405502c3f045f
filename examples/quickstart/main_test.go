package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestQuickstart holds what the program prints.
func TestQuickstart(t *testing.T) {
	srv := httptest.NewServer(open())
	defer srv.Close()
	addr := strings.TrimPrefix(srv.URL, "http://")
	require.Equal(t, "200\n  [{Ann -} {Alf ACME Ltd}], currency CHF, 20 a page\n  may export: true", get(addr, "acme.localhost", "/"))
	require.Equal(t, "200\n  [{Bea -} {Bob BOLT Ltd} {Ben -}], currency EUR, 20 a page\n  may export: false", get(addr, "bolt.localhost", "/"))
	require.Equal(t, "200\n  [{Ann -} {Alf ACME Ltd}], currency CHF, 20 a page\n  may export: true", get(addr, "ACME.localhost.:99", "/"))
	for _, host := range []string{"nobody.localhost", "evil.acme.localhost", "127.0.0.1"} {
		require.True(t, strings.HasPrefix(get(addr, host, "/"), "404\n"), host)
	}
	forgotten := get(addr, "acme.localhost", "/forgotten")
	require.True(t, strings.HasPrefix(forgotten, "500\n"))
	require.Contains(t, forgotten, "no tenant")
}
