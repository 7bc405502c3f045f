package learn_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/internal/storetest"
	"github.com/gotenancy/tenancy/examples/lms/app"
)

// The main path once more, on PostgreSQL.
func TestPostgres(t *testing.T) {
	t.Parallel()
	w := start(t, app.Options{DSN: storetest.Postgres(t)})
	b := browsertest.Start(t)
	till, sue := b.Person(t), b.Person(t)
	w.signIn(till, "north", "till")
	require.Equal(t, 200, till.Press("Algebra of the North"))
	till.Fill("account", w.account("north", "ned")).Fill("module", "intro").Fill("points", "73")
	require.Equal(t, 200, till.PressIn("grade", "Give"))
	till.Sees("73")
	require.Equal(t, 200, till.Press("Groups"))
	till.Sees(app.Canary("north")).SeesNot(foreign("north")...)
	require.Equal(t, 404, till.Open(w.at("north", "/modules/s-torch")))

	w.signIn(sue, "south", "sue")
	require.Equal(t, 200, sue.Open(w.at("south", "/modules/intro")))
	sue.Sees(app.Canary("south")).SeesNot(foreign("south")...)
	require.Equal(t, 200, sue.Open(w.at("south", "/courses/algebra")))
	sue.SeesNot("73")
	require.Equal(t, 204, w.ask("south.localhost", "/cron", form("key", w.app.CronKey("south"))).status)
	nora := w.session("north", "nora")
	require.Contains(t, w.ask("north.localhost", "/reports", nil, "Cookie", nora).body, "Nothing has been counted yet.")
	require.Equal(t, 403, w.ask("south.localhost", "/", nil, "Cookie", nora).status)
}

// Whatever an address or a form holds, the answer is that there is no such thing.
func TestOddAddresses(t *testing.T) {
	t.Parallel()
	w := start(t, app.Options{DSN: storetest.Postgres(t)})
	cookie := w.session("north", "nora")
	for _, path := range []string{"/courses/%00", "/modules/%ff%fe", "/categories/%00a", "/roles/%00/x", "/roles/x%20y/z", "/api/courses/%ff", "/courses/" + strings.Repeat("x", 5000), "/modules/'%20OR%20''='"} {
		a := w.ask("north.localhost", path, nil, "Cookie", cookie)
		require.Equal(t, 404, a.status, "%s: %s", path, a.body)
	}
	a := w.ask("north.localhost", "/sign-in", form("user", "no\x00ra", "password", "x"))
	require.Equal(t, "/sign-in?wrong=1", a.head.Get("Location"), a.body)
	a = w.ask("north.localhost", "/api/courses", nil, "Authorization", "Bearer \xff")
	require.Equal(t, 401, a.status)
	for _, fields := range [][]string{
		{"name", "Odd\x00", "user", "odd", "password", app.DemoPassword},
		{"name", "Odd School", "user", "o\x00dd", "password", app.DemoPassword},
		{"name", "Odd School", "user", "odd", "password", "short"},
		{"name", "Odd School", "user", "odd", "password", strings.Repeat("long", 20)},
		{"name", "Odd School", "language", "x\x00", "user", "odd", "password", app.DemoPassword},
	} {
		a := w.ask(app.MainHost, "/sign-up", form(fields...))
		require.Equal(t, 422, a.status, "%q: %s", fields, a.body)
	}
	_, found, err := w.app.Tenants.ByHost(t.Context(), "odd-school.localhost")
	require.NoError(t, err)
	require.False(t, found, "no half of a site is left")
}
