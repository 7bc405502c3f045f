package office_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/examples/internal/storetest"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/examples/sales/office"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// dns is what customers publish.
type dns map[string]string

func (d dns) LookupTXT(_ context.Context, name string) ([]string, error) {
	if text, found := d[strings.TrimSuffix(name, ".")]; found {
		return []string{text}, nil
	}
	return nil, errors.New("no such name")
}

// world is the seeded application with its back office.
type world struct {
	*app.App
	office *office.Office
	dns    dns
}

func open(t *testing.T, dsn string) *world {
	t.Helper()
	w := &world{dns: dns{}}
	var err error
	w.App, err = app.Open(t.Context(), app.Options{DSN: dsn, PasswordCost: bcrypt.MinCost, TXT: w.dns})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.App.Close()) })
	require.NoError(t, w.Seed(t.Context()))
	w.office, err = office.New(t.Context(), w.App)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.office.Close()) })
	return w
}

// each runs f with the application on SQLite and on PostgreSQL.
func each(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); f(t, open(t, "")) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); f(t, open(t, storetest.Postgres(t))) })
}

// person is somebody with cookies.
type person struct {
	t       *testing.T
	handler http.Handler
	host    string
	cookies map[string]string
}

func (w *world) person(t *testing.T) *person {
	return &person{t, w.office, office.Host, map[string]string{}}
}

// admin is the administrator of the sample data, signed in.
func (w *world) admin(t *testing.T) *person {
	t.Helper()
	p := w.person(t)
	require.Equal(t, http.StatusSeeOther, p.signIn(app.Platform, app.DemoPassword).status)
	return p
}

type answer struct {
	status         int
	location, body string
}

var tags = regexp.MustCompile(`<[^>]*>`)

// shown is the text of the page.
func (a answer) shown() string {
	return strings.Join(strings.Fields(strings.ReplaceAll(tags.ReplaceAllString(a.body, " "), "&#39;", "'")), " ")
}

func (p *person) send(r *http.Request) answer {
	r.Host = p.host
	for name, value := range p.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		p.cookies[c.Name] = c.Value
	}
	return answer{w.Code, w.Header().Get("Location"), w.Body.String()}
}

func (p *person) get(path string) answer {
	return p.send(httptest.NewRequestWithContext(p.t.Context(), http.MethodGet, path, nil))
}

func (p *person) postOnly(path string, fields ...string) answer {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r := httptest.NewRequestWithContext(p.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return p.send(r)
}

// post sends a form and follows to the page that tells what became of it.
func (p *person) post(path string, fields ...string) answer {
	p.t.Helper()
	a := p.postOnly(path, fields...)
	require.Equal(p.t, http.StatusSeeOther, a.status, a.shown())
	return p.get(a.location)
}

func (p *person) signIn(user, password string) answer {
	return p.postOnly("/sign-in", "user", user, "password", password)
}

// account finds somebody by tenant ("" for global accounts) and name.
func (w *world) account(t *testing.T, of tenant.ID, name string) member.Account {
	t.Helper()
	page, err := w.People.Accounts(tenant.AcrossAll(t.Context(), "test"), member.Query{Search: name})
	require.NoError(t, err)
	for _, a := range page.Accounts {
		if a.Tenant == of && a.UserName == name {
			return a
		}
	}
	t.Fatalf("there is no %s of %q", name, of)
	return member.Account{}
}

// recorded fails unless the audit log has such an event, by the administrator of
// the sample data where by is true.
func (w *world) recorded(t *testing.T, of tenant.ID, kind, reason string) {
	t.Helper()
	olga := w.account(t, "", app.Platform)
	for r, err := range w.Audit.Records(tenant.AcrossAll(t.Context(), "test"), query(kind)) {
		require.NoError(t, err)
		if r.Tenant == of && r.Reason == reason && r.Actor.ID == olga.ID {
			return
		}
	}
	t.Fatalf("nothing of %q is recorded about %q with the reason %q by %s", kind, of, reason, app.Platform)
}

var oneTime = regexp.MustCompile(`signs in with ([A-Z0-9]+),`)

// password reads the one that a page tells once.
func (a answer) password(t *testing.T) string {
	t.Helper()
	m := oneTime.FindStringSubmatch(a.shown())
	require.NotNil(t, m, a.shown())
	return m[1]
}

// wait and tick are for what other goroutines do.
const (
	wait = time.Minute
	tick = 20 * time.Millisecond
)
