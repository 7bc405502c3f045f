package people_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/internal/storetest"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/examples/lms/lmstest"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// automatic is who is in a site's automatic cohort, by its page.
func automatic(t *testing.T, w *lmstest.World, manager *browsertest.Person, site tenant.ID) (names []string) {
	t.Helper()
	id, found, err := w.App.People.AutomaticCohort(w.In(site), "")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, 200, manager.Open(w.At(string(site), "/cohorts/"+id)))
	for _, m := range regexp.MustCompile(`(?s)<ul id="in">(.*?)</ul>`).FindAllStringSubmatch(manager.Source(), 1) {
		for _, li := range regexp.MustCompile(`<li>(\S+)`).FindAllStringSubmatch(m[1], -1) {
			names = append(names, li[1])
		}
	}
	return names
}

// Cohorts: one that follows the site's people, shared ones that make associated
// users, and the site's own.
func TestCohorts(t *testing.T) {
	t.Parallel()
	cohorts(t, lmstest.Start(t, app.Options{}))
}

// The same on PostgreSQL, and registration there.
func TestOnPostgres(t *testing.T) {
	t.Parallel()
	t.Run("cohorts", func(t *testing.T) { cohorts(t, lmstest.Start(t, app.Options{DSN: storetest.Postgres(t)})) })
	t.Run("registration", func(t *testing.T) { registration(t, lmstest.Start(t, app.Options{DSN: storetest.Postgres(t)})) })
}

func cohorts(t *testing.T, w *lmstest.World) {
	b := browsertest.Start(t)
	nora, sam, root := b.Person(t), b.Person(t), b.Person(t)
	w.SignIn(nora, "north", "nora")
	w.SignIn(sam, "south", "sam")
	w.SignIn(root, "www", "root")
	shared := func(name string) string {
		list, err := w.App.People.Cohorts(w.Central(), "")
		require.NoError(t, err)
		for _, k := range list {
			if k.Name == name {
				return k.ID
			}
		}
		t.Fatalf("no cohort %s", name)
		return ""
	}
	owner := func(path string, fields ...string) {
		t.Helper()
		a := w.Ask("www", path, lmstest.Session(root), lmstest.Form(fields...))
		require.Equal(t, 303, a.Status, a.Body)
	}
	same := func(want ...string) {
		t.Helper()
		got := automatic(t, w, nora, "north")
		require.Equal(t, want, got)
		var users []string
		for _, u := range usersOf(t, w, "north") {
			users = append(users, strings.TrimSuffix(u, " suspended"))
		}
		require.Equal(t, users, got, "the cohort is what the site's users are")
	}

	t.Run("C10 the automatic cohort follows every change, in both directions", func(t *testing.T) {
		same("alex", "arthur", "mira", "ned", "nora", "tess", "till")
		nora.Sees("Exactly the members and associated users").SeesNot("Take out", lmstest.Foreign("north")[0])
		nora.Picture("lms-cohort")
		require.Equal(t, 303, w.Ask("north", "/register", "", lmstest.Form("name", "bea", "password", "long enough")).Status)
		same("alex", "arthur", "bea", "mira", "ned", "nora", "tess", "till")
		owner("/shared-cohorts/"+shared("Trainers")+"/add", "account", w.Account("", "gina"))
		same("alex", "arthur", "bea", "gina", "mira", "ned", "nora", "tess", "till")
		cookie := lmstest.Session(nora)
		require.Equal(t, 303, w.Ask("north", "/people/"+w.Account("north", "bea")+"/remove", cookie, lmstest.Form("x", "")).Status)
		same("alex", "arthur", "gina", "mira", "ned", "nora", "tess", "till")
		owner("/shared-cohorts/"+shared("Trainers")+"/remove", "account", w.Account("", "gina"))
		same("alex", "arthur", "mira", "ned", "nora", "tess", "till")

		id, _, err := w.App.People.AutomaticCohort(w.In("north"), "")
		require.NoError(t, err)
		for _, do := range []string{"add", "remove"} {
			a := w.Ask("north", "/cohorts/"+id+"/"+do, cookie, lmstest.Form("account", w.Account("north", "ned")))
			require.Equal(t, 303, a.Status, "by hand nothing is changed")
		}
		require.Equal(t, 303, w.Ask("north", "/cohorts/"+id+"/delete", cookie, lmstest.Form("x", "")).Status)
		same("alex", "arthur", "mira", "ned", "nora", "tess", "till")
	})
	t.Run("C13 several sites share one associated cohort", func(t *testing.T) {
		root.Open(w.At("www", "/shared-cohorts"))
		root.Sees("North University", "Südwerk Training", "Harbour Partners", "Trainers", "tess")
		root.Picture("lms-shared-cohorts")
		require.Contains(t, automatic(t, w, nora, "north"), "tess")
		require.Contains(t, automatic(t, w, sam, "south"), "tess")
		owner("/accounts", "name", "theo", "email", "theo@example.com", "password", "long enough")
		require.Empty(t, w.EnterWith("north", "theo", "long enough"))
		owner("/shared-cohorts/"+shared("Trainers")+"/add", "account", w.Account("", "theo"))
		require.Contains(t, automatic(t, w, nora, "north"), "theo")
		require.Contains(t, automatic(t, w, sam, "south"), "theo")
		require.NotEmpty(t, w.EnterWith("north", "theo", "long enough"))
		require.NotEmpty(t, w.EnterWith("south", "theo", "long enough"))
		require.Empty(t, w.EnterWith("harbour", "theo", "long enough"))
	})
	t.Run("C06 an associated user is seen on several sites and has no right from it", func(t *testing.T) {
		for _, host := range []string{"north", "south"} {
			theo := b.Person(t)
			w.SignInWith(theo, host, "theo", "long enough")
			theo.Sees("theo")
			require.Equal(t, 200, theo.Open(w.At(host, "/courses/algebra")), "what everybody sees of a course")
			theo.SeesNot("canary")
			for _, path := range []string{"/modules/intro", "/people", "/cohorts", "/enrolments/algebra", "/administration", "/reports"} {
				require.Equal(t, 403, theo.Open(w.At(host, path)), "%s%s", host, path)
				theo.SeesNot("canary", "ned", "sue")
			}
		}
		nora.Open(w.At("north", "/enrolments/algebra"))
		nora.Sees("theo")
		nora.FillIn("enrol", "account", w.Account("", "theo"))
		require.Equal(t, 200, nora.PressIn("enrol", "Enrol"))
		theo := w.EnterWith("north", "theo", "long enough")
		require.Equal(t, 200, w.Ask("north", "/modules/intro", theo, nil).Status, "enrolled, it reads the course")
		require.Equal(t, 403, w.Ask("south", "/modules/intro", w.EnterWith("south", "theo", "long enough"), nil).Status, "and not its namesake on the other site")
	})
	t.Run("C11 the associated cohort of a site is chosen, changed and ended", func(t *testing.T) {
		owner("/shared-cohorts/"+shared("Trainers")+"/connect", "site", "south", "do", "end")
		require.NotContains(t, automatic(t, w, sam, "south"), "tess")
		require.Empty(t, w.Enter("south", "tess"))
		require.NotEmpty(t, w.Enter("north", "tess"), "the other site still uses it")
		owner("/shared-cohorts/"+shared("Staff")+"/connect", "site", "south")
		require.Contains(t, automatic(t, w, sam, "south"), "stan")
		require.NotEmpty(t, w.Enter("south", "stan"))
		a := w.Ask("www", "/shared-cohorts/"+shared("Staff")+"/connect", lmstest.Session(root), lmstest.Form("site", "nowhere"))
		require.Equal(t, 404, a.Status)
	})
	t.Run("a site's own cohorts hold its own people, and others' do not exist", func(t *testing.T) {
		nora.Open(w.At("north", "/cohorts"))
		require.Equal(t, 200, nora.Fill("name", "First year").Enter("name"))
		require.Equal(t, 200, nora.Press("First year"))
		for _, name := range []string{"sue", "silas", "root", "gina", "stan"} {
			require.NotContains(t, nora.Source(), ">"+name+"<", "who can be chosen")
		}
		nora.Fill("account", w.Account("north", "ned"))
		require.Equal(t, 200, nora.Press("Add"))
		nora.Sees("Added.", "ned")
		own := cohortOf(t, w, "north", "First year")

		foreign, err := w.App.People.CreateCohort(w.In("south"), "", "Canary of the south")
		require.NoError(t, err)
		cookie := lmstest.Session(nora)
		for _, id := range []string{w.Account("south", "sue"), w.Account("", "root"), "nobody"} {
			require.Equal(t, 404, w.Ask("north", "/cohorts/"+own+"/add", cookie, lmstest.Form("account", id)).Status)
		}
		automaticSouth, _, err := w.App.People.AutomaticCohort(w.In("south"), "")
		require.NoError(t, err)
		for _, id := range []string{foreign.ID, automaticSouth, shared("Trainers"), "nothing"} {
			require.Equal(t, 404, w.Ask("north", "/cohorts/"+id, cookie, nil).Status)
			require.NotContains(t, w.Ask("north", "/cohorts/"+id, cookie, nil).Body, "Canary")
			for _, do := range []string{"add", "remove", "delete"} {
				require.Equal(t, 404, w.Ask("north", "/cohorts/"+id+"/"+do, cookie, lmstest.Form("account", w.Account("north", "ned"))).Status, do)
			}
		}
		require.Equal(t, foreign.ID, cohortOf(t, w, "south", "Canary of the south"))
	})
}

func cohortOf(t *testing.T, w *lmstest.World, site tenant.ID, name string) string {
	t.Helper()
	list, err := w.App.People.Cohorts(w.In(site), "")
	require.NoError(t, err)
	at := slices.IndexFunc(list, func(k member.Cohort) bool { return k.Name == name })
	require.GreaterOrEqual(t, at, 0)
	return list[at].ID
}

// C12: who can be enrolled, and who can be given a role, are the site's users.
func Test_C12_Candidates(t *testing.T) {
	t.Parallel()
	w := lmstest.Start(t, app.Options{})
	b := browsertest.Start(t)
	till := b.Person(t)
	w.SignIn(till, "north", "till")
	require.Equal(t, 200, till.Press("Enrolments"))
	till.Sees("Algebra of the North").SeesNot("Painting", "Algebra im Süden") // he teaches one course
	require.Equal(t, 200, till.Press("Algebra of the North"))
	till.Picture("lms-enrolment")
	require.NoError(t, w.App.People.Suspend(w.In("north"), w.Account("north", "arthur"), "a test"))
	till.Open(w.At("north", "/enrolments/algebra"))

	var offered [2][]string
	for i, form := range []string{"enrol", "role"} {
		part := regexp.MustCompile(`(?s)id="` + form + `".*?</form>`).FindString(till.Source())
		list := regexp.MustCompile(`(?s)name="account".*?</select>`).FindString(part)
		for _, option := range regexp.MustCompile(`<option value="([^"]*)">([^<]*)`).FindAllStringSubmatch(list, -1) {
			offered[i] = append(offered[i], option[2])
		}
	}
	require.Equal(t, []string{"alex", "mira", "ned", "nora", "tess", "till"}, offered[0], "members and associated users that are not suspended")
	require.Equal(t, offered[0], offered[1])

	till.FillIn("enrol", "account", w.Account("north", "mira"))
	require.Equal(t, 200, till.PressIn("enrol", "Enrol"))
	till.Sees("Enrolled.", "mira")
	require.Equal(t, 200, w.Ask("north", "/modules/intro", w.Enter("north", "mira"), nil).Status)

	// What a form sends is not believed.
	cookie := lmstest.Session(till)
	student, teacher := form(w, app.RoleStudent), form(w, app.RoleTeacher)
	outside := []string{w.Account("south", "sue"), w.Account("south", "alex"), w.Account("", "root"), w.Account("", "gina"), w.Account("", "stan"), w.Account("north", "arthur"), "nobody", ""}
	for _, account := range outside {
		require.Contains(t, []int{404, 422}, w.Ask("north", "/enrolments/algebra", cookie, lmstest.Form("account", account)).Status, account)
		for _, role := range []string{student, teacher} {
			a := w.Ask("north", "/enrolments/algebra/role", cookie, lmstest.Form("account", account, "role", role))
			require.NotContains(t, []int{200, 303}, a.Status, account)
		}
	}
	ned := w.Enter("north", "ned") // who is in the course, and puts nobody into it
	require.Equal(t, 403, w.Ask("north", "/enrolments/algebra", ned, nil).Status)
	require.Equal(t, 403, w.Ask("north", "/enrolments/algebra", ned, lmstest.Form("account", w.Account("north", "nora"))).Status)
	require.Equal(t, 404, w.Ask("north", "/enrolments/welding", cookie, nil).Status, "another site's course")
	require.Equal(t, 404, w.Ask("north", "/enrolments/welding", cookie, lmstest.Form("account", w.Account("north", "ned"))).Status)
	require.Equal(t, 403, w.Ask("north", "/enrolments/painting", cookie, lmstest.Form("account", w.Account("north", "mira"))).Status, "another teacher's")
	require.Equal(t, 403, w.Ask("north", "/enrolments/algebra/role", cookie, lmstest.Form("account", w.Account("north", "ned"), "role", form(w, app.RoleSiteManager))).Status, "more than his own")

	// The course of that id on the other site has heard of nothing.
	var rows []string
	require.NoError(t, w.App.DB.SelectContext(w.In("south"), &rows, `SELECT account FROM enrolments WHERE course_id = 'algebra'`))
	require.ElementsMatch(t, []string{w.Account("south", "silas"), w.Account("south", "sue"), w.Account("south", "alex")}, rows)
	require.NoError(t, w.App.DB.SelectContext(w.In("north"), &rows, `SELECT account FROM enrolments WHERE course_id = 'algebra'`))
	for _, account := range outside {
		require.NotContains(t, rows, account)
	}
}

// form is a role's number, as forms have it.
func form(w *lmstest.World, role string) string {
	return strconv.FormatInt(int64(w.App.Role[role]), 10)
}
