package office_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/member"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func Test_D14_TenantsAndUsers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		olga := w.admin(t)
		all := tenant.AcrossAll(t.Context(), "test")

		// A tenant with its administrator, who signs in to it.
		require.Contains(t, olga.post("/tenants", "name", "Corner", "code", "corner", "user", "cat", "limit", "2").shown(), "needs a reason")
		_, found, err := w.Tenants.ByCode(t.Context(), "corner")
		require.NoError(t, err)
		require.False(t, found)
		password := olga.post("/tenants", "name", "Corner", "code", "corner", "user", "cat", "limit", "2", "reason", "order 17").password(t)
		w.recorded(t, "corner", "office.tenant_created", "order 17")
		inside := tenant.WithID(t.Context(), "corner")
		_, cat, err := w.People.Login(inside, member.Attempt{UserName: "cat", Credential: password})
		require.NoError(t, err)
		as := w.Extend(tenant.WithActor(inside, tenant.Actor{ID: cat.ID, Tenant: "corner"}))
		require.NoError(t, w.May(as, app.MayPeople), "the role came with the tenant")
		require.Contains(t, olga.post("/tenants", "name", "Other", "code", "acme", "user", "x", "reason", "x").shown(), "already taken")
		require.Contains(t, olga.post("/tenants", "name", "Other", "code", "office", "user", "x", "reason", "x").shown(), "reserved")

		// Everybody's users, on one page that says that it crosses and why.
		page := olga.get("/users").shown()
		for _, who := range []string{"ann of acme", "ann of bolt", "bob of bolt", "cat of corner"} {
			require.Contains(t, page, who)
		}
		reason := "the platform's administrators manage the users of all tenants"
		require.Contains(t, page, "This page crosses all tenants: "+reason)
		w.recorded(t, "", "users.listed", reason)
		require.NotContains(t, olga.get("/users?q=bob").shown(), "ann of acme")

		// A user goes from one tenant to another.
		max := w.account(t, "acme", "max")
		require.Contains(t, olga.post("/users/"+max.ID+"/tenant", "to", "corner", "reason", "changes sides").shown(), "max belongs to Corner now")
		w.recorded(t, "corner", member.MemberAdded, "changes sides")
		moved, err := w.People.Account(all, max.ID)
		require.NoError(t, err)
		require.Equal(t, tenant.ID("corner"), moved.Tenant)
		_, _, err = w.People.Login(tenant.WithID(t.Context(), "acme"), member.Attempt{UserName: "max", Credential: app.DemoPassword})
		require.ErrorIs(t, err, member.ErrCredentials)
		password = olga.post("/users/"+max.ID+"/password", "reason", "moved").password(t)
		_, _, err = w.People.Login(inside, member.Attempt{UserName: "max", Credential: password})
		require.NoError(t, err)
		// The opened table knows both places, and nobody else's page does.
		require.Contains(t, olga.get("/users/"+max.ID).shown(), "Opened table: people")
		require.Equal(t, 2, strings.Count(olga.get("/users/"+max.ID).body, "<td>"+max.ID+"</td>"))

		// Out of every tenant, and back, with a password each time.
		require.Contains(t, olga.post("/users/"+max.ID+"/tenant", "to", "", "reason", "leaves").shown(), "belongs to no tenant")
		_ = olga.post("/users/"+max.ID+"/password", "reason", "global now").password(t)
		require.Contains(t, olga.post("/users/"+max.ID+"/tenant", "to", "acme", "reason", "returns").shown(), "max belongs to Acme now")
		password = olga.post("/users/"+max.ID+"/password", "reason", "returned").password(t)
		_, _, err = w.People.Login(tenant.WithID(t.Context(), "acme"), member.Attempt{UserName: "max", Credential: password})
		require.NoError(t, err)

		held, err := w.RoleStore.Assignments(tenant.WithID(t.Context(), "acme"), "acme", rbac.Filter{User: max.ID})
		require.NoError(t, err)
		require.Empty(t, held, "who comes back has not the role of before")

		// A user administers the own tenant, a global account any.
		require.Contains(t, olga.post("/users/"+max.ID+"/manager", "to", "acme", "do", "add", "reason", "ann is ill").shown(), "max administers Acme")
		w.recorded(t, "acme", member.ManagerAdded, "ann is ill")
		require.Contains(t, olga.post("/users/"+max.ID+"/manager", "to", "bolt", "do", "add", "reason", "x").shown(), "Nothing was changed")
		require.Contains(t, olga.post("/users/"+max.ID+"/manager", "to", "acme", "do", "remove", "reason", "ann is back").shown(), "max does not administer Acme")

		// Suspended, and no more.
		require.Contains(t, olga.post("/users/"+max.ID+"/status", "do", "suspend", "reason", "lost laptop").shown(), "max is suspended")
		w.recorded(t, "acme", member.AccountSuspended, "lost laptop")
		_, _, err = w.People.Login(tenant.WithID(t.Context(), "acme"), member.Attempt{UserName: "max", Credential: password})
		require.ErrorIs(t, err, member.ErrSuspended)
		require.Contains(t, olga.post("/users/"+max.ID+"/status", "do", "resume", "reason", "found it").shown(), "may sign in again")

		// The status of a tenant.
		for _, s := range []struct {
			do, kind string
			status   tenant.Status
		}{
			{"suspend", lifecycle.KindSuspended, tenant.Suspended}, {"resume", lifecycle.KindResumed, tenant.Active},
			{"archive", lifecycle.KindArchived, tenant.Archived}, {"restore", lifecycle.KindRestored, tenant.Active},
		} {
			require.Contains(t, olga.post("/tenants/corner/status", "do", s.do, "reason", "invoice "+s.do).shown(), "The status is changed")
			w.recorded(t, "corner", s.kind, "invoice "+s.do)
			record, _, err := w.Tenants.ByID(t.Context(), "corner")
			require.NoError(t, err)
			require.Equal(t, s.status, record.Status)
		}
		require.Contains(t, olga.post("/tenants/corner/status", "do", "restore", "reason", "x").shown(), "Nothing was changed")
		require.Contains(t, olga.post("/tenants/corner/status", "do", "destroy", "reason", "x").shown(), "Nothing was changed")
	})
}

func Test_B26_LimitOfTheOffice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		olga := w.admin(t)
		inside := tenant.WithID(t.Context(), "acme") // three members
		require.Contains(t, olga.post("/tenants/acme/record", "name", "Acme", "code", "acme", "limit", "4", "reason", "small contract").shown(), "3 users of at most 4")
		w.recorded(t, "acme", lifecycle.KindUpdated, "small contract")
		add := func(name string) error {
			_, err := w.AddPerson(inside, app.Person{UserName: name, Password: app.DemoPassword})
			return err
		}
		require.NoError(t, add("fourth"))
		require.ErrorIs(t, add("fifth"), member.ErrLimit, "in the front office")
		require.Contains(t, olga.post("/tenants/acme/users", "user", "fifth", "reason", "x").shown(), "limit")
		bob := w.account(t, "bolt", "bob")
		require.Contains(t, olga.post("/users/"+bob.ID+"/tenant", "to", "acme", "reason", "x").shown(), "Nothing was changed")
		require.Equal(t, tenant.ID("bolt"), w.account(t, "bolt", "bob").Tenant)
		require.Contains(t, olga.get("/tenants/acme").shown(), "4 users of at most 4")
		require.Contains(t, olga.post("/tenants/acme/record", "name", "Acme", "code", "acme", "limit", "many", "reason", "x").shown(), "a number")
		require.Contains(t, olga.post("/tenants/acme/record", "name", "Acme", "code", "acme", "limit", "", "reason", "large contract").shown(), "any number")
		require.NoError(t, add("fifth"))
	})
}

func Test_D16_TheTenantOfTheInstallation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		olga := w.admin(t)
		before, _, err := w.Tenants.ByID(t.Context(), app.UsersTenant)
		require.NoError(t, err)
		require.Contains(t, olga.get("/tenants/users").shown(), "is not renamed and not archived")
		for _, names := range [][2]string{{"People", "Users"}, {"Users", "people"}, {"Users", "users"}} {
			a := olga.post("/tenants/users/record", "name", names[0], "code", names[1], "reason", "nicer")
			require.Contains(t, a.shown(), "Nothing was changed", names)
		}
		require.Contains(t, olga.post("/tenants/users/status", "do", "archive", "reason", "tidy").shown(), "Nothing was changed")
		after, _, err := w.Tenants.ByID(t.Context(), app.UsersTenant)
		require.NoError(t, err)
		require.Equal(t, before, after)
		require.Contains(t, olga.post("/tenants/acme/record", "name", "Acme", "code", "Users", "reason", "x").shown(), "Nothing was changed", "nobody else takes the name")
		require.Contains(t, olga.post("/tenants/acme/record", "name", "Acme Ltd", "code", "acme", "reason", "x").shown(), "The record is changed", "others are renamed")
	})
}

func Test_D17_OpenedTables(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		olga := w.admin(t)
		page := olga.get("/tables")
		for _, text := range []string{"Opened table: people", "Opened table: reports", "(whose)", "shows the rows of all tenants", "warning exposed, table people"} {
			require.Contains(t, page.shown(), text)
		}
		for _, id := range []string{"acme", "bolt"} {
			require.Contains(t, page.body, "<td>"+id+"</td>")
		}
		// This consumer only: the application's own handle still has one tenant.
		var names []string
		require.NoError(t, w.DB.SelectContext(tenant.WithID(t.Context(), "acme"), &names, `SELECT name FROM people ORDER BY name`))
		require.Equal(t, []string{"ann", "max", "sue"}, names)
		require.Error(t, w.DB.SelectContext(tenant.Global(t.Context()), &names, `SELECT name FROM people`))
		report, err := scope.Check(t.Context(), w.DB)
		require.NoError(t, err)
		require.Empty(t, report.Findings)
		// These tables only, and to be read: the same handle again.
		db, err := w.Expose(t.Context(), scope.Exposed{Tables: []string{"people", "reports"}, Reason: "a test"})
		require.NoError(t, err)
		defer db.Close()
		global := tenant.Global(t.Context())
		require.NoError(t, db.SelectContext(global, &names, `SELECT name FROM people`))
		require.Len(t, names, 5)
		require.Error(t, db.SelectContext(global, &names, `SELECT name FROM companies`))
		_, err = db.ExecContext(global, `UPDATE people SET name = 'x'`)
		require.Error(t, err)
		// And what crossed is on the page of crossings, with its reason and line.
		require.Eventually(t, func() bool {
			shown := olga.get("/crossings").shown()
			return strings.Contains(shown, "a test") && strings.Contains(shown, "sees how much each sells") && strings.Contains(shown, "tables.go:")
		}, wait, tick)
	})
}

func TestSettings(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		olga := w.admin(t)
		acme, global := w.Extend(tenant.WithID(t.Context(), "acme")), tenant.Global(t.Context())
		version := func(key string) string {
			why, err := w.Settings.Explain(acme, key)
			require.NoError(t, err)
			return itoa(why.Info.Version)
		}
		set := func(fields ...string) string { return olga.post("/settings", append(fields, "do", "set")...).shown() }
		shown := olga.get("/settings?tenant=acme").shown()
		require.Contains(t, shown, "EUR , from the layer tenant")
		old := version("currency.default")
		require.Contains(t, set("tenant", "acme", "key", "currency.default", "value", "GBP", "version", old), "needs a reason")
		require.Contains(t, set("tenant", "acme", "key", "currency.default", "value", "XXX", "version", old, "reason", "x"), "not allowed")
		require.Contains(t, set("tenant", "acme", "key", "currency.default", "value", "GBP", "version", "0", "reason", "x"), "changed by somebody else")
		require.Contains(t, set("tenant", "acme", "key", "signin.retries", "value", "9", "version", "0", "reason", "x"), "Nothing was changed")
		shown = set("tenant", "acme", "key", "currency.default", "value", "GBP", "version", old, "reason", "they moved")
		require.Contains(t, shown, "GBP , from the layer tenant")
		require.Contains(t, shown, "they moved")
		require.Contains(t, shown, app.Platform)
		w.recorded(t, "acme", "office.setting", "they moved")
		require.Equal(t, "GBP", app.Currency.Get(acme))
		require.Equal(t, "CHF", app.Currency.Get(w.Extend(tenant.WithID(t.Context(), "bolt"))), "another tenant's is its own")
		require.Contains(t, olga.post("/settings", "tenant", "acme", "key", "currency.default", "do", "rollback", "version", old, "reason", "a mistake").shown(), "EUR , from the layer tenant")
		require.Contains(t, olga.post("/settings", "tenant", "acme", "key", "currency.default", "do", "remove", "version", version("currency.default"), "reason", "none needed").shown(), "from the layer default")

		// What the operator forces counts for all, and is said.
		require.Contains(t, set("key", "currency.default", "value", "USD", "force", "yes", "version", "0", "reason", "one currency"), "forced")
		shown = olga.get("/settings?tenant=bolt").shown()
		require.Contains(t, shown, "USD , from the layer global , forced : no value above counts")
		require.Contains(t, shown, "CHF forced below")
		require.Contains(t, set("tenant", "bolt", "key", "currency.default", "value", "CHF", "version", "0", "reason", "x"), "forces the value")
		require.Contains(t, set("key", "signin.retries", "value", "7", "version", "0", "reason", "careless people"), "7 , from the layer global")
		require.Equal(t, 7, app.Retries.Get(w.Extend(global)))

		// A secret is stored, and shown on no page.
		const secret = "xoxb-the-token"
		require.Contains(t, olga.get("/settings?tenant=acme").shown(), "No value is set; it would be sealed")
		a := olga.post("/settings", "do", "set", "tenant", "acme", "key", "mail.token", "value", secret, "version", "0", "reason", "new service")
		require.Contains(t, a.shown(), "A value is set, sealed, and shown to nobody")
		require.Equal(t, secret, app.MailToken.Get(acme).Reveal())
		for _, path := range []string{"/settings?tenant=acme", "/settings", "/audit", "/audit?tenant=acme"} {
			require.NotContains(t, olga.get(path).body, secret, path)
		}
		require.NotContains(t, a.body, secret)
		history, err := w.Settings.History(acme, "mail.token", 1)
		require.NoError(t, err)
		require.Equal(t, "new service", history[0].Reason)
		require.Empty(t, app.MailToken.Get(w.Extend(tenant.WithID(t.Context(), "bolt"))).Reveal(), "bolt has none")
	})
}

func TestDomains(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		olga := w.admin(t)
		do := func(what string) string {
			return olga.post("/tenants/acme/domains", "do", what, "host", "sales.acme.example", "reason", "their wish").shown()
		}
		leads := func() bool {
			_, found, err := w.Tenants.ByHost(t.Context(), "sales.acme.example")
			require.NoError(t, err)
			return found
		}
		challenge, err := w.Lifecycle.Challenge("acme", "sales.acme.example")
		require.NoError(t, err)
		require.Contains(t, do("add"), challenge.Value)
		w.recorded(t, "acme", "office.domain_add", "their wish")
		require.Contains(t, do("verify"), "not verified")
		require.False(t, leads())
		w.dns[challenge.Name] = challenge.Value
		require.Contains(t, do("verify"), "leads to this tenant now")
		require.True(t, leads())
		require.Contains(t, do("primary"), "The primary host is sales.acme.example")
		require.Contains(t, olga.post("/tenants/bolt/domains", "do", "add", "host", "sales.acme.example", "reason", "x").shown(), "already taken")
		require.Contains(t, olga.post("/tenants/bolt/domains", "do", "add", "host", "not a host", "reason", "x").shown(), "Nothing was changed")
	})
}

func TestAuditPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		olga := w.admin(t)
		for i := range 60 {
			require.NoError(t, w.Audit.Append(tenant.AcrossAll(t.Context(), "test"), tenant.Event{Kind: "test.happened", Tenant: "bolt", Reason: fmt.Sprintf("number %d.", i)}))
		}
		first := olga.get("/audit?tenant=bolt&kind=test.happened")
		require.Equal(t, http.StatusOK, first.status)
		require.Contains(t, first.shown(), "number 59.")
		require.Contains(t, first.shown(), "number 10.")
		require.NotContains(t, first.shown(), "number 9.")
		at := strings.Index(first.body, "after=")
		require.Positive(t, at)
		after, _, _ := strings.Cut(first.body[at+len("after="):], `"`)
		second := olga.get("/audit?tenant=bolt&kind=test.happened&after=" + after).shown()
		require.Contains(t, second, "number 9.")
		require.Contains(t, second, "number 0.")
		require.NotContains(t, second, "number 10.")
		require.NotContains(t, second, "Older records")
		require.Contains(t, olga.get("/audit?tenant=acme&kind=test.happened").shown(), "Nothing.")
		require.Contains(t, olga.get("/audit?kind=test.happened").shown(), "number 59.")
	})
}
