package learn_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

func TestAPI(t *testing.T) {
	t.Parallel()
	w := start(t, app.Options{})
	t.Run("A16 the API is scoped like the pages", func(t *testing.T) {
		ned, sue := w.session("north", "ned"), w.session("south", "sue")
		courses := func(host string) (list []string) {
			var all []struct{ ID, Title string }
			require.NoError(t, json.Unmarshal([]byte(w.ask(host, "/api/courses", nil).body), &all))
			for _, c := range all {
				list = append(list, c.ID)
			}
			return list
		}
		require.Equal(t, []string{"algebra", "anatomy", "painting"}, courses("north.localhost"))
		require.Equal(t, []string{"algebra", "welding"}, courses("south.localhost"))

		get := func(host, path string, head ...string) answer { return w.ask(host, path, nil, head...) }
		own := get("north.localhost", "/api/courses/algebra", "Cookie", ned)
		require.Equal(t, 200, own.status)
		require.Contains(t, own.body, app.Canary("north"))
		require.NotContains(t, own.body, app.Canary("south"))
		for _, c := range []struct {
			host, path, cookie string
			status             int
		}{
			{"north.localhost", "/api/courses/algebra", "", 401},
			{"north.localhost", "/api/courses/anatomy", ned, 403},
			{"north.localhost", "/api/courses/welding", ned, 404},
			{"north.localhost", "/api/log", ned, 403},
			{"south.localhost", "/api/courses/algebra", ned, 403}, // the other site's session
			{"south.localhost", "/api/site", ned, 403},
			{"nobody.localhost", "/api/courses", ned, 404},
			{"north.localhost", "/api/nothing", ned, 404},
		} {
			a := get(c.host, c.path, "Cookie", c.cookie)
			require.Equal(t, c.status, a.status, "%s%s", c.host, c.path)
			require.NotContains(t, a.body, "canary", c.path)
			require.Equal(t, "application/problem+json", a.head.Get("Content-Type"), c.path)
		}

		// A token is worth something on the site that gave it, and what its
		// account may there.
		token, err := w.app.NewToken(w.in("south"), w.account("south", "sue"))
		require.NoError(t, err)
		bearer := "Bearer " + token
		require.Contains(t, get("south.localhost", "/api/courses/welding", "Authorization", bearer).body, app.Canary("south"))
		require.Equal(t, 401, get("north.localhost", "/api/courses/algebra", "Authorization", bearer).status)
		require.Equal(t, 401, get("south.localhost", "/api/courses/welding", "Authorization", bearer, "Cookie", ned, "Authorization", "Bearer made-up").status)
		require.Equal(t, 403, get("south.localhost", "/api/log", "Authorization", bearer).status)
		require.Equal(t, 200, get("south.localhost", "/api/courses/welding", "Cookie", sue).status)

		log := get("north.localhost", "/api/log", "Cookie", w.session("north", "nora"))
		require.Equal(t, 200, log.status)
		require.Contains(t, log.body, w.account("north", "ned"))
		require.NotContains(t, log.body, w.account("south", "sue"))
	})
}

// The same program as an installation for one customer, for many, and for many
// who have nothing to do with one another.
func TestModes(t *testing.T) {
	t.Parallel()
	t.Run("B17 off: one site on every host", func(t *testing.T) {
		t.Parallel()
		w := start(t, app.Options{Tenancy: tenant.TenancyOff})
		for _, host := range []string{"north.localhost", "south.localhost", app.MainHost, "192.0.2.7"} {
			a := w.ask(host, "/", nil)
			require.Equal(t, 200, a.status)
			require.Contains(t, a.body, "North University")
			require.NotContains(t, a.body, "Süd")
		}
		require.Contains(t, w.ask("192.0.2.7", "/modules/intro", nil, "Cookie", w.session("anything", "ned")).body, app.Canary("north"))
	})
	t.Run("B17 on: a global account reaches the sites that it has to do with", func(t *testing.T) {
		t.Parallel()
		w := start(t, app.Options{})
		require.Equal(t, 200, w.ask("north.localhost", "/reports", nil, "Cookie", w.session("north", "gina")).status)
		// On the page of another site that she manages she is on that site.
		a := w.ask("north.localhost", "/modules/s-torch", nil, "Cookie", w.session("north", "gina"))
		require.Equal(t, 200, a.status)
		require.Contains(t, a.body, "Südwerk Training")
		require.Contains(t, a.body, app.Canary("south"))
		require.NotContains(t, a.body, app.Canary("north"))
		require.Equal(t, 404, w.ask("north.localhost", "/modules/h-bowline", nil, "Cookie", w.session("north", "gina")).status)
	})
	t.Run("B17 separate: own hosts only, and no global account inside", func(t *testing.T) {
		t.Parallel()
		w := start(t, app.Options{Tenancy: tenant.TenancySeparate})
		require.Contains(t, w.ask("north.localhost", "/modules/intro", nil, "Cookie", w.session("north", "ned")).body, app.Canary("north"))
		a := w.ask("north.localhost", "/sign-in", form("user", "gina", "password", app.DemoPassword))
		require.Equal(t, "/sign-in?wrong=1", a.head.Get("Location"))
		require.Equal(t, 200, w.ask(app.MainHost, "/", nil, "Cookie", w.session("www", "gina")).status)
		require.Equal(t, 404, w.ask("192.0.2.7", "/", nil).status)
	})
}

// directory is a sign-in from before there were sites: names and passwords, and
// no idea of anything else.
type directory map[string]string

func (d directory) Verify(_ context.Context, a member.Account, credential string) error {
	if want, ok := d[a.UserName]; !ok || want != credential {
		return errors.New("no")
	}
	return nil
}

func TestAuthenticator(t *testing.T) {
	t.Parallel()
	t.Run("B18 an authenticator that knows nothing of sites works as it is", func(t *testing.T) {
		w := start(t, app.Options{Authenticator: directory{"ned": app.DemoPassword, "sue": app.DemoPassword, "ann": app.DemoPassword}})
		require.Contains(t, w.ask("north.localhost", "/modules/intro", nil, "Cookie", w.session("north", "ned")).body, app.Canary("north"))
		require.Contains(t, w.ask("south.localhost", "/modules/intro", nil, "Cookie", w.session("south", "sue")).body, app.Canary("south"))
		for _, c := range [][2]string{{"south", "ned"}, {"north", "sue"}, {"north", "ann"}, {"north", "nora"}} {
			a := w.ask(c[0]+".localhost", "/sign-in", form("user", c[1], "password", app.DemoPassword))
			require.Equal(t, "/sign-in?wrong=1", a.head.Get("Location"), "%s on %s", c[1], c[0])
		}
	})
}

func TestCron(t *testing.T) {
	t.Parallel()
	w := start(t, app.Options{})
	count := func(id tenant.ID) (n int) {
		require.NoError(t, w.app.DB.GetContext(w.in(id), &n, `SELECT COUNT(*) FROM figures`))
		return n
	}
	t.Run("B21 the address says whose jobs run, and a key is one site's", func(t *testing.T) {
		north, south := w.app.CronKey("north"), w.app.CronKey("south")
		require.Equal(t, 403, w.ask("north.localhost", "/cron", form("key", south)).status)
		require.Equal(t, 403, w.ask("north.localhost", "/cron", form("key", "")).status)
		require.Equal(t, 404, w.ask("nobody.localhost", "/cron", form("key", north)).status)
		require.Zero(t, count("north"))
		require.Equal(t, http.StatusNoContent, w.ask("north.localhost", "/cron", form("key", north)).status)
		require.Positive(t, count("north"))
		require.Zero(t, count("south"))
		var courses int
		require.NoError(t, w.app.DB.GetContext(w.in("north"), &courses, `SELECT amount FROM figures WHERE name = 'courses'`))
		require.Equal(t, 3, courses, "counted in the site, not in the installation")
	})
	t.Run("a suspended site has no cron", func(t *testing.T) {
		require.NoError(t, w.app.Lifecycle.Suspend(app.Operator(t.Context()), "south", "a test"))
		require.Equal(t, 503, w.ask("south.localhost", "/cron", form("key", w.app.CronKey("south"))).status)
		require.Zero(t, count("south"))
	})
}
