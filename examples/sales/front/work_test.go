package front_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// saved sends a form that has to be accepted.
func (v *visitor) saved(path string, pairs ...string) {
	v.w.Helper()
	status, body := v.post(path, pairs...)
	require.Equal(v.w, http.StatusSeeOther, status, body)
}

// TestDay: what a company's people do in a day, on both engines.
func TestDay(t *testing.T) {
	each(t, func(w *world) {
		ann := w.signedIn("acme", "ann")
		page := func(path string) string {
			status, body := ann.get(path)
			require.Equal(w, http.StatusOK, status, path)
			return body
		}
		ann.saved("/companies", "name", "Mill <& Sons>", "city", "Linz", "country", "AT")
		all := w.numbers("acme", "companies")
		mill := "/companies/" + number(all[len(all)-1])
		require.Contains(w, page(mill), "Mill &lt;&amp; Sons&gt;")
		ann.saved(mill, "name", "Mill", "city", "Wels", "country", "CZ")
		require.Contains(w, page(mill), "ann: name: Mill &lt;&amp; Sons&gt; → Mill; city: Linz → Wels; country: AT → CZ")
		ann.saved(mill, "name", "Mill", "city", "Wels", "country", "CZ")
		require.Equal(w, 2, strings.Count(page(mill), "<li>20"), "nothing was changed, so nothing is in the history")
		status, body := ann.post("/companies", "name", "Mill", "city", "Wels", "country", "XX")
		require.Equal(w, http.StatusUnprocessableEntity, status)
		require.Contains(w, body, "There is a company of that name.")
		require.Contains(w, body, "Choose one of the list.")

		ann.saved("/contacts", "name", "Mia", "email", "mia@mill.example", "company", number(all[len(all)-1]))
		contacts := w.numbers("acme", "contacts")
		mia := number(contacts[len(contacts)-1])
		require.Contains(w, page("/contacts?q=MILL.ex"), "Mia")
		require.NotContains(w, page("/contacts?q=nobody"), "Mia")
		ann.saved("/contacts/"+mia, "name", "Mia Stone", "company", number(all[len(all)-1]))

		ann.saved("/opportunities", "title", "Millstones", "stage", "won", "closes", "2026-05-20", "amount", "1250.50", "company", number(all[len(all)-1]), "contact", mia)
		require.Contains(w, page("/opportunities?stage=won&q=mill"), "1250.50 EUR")
		require.NotContains(w, page("/opportunities?stage=lost&q=mill"), "Millstones")
		require.Contains(w, page("/companies?q=mill"), `class="number">0<`, "it is won, so not open")
		status, body = ann.post("/opportunities", "title", "", "stage", "x", "closes", "soon", "amount", "-1", "company", "")
		require.Equal(w, http.StatusUnprocessableEntity, status)
		require.Equal(w, 5, strings.Count(body, `class="wrong"`), body)

		// A quota of the second quarter counts what closed in it, in the currency of
		// the company.
		var annID string
		require.NoError(w, w.app.DB.GetContext(w.inside("acme"), &annID, `SELECT account FROM people WHERE name = 'ann'`))
		ann.saved("/quotas", "account", annID, "quarter", "2026-Q2", "amount", "1000")
		require.Contains(w, page("/quotas?q=2026-Q2"), "1250.50 EUR")
		ann.saved("/settings", "currency", "USD")
		require.Contains(w, page("/quotas?q=2026-Q2"), "1350.54 USD")
		ann.saved("/quotas", "account", annID, "quarter", "2026-Q2", "amount", "")
		require.NotContains(w, page("/quotas?q=2026-Q2"), "USD</td>")

		ann.saved("/timers", "timer", app.TimerReports)
		require.Contains(w, page("/reports"), "<td>won</td><td class=\"number\">2</td>")
		require.Contains(w, page("/timers"), "done")
		ann.saved("/timers", "timer", "no.such")

		ann.saved("/tasks", "title", "Call Mia", "due", "2026-06-01", "company", number(all[len(all)-1]))
		tasks := w.numbers("acme", "tasks")
		last := "/tasks/" + number(tasks[len(tasks)-1])
		ann.saved(last, "title", "Ring Mia", "due", "2026-06-02")
		ann.saved(last + "/done")
		require.Contains(w, page("/tasks?q=ring"), "<td>done</td>")
		ann.saved(last + "/delete")

		ann.saved(mill + "/delete")
		require.Contains(w, page(mill), "delete them first")
		deals := w.numbers("acme", "opportunities")
		ann.saved("/opportunities/" + number(deals[len(deals)-1]) + "/delete")
		ann.saved(mill + "/delete")
		status, _ = ann.get(mill)
		require.Equal(w, http.StatusNotFound, status)
		require.Contains(w, page("/contacts?q=stone"), "Mia Stone", "she stays, without the company")
		ann.saved("/contacts/" + mia + "/delete")
	})
}

// TestRoles: what a seller may not, a sales manager may, and who administers
// the company.
func TestRoles(t *testing.T) {
	each(t, func(w *world) {
		sue, max, ann := w.signedIn("acme", "sue"), w.signedIn("acme", "max"), w.signedIn("acme", "ann")
		for _, c := range []struct {
			path            string
			sue, max, admin int
		}{{"/companies", 200, 200, 200}, {"/quotas", 200, 200, 200}, {"/reports", 403, 200, 200}, {"/people", 403, 403, 200}, {"/settings", 403, 403, 200}} {
			for _, p := range []struct {
				v    *visitor
				want int
			}{{sue, c.sue}, {max, c.max}, {ann, c.admin}} {
				status, _ := p.v.get(c.path)
				require.Equal(w, p.want, status, c.path)
			}
		}
		before := w.rows("acme")
		deal, company := number(w.numbers("acme", "opportunities")[0]), number(w.numbers("acme", "companies")[0])
		for path, form := range map[string][]string{
			"/quotas": {"account", "x", "quarter", "2026-Q1", "amount", "1"}, "/opportunities/" + deal + "/delete": {},
			"/companies/" + company + "/delete": {}, "/settings": {"currency", "USD"}, "/timers": {"timer", app.TimerSamples},
			"/people": {"user", "eve", "email", "eve@example.com", "password", "long enough", "role", "manager"},
		} {
			status, body := sue.post(path, form...)
			require.Equal(w, http.StatusForbidden, status, path)
			require.Contains(w, body, "You may not do this.")
		}
		require.Equal(w, before, w.rows("acme"))
		max.saved("/opportunities/" + deal + "/delete")

		// A role that is given counts with the next request; nobody gives more than
		// the roles below, and nobody acts on their own account.
		var sueID, annID string
		require.NoError(w, w.app.DB.GetContext(w.inside("acme"), &sueID, `SELECT account FROM people WHERE name = 'sue'`))
		require.NoError(w, w.app.DB.GetContext(w.inside("acme"), &annID, `SELECT account FROM people WHERE name = 'ann'`))
		ann.saved("/people/"+sueID, "do", "role", "role", "manager")
		status, _ := sue.get("/reports")
		require.Equal(w, http.StatusOK, status)
		status, _ = ann.post("/people/"+sueID, "do", "role", "role", "administrator")
		require.Equal(w, http.StatusNotFound, status)
		ann.saved("/people/"+annID, "do", "suspend")
		status, _ = ann.get("/people")
		require.Equal(w, http.StatusOK, status)
		by := w.app.Extend(tenant.WithActor(w.inside("acme"), tenant.Actor{ID: annID, Tenant: "acme"}))
		node, err := w.app.Node(by)
		require.NoError(w, err)
		require.ErrorIs(w, w.app.Manager.Assign(by, node.ID, rbac.Assignment{Role: w.app.Roles.Administrator, User: sueID}), rbac.ErrDenied)
	})
}

// TestPictures: PNG and JPEG of a bounded size, served as what they are.
func TestPictures(t *testing.T) {
	each(t, func(w *world) {
		ann, bob := w.signedIn("acme", "ann"), w.signedIn("bolt", "bob")
		company := "/companies/" + number(w.numbers("acme", "companies")[0])
		var asPNG, asJPEG bytes.Buffer
		require.NoError(w, png.Encode(&asPNG, image.NewGray(image.Rect(0, 0, 20, 10))))
		require.NoError(w, jpeg.Encode(&asJPEG, image.NewGray(image.Rect(0, 0, 20, 10)), nil))
		var wide bytes.Buffer
		require.NoError(w, png.Encode(&wide, image.NewGray(image.Rect(0, 0, 5000, 1))))
		for _, c := range []struct {
			data   []byte
			status int
			kind   string
		}{
			{asPNG.Bytes(), http.StatusSeeOther, "image/png"}, {asJPEG.Bytes(), http.StatusSeeOther, "image/jpeg"},
			{[]byte("<svg onload=alert(1)>"), http.StatusUnprocessableEntity, ""}, {[]byte("<html>"), http.StatusUnprocessableEntity, ""},
			{append(asPNG.Bytes(), make([]byte, 256<<10)...), http.StatusUnprocessableEntity, ""}, {nil, http.StatusUnprocessableEntity, ""}, {wide.Bytes(), http.StatusUnprocessableEntity, ""},
			{make([]byte, 2<<20), http.StatusUnprocessableEntity, ""},
		} {
			status, body := ann.upload(company+"/picture", c.data)
			require.Equal(w, c.status, status, body)
			if c.kind == "" {
				require.Contains(w, body, "A PNG or JPEG of at most 256 KiB.")
				continue
			}
			status, body, h := ann.do(http.MethodGet, company+"/picture", nil)
			require.Equal(w, http.StatusOK, status)
			require.Equal(w, string(c.data), body)
			require.Equal(w, c.kind, h.Get("Content-Type"))
			require.Equal(w, "nosniff", h.Get("X-Content-Type-Options"))
			require.Equal(w, "default-src 'none'; sandbox", h.Get("Content-Security-Policy"))
			require.Equal(w, "no-store", h.Get("Cache-Control"))
		}
		status, _ := bob.get(company + "/picture")
		require.Equal(w, http.StatusNotFound, status)
		status, _ = bob.upload(company+"/picture", asPNG.Bytes())
		require.Equal(w, http.StatusNotFound, status)
		status, body := ann.get(company + "/picture")
		require.Equal(w, http.StatusOK, status)
		require.Equal(w, asJPEG.String(), body)
	})
}

func (v *visitor) upload(path string, data []byte) (int, string) {
	v.w.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("picture", "picture.png")
	require.NoError(v.w, err)
	_, err = part.Write(data)
	require.NoError(v.w, err)
	require.NoError(v.w, form.Close())
	status, text, _ := v.send(http.MethodPost, path, form.FormDataContentType(), &body)
	return status, text
}

// Test_D10_Switch: an account of no tenant works in those that it manages, one
// at a time, by an explicit switch; no member does.
func Test_D10_Switch(t *testing.T) {
	each(t, func(w *world) {
		global := tenant.Global(w.Context())
		gina, err := w.app.People.AddGlobal(global, member.NewAccount{ID: app.NewAccountID(), UserName: "gina", Email: "gina@example.com"})
		require.NoError(w, err)
		require.NoError(w, w.app.Passwords.Set(global, w.app.DB, gina.ID, app.DemoPassword))
		for _, id := range []tenant.ID{"acme", "bolt"} {
			require.NoError(w, w.app.People.AddManager(global, id, gina.ID, "looks after both"))
		}
		require.NoError(w, w.app.CatchUp(w.Context()))

		v := w.visitor("")
		v.saved("/sign-in", "user", "gina", "company", "acme", "password", app.DemoPassword)
		before := v.cookie
		_, body := v.get("/companies")
		require.Contains(w, body, app.Canary("acme"))
		require.NotContains(w, body, app.Canary("bolt"))
		v.saved("/switch", "to", "bolt")
		_, body = v.get("/companies")
		require.Contains(w, body, app.Canary("bolt"))
		require.NotContains(w, body, app.Canary("acme"))
		status, body := (&visitor{w, "", before}).get("/companies")
		require.Equal(w, http.StatusOK, status)
		require.Contains(w, body, "No companies.", "the session before is a visitor's")

		for _, to := range []string{string(app.UsersTenant), "nobody", "BOLT!", ""} {
			status, _ := v.post("/switch", "to", to)
			require.Equal(w, http.StatusForbidden, status, to)
		}
		there := w.visitor("acme")
		there.saved("/sign-in", "user", "gina", "password", app.DemoPassword)
		status, _ = there.post("/switch", "to", "bolt")
		require.Equal(w, http.StatusForbidden, status, "on a tenant's own host there is that tenant")
		_, body = there.get("/companies")
		require.Contains(w, body, app.Canary("acme"))

		ann := w.signedIn("", "ann@acme")
		status, _ = ann.post("/switch", "to", "bolt")
		require.Equal(w, http.StatusForbidden, status)
		status, _ = ann.get("/switch")
		require.Equal(w, http.StatusForbidden, status)
		_, body = ann.get("/companies")
		require.NotContains(w, body, app.Canary("bolt"))
	})
}
