package main

import (
	"context"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/examples/sales/front"
	"github.com/gotenancy/tenancy/tenant"
)

// world is the application with its sample data, and a browser for several
// people.
type world struct {
	*testing.T
	app     *app.App
	browser *browsertest.Browser
	port    string
}

func newWorld(t *testing.T, o app.Options) *world {
	t.Helper()
	o.PasswordCost = bcrypt.MinCost
	a, err := app.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	require.NoError(t, a.Seed(t.Context()))
	pages, err := front.New(a)
	require.NoError(t, err)
	server := httptest.NewServer(pages)
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	require.NoError(t, err)
	return &world{t, a, browsertest.Start(t), at.Port()}
}

// on is the address of a page on a tenant's host, or without a name on the
// shared one.
func (w *world) on(name, path string) string {
	if name != "" {
		name += "."
	}
	return "http://" + name + front.Domain + ":" + w.port + path
}

// person is somebody who has signed in with the password of the sample data.
func (w *world) person(host, user string) *browsertest.Person {
	w.Helper()
	p := w.browser.Person(w)
	p.Open(w.on(host, "/sign-in"))
	require.Equal(w, 200, p.Fill("user", user).Fill("password", app.DemoPassword).PressIn("sign-in", "Sign in"))
	p.Sees("Today", strings.Split(user, "@")[0]+" of ")
	return p
}

func (w *world) inside(id tenant.ID) context.Context { return tenant.WithID(w.Context(), id) }

// only fails the test if a page shows a person of one tenant something of the
// other.
func (w *world) only(id, other tenant.ID, p *browsertest.Person, host string, pages ...string) {
	w.Helper()
	for _, page := range pages {
		require.Equal(w, 200, p.Open(w.on(host, page)), page)
		p.SeesNot(app.Canary(other))
	}
	p.Open(w.on(host, "/companies"))
	p.Sees(app.Canary(id))
}
