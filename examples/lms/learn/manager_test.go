package learn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
)

// A manager's site administration.
func TestAdministration(t *testing.T) {
	t.Parallel()
	w := start(t, app.Options{})
	b := browsertest.Start(t)
	nora := b.Person(t)
	w.signIn(nora, "north", "nora")

	t.Run("B16 a site sets its own theme, language and front page, and nothing of the system", func(t *testing.T) {
		require.Equal(t, 200, nora.Press("Administration"))
		nora.SeesNot("system.notice", "blogs.enabled")
		nora.Fill("value", "North, renamed") // the first form: the name
		require.Equal(t, 200, nora.PressIn("form-site.name", "Save"))
		nora.Sees("Saved.", "North, renamed")
		nora.Picture("lms-administration")

		cookie := "__Host-session=" + nora.Cookies()["__Host-session"].Value
		save := func(key, value string) int {
			return w.ask("north.localhost", "/administration", form("key", key, "value", value), "Cookie", cookie).status
		}
		require.Equal(t, 303, save("theme.colour", "plum"))
		require.Equal(t, 303, save("site.language", "de"))
		require.Equal(t, 303, save("front.text", "Ours.\n\nNew."))
		require.Equal(t, 422, save("theme.colour", "url(evil)"))
		require.Equal(t, 403, save("system.notice", "mine"))
		require.Equal(t, 403, save("blogs.enabled", "true"))
		require.Equal(t, 400, save("tenancy:enabled", "true"))

		visitor := b.Person(t)
		visitor.Open(w.at("north", "/"))
		visitor.Sees("Ours.", "New.", "Anmelden").SeesNot("departments")
		visitor.Open(w.at("north", "/theme.css"))
		visitor.Sees("#7a2a86")
		visitor.Open(w.at("harbour", "/"))
		visitor.Sees("Entrar").SeesNot("Ours.", "mine")
	})
	t.Run("B14 a front page that follows the record is not the site's to change", func(t *testing.T) {
		rec, _, err := w.app.Tenants.ByID(t.Context(), "south")
		require.NoError(t, err)
		require.NoError(t, w.app.HoldFront(app.Operator(w.app.Extend(t.Context())), *rec))
		cookie := w.session("south", "sam")
		require.Equal(t, 403, w.ask("south.localhost", "/administration", form("key", "front.text", "value", "Meins"), "Cookie", cookie).status)
		require.Contains(t, w.ask("south.localhost", "/administration", nil, "Cookie", cookie).body, "held by the installation")
		require.Contains(t, w.ask("south.localhost", "/", nil).body, "Weiterbildung")
		require.NoError(t, w.app.ReleaseFront(app.Operator(w.app.Extend(t.Context())), "south"))
		require.Equal(t, 303, w.ask("south.localhost", "/administration", form("key", "front.text", "value", "Meins"), "Cookie", cookie).status)
		require.Contains(t, w.ask("south.localhost", "/", nil).body, "Meins")
	})
	t.Run("B16 roles and overrides work in the site's own contexts, for its own people", func(t *testing.T) {
		mira := w.account("north", "mira")
		require.Equal(t, 200, nora.Open(w.at("north", "/roles/course/painting")))
		require.Contains(t, nora.Source(), mira)
		require.NotContains(t, nora.Source(), w.account("south", "sue"), "candidates are the site's")
		nora.Fill("account", mira).Fill("role", app.RoleTeacher)
		require.Equal(t, 200, nora.PressIn("assign", "Give"))
		nora.Sees("mira", "teacher")

		cookie := w.session("north", "mira")
		require.Equal(t, 200, w.ask("north.localhost", "/modules/n-oil", nil, "Cookie", cookie).status)
		boss := "__Host-session=" + nora.Cookies()["__Host-session"].Value
		change := func(path string, fields ...string) int {
			return w.ask("north.localhost", path, form(fields...), "Cookie", boss).status
		}
		require.Equal(t, 303, change("/roles/course/painting", "do", "override", "role", app.RoleTeacher, "capability", app.CourseView, "permission", "prohibit"))
		require.Equal(t, 403, w.ask("north.localhost", "/modules/n-oil", nil, "Cookie", cookie).status)
		require.Equal(t, 303, change("/roles/course/painting", "do", "override", "role", app.RoleTeacher, "capability", app.CourseView, "permission", "inherit"))
		require.Equal(t, 422, change("/roles/course/painting", "do", "assign", "role", app.RoleTeacher, "account", w.account("south", "sue")))
		require.Equal(t, 404, change("/roles/course/welding", "do", "assign", "role", app.RoleTeacher, "account", mira))
		require.Equal(t, 404, change("/roles/system/1", "do", "assign", "role", app.RoleTeacher, "account", mira))
		require.Equal(t, 403, w.ask("north.localhost", "/roles/course/anatomy", form("do", "assign", "role", app.RoleTeacher, "account", mira), "Cookie", w.session("north", "ned")).status)
	})
	t.Run("a dean manages the own department and not the other", func(t *testing.T) {
		cookie := w.session("north", "arthur")
		add := func(category string) int {
			return w.ask("north.localhost", "/categories/"+category+"/courses", form("title", "Drawing"), "Cookie", cookie).status
		}
		require.Equal(t, 303, add("arts"))
		require.Equal(t, 403, add("medicine"))
		require.Equal(t, 403, add(app.TopCategory))
		require.Equal(t, 404, add("office"))
		require.Equal(t, 403, w.ask("north.localhost", "/administration", nil, "Cookie", cookie).status)
	})
	t.Run("a locked category refuses changes until it is unlocked", func(t *testing.T) {
		require.Equal(t, 200, nora.Open(w.at("north", "/categories/arts")))
		require.Equal(t, 200, nora.PressIn("lock", "Sperren")) // the site speaks German by now
		require.NotContains(t, nora.Source(), `id="add"`)
		boss := "__Host-session=" + nora.Cookies()["__Host-session"].Value
		add := func() int {
			return w.ask("north.localhost", "/categories/arts/courses", form("title", "Late"), "Cookie", boss).status
		}
		require.Equal(t, 403, add())
		nora.SeesNot("Late")
		require.Equal(t, 403, w.ask("north.localhost", "/courses/painting/grades", form("account", w.account("north", "ned"), "module", "n-oil", "points", "5"), "Cookie", boss).status, "what is in it is locked too")
		require.Equal(t, 200, nora.PressIn("lock", "Entsperren"))
		require.Equal(t, 303, add())
	})
}

// Grades: a teacher gives them, a student sees the own ones.
func TestGrades(t *testing.T) {
	t.Parallel()
	w := start(t, app.Options{})
	b := browsertest.Start(t)
	till, ned, alex := b.Person(t), b.Person(t), b.Person(t)
	w.signIn(till, "north", "till")
	require.Equal(t, 200, till.Open(w.at("north", "/courses/algebra")))
	till.Fill("account", w.account("north", "ned")).Fill("module", "intro").Fill("points", "73")
	require.Equal(t, 200, till.PressIn("grade", "Give"))
	till.Sees("73")
	w.signIn(ned, "north", "ned")
	ned.Open(w.at("north", "/courses/algebra"))
	ned.Sees("73")
	require.NotContains(t, ned.Source(), `id="grade"`)
	w.signIn(alex, "north", "alex")
	alex.Open(w.at("north", "/courses/algebra"))
	alex.SeesNot("73")
	cookie := "__Host-session=" + till.Cookies()["__Host-session"].Value
	for _, c := range [][2]string{{w.account("south", "sue"), "intro"}, {w.account("north", "ned"), "n-oil"}} {
		require.Equal(t, 422, w.ask("north.localhost", "/courses/algebra/grades", form("account", c[0], "module", c[1], "points", "1"), "Cookie", cookie).status)
	}
	require.Equal(t, 403, w.ask("north.localhost", "/courses/anatomy/grades", form("account", w.account("north", "ned"), "module", "n-bones", "points", "1"), "Cookie", cookie).status)
}

// Reports: whose row it is stands in the row, and stays there when the course
// and the person that it names are gone.
func TestReports(t *testing.T) {
	t.Parallel()
	w := start(t, app.Options{})
	b := browsertest.Start(t)
	ned, sue := b.Person(t), b.Person(t)
	w.signIn(ned, "north", "ned")
	ned.Open(w.at("north", "/courses/painting"))
	w.signIn(sue, "south", "sue")
	sue.Open(w.at("south", "/courses/welding"))
	t.Run("B15 a site's log is its own and outlives what it names", func(t *testing.T) {
		north := w.in("north")
		require.NoError(t, w.app.People.Remove(north, w.account("north", "ned"), "left"))
		for _, statement := range []string{`DELETE FROM tags WHERE course_id = 'painting'`, `DELETE FROM enrolments WHERE course_id = 'painting'`,
			`DELETE FROM modules WHERE course_id = 'painting'`, `DELETE FROM courses WHERE id = 'painting'`} {
			_, err := w.app.DB.ExecContext(north, statement)
			require.NoError(t, err)
		}
		nora, sam := b.Person(t), b.Person(t)
		w.signIn(nora, "north", "nora")
		require.Equal(t, 200, nora.Press("Reports"))
		nora.Sees("course viewed", "painting", "(somebody who has left)").SeesNot("welding", w.account("south", "sue"))
		nora.Picture("lms-reports")
		w.signIn(sam, "south", "sam")
		require.Equal(t, 200, sam.Press("Berichte"))
		sam.Sees("welding", "sue").SeesNot("painting")
		require.Equal(t, 403, sue.Open(w.at("south", "/reports")))
	})
}

// Blogs know nothing of sites' places, so sites have none until the installation
// says so; where they have, the entries are the site's.
func TestBlogs(t *testing.T) {
	t.Parallel()
	w := start(t, app.Options{})
	b := browsertest.Start(t)
	t.Run("B23 blogs are off for a site until the installation switches them on", func(t *testing.T) {
		ned, sue := b.Person(t), b.Person(t)
		w.signIn(ned, "north", "ned")
		require.Equal(t, 200, ned.Press("Blog"))
		ned.Fill("title", "A day in the north").Fill("body", app.Canary("north"))
		require.Equal(t, 200, ned.Press("Save"))
		ned.Sees("A day in the north", "ned")

		w.signIn(sue, "south", "sue")
		sue.SeesNot("Blog")
		require.Equal(t, 404, sue.Open(w.at("south", "/blog")))
		require.Equal(t, 404, w.ask("south.localhost", "/blog", form("title", "x"), "Cookie", "__Host-session="+sue.Cookies()["__Host-session"].Value).status)

		require.NoError(t, app.Blogs.Set(w.in("south"), true, "a test"))
		require.Equal(t, 200, sue.Open(w.at("south", "/blog")))
		sue.SeesNot("A day in the north", app.Canary("north"))
		require.Equal(t, 401, w.ask("south.localhost", "/blog", form("title", "x")).status)
	})
}

// account is the id of a user of a site.
func (w *world) account(site tenant.ID, name string) string {
	w.Helper()
	a, err := w.app.AccountOf(w.in(site), name)
	require.NoError(w, err)
	return a.ID
}
