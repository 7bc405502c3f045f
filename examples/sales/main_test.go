package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/examples/sales/office/admins"
	"github.com/gotenancy/tenancy/tenant"
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
		err := run(ctx, write, app.Options{PasswordCost: bcrypt.MinCost}, taken.Addr().String(), taken.Addr().String())
		write.CloseWithError(err) //nolint:errcheck // it never fails
		ended <- err
	}()
	lines := bufio.NewScanner(read)
	require.True(t, lines.Scan(), "%v", lines.Err())
	first, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "front office: "), ",")
	require.True(t, lines.Scan())
	require.Contains(t, lines.Text(), "ann@acme")
	require.True(t, lines.Scan())
	backOffice, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "back office: http://"), ",")
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
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+backOffice[strings.LastIndex(backOffice, ":")+1:]+"/sign-in", nil)
	require.NoError(t, err)
	r.Host = backOffice
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	resp.Body.Close()
	require.Contains(t, string(text), "Sign in to the back office")
	stop()
	go io.Copy(io.Discard, read) //nolint:errcheck // nothing more is of interest
	require.NoError(t, <-ended)
}

// Test_D15_FirstAdministrator: at the command line, in a database that stays.
func Test_D15_FirstAdministrator(t *testing.T) {
	t.Parallel()
	o := app.Options{PasswordCost: bcrypt.MinCost}
	var out strings.Builder
	require.ErrorContains(t, addAdmin(t.Context(), &out, o, "adam"), "-db")
	o.DSN = filepath.Join(t.TempDir(), "sales.db")
	require.NoError(t, addAdmin(t.Context(), &out, o, "adam"))
	require.Error(t, addAdmin(t.Context(), &out, o, "adam"), "again")
	_, rest, _ := strings.Cut(out.String(), "signs in to the back office with ")
	password, _, _ := strings.Cut(rest, ",")

	a, err := app.Open(t.Context(), o)
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Close()) }()
	list, err := admins.List(t.Context(), a)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "adam", list[0].UserName)
	require.NoError(t, a.Passwords.Verify(tenant.Global(t.Context()), list[0], password))
	once, err := a.Passwords.Once(tenant.Global(t.Context()), list[0].ID)
	require.NoError(t, err)
	require.True(t, once)
}
