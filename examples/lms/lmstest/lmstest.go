// Package lmstest runs the whole learning example with its sample data, for tests
// that go through it as people and as programs do.
package lmstest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/examples/lms/learn"
	"github.com/gotenancy/tenancy/examples/lms/people"
	"github.com/gotenancy/tenancy/examples/lms/studio"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// World is the running application.
type World struct {
	testing.TB
	App    *app.App
	Outbox *people.Outbox
	port   string
}

// Start opens a database with the sample data, and serves sites and studio on it
// until the test ends.
func Start(tb testing.TB, o app.Options) *World {
	tb.Helper()
	o.Cost = bcrypt.MinCost
	if o.OnCrossing == nil {
		o.OnCrossing = func(context.Context, scope.Crossing) {} // the sample data is made in global mode
	}
	w := &World{TB: tb, Outbox: people.NewOutbox(io.Discard)}
	var err error
	w.App, err = app.Open(tb.Context(), o)
	w.Check(err)
	tb.Cleanup(func() { w.Check(w.App.Close()) })
	w.Check(w.App.Seed(tb.Context()))
	sites, err := learn.New(w.App, people.Parts(w.App, w.Outbox)...)
	w.Check(err)
	authors, err := studio.New(w.App)
	w.Check(err)
	server := httptest.NewServer(studio.Beside(authors, sites))
	tb.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	w.Check(err)
	w.port = u.Port()
	return w
}

// Check ends the test on an error.
func (w *World) Check(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// At is an address on a host below localhost: "north", "www", "studio.north".
func (w *World) At(host, path string) string {
	return "http://" + host + ".localhost:" + w.port + path
}

// In is a context of the installation inside a site.
func (w *World) In(id tenant.ID) context.Context {
	return app.In(w.App.Extend(context.Background()), id)
}

// Central is a context of the installation.
func (w *World) Central() context.Context {
	return app.Operator(w.App.Extend(context.Background()))
}

// Account returns the id of a site's user, or with "" of an account of no site.
func (w *World) Account(site tenant.ID, name string) string {
	w.Helper()
	ctx := w.Central()
	if site != "" {
		ctx = w.In(site)
	}
	a, err := w.App.AccountOf(ctx, name)
	w.Check(err)
	return a.ID
}

// SignIn signs somebody in by the form of that host, and returns the status of
// the page behind it.
func (w *World) SignIn(p *browsertest.Person, host, user string) int {
	w.Helper()
	return w.SignInWith(p, host, user, app.DemoPassword)
}

// SignInWith is SignIn with another password.
func (w *World) SignInWith(p *browsertest.Person, host, user, password string) int {
	w.Helper()
	p.Open(w.At(host, "/sign-in"))
	return p.Fill("user", user).Fill("password", password).Enter("password")
}

// SessionCookie is the name of the cookie that holds a session.
const SessionCookie = "__Host-session"

// Session is the Cookie header of somebody's session.
func Session(p *browsertest.Person) string {
	c := p.Cookies()[SessionCookie]
	if c == nil {
		return ""
	}
	return SessionCookie + "=" + c.Value
}

// Answer is what a program gets.
type Answer struct {
	Status int
	Body   string
	Header http.Header
}

// Ask sends a request as a program does, to a host below localhost. A form makes
// it a POST.
func (w *World) Ask(host, path, cookie string, form url.Values) Answer {
	w.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(context.Background(), method, "http://127.0.0.1:"+w.port+path, body)
	w.Check(err)
	r.Host = host + ".localhost"
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	w.Check(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	w.Check(err)
	return Answer{response.StatusCode, string(text), response.Header}
}

// Enter signs in as a program, and returns the Cookie header of the session, or
// "" where nobody is signed in afterwards.
func (w *World) Enter(host, user string) string {
	w.Helper()
	return w.EnterWith(host, user, app.DemoPassword)
}

// EnterWith is Enter with another password.
func (w *World) EnterWith(host, user, password string) string {
	w.Helper()
	a := w.Ask(host, "/sign-in", "", Form("user", user, "password", password))
	if a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/" {
		return ""
	}
	cookie, _, _ := strings.Cut(a.Header.Get("Set-Cookie"), ";")
	return cookie
}

// Form is a form's fields, as names and values.
func Form(fields ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return v
}

// Foreign are texts that only other sites have: their canaries and the names of
// their people and courses.
func Foreign(own tenant.ID) (all []string) {
	for id, texts := range map[tenant.ID][]string{
		"north":   {"nora", "arthur", "Algebra of the North", "Painting"},
		"south":   {"silas", "Schweißen", "Algebra im Süden"},
		"harbour": {"hugo", "hana", "Nudos"},
	} {
		if id != own {
			all = append(append(all, app.Canary(id)), texts...)
		}
	}
	return all
}
