package front_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// TestGuessing: a password is tried as often as the setting says and no more,
// also by who asks for all at once and who writes the name in every way.
func TestGuessing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, app.Options{})
	limit := app.Retries.Get(w.app.Extend(tenant.Global(t.Context())))
	var tried atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		for _, names := range [][2]string{{"sue@acme", ""}, {"SUE@ACME", ""}, {"ſue@acme", ""}, {"sue", "acme"}, {"Sue", "Acme"}} {
			all.Go(func() {
				_, body := w.visitor("").post("/sign-in", "user", names[0], "company", names[1], "password", fmt.Sprint("wrong-guess", i))
				if !strings.Contains(body, "too often") {
					tried.Add(1)
				}
			})
		}
	}
	all.Wait()
	require.EqualValues(t, limit, tried.Load())
	_, body := w.visitor("acme").post("/sign-in", "user", "sue", "password", app.DemoPassword)
	require.Contains(t, body, "too often", "and the company's own host is no way around")
	w.signedIn("acme", "max")
}

// TestForeignMessage: what one company's page was about to say is said on no page
// of another one, whoever has the session.
func TestForeignMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, app.Options{})
	for _, host := range []string{"acme", ""} {
		v := w.signedIn(host, "ann@acme")
		status, _ := v.post("/contacts/" + number(w.numbers("acme", "contacts")[0]) + "/delete")
		require.Equal(t, http.StatusSeeOther, status)
		v.host = "bolt"
		status, body := v.get("/")
		require.Equal(t, http.StatusForbidden, status)
		require.NotContains(t, body, "is deleted")
		v.host = host
		if host == "" { // there the same browser may go on as somebody else
			status, body = v.post("/sign-in", "user", "bob@bolt", "password", app.DemoPassword)
			require.Equal(t, http.StatusSeeOther, status, body)
			_, body = v.get("/")
			require.Contains(t, body, "Sales of Bolt")
			require.NotContains(t, body, "is deleted")
			continue
		}
		_, body = v.get("/contacts")
		require.Contains(t, body, "is deleted")
	}
}

// TestPasswordEndsSessions: who has somebody's session has lost it when the
// password is another one, and the one who changed it has not.
func TestPasswordEndsSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, app.Options{})
	ann, other, thief, bolt := w.signedIn("acme", "ann"), w.signedIn("acme", "ann"), w.signedIn("acme", "sue"), w.signedIn("bolt", "bob")
	for _, name := range []string{"sue", "ann"} {
		page, err := w.app.People.Members(w.inside("acme"), "", member.Query{Search: name})
		require.NoError(t, err)
		status, body := ann.post("/people/"+page.Accounts[0].ID, "do", "password", "password", "another password")
		require.Equal(t, http.StatusSeeOther, status, body)
	}
	for _, v := range []*visitor{thief, other} {
		status, _ := v.get("/companies")
		require.Equal(t, http.StatusSeeOther, status, "to the sign-in")
	}
	for _, v := range []*visitor{ann, bolt} {
		status, _ := v.get("/companies")
		require.Equal(t, http.StatusOK, status)
	}
}

// raw sends a request as it stands, which no client would make.
func (w *world) raw(lines ...string) (status int, body string) {
	w.Helper()
	conn, err := (&net.Dialer{}).DialContext(w.Context(), "tcp", "127.0.0.1:"+w.port)
	require.NoError(w, err)
	defer conn.Close()
	_, err = io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\nConnection: close\r\n\r\n")
	require.NoError(w, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(w, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(w, err)
	return resp.StatusCode, string(text)
}

// TestOddRequests: however the host and the path are written, a session of Acme
// reaches Acme or nothing.
func TestOddRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, app.Options{})
	ann := w.signedIn("acme", "ann")
	cookie := "Cookie: " + cookieName + "=" + ann.cookie
	before := w.rows("bolt")
	bolts := number(w.numbers("bolt", "companies")[0])
	for _, request := range [][]string{
		{"GET /companies HTTP/1.1", "Host: bolt.localhost", cookie},
		{"GET /companies HTTP/1.1", "Host: BOLT.localhost.", cookie},
		{"GET /companies HTTP/1.1", "Host: bolt.localhost:80", cookie},
		{"GET /companies HTTP/1.1", "Host: bolt.localhost:0", cookie},
		{"GET /companies HTTP/1.1", "Host: bolt.localhost:acme.localhost", cookie},
		{"GET /companies HTTP/1.1", "Host: acme.localhost@bolt.localhost", cookie},
		{"GET /companies HTTP/1.1", "Host: acme.localhost", "Host: bolt.localhost", cookie},
		{"GET /companies HTTP/1.1", "Host: acme.localhost", "X-Forwarded-Host: bolt.localhost", "Forwarded: host=bolt.localhost", "X-Tenant-ID: bolt", "X-Original-URL: /companies/" + bolts, cookie},
		{"GET http://bolt.localhost/companies HTTP/1.1", "Host: acme.localhost", cookie},
		{"GET http://acme.localhost/companies HTTP/1.1", "Host: bolt.localhost", cookie},
		{"GET //companies/" + bolts + " HTTP/1.1", "Host: acme.localhost", cookie},
		{"GET /static/../companies/" + bolts + " HTTP/1.1", "Host: acme.localhost", cookie},
		{"GET /static/%2e%2e/companies HTTP/1.1", "Host: bolt.localhost", cookie},
		{"GET /sign-in/../companies HTTP/1.1", "Host: localhost", cookie},
		{"GET /companies/%2e%2e/companies/" + bolts + " HTTP/1.1", "Host: acme.localhost", cookie},
		{"GET /companies/0" + bolts + " HTTP/1.1", "Host: acme.localhost", cookie},
		{"GET /companies/+" + bolts + "/picture HTTP/1.1", "Host: acme.localhost", cookie},
		{"GET /companies/" + bolts + "?tenant=bolt&id=bolt HTTP/1.1", "Host: acme.localhost", cookie},
		{"CONNECT /static/../companies HTTP/1.1", "Host: bolt.localhost", cookie},
		{"OPTIONS /companies HTTP/1.1", "Host: bolt.localhost", cookie},
		{"POST /companies/" + bolts + "/delete HTTP/1.1", "Host: acme.localhost", "Origin: http://bolt.localhost", cookie},
		{"POST /companies/" + bolts + "/delete HTTP/1.1", "Host: acme.localhost", "X-HTTP-Method-Override: DELETE", cookie},
		{"PUT /companies/" + bolts + " HTTP/1.1", "Host: acme.localhost", "Content-Length: 0", cookie},
		{"DELETE /companies/" + bolts + " HTTP/1.1", "Host: acme.localhost", cookie},
		{"GET /companies HTTP/1.1", "Host: users.localhost", cookie},
		{"GET /companies HTTP/1.0", cookie},
	} {
		status, body := w.raw(request...)
		require.NotContains(t, body, app.Canary("bolt"), request)
		require.NotContains(t, body, "Sales of Bolt", request)
		require.Less(t, status, 500, "%v: %s", request, body)
	}
	status, body := w.raw("GET /companies HTTP/1.1", "Host: ACME.localhost.:8080", cookie)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, app.Canary("acme"))
	for _, method := range []string{http.MethodHead, http.MethodOptions, "LOCK"} {
		status, _, header := ann.do(method, "/companies/"+bolts+"/picture", nil)
		require.Contains(t, []int{404, 405}, status, method)
		require.NotContains(t, header.Get("Content-Type"), "image")
	}
	require.Equal(t, before, w.rows("bolt"))
}

// TestNamesAreText: whatever people type stands on the pages as text.
func TestNamesAreText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, app.Options{})
	const evil = `"'><script>alert(1)</script>{{.}}<img src=x onerror=alert(1)>`
	w.visitor("").post("/sign-up", "company", evil, "code", "evil", "user", evil, "email", "e@example.com", "password", "a password", "key", "0123456789abcdefghij")
	v := w.visitor("evil")
	status, body := v.post("/sign-in", "user", evil, "password", "a password")
	require.Equal(t, http.StatusSeeOther, status, body)
	for path, form := range map[string][]string{
		"/companies": {"name", evil, "city", evil, "country", "AT"}, "/contacts": {"name", evil, "email", "javascript:alert(1)", "phone", "\"><script>alert(1)</script>"},
		"/tasks": {"title", evil, "due", "2026-01-01"},
	} {
		status, body := v.post(path, form...)
		require.Equal(t, http.StatusSeeOther, status, body)
	}
	company := number(w.numbers("evil", "companies")[0])
	status, body = v.post("/opportunities", "title", evil, "stage", "lead", "closes", "2026-01-01", "amount", "1", "company", company)
	require.Equal(t, http.StatusSeeOther, status, body)
	v.post("/companies/"+company, "name", evil+"2", "city", evil, "country", "AT")
	for _, page := range append(lists, "/companies/"+company, "/contacts/"+number(w.numbers("evil", "contacts")[0]), "/companies?q="+url.QueryEscape(evil),
		"/opportunities?stage="+url.QueryEscape(evil)+"&q="+url.QueryEscape(evil), "/quotas?q="+url.QueryEscape(evil)) {
		status, body := v.get(page)
		require.Equal(t, http.StatusOK, status, page)
		require.NotContains(t, body, "<script>alert", page)
		require.NotContains(t, body, "<img src=x", page)
		require.NotContains(t, body, `href="javascript:`, page)
	}
	_, body = w.visitor("evil").get("/")
	require.NotContains(t, body, "<script>alert", "the welcome of a visitor")
}

// TestSearchPatterns: a search is text, and finds what is the company's own.
func TestSearchPatterns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, app.Options{})
	ann := w.signedIn("acme", "ann")
	for _, q := range []string{"%", "_", "!", "!%", "' OR 1=1 --", `%' OR '' = '`, "only-bolt", "\xff\xfe", strings.Repeat("%", 5000)} {
		for _, page := range []string{"/companies", "/contacts", "/opportunities", "/tasks", "/quotas", "/people"} {
			_, body := ann.get(page + "?q=" + url.QueryEscape(q))
			require.NotContains(t, body, "bob", page)
			_, body, _ = strings.Cut(body, "<table")
			body, _, _ = strings.Cut(body, "</table>")
			require.NotContains(t, body, app.Canary("bolt"), "%s %q", page, q)
			require.NotContains(t, body, app.Canary("acme"), "%s %q", page, q)
		}
	}
}

// TestSignUpRace: of many who ask for one name at the same moment one has it, and
// nobody else is in it.
func TestSignUpRace(t *testing.T) {
	each(t, func(w *world) {
		var in atomic.Int64
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				v := w.visitor("")
				key := "the same key for two " + fmt.Sprint(i/2)
				status, _ := v.post("/sign-up", "company", "Race", "user", "u"+fmt.Sprint(i), "email", "u@example.com", "password", "password "+fmt.Sprint(i), "key", key)
				_, page := v.get("/people")
				if status == http.StatusSeeOther {
					in.Add(1)
				} else if strings.Contains(page, "Race") {
					w.Error("somebody who was refused is in: " + page)
				}
			})
		}
		all.Wait()
		require.EqualValues(w, 1, in.Load())
		list, err := w.app.Tenants.List(context.Background(), "", 100)
		require.NoError(w, err)
		named := 0
		for _, record := range list {
			if record.Name == "Race" {
				named++
				var people []string
				require.NoError(w, w.app.DB.SelectContext(w.inside(record.ID), &people, `SELECT name FROM people`))
				require.Len(w, people, 1)
			}
		}
		require.Equal(w, 1, named)
	})
}

// TestNestedIDs: an id of another company inside a form of one's own is one that
// nobody has.
func TestNestedIDs(t *testing.T) {
	each(t, func(w *world) {
		ann := w.signedIn("acme", "ann")
		before := w.rows("bolt")
		company, contact := number(w.numbers("bolt", "companies")[0]), number(w.numbers("bolt", "contacts")[0])
		own, deal, task, mine := number(w.numbers("acme", "companies")[0]), number(w.numbers("acme", "opportunities")[0]), number(w.numbers("acme", "tasks")[0]), number(w.numbers("acme", "contacts")[0])
		bob, err := w.app.People.Managers(w.inside("bolt"), "")
		require.NoError(w, err)
		for _, c := range []struct {
			path string
			form []string
		}{
			{"/contacts", []string{"name", "x", "company", company}},
			{"/contacts/" + mine, []string{"name", "x", "company", company}},
			{"/contacts/" + mine, []string{"name", "x", "company", "00" + company}},
			{"/tasks", []string{"title", "x", "due", "2026-01-01", "company", company}},
			{"/tasks/" + task, []string{"title", "x", "due", "2026-01-01", "company", company}},
			{"/opportunities", []string{"title", "x", "stage", "won", "closes", "2026-01-01", "amount", "1", "company", company}},
			{"/opportunities", []string{"title", "x", "stage", "won", "closes", "2026-01-01", "amount", "1", "company", own, "contact", contact}},
			{"/opportunities/" + deal, []string{"title", "x", "stage", "won", "closes", "2026-01-01", "amount", "1", "company", own, "contact", contact}},
			{"/quotas", []string{"account", bob[0].ID, "quarter", "2026-Q1", "amount", "5"}},
		} {
			status, body := ann.post(c.path, c.form...)
			require.Equal(w, http.StatusUnprocessableEntity, status, c.path)
			require.NotContains(w, body, app.Canary("bolt"), c.path)
		}
		for _, do := range []string{"suspend", "resume", "password", "role"} {
			status, _ := ann.post("/people/"+bob[0].ID, "do", do, "password", "a new password", "role", "seller")
			require.Equal(w, http.StatusNotFound, status, do)
		}
		require.Equal(w, before, w.rows("bolt"))
		w.signedIn("bolt", "bob")
	})
}
