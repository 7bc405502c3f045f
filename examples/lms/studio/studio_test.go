package studio_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/internal/storetest"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/examples/lms/lmstest"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
)

// at is the path of an object's page in the studio.
func at(t *testing.T, w *lmstest.World, site tenant.ID, level ctxtree.Level, id string) string {
	t.Helper()
	n, err := w.App.Node(w.In(site), level, id)
	require.NoError(t, err)
	return "/" + string(level) + "s/" + strconv.FormatInt(n.ID, 10)
}

// number is that of the object's node.
func number(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// content is every course and module of a site, as its rows have them.
func content(t *testing.T, w *lmstest.World, site tenant.ID) (all []string) {
	t.Helper()
	require.NoError(t, w.App.DB.SelectContext(w.In(site), &all, `SELECT id || '|' || title || '|' || summary FROM courses
		UNION ALL SELECT id || '|' || title || '|' || body FROM modules ORDER BY 1`))
	organisations, err := w.App.Organisations.List(w.In(site), "", 100)
	require.NoError(t, err)
	for _, o := range organisations {
		ids, err := w.App.Organisations.Objects(w.In(site), o.ShortName, "course", "", 100)
		require.NoError(t, err)
		all = append(all, o.ShortName+": "+strings.Join(ids, " "))
	}
	return all
}

// A12: the second application finds the site itself, by its own addresses.
func Test_A12_StudioFindsTheSite(t *testing.T) {
	t.Parallel()
	main(t, lmstest.Start(t, app.Options{}))
}

// The same on PostgreSQL.
func TestOnPostgres(t *testing.T) {
	t.Parallel()
	main(t, lmstest.Start(t, app.Options{DSN: storetest.Postgres(t)}))
}

// main is an author's way through the studio of one site.
func main(t *testing.T, w *lmstest.World) {
	b := browsertest.Start(t)
	till := b.Person(t)
	require.Equal(t, 401, till.Open(w.At("studio.north", "/")), "a visitor signs in")
	require.Equal(t, 200, till.Fill("user", "till").Fill("password", app.DemoPassword).Enter("password"))
	till.Sees("Studio of North University", "Algebra of the North", "Faculty of Science").SeesNot("Painting", "Algebra im Süden", "Schweißen", "Nudos")
	till.Picture("lms-studio")
	south := content(t, w, "south")

	require.Equal(t, 200, till.Press("Algebra of the North"))
	till.FillIn("course", "title", "Algebra, revised").FillIn("course", "summary", "By till.")
	require.Equal(t, 200, till.PressIn("course", "Save"))
	till.Sees("Saved.", "Algebra, revised")
	till.FillIn("module", "title", "Fields").FillIn("module", "body", "Division too.")
	require.Equal(t, 200, till.PressIn("module", "Add the module"))
	require.Equal(t, 200, till.Press("Fields"))
	till.Fill("body", "Division, too.")
	require.Equal(t, 200, till.Press("Save"))
	till.Sees("Saved.")

	// It is the table of the sites: north's readers see it, and the course of
	// that id in the south is as it was.
	ned := b.Person(t)
	w.SignIn(ned, "north", "ned")
	ned.Open(w.At("north", "/courses/algebra"))
	ned.Sees("Algebra, revised", "By till.", "Fields")
	require.Equal(t, south, content(t, w, "south"))

	// Another site's studio knows nobody from here, and none of it exists.
	for _, host := range []string{"studio.south", "studio.harbour", "studio"} {
		require.Empty(t, w.Enter(host, "till"), host)
		a := w.Ask(host, "/", lmstest.Session(till), nil)
		require.Contains(t, []int{401, 403}, a.Status, host)
		require.NotContains(t, a.Body, "till")
	}
	for _, host := range []string{"studio.nowhere", "studio.north.south", "studio.NORTH.x"} {
		require.Contains(t, []int{400, 404}, w.Ask(host, "/", "", nil).Status, host)
	}
	require.Empty(t, w.Enter("studio.north", "sue"))
}

// A13: courses are partitioned by sites and their organisations, and staff with
// a role in the whole installation sees those of the sites that know it.
func Test_A13_CoursesOfWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	w := lmstest.Start(t, app.Options{})
	b := browsertest.Start(t)
	algebraNorth, algebraSouth := at(t, w, "north", app.LevelCourse, "algebra"), at(t, w, "south", app.LevelCourse, "algebra")
	ropes, introSouth := at(t, w, "harbour", app.LevelCourse, "ropes"), at(t, w, "south", app.LevelModule, "intro")

	t.Run("A13 global staff sees the courses of sites that know it", func(t *testing.T) {
		stan := b.Person(t)
		require.Equal(t, 200, w.SignIn(stan, "studio", "stan"))
		stan.Sees("Nudos", "Harbour Partners").SeesNot(lmstest.Foreign("harbour")...)
		stan.Picture("lms-studio-staff")
		require.Equal(t, 200, stan.Press("Nudos"))
		stan.Sees("Studio of Harbour Partners")
		require.Equal(t, 200, stan.FillIn("course", "title", "Nudos y cabos").PressIn("course", "Save"))
		stan.Sees("Nudos y cabos")

		before := [2][]string{content(t, w, "north"), content(t, w, "south")}
		cookie := lmstest.Session(stan)
		for _, path := range []string{algebraNorth, algebraSouth, introSouth} {
			a := w.Ask("studio", path, cookie, nil)
			require.Equal(t, 404, a.Status, path)
			require.Equal(t, w.Ask("studio", "/courses/999999", cookie, nil).Body, a.Body, "what does not exist looks the same")
			require.Equal(t, 404, w.Ask("studio", path, cookie, lmstest.Form("title", "stan was here")).Status)
			require.Equal(t, 404, w.Ask("studio", path+"/modules", cookie, lmstest.Form("title", "stan was here")).Status)
			require.Equal(t, 404, w.Ask("studio", path+"/organisation", cookie, lmstest.Form("organisation", "")).Status)
		}
		require.Equal(t, before, [2][]string{content(t, w, "north"), content(t, w, "south")})
		require.Empty(t, w.Enter("studio.north", "stan"))

		// What took him into the site is in its log.
		var entered int
		for r, err := range w.App.Audit.Records(w.In("harbour"), audit.Query{Kinds: []string{ctxtree.KindEntered}}) {
			require.NoError(t, err)
			require.Equal(t, w.Account("", "stan"), r.Actor.ID)
			entered++
		}
		require.Positive(t, entered)
	})
	t.Run("A13 a manager of two sites sees both, each on shelves of its own; the administrator none", func(t *testing.T) {
		gina := b.Person(t)
		w.SignIn(gina, "studio", "gina")
		gina.Sees("North University", "Südwerk Training", "Faculty of Arts", "Faculty of Science", "Südwerk Akademie", "Algebra im Süden", "Algebra of the North").
			SeesNot("Nudos", "Harbour", app.Canary("north"), app.Canary("south"))
		require.Equal(t, 200, gina.Press("Algebra im Süden"))
		gina.Sees("Studio of Südwerk Training").SeesNot("Faculty of Science")
		require.Equal(t, 404, gina.Open(w.At("studio", ropes)))
		root := w.Enter("studio", "root")
		a := w.Ask("studio", "/", root, nil)
		require.Equal(t, 200, a.Status)
		require.Contains(t, a.Body, `id="none"`)
		require.Equal(t, 404, w.Ask("studio", algebraNorth, root, nil).Status)
		// One whom two sites know and who teaches at one.
		tess := w.Ask("studio", "/", w.Enter("studio", "tess"), nil).Body
		require.Contains(t, tess, "Algebra of the North")
		require.NotContains(t, tess, "Algebra im")
		require.NotContains(t, tess, "Painting")
	})
	t.Run("A13 courses move between the organisations of their own site only", func(t *testing.T) {
		nora := b.Person(t)
		w.SignIn(nora, "studio.north", "nora")
		shown := strings.Join(strings.Fields(nora.Text()), " ")
		require.Contains(t, shown, "Faculty of Arts North University Painting Faculty of Science North University Algebra of the North Anatomy")
		nora.FillIn("new", "title", "Sculpture").FillIn("new", "category", number(at(t, w, "north", app.LevelCategory, "arts"))).FillIn("new", "organisation", "NorthArts")
		require.Equal(t, 200, nora.Press("Make the course"))
		nora.Sees("The course is made.")
		require.Equal(t, 200, nora.Press("Sculpture"))
		nora.Sees("Faculty of Arts")
		require.Equal(t, 200, nora.FillIn("organisation", "organisation", "NorthScience").Press("Move there"))
		require.Contains(t, content(t, w, "north")[len(content(t, w, "north"))-1], "NorthScience")

		cookie := lmstest.Session(nora)
		before := content(t, w, "south")
		north := content(t, w, "north")
		for _, short := range []string{"Suedwerk", "suedwerk", "nothing"} {
			require.Equal(t, 404, w.Ask("studio.north", algebraNorth+"/organisation", cookie, lmstest.Form("organisation", short)).Status, short)
			require.Equal(t, 404, w.Ask("studio.north", "/courses", cookie, lmstest.Form("title", "x", "category", number(at(t, w, "north", app.LevelCategory, "arts")), "organisation", short)).Status, short)
		}
		for _, category := range []string{number(at(t, w, "south", app.LevelCategory, "office")), number(algebraNorth), "1", "0", "-1", "x", ""} {
			require.Equal(t, 404, w.Ask("studio.north", "/courses", cookie, lmstest.Form("title", "x", "category", category)).Status, category)
		}
		for _, path := range []string{algebraSouth, ropes, introSouth, "/courses/1", "/courses/x", "/courses/" + number(introSouth), "/modules/" + number(algebraNorth)} {
			require.Equal(t, 404, w.Ask("studio.north", path, cookie, nil).Status, path)
			require.Equal(t, 404, w.Ask("studio.north", path, cookie, lmstest.Form("title", "nora was here")).Status, path)
		}
		require.Equal(t, before, content(t, w, "south"))
		require.Equal(t, north, content(t, w, "north"))
	})
	t.Run("who only learns writes nothing", func(t *testing.T) {
		ned := w.Enter("studio.north", "ned")
		a := w.Ask("studio.north", "/", ned, nil)
		require.Contains(t, a.Body, `id="none"`)
		require.NotContains(t, a.Body, `id="new"`)
		require.Equal(t, 403, w.Ask("studio.north", algebraNorth, ned, lmstest.Form("title", "ned was here")).Status)
		require.Equal(t, 403, w.Ask("studio.north", "/courses", ned, lmstest.Form("title", "x", "category", number(at(t, w, "north", app.LevelCategory, "arts")))).Status)
	})
}
