package learn_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/examples/lms/learn"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// world is the running application with its sample data.
type world struct {
	*testing.T
	app  *app.App
	port string
}

func start(t *testing.T, o app.Options) *world {
	t.Helper()
	o.Cost = bcrypt.MinCost
	o.OnCrossing = func(context.Context, scope.Crossing) {} // the sample data is made in global mode
	a, err := app.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	require.NoError(t, a.Seed(t.Context()))
	handler, err := learn.New(a)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	return &world{t, a, u.Port()}
}

// at is an address of a site, or of the main site, by its host's first label.
func (w *world) at(site, path string) string { return "http://" + site + ".localhost:" + w.port + path }

// in is a context of the installation inside a site.
func (w *world) in(id tenant.ID) context.Context { return app.In(w.app.Extend(w.Context()), id) }

// signIn signs somebody in by the site's own form.
func (w *world) signIn(p *browsertest.Person, site, user string) {
	w.Helper()
	require.Equal(w, 200, p.Open(w.at(site, "/sign-in")))
	require.Equal(w, 200, p.Fill("user", user).Fill("password", app.DemoPassword).Enter("password"))
	p.Sees(user)
}

// foreign are the canaries of all sites but these.
func foreign(own ...tenant.ID) (all []string) {
	for _, id := range []tenant.ID{"north", "south", "harbour"} {
		mine := false
		for _, o := range own {
			mine = mine || o == id
		}
		if !mine {
			all = append(all, app.Canary(id))
		}
	}
	return all
}

// answer is what a program gets.
type answer struct {
	status int
	body   string
	head   http.Header
}

// ask sends a request as a program does, to a site by its host. A form makes it
// a POST. head are names and values of headers.
func (w *world) ask(host, path string, form url.Values, head ...string) answer {
	w.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(w.Context(), method, "http://127.0.0.1:"+w.port+path, body)
	require.NoError(w, err)
	r.Host = host
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	require.NoError(w, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(w, err)
	return answer{resp.StatusCode, string(text), resp.Header}
}

// session signs in as a program, and returns the Cookie header of the session.
func (w *world) session(site, user string) string {
	w.Helper()
	a := w.ask(site+".localhost", "/sign-in", url.Values{"user": {user}, "password": {app.DemoPassword}})
	require.Equal(w, http.StatusSeeOther, a.status, a.body)
	require.Equal(w, "/", a.head.Get("Location"), "signed in")
	cookie, _, _ := strings.Cut(a.head.Get("Set-Cookie"), ";")
	require.NotEmpty(w, cookie)
	return cookie
}

// form is a form's fields, as names and values.
func form(fields ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return v
}
