package people_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/examples/lms/lmstest"
	"github.com/gotenancy/tenancy/examples/lms/people"
)

// A10: who signs in where, and that a session is of the site it began on.
func Test_A10_ForeignSite(t *testing.T) {
	t.Parallel()
	w := lmstest.Start(t, app.Options{})
	b := browsertest.Start(t)

	for who, in := range map[string][]string{ // the hosts on which the account is known
		"nora":   {"north"},                 // a member, who manages
		"sue":    {"south"},                 // a member
		"gina":   {"north", "south", "www"}, // of no site, manages two
		"tess":   {"north", "south", "www"}, // of no site, associated with two
		"stan":   {"harbour", "www"},        // staff, whom one site knows
		"root":   {"www"},                   // the administrator has a path of its own
		"nobody": nil,
	} {
		for _, host := range []string{"north", "south", "harbour", "www"} {
			require.Equal(t, slices.Contains(in, host), w.Enter(host, who) != "", "%s on %s", who, host)
		}
	}

	t.Run("A10 sign-in on the own site, and not on another", func(t *testing.T) {
		sue := b.Person(t)
		require.Equal(t, 200, w.SignIn(sue, "north", "sue"))
		sue.Sees("The user name or the password is wrong.").SeesNot(`id="who"`)
		sue.Open(w.At("north", "/people"))
		sue.SeesNot("nora")
		w.SignIn(sue, "south", "sue")
		sue.Sees("sue")
		root := b.Person(t)
		w.SignIn(root, "www", "root")
		root.Sees("root", "All sites")
	})
	t.Run("A10 a session is worth nothing on another site", func(t *testing.T) {
		nora := b.Person(t)
		require.Equal(t, 200, w.SignIn(nora, "north", "nora"))
		cookie := nora.Cookies()[lmstest.SessionCookie]
		require.NotNil(t, cookie)
		thief := b.Person(t)
		for _, host := range []string{"south", "harbour", "www", "studio.south", "studio"} {
			thief.Carry(w.At(host, "/"), cookie)
			require.Contains(t, []int{401, 403}, thief.Open(w.At(host, "/")), host)
			thief.SeesNot("nora", app.Canary("north"), app.Canary("south"), app.Canary("harbour"))
			for _, path := range []string{"/people", "/courses/algebra", "/platform", "/sites"} {
				a := w.Ask(host, path, lmstest.Session(nora), nil)
				require.Contains(t, []int{401, 403}, a.Status, "%s%s", host, path)
				require.NotContains(t, a.Body, "canary")
				require.NotContains(t, a.Body, "nora")
			}
		}
		require.Equal(t, 200, nora.Open(w.At("north", "/people")), "and stays what it was")

		// One of the main site names no site's people either.
		gina := w.Enter("www", "gina")
		require.NotEmpty(t, gina)
		for _, host := range []string{"north", "south", "harbour", "studio.north"} {
			a := w.Ask(host, "/people", gina, nil)
			require.Equal(t, 401, a.Status, host)
			require.NotContains(t, a.Body, "gina")
		}
	})
}

// A14: the same person on two sites has two accounts that know nothing of one
// another.
func Test_A14_RegistrationOnTwoSites(t *testing.T) {
	t.Parallel()
	registration(t, lmstest.Start(t, app.Options{}))
}

func registration(t *testing.T, w *lmstest.World) {
	b := browsertest.Start(t)
	register := func(host, name, password string) *browsertest.Person {
		t.Helper()
		p := b.Person(t)
		require.Equal(t, 200, p.Open(w.At(host, "/register")))
		p.Fill("name", name).Fill("email", "kim@example.com").Fill("password", password)
		p.PressIn("register", "Register")
		return p
	}
	north := register("north", "kim", "a northern word")
	north.Sees("You are registered").SeesNot("south", "South", "Südwerk")
	south := register("south", "kim", "a southern word")
	require.Equal(t, 200, south.Status(), "name and address are free here")
	south.Sees("You are registered").SeesNot("North", "north")
	require.NotEqual(t, w.Account("north", "kim"), w.Account("south", "kim"))

	again := register("north", "KIM", "another word")
	require.Equal(t, 422, again.Status())
	again.Sees("somebody has that user name").SeesNot("south")

	for _, c := range []struct {
		host, password string
		in             bool
	}{
		{"north", "a northern word", true}, {"south", "a southern word", true},
		{"north", "a southern word", false}, {"south", "a northern word", false}, {"harbour", "a northern word", false},
	} {
		require.Equal(t, c.in, w.EnterWith(c.host, "kim", c.password) != "", "%s with %q", c.host, c.password)
	}

	// What happens to one of them does not happen to the other.
	kim := b.Person(t)
	w.SignInWith(kim, "south", "kim", "a southern word")
	require.NoError(t, w.App.People.Suspend(w.In("north"), w.Account("north", "kim"), "a test"))
	require.Empty(t, w.EnterWith("north", "kim", "a northern word"))
	kim.Open(w.At("south", "/"))
	kim.Sees("kim")

	// The other way to have several sites: one account that they share.
	require.NotEmpty(t, w.Enter("north", "tess"))
	require.NotEmpty(t, w.Enter("south", "tess"))
	require.Equal(t, w.Account("north", "tess"), w.Account("south", "tess"))
}

// mails waits until so many mails have been sent, and returns them.
func mails(t *testing.T, o *people.Outbox, n int) []people.Mail {
	t.Helper()
	for {
		all, next := o.Sent()
		if len(all) >= n {
			return all
		}
		select {
		case <-next:
		case <-time.After(time.Minute):
			t.Fatalf("%d mails, not %d", len(all), n)
		}
	}
}

var link = regexp.MustCompile(`(\S+) \(since [^)]*\): (http://\S+)`)

// B20: an address is not unique, and a mail asks which account is meant.
func Test_B20_ResetAsksWhichAccount(t *testing.T) {
	t.Parallel()
	w := lmstest.Start(t, app.Options{})
	b := browsertest.Start(t)
	for _, c := range []struct{ site, name string }{{"north", "kim"}, {"north", "kim2"}, {"south", "kim"}} {
		a := w.Ask(c.site, "/register", "", lmstest.Form("name", c.name, "email", "kim@example.com", "password", "the first word"))
		require.Equal(t, 303, a.Status, a.Body)
	}
	signedIn := func(host, name, password string) bool { return w.EnterWith(host, name, password) != "" }
	kim2 := b.Person(t)
	w.SignInWith(kim2, "north", "kim2", "the first word")
	kim2.Sees("kim2")

	visitor := b.Person(t)
	ask := func(host, address string) string {
		visitor.Open(w.At(host, "/reset"))
		require.Equal(t, 200, visitor.Fill("email", address).Enter("email"))
		return visitor.Text()
	}
	unknown := ask("north", "nobody@example.com")
	require.Equal(t, unknown, ask("north", "kim@example.com"), "the page says the same, whoever has the address")
	mail := mails(t, w.Outbox, 1)[0]
	require.Equal(t, "kim@example.com", mail.To)
	require.Contains(t, mail.Text, "Which account do you mean?")
	require.NotContains(t, mail.Text, "south")
	links := link.FindAllStringSubmatch(mail.Text, -1)
	require.Len(t, links, 2)
	require.Equal(t, []string{"kim", "kim2"}, []string{links[0][1], links[1][1]})

	owner := b.Person(t)
	owner.Open(strings.Replace(links[1][2], "north.", "south.", 1))
	require.Equal(t, 404, owner.Fill("password", "the other word").Enter("password"), "a link is good on its site only")
	require.Equal(t, 200, owner.Open(links[1][2]))
	require.Equal(t, 200, owner.Fill("password", "the other word").Enter("password"))
	owner.Sees("Sign in with your new password")
	owner.Open(links[1][2])
	require.Equal(t, 404, owner.Fill("password", "the third word").Enter("password"), "a link is good once")
	owner.Open(links[0][2])
	require.Equal(t, 404, owner.Fill("password", "the third word").Enter("password"), "and with it the others of the mail")

	kim2.Open(w.At("north", "/"))
	kim2.SeesNot(`id="who"`) // the sessions of the account have ended
	require.True(t, signedIn("north", "kim2", "the other word"))
	require.False(t, signedIn("north", "kim2", "the first word"))
	require.True(t, signedIn("north", "kim", "the first word"), "the account of the same address that was not meant")
	require.True(t, signedIn("south", "kim", "the first word"), "nor the one on the other site")

	// An account of no site may be reset on a site that knows it.
	ask("south", "tess@example.com")
	all := mails(t, w.Outbox, 2)
	require.Len(t, all, 2)
	require.NotContains(t, all[1].Text, "Which")
	one := link.FindStringSubmatch(all[1].Text)
	require.NotNil(t, one)
	owner.Open(one[2])
	require.Equal(t, 200, owner.Fill("password", "the other word").Enter("password"))
	require.True(t, signedIn("north", "tess", "the other word"), "it is one account")
	require.False(t, signedIn("www", "tess", app.DemoPassword))
	require.Len(t, mails(t, w.Outbox, 2), 2, "nobody has got another mail")
}
