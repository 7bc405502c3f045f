package learn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/lms/app"
)

// Somebody opens a site of their own, and begins to work in it at once.
func TestSignUp(t *testing.T) {
	t.Parallel()
	w := start(t, app.Options{})
	b := browsertest.Start(t)
	t.Run("A03 software as a service: customers sign up by themselves", func(t *testing.T) {
		zoe := b.Person(t)
		require.Equal(t, 200, zoe.Open(w.at("www", "/")))
		require.Equal(t, 200, zoe.Press("Open a site of your own"))
		open := func(name, user string) int {
			zoe.Open(w.at("www", "/sign-up"))
			return zoe.Fill("name", name).Fill("language", "es").Fill("user", user).Fill("email", "zoe@example.com").Fill("password", app.DemoPassword).Press("Open")
		}
		require.Equal(t, 422, open("North", "zoe"), "somebody has that name")
		zoe.SeesNot(app.Canary("north"))
		require.Equal(t, 422, open("Admin", "zoe"), "a name of the installation")
		require.Equal(t, 422, open("Zebra School", "admin"))
		require.Equal(t, 200, open("Zebra School", "zoe"))
		zoe.Sees("Zebra School is open")
		require.Equal(t, 200, zoe.Press(w.at("zebra-school", "/")))
		zoe.Sees("Zebra School", "Entrar")
		w.signIn(zoe, "zebra-school", "zoe")
		require.Equal(t, 200, zoe.Press("Zebra School")) // its top category
		require.Equal(t, 200, zoe.Fill("title", "Rayas").PressIn("add", "Crear curso"))
		zoe.Sees("Rayas").SeesNot(foreign()...)
		require.Equal(t, 404, zoe.Open(w.at("zebra-school", "/courses/algebra")))
		require.Equal(t, 403, w.ask("north.localhost", "/", nil, "Cookie", "__Host-session="+zoe.Cookies()["__Host-session"].Value).status)
		north := b.Person(t)
		north.Open(w.at("north", "/"))
		north.SeesNot("Rayas")
	})
}
