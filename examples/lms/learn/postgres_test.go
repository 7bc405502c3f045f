package learn_test

import (
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
