package front_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/examples/internal/storetest"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/examples/sales/front"
	"github.com/gotenancy/tenancy/tenant"
)

// world is the front office with its sample data, on a server.
type world struct {
	*testing.T
	app  *app.App
	port string
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
	return &world{t, a, at.Port()}
}

// each runs f on SQLite and on PostgreSQL.
func each(t *testing.T, f func(w *world)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); f(newWorld(t, app.Options{})) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); f(newWorld(t, app.Options{DSN: storetest.Postgres(t)})) })
}

// on is the address of a page on a tenant's host, or without a name on the
// shared one.
func (w *world) on(name, path string) string {
	host := front.Domain
	if name != "" {
		host = name + "." + host
	}
	return "http://" + host + ":" + w.port + path
}

// inside is the context of a tenant, for looking behind the pages.
func (w *world) inside(id tenant.ID) context.Context { return tenant.WithID(w.Context(), id) }

// numbers returns the ids of a table's rows in the tenant.
func (w *world) numbers(id tenant.ID, table string) []int64 {
	w.Helper()
	var all []int64
	require.NoError(w, w.app.DB.SelectContext(w.inside(id), &all, `SELECT id FROM `+table+` ORDER BY id`))
	return all
}

// visitor is a program that sends whatever it wants, with a cookie or without.
type visitor struct {
	w      *world
	host   string // a tenant's, or empty
	cookie string
}

func (w *world) visitor(host string) *visitor { return &visitor{w: w, host: host} }

// signedIn is one who has signed in on a tenant's host, or on the shared one.
func (w *world) signedIn(host, user string) *visitor {
	w.Helper()
	v := w.visitor(host)
	status, body := v.post("/sign-in", "user", user, "password", app.DemoPassword)
	require.Equal(w, http.StatusSeeOther, status, body)
	return v
}

const cookieName = "__Host-session"

func (v *visitor) do(method, path string, form url.Values) (int, string, http.Header) {
	v.w.Helper()
	if form == nil {
		return v.send(method, path, "", nil)
	}
	return v.send(method, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (v *visitor) send(method, path, kind string, body io.Reader) (int, string, http.Header) {
	v.w.Helper()
	r, err := http.NewRequestWithContext(v.w.Context(), method, "http://127.0.0.1:"+v.w.port+path, body)
	require.NoError(v.w, err)
	r.Host = strings.TrimPrefix(v.w.on(v.host, ""), "http://")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if v.cookie != "" {
		r.AddCookie(&http.Cookie{Name: cookieName, Value: v.cookie})
	}
	resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: time.Minute}).Do(r)
	require.NoError(v.w, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(v.w, err)
	for _, c := range resp.Cookies() {
		if c.Name == cookieName {
			v.cookie = c.Value
		}
	}
	return resp.StatusCode, string(text), resp.Header
}

func (v *visitor) get(path string) (int, string) {
	v.w.Helper()
	status, body, _ := v.do(http.MethodGet, path, nil)
	return status, body
}

func (v *visitor) post(path string, pairs ...string) (int, string) {
	v.w.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	status, body, _ := v.do(http.MethodPost, path, form)
	return status, body
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
