package people_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/examples/lms/lmstest"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// usersOf returns the names of a site's users, as the directory has them.
func usersOf(t *testing.T, w *lmstest.World, site tenant.ID) (names []string) {
	t.Helper()
	page, err := w.App.People.Users(w.In(site), "", member.Query{Limit: member.MaxPage})
	require.NoError(t, err)
	for _, a := range page.Accounts {
		state := ""
		if !a.Active() {
			state = " suspended"
		}
		names = append(names, a.UserName+state)
	}
	return names
}

// The customer's manager manages the site's own people, and nobody else's.
func TestManager(t *testing.T) {
	t.Parallel()
	w := lmstest.Start(t, app.Options{})
	b := browsertest.Start(t)
	nora := b.Person(t)
	w.SignIn(nora, "north", "nora")

	t.Run("C04 a site's users are its members and its associated users", func(t *testing.T) {
		require.Equal(t, 200, nora.Press("People"))
		nora.Sees("6 members", "tess", "associated", "gina (works for several sites)").
			SeesNot(append(lmstest.Foreign("north"), "root", "stan", w.Account("south", "alex"))...)
		require.Contains(t, strings.Join(strings.Fields(nora.Text()), " "), "tess tess@example.com associated active")
		require.Contains(t, strings.Join(strings.Fields(nora.Text()), " "), "ned ned@example.com member active")
		nora.Picture("lms-people")
		phone := b.Person(t).Phone()
		w.SignIn(phone, "north", "nora")
		phone.Open(w.At("north", "/people"))
		phone.Picture("lms-people-phone")
		phone.Close()
	})
	t.Run("C05 members are managed by the site, by clicking", func(t *testing.T) {
		nora.Open(w.At("north", "/people"))
		nora.Fill("name", "pia").Fill("email", "pia@example.com").Fill("password", "a word of hers")
		require.Equal(t, 200, nora.Enter("password"))
		nora.Sees("pia is a member now", "7 members")
		require.NotEmpty(t, w.EnterWith("north", "pia", "a word of hers"))
		require.Empty(t, w.EnterWith("south", "pia", "a word of hers"))

		pia := b.Person(t)
		w.SignInWith(pia, "north", "pia", "a word of hers")
		require.Equal(t, 403, pia.Open(w.At("north", "/people")), "a member does not manage")
		pia.SeesNot("ned")

		require.Equal(t, 200, nora.Press("pia"))
		require.Equal(t, 200, nora.Fill("name", "pia-maria").Press("Rename"))
		nora.Sees("Renamed", "pia-maria")
		require.Equal(t, 200, nora.Fill("reason", "a test").Press("Suspend"))
		nora.Sees("suspended")
		pia.Open(w.At("north", "/"))
		pia.SeesNot(`id="who"`) // the session has ended
		require.Empty(t, w.EnterWith("north", "pia-maria", "a word of hers"))
		require.Equal(t, 200, nora.Press("Resume"))
		require.NotEmpty(t, w.EnterWith("north", "pia-maria", "a word of hers"))
		require.Equal(t, 200, nora.Press("Remove the account"))
		nora.Sees("The account is gone").SeesNot("pia-maria")
	})
	t.Run("C05 accounts of no site are not the site's to change", func(t *testing.T) {
		cookie := lmstest.Session(nora)
		for _, name := range []string{"tess", "gina"} {
			id := w.Account("", name)
			nora.Open(w.At("north", "/people/"+id))
			nora.Sees(name).SeesNot("Suspend", "Rename", "Remove")
			for _, do := range []string{"rename", "suspend", "resume", "remove", "manage", "demote"} {
				a := w.Ask("north", "/people/"+id+"/"+do, cookie, lmstest.Form("name", "taken-over"))
				require.Equal(t, 404, a.Status, "%s %s: %s", do, name, a.Body)
			}
			require.NotEmpty(t, w.Enter("www", name), "as it was")
		}
		require.Equal(t, 404, w.Ask("north", "/accounts", cookie, lmstest.Form("name", "mine", "password", "long enough")).Status)
	})
	t.Run("B25 another customer's people do not exist here", func(t *testing.T) {
		cookie := lmstest.Session(nora)
		before := usersOf(t, w, "south")
		for _, name := range []string{"sue", "sam", "alex"} {
			id := w.Account("south", name)
			a := w.Ask("north", "/people/"+id, cookie, nil)
			require.Equal(t, 404, a.Status)
			require.NotContains(t, a.Body, name)
			require.Equal(t, w.Ask("north", "/people/none-at-all", cookie, nil).Body, a.Body, "an unknown account looks the same")
			for _, do := range []string{"rename", "suspend", "resume", "remove", "manage", "demote"} {
				require.Equal(t, 404, w.Ask("north", "/people/"+id+"/"+do, cookie, lmstest.Form("name", "taken-over")).Status, do)
			}
		}
		for _, search := range []string{"sue", "example.com", "%", "south"} {
			a := w.Ask("north", "/people?"+url.Values{"search": {search}}.Encode(), cookie, nil)
			for _, text := range lmstest.Foreign("north") {
				require.NotContains(t, a.Body, text)
			}
			require.NotContains(t, a.Body, w.Account("south", "sue"))
		}
		require.Equal(t, before, usersOf(t, w, "south"))
	})
}

// B19 and B26: what the form of a site's user names is, and how many members it
// may have, the main site says; the site's own pages hold to it.
func Test_B19_UserNamePattern(t *testing.T) {
	t.Parallel()
	w := lmstest.Start(t, app.Options{})
	b := browsertest.Start(t)
	root, hana := b.Person(t), b.Person(t)
	w.SignIn(root, "www", "root")
	require.Equal(t, 200, root.Press("All sites"))
	require.Equal(t, 200, root.Press("Harbour Partners"))
	require.Equal(t, 200, root.Fill("limit", "4").Fill("pattern", "hb_.*").Press("Save"))
	root.Sees("Saved.")

	w.SignIn(hana, "harbour", "hana")
	hana.Open(w.At("harbour", "/people"))
	hana.Sees("2 members of 4", "hb_.*")
	add := func(name string) string {
		hana.Fill("name", name).Fill("email", name+"@example.com").Fill("password", "long enough")
		require.Equal(t, 200, hana.PressIn("new", "Add"))
		return hana.Text()
	}
	require.Contains(t, add("xavi"), "does not have the form that this site asks for")
	require.Contains(t, add("hb_xavi"), "hb_xavi is a member now")
	require.Equal(t, 200, hana.Press("hb_xavi"))
	hana.Fill("name", "xavi")
	hana.Press("Rename")
	hana.Sees("does not have the form")
	visitor := w.Ask("harbour", "/register", "", lmstest.Form("name", "zoe", "password", "long enough"))
	require.Equal(t, 422, visitor.Status)
	require.Contains(t, w.Ask("harbour", "/register", "", nil).Body, "hb_.*")
	require.Equal(t, 303, w.Ask("north", "/register", "", lmstest.Form("name", "zoe", "password", "long enough")).Status, "another site has no such form")

	t.Run("B26 a full site takes nobody", func(t *testing.T) {
		hana.Open(w.At("harbour", "/people"))
		require.Contains(t, add("hb_yann"), "4 members of 4")
		require.Contains(t, add("hb_zoe"), "this site has its 4 members")
		require.Equal(t, 422, w.Ask("harbour", "/register", "", lmstest.Form("name", "hb_zoe", "password", "long enough")).Status)
		require.NotContains(t, usersOf(t, w, "harbour"), "hb_zoe")
		require.Empty(t, w.EnterWith("harbour", "hb_zoe", "long enough"))
	})
	t.Run("the site itself does not say so", func(t *testing.T) {
		cookie := lmstest.Session(hana)
		for _, host := range []string{"harbour", "www"} {
			a := w.Ask(host, "/platform/harbour/record", cookie, lmstest.Form("limit", "100", "pattern", ""))
			require.Contains(t, []int{403, 404}, a.Status, host)
		}
		_, limit, err := w.App.People.Usage(w.In("harbour"), "")
		require.NoError(t, err)
		require.Equal(t, 4, limit)
	})
}
