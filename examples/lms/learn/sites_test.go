package learn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/lms/app"
)

// Visitors and members of two sites, each in a browser of their own.
func TestSites(t *testing.T) {
	t.Parallel()
	w := start(t, app.Options{})
	b := browsertest.Start(t)

	t.Run("A04 a domain leads to its site, and that to its organisations", func(t *testing.T) {
		p := b.Person(t)
		require.Equal(t, 200, p.Open(w.at("north", "/courses/algebra")))
		p.Sees("North University", "Algebra of the North", "Faculty of Science").SeesNot("Süd", "Faculty of Arts", app.Canary("north"))
		require.Equal(t, 200, p.Open(w.at("south", "/courses/algebra")))
		p.Sees("Südwerk Training", "Algebra im Süden", "Südwerk Akademie").SeesNot("North", "Faculty", app.Canary("south"))
		require.Equal(t, 404, p.Open(w.at("nobody", "/")))
		p.SeesNot("North", "Süd")
	})
	t.Run("A06 B11 theme, language and navigation are the current site's", func(t *testing.T) {
		p := b.Person(t)
		for _, c := range []struct{ site, lang, word, colour string }{
			{"north", "en", "Sign in", "#0b57d0"}, {"south", "de", "Anmelden", "#9a2f1c"}, {"harbour", "es", "Entrar", "#1b6e3c"},
		} {
			require.Equal(t, 200, p.Open(w.at(c.site, "/")))
			p.Sees(c.word)
			require.Contains(t, p.Source(), `<html lang="`+c.lang+`">`)
			p.Picture("lms-front-" + c.site)
			p.Open(w.at(c.site, "/theme.css"))
			p.Sees("--site-colour: " + c.colour)
		}
	})
	t.Run("B14 each site has its own front page", func(t *testing.T) {
		p := b.Person(t).Phone()
		p.Open(w.at("north", "/"))
		p.Sees("Two departments, one site.").SeesNot("Weiterbildung", "Bienvenidos")
		p.Open(w.at("south", "/"))
		p.Sees("Weiterbildung für den Betrieb.").SeesNot("departments")
		p.Picture("lms-front-phone")
		p.Open(w.at("www", "/"))
		p.Sees("One program serves many sites").SeesNot("North", "Süd", "Harbour")
	})
	t.Run("B13 the contents are the current site's nodes and nobody else's", func(t *testing.T) {
		p := b.Person(t)
		p.Open(w.at("north", "/"))
		p.Sees("Department of Arts", "Painting", "Anatomy").SeesNot("Büro", "Schweißen", "Nudos")
		require.Equal(t, 200, p.Press("Painting"))
		require.Contains(t, p.Source(), `<a href="/courses/painting" aria-current="true">Painting</a>`)
		p.Open(w.at("south", "/"))
		p.Sees("Büro", "Schweißen").SeesNot("Department", "Painting", "Nudos")
	})
	t.Run("B12 a module's id alone leads to its course and its site", func(t *testing.T) {
		ned, sue := b.Person(t), b.Person(t)
		w.signIn(ned, "north", "ned")
		w.signIn(sue, "south", "sue")
		// The same address on both hosts, the same id in both sites.
		require.Equal(t, 200, ned.Open(w.at("north", "/modules/intro")))
		ned.Sees("Groups", "Algebra of the North", app.Canary("north")).SeesNot(foreign("north")...)
		require.Equal(t, 200, sue.Open(w.at("south", "/modules/intro")))
		sue.Sees("Dreisatz", "Algebra im Süden", app.Canary("south")).SeesNot(foreign("south")...)
		require.Equal(t, 404, ned.Open(w.at("north", "/modules/s-torch")), "the other site's")
		require.Equal(t, 403, ned.Open(w.at("north", "/modules/n-bones")), "one's own site, not one's course")
		ned.SeesNot(app.Canary("north"))
	})
	t.Run("equal user names are two people", func(t *testing.T) {
		north, south := b.Person(t), b.Person(t)
		w.signIn(north, "north", "alex")
		w.signIn(south, "south", "alex")
		north.Open(w.at("north", "/modules/intro"))
		north.Sees(app.Canary("north"))
		south.Open(w.at("south", "/modules/intro"))
		south.Sees(app.Canary("south"))
	})
	t.Run("a visitor sees what a course is about and not what is in it", func(t *testing.T) {
		p := b.Person(t)
		require.Equal(t, 200, p.Open(w.at("north", "/courses/algebra")))
		p.Sees("What is in the course is for those who are in it.")
		require.Equal(t, 401, p.Open(w.at("north", "/modules/intro")))
		p.SeesNot(app.Canary("north"))
	})
}

// Somebody of one site tries the other one with everything that they have.
func TestCrossing(t *testing.T) {
	t.Parallel()
	w := start(t, app.Options{})
	b := browsertest.Start(t)
	nora := b.Person(t)
	w.signIn(nora, "north", "nora")
	cookie := nora.Cookies()["__Host-session"]
	require.NotNil(t, cookie)

	// The other site's addresses on one's own host: there are no such things.
	for _, path := range []string{"/courses/welding", "/modules/s-torch", "/categories/office", "/roles/course/welding", "/modules/h-bowline"} {
		require.Equal(t, 404, nora.Open(w.at("north", path)), path)
		nora.SeesNot(foreign("north")...)
	}
	// One's own session on the other host: refused, whatever is asked for.
	thief := b.Person(t)
	thief.Carry(w.at("south", "/"), cookie)
	for _, path := range []string{"/", "/courses/algebra", "/modules/intro", "/reports", "/administration", "/api/courses/algebra"} {
		require.Equal(t, 403, thief.Open(w.at("south", path)), path)
		thief.SeesNot(append(foreign("north"), "Algebra im Süden")...)
	}
	// On the main site it belongs to nobody.
	thief.Carry(w.at("www", "/"), cookie)
	require.Equal(t, 403, thief.Open(w.at("www", "/")))
	// One's own name and password on the other host: nobody.
	thief = b.Person(t)
	thief.Open(w.at("south", "/sign-in"))
	thief.Fill("user", "nora").Fill("password", app.DemoPassword).Enter("password")
	thief.Sees("Benutzername oder Passwort ist falsch.")
	// The session is as good as before where it belongs.
	require.Equal(t, 200, nora.Open(w.at("north", "/reports")))
	nora.Sees("tenant.created").SeesNot(foreign("north")...)
}

// A trainer whom two sites share: visible in both, teaching where enrolled.
func TestAssociated(t *testing.T) {
	t.Parallel()
	w := start(t, app.Options{})
	b := browsertest.Start(t)
	tess := b.Person(t)
	w.signIn(tess, "north", "tess")
	require.Equal(t, 200, tess.Open(w.at("north", "/modules/intro")))
	tess.Sees(app.Canary("north"))
	w.signIn(tess, "south", "tess")
	require.Equal(t, 403, tess.Open(w.at("south", "/modules/intro")), "she has no course there")
	tess.SeesNot(app.Canary("south"))
	require.Equal(t, 200, tess.Open(w.at("harbour", "/sign-in")))
	tess.Fill("user", "tess").Fill("password", app.DemoPassword).Enter("password")
	tess.Sees("El usuario o la contraseña no es correcto.")

	gina := b.Person(t)
	w.signIn(gina, "www", "gina")
	gina.Sees(w.at("north", "/"), w.at("south", "/")).SeesNot("harbour")
	require.Equal(t, 404, gina.Open(w.at("www", "/modules/intro")), "no site's rows on the main site")
	nobody := b.Person(t)
	require.Equal(t, 200, nobody.Open(w.at("www", "/sign-in")))
	nobody.Fill("user", "nora").Fill("password", app.DemoPassword).Enter("password")
	nobody.Sees("wrong") // members reach their own site only
}
