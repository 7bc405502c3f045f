package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/sales/app"
)

var pages = []string{"/", "/companies", "/contacts", "/opportunities", "/tasks", "/quotas", "/reports", "/people", "/timers", "/settings", "/rates"}

// TestTwoCompanies: people of two companies work at the same time in one
// program on one database.
func TestTwoCompanies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, app.Options{})
	ann, bob := w.person("acme", "ann"), w.person("bolt", "bob")

	t.Run("A01 one process serves both at the same time", func(*testing.T) {
		w.only("acme", "bolt", ann, "acme", pages...)
		w.only("bolt", "acme", bob, "bolt", pages...)
		ann.Sees("Sales of Acme", "the rows of Acme and nobody else's")
		bob.Sees("Sales of Bolt")
		ann.Picture("sales-companies")
	})

	t.Run("D01 data, configuration, users, sessions and processes are apart", func(t *testing.T) {
		// Data: entered by one, seen by one.
		ann.Open(w.on("acme", "/tasks"))
		require.Equal(t, 200, ann.Fill("title", "Ring the bell only-acme").Fill("due", "2026-12-31").Press("Add"))
		ann.Sees("Ring the bell")
		bob.Open(w.on("bolt", "/tasks"))
		bob.SeesNot("Ring the bell")
		// Users.
		ann.Open(w.on("acme", "/people"))
		ann.Sees("max", "sue").SeesNot("bob")
		bob.Open(w.on("bolt", "/people"))
		bob.SeesNot("max", "sue")
		// Sessions: the cookie of the one on the host of the other.
		thief := w.browser.Person(t)
		thief.Open(w.on("bolt", "/static/app.css"))
		ann.Open(w.on("acme", "/"))
		cookie := ann.Cookies()["__Host-session"]
		require.NotNil(t, cookie)
		thief.Carry(w.on("bolt", "/"), cookie)
		for _, page := range pages {
			require.Equal(t, 403, thief.Open(w.on("bolt", page)), page)
			thief.SeesNot("only-")
		}
		// Processes: the runs of the one say nothing of the other's.
		bob.Open(w.on("bolt", "/timers"))
		require.Equal(t, 200, bob.PressIn("run-"+app.TimerReports, "Run now"))
		bob.Sees("has run for you")
	})

	t.Run("D02 visitors are in the tenant Users, which holds nothing", func(t *testing.T) {
		v := w.browser.Person(t)
		v.Open(w.on("", "/"))
		v.Sees("You have not signed in")
		require.Equal(t, 200, v.Press("Companies"))
		v.Sees("No companies.", "every list is empty").SeesNot("only-")
		require.Equal(t, 200, v.Press("Opportunities"))
		v.Sees("No opportunities.").SeesNot("only-", "A new opportunity")
		require.Equal(t, 404, v.Open(w.on("nobody", "/")))
		v.Open(w.on("acme", "/companies"))
		v.Sees("Sign in to Acme").SeesNot("only-")
	})

	t.Run("D07 the currency is each company's own, the retries are one for all", func(t *testing.T) {
		ann.Open(w.on("acme", "/settings"))
		require.Equal(t, 200, ann.Fill("currency", "USD").Press("Save"))
		ann.Open(w.on("acme", "/opportunities"))
		ann.Sees("Amount in USD")
		bob.Open(w.on("bolt", "/opportunities"))
		bob.Sees("Amount in CHF")
		ann.Open(w.on("acme", "/settings"))
		ann.Sees("wrong 5 times")

		operator := w.app.Extend(app.Operator(t.Context()))
		require.NoError(t, app.Retries.Set(operator, 2, "too many guesses"))
		for host, p := range map[string]*browsertest.Person{"acme": ann, "bolt": bob} {
			p.Open(w.on(host, "/settings"))
		}
		ann.Sees("wrong 2 times")
		bob.Sees("wrong 2 times")
		require.Error(t, app.Retries.Set(w.app.Extend(w.inside("acme")), 50, "for us"), "no tenant changes it")

		guesser := w.browser.Person(t)
		guesser.Open(w.on("acme", "/sign-in"))
		for range 2 {
			require.Equal(t, 422, guesser.Fill("user", "sue").Fill("password", "a guess").PressIn("sign-in", "Sign in"))
			guesser.Sees("Name or password is wrong.")
		}
		require.Equal(t, 422, guesser.Fill("user", "sue").Fill("password", app.DemoPassword).PressIn("sign-in", "Sign in"))
		guesser.Sees("wrong too often")
	})

	t.Run("D08 D19 timers run for each company, with its rows", func(t *testing.T) {
		_, _, err := w.app.SignUp(t.Context(), app.SignUp{Company: "Crate", UserName: "cleo", Email: "cleo@crate.example", Password: app.DemoPassword})
		require.NoError(t, err)
		before := map[string]string{}
		for host, p := range map[string]*browsertest.Person{"acme": ann, "bolt": bob} {
			p.Open(w.on(host, "/timers"))
			before[host] = p.Text()
		}
		cleo := w.person("crate", "cleo")
		require.Equal(t, 200, cleo.Press("Timers"))
		cleo.Sees("never", "everybody together")
		require.Equal(t, 200, cleo.PressIn("run-"+app.TimerSamples, "Run now"))
		cleo.Sees(app.TimerSamples+" has run for you.", "done")
		cleo.Open(w.on("crate", "/companies"))
		cleo.Sees("only-crate").SeesNot("only-acme", "only-bolt")
		cleo.Open(w.on("crate", "/timers"))
		require.Equal(t, 200, cleo.PressIn("run-"+app.TimerReports, "Run now"))
		cleo.Open(w.on("crate", "/reports"))
		cleo.Sees("negotiation", "37500.00 EUR")
		cleo.Picture("sales-reports")
		for host, p := range map[string]*browsertest.Person{"acme": ann, "bolt": bob} {
			p.Open(w.on(host, "/timers"))
			require.Equal(t, before[host], p.Text(), "nothing has run for the others")
			p.Open(w.on(host, "/companies"))
			p.SeesNot("only-crate")
		}
	})

	t.Run("D18 what has no flag is everybody's", func(t *testing.T) {
		for host, p := range map[string]*browsertest.Person{"acme": ann, "bolt": bob, "": w.browser.Person(t)} {
			p.Open(w.on(host, "/rates"))
			text := p.Text()
			for _, shared := range []string{"CZK", "24.9000", "Switzerland"} {
				require.Contains(t, text, shared)
			}
		}
	})
}

// Test_D11_EqualNames: there is an ann in both companies, and one page to sign
// in.
func Test_D11_EqualNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, app.Options{})
	for _, c := range []struct{ name, user, company, where, other string }{
		{"D09 ann@acme is one person of the installation", "ann@acme", "", "Acme", "only-bolt"},
		{"D09 ann@bolt is another", "ann@bolt", "", "Bolt", "only-acme"},
		{"D11 the name with the tenant acme in a field", "ann", "acme", "Acme", "only-bolt"},
		{"D11 the name with the tenant bolt in a field", "ann", "bolt", "Bolt", "only-acme"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := w.browser.Person(t)
			p.Open(w.on("", "/sign-in"))
			require.Equal(t, 200, p.Fill("user", c.user).Fill("company", c.company).Fill("password", app.DemoPassword).Enter("password"))
			p.Sees("ann of "+c.where, "Sales of "+c.where)
			// D03: the session is bound to the tenant that the name led to.
			p.Open(w.on("", "/companies"))
			p.SeesNot(c.other)
			require.Equal(t, 200, p.Press("Sign out"))
			p.Sees("You have not signed in")
		})
	}
	t.Run("D03 the tenant follows from the name alone, where it is one person's", func(t *testing.T) {
		p := w.browser.Person(t)
		p.Open(w.on("", "/sign-in"))
		require.Equal(t, 200, p.Fill("user", "bob").Fill("password", app.DemoPassword).PressIn("sign-in", "Sign in"))
		p.Sees("bob of Bolt")
		p.Open(w.on("", "/companies"))
		p.Sees("only-bolt").SeesNot("only-acme")

		// Signed in again as somebody of the other, nothing of the first is left.
		p.Open(w.on("", "/sign-in"))
		require.Equal(t, 200, p.Fill("user", "sue@acme").Fill("password", app.DemoPassword).PressIn("sign-in", "Sign in"))
		p.Sees("sue of Acme")
		p.Open(w.on("", "/companies"))
		p.Sees("only-acme").SeesNot("only-bolt")
	})
	t.Run("names that lead to nobody, or to two", func(t *testing.T) {
		p := w.browser.Person(t)
		p.Open(w.on("", "/sign-in"))
		for _, try := range [][2]string{{"ann", ""}, {"sue", "bolt"}, {"sue@bolt", ""}, {"ann@nobody", ""}, {"ann@acme", "bolt"}, {"nobody", "acme"}} {
			require.Equal(t, 422, p.Fill("user", try[0]).Fill("company", try[1]).Fill("password", app.DemoPassword).PressIn("sign-in", "Sign in"), try)
			p.Sees("Name or password is wrong.").SeesNot("only-")
		}
	})
}
