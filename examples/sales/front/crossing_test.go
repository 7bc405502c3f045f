package front_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/tenant"
)

// lists are the pages that show rows.
var lists = []string{"/", "/companies", "/contacts", "/opportunities", "/tasks", "/quotas", "/reports", "/people", "/timers", "/settings", "/rates"}

// rows returns all rows of a tenant, as text.
func (w *world) rows(id tenant.ID) string {
	w.Helper()
	var out strings.Builder
	for _, query := range []string{
		`SELECT name || '|' || city || '|' || country FROM companies ORDER BY id`,
		`SELECT name || '|' || email || '|' || phone || '|' || COALESCE(CAST(company_id AS VARCHAR(20)), '-') FROM contacts ORDER BY id`,
		`SELECT title || '|' || stage || '|' || CAST(cents AS VARCHAR(20)) || '|' || closes || '|' || owner FROM opportunities ORDER BY id`,
		`SELECT title || '|' || due || '|' || CAST(done AS VARCHAR(2)) FROM tasks ORDER BY id`,
		`SELECT account || '|' || quarter || '|' || CAST(cents AS VARCHAR(20)) FROM quotas ORDER BY account, quarter`,
		`SELECT what FROM company_changes ORDER BY id`,
		`SELECT type FROM company_pictures ORDER BY company_id`,
		`SELECT name || '|' || CAST(gone AS VARCHAR(2)) FROM people ORDER BY account`,
		`SELECT hash FROM passwords ORDER BY account`,
		`SELECT stage || '|' || made FROM reports ORDER BY stage`,
	} {
		var all []string
		require.NoError(w, w.app.DB.SelectContext(w.inside(id), &all, query))
		out.WriteString(strings.Join(all, "\n") + "\n--\n")
	}
	return out.String()
}

// TestCrossing: everything that one tenant's people can send about the other's
// rows is answered as if these were not there, and leaves them as they are.
func TestCrossing(t *testing.T) {
	each(t, func(w *world) {
		before := w.rows("bolt")
		bob, err := w.app.People.Managers(w.inside("bolt"), "")
		require.NoError(w, err)
		company, contact := number(w.numbers("bolt", "companies")[0]), number(w.numbers("bolt", "contacts")[0])
		deal, task := number(w.numbers("bolt", "opportunities")[0]), number(w.numbers("bolt", "tasks")[0])
		own := number(w.numbers("acme", "companies")[0])

		for _, host := range []string{"acme", ""} {
			user := "ann"
			if host == "" {
				user = "ann@acme"
			}
			ann := w.signedIn(host, user)
			for _, page := range lists {
				status, body := ann.get(page)
				require.Equal(w, http.StatusOK, status, page)
				require.NotContains(w, body, app.Canary("bolt"), page)
			}
			_, body := ann.get("/companies")
			require.Contains(w, body, app.Canary("acme"), "there is something to be seen")
			for _, path := range []string{
				"/companies/" + company, "/companies/" + company + "/picture", "/contacts/" + contact, "/opportunities/" + deal, "/tasks/" + task, "/companies/x", "/companies/-1",
			} {
				status, body := ann.get(path)
				require.Equal(w, http.StatusNotFound, status, path)
				require.NotContains(w, body, app.Canary("bolt"), path)
			}
			for path, form := range map[string][]string{
				"/companies/" + company:              {"name", "Mine", "city", "Rome", "country", "AT"},
				"/companies/" + company + "/delete":  {},
				"/contacts/" + contact:               {"name", "Mine"},
				"/contacts/" + contact + "/delete":   {},
				"/opportunities/" + deal:             {"title", "Mine", "stage", "won", "closes", "2026-01-01", "amount", "1", "company", own},
				"/opportunities/" + deal + "/delete": {},
				"/tasks/" + task:                     {"title", "Mine", "due", "2026-01-01"},
				"/tasks/" + task + "/done":           {},
				"/tasks/" + task + "/delete":         {},
				"/people/" + bob[0].ID:               {"do", "suspend"},
			} {
				status, body := ann.post(path, form...)
				require.Equal(w, http.StatusNotFound, status, "%s: %s", path, body)
			}
			// Own rows that refer to the other tenant's.
			for path, form := range map[string][]string{
				"/contacts":      {"name", "Mine", "company", company},
				"/tasks":         {"title", "Mine", "due", "2026-01-01", "company", company},
				"/opportunities": {"title", "Mine", "stage", "won", "closes", "2026-01-01", "amount", "1", "company", company},
				"/quotas":        {"account", bob[0].ID, "quarter", "2026-Q1", "amount", "1"},
			} {
				status, body := ann.post(path, form...)
				require.Equal(w, http.StatusUnprocessableEntity, status, path)
				require.Contains(w, body, "Choose one of the list.", path)
				require.NotContains(w, body, app.Canary("bolt"), path)
			}
			status, _ := ann.post("/opportunities", "title", "Mine", "stage", "won", "closes", "2026-01-01", "amount", "1", "company", own, "contact", contact)
			require.Equal(w, http.StatusUnprocessableEntity, status)
			_, body = ann.get("/companies?q=only-bolt")
			require.Contains(w, body, "No companies.")
			for _, search := range []string{"%", "_", "!", "' OR 1=1 --"} {
				_, body := ann.get("/companies?q=" + url.QueryEscape(search))
				require.NotContains(w, body, app.Canary("bolt"), search)
			}
		}
		require.Equal(w, before, w.rows("bolt"))
	})
}

// Test_D03_SessionIsBound: the session is the tenant's it began in. Carried to
// another host it opens nothing, not even what a visitor would see.
func Test_D03_SessionIsBound(t *testing.T) {
	each(t, func(w *world) {
		ann := w.signedIn("acme", "ann")
		bob := w.signedIn("bolt", "bob")
		shared := w.signedIn("", "ann@acme")
		for _, stolen := range []*visitor{{w, "bolt", ann.cookie}, {w, "acme", bob.cookie}, {w, "bolt", shared.cookie}} {
			for _, page := range append(lists, "/sign-in") {
				status, body := stolen.get(page)
				require.Equal(w, http.StatusForbidden, status, page)
				require.NotContains(w, body, "only-", page)
			}
			status, _ := stolen.post("/tasks", "title", "x", "due", "2026-01-01")
			require.Equal(w, http.StatusForbidden, status)
		}
		status, _ := (&visitor{w, "nobody", ann.cookie}).get("/companies")
		require.Equal(w, http.StatusNotFound, status, "a tenant that is not there")
		status, body := (&visitor{w, "users", ann.cookie}).get("/companies")
		require.Equal(w, http.StatusForbidden, status)
		require.NotContains(w, body, "only-")
		status, body = ann.get("/companies")
		require.Equal(w, http.StatusOK, status, "it still is good where it began")
		require.Contains(w, body, app.Canary("acme"))
	})
}

// Test_D02_Visitors: who has not signed in is in a tenant that holds nothing,
// and can change nothing there.
func Test_D02_Visitors(t *testing.T) {
	each(t, func(w *world) {
		before := w.rows("acme") + w.rows("bolt") + w.rows(app.UsersTenant)
		v := w.visitor("")
		for page, empty := range map[string]string{
			"/companies": "No companies.", "/contacts": "No contacts.", "/opportunities": "No opportunities.", "/tasks": "No tasks.", "/quotas": "No quotas.",
		} {
			status, body := v.get(page)
			require.Equal(w, http.StatusOK, status)
			require.Contains(w, body, empty)
			require.NotContains(w, body, "only-")
		}
		for path, form := range map[string][]string{
			"/companies": {"name", "x", "city", "x", "country", "AT"}, "/contacts": {"name", "x"}, "/tasks": {"title", "x", "due", "2026-01-01"},
			"/settings": {"currency", "USD"}, "/people": {"user", "x", "email", "x@example.com", "password", "long enough", "role", "seller"},
			"/companies/" + number(w.numbers("acme", "companies")[0]) + "/delete": {}, "/timers": {"timer", app.TimerReports},
		} {
			status, _ := v.post(path, form...)
			require.Equal(w, http.StatusForbidden, status, path)
		}
		status, body := v.get("/rates")
		require.Equal(w, http.StatusOK, status)
		require.Contains(w, body, "Switzerland", "what is shared is there")
		require.Equal(w, before, w.rows("acme")+w.rows("bolt")+w.rows(app.UsersTenant))

		// The same on a company's own host, where there is something to hide.
		for _, page := range lists {
			status, body := w.visitor("acme").get(page)
			if page != "/" && page != "/rates" {
				require.Equal(w, http.StatusSeeOther, status, page)
			}
			require.NotContains(w, body, "only-", page)
		}
		status, _ = w.visitor("acme").post("/companies", "name", "x", "city", "x", "country", "AT")
		require.Equal(w, http.StatusForbidden, status)
		_, err := w.app.DB.ExecContext(tenant.ReadOnly(w.inside(app.UsersTenant)), `INSERT INTO contacts (name, email, phone) VALUES ('x', '', '')`)
		require.ErrorIs(w, err, tenant.ErrReadOnly, "the database is not reached either")
	})
}

// Test_A01_AtTheSameTime: many people of two companies, at the same time in one
// process, see their own.
func Test_A01_AtTheSameTime(t *testing.T) {
	each(t, func(w *world) {
		var all sync.WaitGroup
		for _, who := range []struct {
			host, user string
			own, other tenant.ID
		}{{"acme", "ann", "acme", "bolt"}, {"bolt", "bob", "bolt", "acme"}, {"", "max@acme", "acme", "bolt"}, {"", "ann@bolt", "bolt", "acme"}} {
			v := w.signedIn(who.host, who.user)
			for range 3 {
				all.Go(func() {
					for i := range 12 {
						page := []string{"/companies", "/contacts", "/opportunities", "/tasks"}[i%4]
						status, body := (&visitor{w, who.host, v.cookie}).get(page)
						assert.Equal(w, http.StatusOK, status)
						assert.Contains(w, body, app.Canary(who.own))
						assert.NotContains(w, body, app.Canary(who.other))
					}
				})
			}
		}
		all.Wait()
	})
}
