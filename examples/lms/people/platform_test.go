package people_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/examples/lms/lmstest"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
	"github.com/gotenancy/tenancy/tenant/member"
)

// B25: the customer has its own users, front page and theme; the owner has
// central management and reports.
func Test_B25_CustomerAndOwner(t *testing.T) {
	t.Parallel()
	w := lmstest.Start(t, app.Options{})
	b := browsertest.Start(t)
	nora, root := b.Person(t), b.Person(t)
	w.SignIn(nora, "north", "nora")
	w.SignIn(root, "www", "root")

	// The customer.
	require.Equal(t, 200, nora.Press("People"))
	nora.Fill("name", "pia").Fill("email", "").Fill("password", "a word of hers")
	require.Equal(t, 200, nora.Enter("password"))
	cookie := lmstest.Session(nora)
	for key, value := range map[string]string{"theme.colour": "plum", "front.text": "Nora's own front page."} {
		require.Equal(t, 303, w.Ask("north", "/administration", cookie, lmstest.Form("key", key, "value", value)).Status)
	}
	visitor := b.Person(t)
	visitor.Open(w.At("north", "/"))
	visitor.Sees("Nora's own front page.")
	visitor.Open(w.At("north", "/theme.css"))
	visitor.Sees("#7a2a86")
	visitor.Open(w.At("south", "/"))
	visitor.SeesNot("Nora's own", "pia")
	visitor.Open(w.At("south", "/theme.css"))
	visitor.SeesNot("#7a2a86")
	for _, path := range []string{"/people", "/cohorts", "/enrolments", "/reports", "/sites"} {
		nora.Open(w.At("north", path))
		nora.SeesNot(lmstest.Foreign("north")...)
	}

	// The owner.
	require.Equal(t, 200, root.Press("All sites"))
	shown := strings.Join(strings.Fields(root.Text()), " ")
	require.Contains(t, shown, "North University north.localhost active 7 3")
	require.Contains(t, shown, "Südwerk Training south.localhost active 4 2")
	root.Picture("lms-platform")
	require.Equal(t, 200, root.Press("What happened on all sites"))
	root.Sees("north", "south", "harbour", "member.added")
	root.Open(w.At("www", "/accounts"))
	root.Sees("pia", "sue", "hugo", "gina")
	root.Open(w.At("www", "/platform/north"))
	require.Equal(t, 200, root.Press("Suspend the site"))
	require.Equal(t, 503, visitor.Open(w.At("north", "/")))
	require.Equal(t, 200, visitor.Open(w.At("south", "/")))
	require.Equal(t, 200, root.Press("Resume the site"))
	require.Equal(t, 200, visitor.Open(w.At("north", "/")))
}

// A15: who manages a site has nothing to do with the installation, and its staff
// nothing with the people of a site.
func Test_A15_ManagerIsNotStaff(t *testing.T) {
	t.Parallel()
	w := lmstest.Start(t, app.Options{})
	b := browsertest.Start(t)
	pages := []string{"/platform", "/platform/report", "/platform/north", "/accounts", "/shared-cohorts"}
	changes := map[string][]string{
		"/platform/north/record":   {"limit", "1", "pattern", ""},
		"/platform/north/status":   {"status", "suspended"},
		"/platform/north/managers": {"account", w.Account("", "stan")},
		"/accounts":                {"name", "mallory", "password", "long enough"},
		"/shared-cohorts":          {"name", "mine"},
	}

	// A site's manager, on the own site and with the own cookie on the main one.
	nora := w.Enter("north", "nora")
	for _, path := range pages {
		require.Equal(t, 404, w.Ask("north", path, nora, nil).Status, path)
		require.Equal(t, 403, w.Ask("www", path, nora, nil).Status, path)
	}
	// A manager of two sites on the main site: no member, and still no staff.
	gina := w.Enter("www", "gina")
	// Staff sees numbers and reports, and changes nothing.
	stan := b.Person(t)
	w.SignIn(stan, "www", "stan")
	require.Equal(t, 200, stan.Press("All sites"))
	stan.Sees("North University", "Südwerk Training").SeesNot("/platform/north", "/accounts")
	require.Equal(t, 200, stan.Press("What happened on all sites"))
	for who, cookie := range map[string]string{"gina": gina, "stan": lmstest.Session(stan), "nora": nora, "a visitor": ""} {
		for path, fields := range changes {
			a := w.Ask("www", path, cookie, lmstest.Form(fields...))
			require.Contains(t, []int{401, 403}, a.Status, "%s %s", who, path)
		}
		if who != "stan" {
			for _, path := range pages {
				a := w.Ask("www", path, cookie, nil)
				require.Contains(t, []int{401, 403}, a.Status, "%s %s", who, path)
				require.NotContains(t, a.Body, "Südwerk")
			}
		}
	}
	north, _, err := w.App.Tenants.ByID(t.Context(), "north")
	require.NoError(t, err)
	require.Equal(t, tenant.Active, north.Status)
	require.Zero(t, north.MaxUsers)

	// On the site that knows him, staff is an associated user with a role of the
	// installation, which has no say over people.
	own := b.Person(t)
	w.SignIn(own, "harbour", "stan")
	own.Sees("stan")
	for _, path := range []string{"/people", "/cohorts", "/administration", "/reports"} {
		require.Equal(t, 403, own.Open(w.At("harbour", path)), path)
		own.SeesNot("hugo")
	}
	require.Equal(t, 403, w.Ask("harbour", "/people", lmstest.Session(own), lmstest.Form("name", "mallory", "password", "long enough")).Status)
}

// A manager of several sites works on one at a time.
func TestSwitching(t *testing.T) {
	t.Parallel()
	w := lmstest.Start(t, app.Options{})
	b := browsertest.Start(t)
	gina := b.Person(t)
	w.SignIn(gina, "www", "gina")
	atMain := lmstest.Session(gina)

	t.Run("C08 a manager of several sites switches, and the old session is dead", func(t *testing.T) {
		require.Equal(t, 200, gina.Press("Your sites"))
		gina.Sees("North University", "Südwerk Training").SeesNot("Harbour")
		gina.Picture("lms-sites")
		require.Equal(t, 200, gina.Press("Work on North University"))
		gina.Sees("You are on North University now.", "Two departments")
		atNorth := lmstest.Session(gina)
		require.NotEqual(t, atMain, atNorth)
		require.Equal(t, 200, gina.Press("People"))
		gina.Sees("nora", "ned").SeesNot(lmstest.Foreign("north")...)

		require.Equal(t, 200, gina.Press("Sites"))
		require.Equal(t, 200, gina.Press("Work on Südwerk Training"))
		gina.Sees("Weiterbildung").SeesNot("Two departments")
		require.Equal(t, 200, gina.Press("People"))
		gina.Sees("sue", "silas").SeesNot(lmstest.Foreign("south")...)
		atSouth := lmstest.Session(gina)
		require.NotEqual(t, atNorth, atSouth)

		// Whoever has a copy of an old cookie is a visitor.
		for _, old := range []string{atMain, atNorth} {
			for _, host := range []string{"www", "north", "south"} {
				a := w.Ask(host, "/people", old, nil)
				require.Contains(t, []int{401, 404}, a.Status, host)
				require.NotContains(t, a.Body, "gina")
			}
			require.NotContains(t, w.Ask("www", "/", old, nil).Body, `id="who"`)
			require.NotContains(t, w.Ask("north", "/", old, nil).Body, `id="who"`)
		}
		require.Equal(t, 403, w.Ask("north", "/people", atSouth, nil).Status, "the new one is of south only")
		require.Equal(t, 200, w.Ask("south", "/people", atSouth, nil).Status)

		// In the log of the site, and for the owner.
		south := records(t, w, "south", member.SessionSwitched)
		require.Len(t, south, 1)
		require.Equal(t, w.Account("", "gina"), south[0].Object)
		require.Equal(t, "north", south[0].Detail["from"])
		require.Len(t, records(t, w, "north", member.SessionSwitched), 1)
		require.NotEmpty(t, south[0].Reason)

		require.Equal(t, 200, gina.Open(w.At("www", "/sites")))
		require.Equal(t, 200, gina.Press("Back to the main site"))
		gina.Sees("You are on the main site now.").SeesNot("Weiterbildung")
		require.NotContains(t, w.Ask("www", "/", atSouth, nil).Body, `id="who"`)
	})
	t.Run("C08 nobody switches to where they have no business", func(t *testing.T) {
		for _, c := range []struct{ host, who, to string }{
			{"www", "gina", "harbour"}, {"www", "gina", "nowhere"}, {"www", "root", "north"}, {"www", "tess", "harbour"},
			{"www", "stan", "south"}, {"north", "nora", "south"}, {"south", "sue", "north"}, {"north", "gina", "south"},
		} {
			cookie := w.Enter(c.host, c.who)
			require.NotEmpty(t, cookie, "%s on %s", c.who, c.host)
			a := w.Ask(c.host, "/switch", cookie, lmstest.Form("to", c.to))
			require.Equal(t, 403, a.Status, "%s to %s", c.who, c.to)
			require.NotContains(t, w.Ask(c.to, "/", cookie, nil).Body, `id="who"`)
			require.Contains(t, w.Ask(c.host, "/", cookie, nil).Body, `id="who"`, "and the session stays what it was")
		}
		require.Equal(t, 401, w.Ask("www", "/switch", "", lmstest.Form("to", "north")).Status)
	})
	t.Run("C08 nobody switches to a site that is switched off, or where there is no switching", func(t *testing.T) {
		require.NoError(t, w.App.Lifecycle.Suspend(w.Central(), "south", "a test"))
		cookie := w.Enter("www", "gina")
		a := w.Ask("www", "/switch", cookie, lmstest.Form("to", "south"))
		require.Equal(t, "/sites", a.Header.Get("Location"))
		page := w.Ask("www", "/sites", cookie, nil).Body
		require.Contains(t, page, "the site is suspended")
		require.NotContains(t, page, "Work on Südwerk")
		require.NoError(t, w.App.Lifecycle.Resume(w.Central(), "south", "a test"))

		apart := lmstest.Start(t, app.Options{Tenancy: tenant.TenancySeparate})
		cookie = apart.Enter("www", "gina")
		require.NotEmpty(t, cookie)
		require.Equal(t, 403, apart.Ask("www", "/switch", cookie, lmstest.Form("to", "north")).Status)
		require.Contains(t, apart.Ask("www", "/", cookie, nil).Body, `id="who"`)
	})
	t.Run("C07 the role comes with managing, on the tenant and its top category, and goes with it", func(t *testing.T) {
		root := b.Person(t)
		w.SignIn(root, "www", "root")
		root.Open(w.At("www", "/accounts"))
		root.Fill("name", "greta").Fill("email", "greta@example.com").Fill("password", "long enough")
		require.Equal(t, 200, root.Enter("password"))
		require.Empty(t, w.EnterWith("north", "greta", "long enough"))

		manage := func(path string) {
			t.Helper()
			root.Open(w.At("www", "/platform/north"))
			a := w.Ask("www", "/platform/north/"+path, lmstest.Session(root), lmstest.Form("account", w.Account("", "greta")))
			require.Equal(t, 303, a.Status, a.Body)
		}
		manage("managers")
		root.Open(w.At("www", "/platform/north"))
		root.Sees("greta (no site's account)")
		cookie := w.EnterWith("north", "greta", "long enough")
		require.NotEmpty(t, cookie)
		require.Equal(t, 200, w.Ask("north", "/people", cookie, nil).Status, "on the tenant's node")
		require.Equal(t, 303, w.Ask("north", "/categories/"+app.TopCategory+"/courses", cookie, lmstest.Form("title", "Greta's course")).Status, "at its top category")
		require.Equal(t, 303, w.Ask("north", "/categories/arts/courses", cookie, lmstest.Form("title", "Below it")).Status)
		require.Empty(t, w.EnterWith("south", "greta", "long enough"), "and nowhere else")

		manage("dismiss")
		require.Contains(t, []int{401, 403}, w.Ask("north", "/people", cookie, nil).Status)
		require.Contains(t, []int{401, 403}, w.Ask("north", "/categories/arts/courses", cookie, lmstest.Form("title", "Late")).Status)

		// A member who manages: by the site itself.
		nora := w.Enter("north", "nora")
		ned := w.Enter("north", "ned")
		require.Equal(t, 403, w.Ask("north", "/people", ned, nil).Status)
		require.Equal(t, 303, w.Ask("north", "/people/"+w.Account("north", "ned")+"/manage", nora, lmstest.Form("x", "")).Status)
		require.Equal(t, 200, w.Ask("north", "/people", ned, nil).Status, "at once")
		require.Equal(t, 303, w.Ask("north", "/people/"+w.Account("north", "ned")+"/demote", nora, lmstest.Form("x", "")).Status)
		require.Equal(t, 403, w.Ask("north", "/people", ned, nil).Status)
	})
}

// records returns the audit records of a site of one kind.
func records(t *testing.T, w *lmstest.World, site tenant.ID, kind string) (all []audit.Record) {
	t.Helper()
	for r, err := range w.App.Audit.Records(w.In(site), audit.Query{Kinds: []string{kind}}) {
		require.NoError(t, err)
		all = append(all, r)
	}
	return all
}
