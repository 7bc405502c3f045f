package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRun: the program says where it listens, is there for both companies, takes
// another port where its own is taken, and ends when it is told to.
func TestRun(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	ctx, stop := context.WithCancel(t.Context())
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, write, "", taken.Addr().String())
		write.CloseWithError(err) //nolint:errcheck // it never fails
		ended <- err
	}()
	lines := bufio.NewScanner(read)
	require.True(t, lines.Scan(), "%v", lines.Err())
	first, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "front office: "), ",")
	require.True(t, lines.Scan())
	require.Contains(t, lines.Text(), "ann@acme")
	at, err := url.Parse(first)
	require.NoError(t, err)
	require.NotEqual(t, taken.Addr().String(), "127.0.0.1:"+at.Port())
	for _, company := range []string{"Acme", "Bolt"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+at.Port()+"/sign-in", nil)
		require.NoError(t, err)
		r.Host = strings.ToLower(company) + ".localhost:" + at.Port()
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		resp.Body.Close()
		require.Contains(t, string(text), "Sign in to "+company)
	}
	stop()
	go io.Copy(io.Discard, read) //nolint:errcheck // nothing more is of interest
	require.NoError(t, <-ended)
}
