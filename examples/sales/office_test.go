package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/internal/storetest"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/examples/sales/office"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// officePages are those of the back office that show something.
var officePages = []string{"/tenants", "/tenants/acme", "/users", "/settings?tenant=acme", "/roles?tenant=acme", "/audit", "/crossings", "/tables", "/administrators"}

// openOffice starts the back office beside the front office, on its own port,
// and returns how to write the address of a page.
func openOffice(w *world) func(path string) string {
	w.Helper()
	o, err := office.New(w.Context(), w.app)
	require.NoError(w, err)
	w.Cleanup(func() { require.NoError(w, o.Close()) })
	server := httptest.NewServer(o)
	w.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	require.NoError(w, err)
	return func(path string) string { return "http://" + office.Host + ":" + at.Port() + path }
}

// platform is the administrator of the platform, who has signed in.
func platform(w *world, at func(string) string) *browsertest.Person {
	w.Helper()
	p := w.browser.Person(w)
	p.Open(at("/"))
	p.Sees("For administrators of the platform")
	require.Equal(w, http.StatusOK, p.Fill("user", app.Platform).Fill("password", app.DemoPassword).Enter("password"))
	p.Sees("Tenants", "Acme", "Bolt")
	return p
}

func TestBackOffice(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); backOffice(t, app.Options{}) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); backOffice(t, app.Options{DSN: storetest.Postgres(t)}) })
}

func backOffice(t *testing.T, o app.Options) {
	w := newWorld(t, o)
	at := openOffice(w)
	olga := platform(w, at)

	t.Run("D14 a tenant is made, with its administrator, and is there", func(t *testing.T) {
		olga.Open(at("/tenants"))
		olga.Fill("name", "Corner").Fill("code", "corner").Fill("limit", "1").Fill("user", "cat").Fill("reason", "order 17")
		require.Equal(t, http.StatusOK, olga.PressIn("new", "Create"))
		password := told(t, olga.Text())
		cat := w.browser.Person(t)
		cat.Open(w.on("corner", "/sign-in"))
		require.Equal(t, http.StatusOK, cat.Fill("user", "cat").Fill("password", password).PressIn("sign-in", "Sign in"))
		cat.Sees("cat of ").SeesNot(app.Canary("acme"), app.Canary("bolt"))

		t.Run("B26 the limit that the office has set holds in the front office", func(t *testing.T) {
			cat.Open(w.on("corner", "/people"))
			fillIn(cat, "new", "user", "second", "email", "second@corner.example", "password", app.DemoPassword)
			require.NotEqual(t, http.StatusOK, cat.PressIn("new", "Add"))
			cat.Sees("as many users as it may")
			olga.Open(at("/tenants/corner"))
			olga.Sees("1 users of at most 1")
			olga.Open(at("/tenants/corner"))
			require.Equal(t, http.StatusOK, fillIn(olga, "record", "limit", "2", "reason", "larger contract").PressIn("record", "Save"))
			cat.Open(w.on("corner", "/people"))
			fillIn(cat, "new", "user", "second", "email", "second@corner.example", "password", app.DemoPassword)
			require.Equal(t, http.StatusOK, cat.PressIn("new", "Add"))
		})
	})

	t.Run("D14 users of all tenants, by a crossing that says why, and one is assigned", func(t *testing.T) {
		olga.Open(at("/users"))
		olga.Sees("This page crosses all tenants", "ann of acme", "ann of bolt", "bob of bolt")
		olga.Picture("office-users")
		require.Equal(t, http.StatusOK, olga.Press("max of acme"))
		olga.Sees("Belongs to acme", "Opened table: people")
		require.Equal(t, http.StatusOK, fillIn(olga, "tenant", "to", "bolt", "reason", "changes sides").PressIn("tenant", "Assign"))
		olga.Sees("max belongs to Bolt now", "Belongs to bolt")
		require.Equal(t, http.StatusOK, fillIn(olga, "password", "reason", "moved").PressIn("password", "Give a new password"))
		password := told(t, olga.Text())
		max := w.browser.Person(t)
		max.Open(w.on("bolt", "/sign-in"))
		require.Equal(t, http.StatusOK, max.Fill("user", "max").Fill("password", password).PressIn("sign-in", "Sign in"))
		max.SeesNot(app.Canary("acme"))
		olga.Open(at("/audit?tenant=bolt"))
		olga.Sees("member.added", "changes sides", app.Platform)
		olga.Picture("office-audit")
	})

	t.Run("a tenant is suspended and resumed, for every request at once", func(t *testing.T) {
		bob := w.person("bolt", "bob")
		olga.Open(at("/tenants/bolt"))
		require.Equal(t, http.StatusOK, fillIn(olga, "state", "reason", "unpaid").PressIn("state", "Suspend"))
		olga.Sees("suspended")
		require.Equal(t, http.StatusServiceUnavailable, bob.Open(w.on("bolt", "/companies")))
		bob.SeesNot(app.Canary("bolt"))
		require.Equal(t, http.StatusOK, fillIn(olga, "state", "reason", "paid").PressIn("state", "Resume"))
		require.Equal(t, http.StatusOK, bob.Open(w.on("bolt", "/companies")))
		bob.Sees(app.Canary("bolt"))
	})

	t.Run("D16 the tenant Users is not renamed", func(t *testing.T) {
		olga.Open(at("/tenants/users"))
		olga.Sees("belongs to the installation")
		require.Equal(t, http.StatusOK, fillIn(olga, "record", "name", "People", "reason", "nicer").PressIn("record", "Save"))
		olga.Sees("Nothing was changed")
		olga.Picture("office-users-tenant")
		record, _, err := w.app.Tenants.ByID(t.Context(), app.UsersTenant)
		require.NoError(t, err)
		require.Equal(t, "Users", record.Name)
	})

	t.Run("a setting is changed, and the tenant has it", func(t *testing.T) {
		olga.Open(at("/settings?tenant=acme"))
		require.Equal(t, http.StatusOK, fillIn(olga, "currency.default", "value", "GBP", "reason", "they moved").PressIn("currency.default", "Save"))
		olga.Sees("GBP, from the layer tenant", "No value is set; it would be sealed")
		olga.Picture("office-settings")
		require.Equal(t, "GBP", app.Currency.Get(w.app.Extend(w.inside("acme"))))
	})

	t.Run("a right is explained", func(t *testing.T) {
		olga.Open(at("/roles?tenant=acme"))
		account, err := w.app.People.Members(tenant.Global(t.Context()), "acme", member.Query{Search: "sue"})
		require.NoError(t, err)
		olga.Fill("user", account.Accounts[0].ID).Fill("capability", app.MaySettings)
		require.Equal(t, http.StatusOK, olga.PressIn("ask", "Explain"))
		olga.Sees("No: sue may not settings:edit", "Seller", "What would help")
		olga.Picture("office-roles")
	})

	t.Run("D17 the tables that are opened are named and marked, and no other shows", func(t *testing.T) {
		olga.Open(at("/tables"))
		olga.Sees("Opened table: people", "Opened table: reports", "(whose)", "exposed")
		olga.Picture("office-tables")
		for _, page := range officePages {
			require.Equal(t, http.StatusOK, olga.Open(at(page)), page)
			olga.SeesNot(app.Canary("acme"), app.Canary("bolt"))
		}
	})

	phone := olga.Phone()
	for _, page := range []string{"/tenants", "/settings?tenant=acme"} {
		phone.Open(at(page))
		require.LessOrEqual(t, phone.Width(), 390, page)
	}
	phone.Open(at("/tenants"))
	phone.Picture("office-phone")
}

// TestBackOfficeIsClosed: who is not an administrator of the platform has nothing
// of the office, and the front office has nothing of it either.
func TestBackOfficeIsClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, app.Options{})
	at := openOffice(w)
	outside := func(p *browsertest.Person) {
		t.Helper()
		for _, page := range officePages {
			p.Open(at(page))
			require.Equal(t, at("/sign-in"), p.Address(), page)
			p.SeesNot("Acme", "Bolt", app.Canary("acme"), app.Canary("bolt"))
		}
	}
	outside(w.browser.Person(t))

	ann := w.person("acme", "ann")
	cookie := ann.Cookies()["__Host-session"]
	require.NotNil(t, cookie)
	outside(ann)
	t.Run("A15 a tenant's administrator does not enter, by whatever name", func(t *testing.T) {
		for _, name := range []string{"ann", "ann@acme", "bob@bolt"} {
			ann.Open(at("/sign-in"))
			require.Equal(t, http.StatusUnprocessableEntity, ann.Fill("user", name).Fill("password", app.DemoPassword).Press("Sign in"), name)
			ann.Sees("not the credentials of a platform administrator")
			outside(ann)
		}
		ann.Picture("office-refused")
	})
	t.Run("A15 nor by the cookie of the front office", func(*testing.T) {
		ann.Carry(at("/"), cookie)
		outside(ann)
		cookie.Name = "__Host-office"
		ann.Carry(at("/"), cookie)
		outside(ann)
	})

	t.Run("D15 an administrator of the platform is nobody in the front office", func(t *testing.T) {
		olga := platform(w, at)
		key := olga.Cookies()["__Host-office"]
		require.NotNil(t, key)
		require.True(t, key.HTTPOnly && key.Secure)
		for _, host := range []string{"acme", "bolt", "office", ""} {
			olga.Carry(w.on(host, "/"), key)
			key.Name = "__Host-session"
			olga.Carry(w.on(host, "/"), key)
			key.Name = "__Host-office"
			for _, page := range officePages {
				status := olga.Open(w.on(host, page))
				if !strings.HasPrefix(page, "/settings") { // the front office has one of its own
					require.Equal(t, http.StatusNotFound, status, w.on(host, page))
				}
				olga.SeesNot("Sales back office", "You see all customers", app.Canary("acme"), app.Canary("bolt"))
			}
		}
	})
}

// fillIn types into fields of one form: name, text, name, text.
func fillIn(p *browsertest.Person, within string, fields ...string) *browsertest.Person {
	for i := 0; i < len(fields); i += 2 {
		p.FillIn(within, fields[i], fields[i+1])
	}
	return p
}

// told is the password that the page tells once.
func told(t *testing.T, text string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, "signs in with ")
	require.True(t, found, text)
	password, _, _ := strings.Cut(rest, ",")
	return password
}
