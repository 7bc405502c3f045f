package office_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/examples/sales/office"
	"github.com/gotenancy/tenancy/examples/sales/office/admins"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
	"github.com/gotenancy/tenancy/tenant/member"
)

func query(kind string) audit.Query { return audit.Query{Kinds: []string{kind}} }

// paths are all pages of the office.
var paths = []string{
	"/", "/tenants", "/tenants/acme", "/users", "/users/1", "/settings", "/settings?tenant=acme", "/roles", "/roles?tenant=acme",
	"/audit", "/audit?tenant=acme", "/crossings", "/tables", "/administrators", "/password", "/nothing",
}

// closed fails if the office shows or does anything for that person.
func closed(t *testing.T, w *world, p *person) {
	t.Helper()
	for _, path := range paths {
		a := p.get(path)
		require.Equal(t, http.StatusSeeOther, a.status, path)
		require.Equal(t, "/sign-in", a.location, path)
		require.NotContains(t, a.body, "Acme", path)
	}
	for _, path := range []string{"/tenants/acme/status", "/tenants", "/administrators", "/settings", "/users/1/status", "/password"} {
		a := p.postOnly(path, "do", "suspend", "reason", "because", "tenant", "acme", "key", "currency.default")
		require.Equal(t, http.StatusForbidden, a.status, path)
	}
	record, found, err := w.Tenants.ByID(t.Context(), "acme")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, tenant.Active, record.Status)
}

func TestWhoEnters(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Run("A15 a tenant's administrator is not platform staff, whatever name is typed", func(t *testing.T) {
			p := w.person(t)
			closed(t, w, p)
			for _, name := range []string{"ann", "ann@acme", "ANN@acme", "bob", "bob@bolt", "acme/ann", app.Platform + "@acme", app.Platform + "@users"} {
				a := p.signIn(name, app.DemoPassword)
				require.Equal(t, http.StatusUnprocessableEntity, a.status, name)
				require.Contains(t, a.shown(), "not the credentials of a platform administrator", name)
				closed(t, w, p)
			}
			id := w.account(t, "acme", "ann").ID
			require.Equal(t, http.StatusUnprocessableEntity, p.postOnly("/sign-in", "user", "ann", "company", "acme", "tenant", "acme", "password", app.DemoPassword).status)
			require.Equal(t, http.StatusUnprocessableEntity, p.signIn(id, app.DemoPassword).status)
			closed(t, w, p)
		})
		t.Run("A15 nor does a session of the front office count", func(t *testing.T) {
			ctx, err := w.Sessions.Load(tenant.WithID(t.Context(), "acme"), "")
			require.NoError(t, err)
			_, _, err = w.People.SignIn(ctx, w.Sessions, member.Attempt{UserName: "ann", Credential: app.DemoPassword})
			require.NoError(t, err)
			token, _, err := w.Sessions.Commit(ctx)
			require.NoError(t, err)
			p := w.person(t)
			p.cookies["__Host-session"], p.cookies["__Host-office"] = token, token
			closed(t, w, p)
		})
		t.Run("A15 a member who is said to be an administrator is none", func(t *testing.T) {
			ann := w.account(t, "acme", "ann")
			require.NoError(t, w.RoleStore.SetSiteAdmin(tenant.Global(t.Context()), ann.ID, true))
			defer func() { require.NoError(t, w.RoleStore.SetSiteAdmin(tenant.Global(t.Context()), ann.ID, false)) }()
			_, ok, err := admins.Find(t.Context(), w.App, ann.ID)
			require.NoError(t, err)
			require.False(t, ok)
		})
		t.Run("D15 a global account that is no administrator stays out", func(t *testing.T) {
			global := tenant.Global(t.Context())
			tom, err := w.People.AddGlobal(global, member.NewAccount{ID: app.NewAccountID(), UserName: "tom"})
			require.NoError(t, err)
			require.NoError(t, w.Passwords.Set(global, w.DB, tom.ID, app.DemoPassword))
			require.NoError(t, w.People.AddManager(global, "acme", tom.ID, "test"))
			p := w.person(t)
			require.Equal(t, http.StatusUnprocessableEntity, p.signIn("tom", app.DemoPassword).status)
			closed(t, w, p)
		})
		t.Run("the office is on its own host only", func(t *testing.T) {
			p := w.admin(t)
			for _, host := range []string{"acme.localhost", "localhost", "127.0.0.1", "office.example.com", "x.office.localhost"} {
				p.host = host
				a := p.get("/tenants")
				require.Equal(t, http.StatusMisdirectedRequest, a.status, host)
				require.NotContains(t, a.body, "Acme", host)
			}
		})
		t.Run("another site's form changes nothing", func(t *testing.T) {
			p := w.admin(t)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/tenants/acme/status", strings.NewReader("do=suspend&reason=x"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-site") // a customer's page
			require.Equal(t, http.StatusForbidden, p.send(r).status)
			record, _, err := w.Tenants.ByID(t.Context(), "acme")
			require.NoError(t, err)
			require.Equal(t, tenant.Active, record.Status)
		})
		t.Run("a wrong password too often", func(t *testing.T) {
			p := w.person(t)
			for range 5 {
				require.Equal(t, http.StatusUnprocessableEntity, p.signIn("nobody", "wrong").status)
			}
			require.Contains(t, p.signIn("Nobody", "wrong").shown(), "too often")
		})
	})
}

func Test_D15_AdministratorsAreMadeApart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		// The first one, as at the command line: nobody is signed in.
		account, password, err := admins.Add(t.Context(), w.App, "adam", "adam@platform.example", "the first one")
		require.NoError(t, err)
		require.Empty(t, account.Tenant)
		adam := w.person(t)
		require.Equal(t, http.StatusSeeOther, adam.signIn("adam", password).status)
		for _, path := range []string{"/tenants", "/users", "/administrators"} {
			a := adam.get(path)
			require.Equal(t, http.StatusSeeOther, a.status)
			require.Equal(t, "/password", a.location, "a password of somebody else is good for nothing else")
		}
		require.Equal(t, "/password", adam.postOnly("/tenants/acme/status", "do", "suspend", "reason", "x").location)
		require.Equal(t, http.StatusUnprocessableEntity, adam.postOnly("/password", "present", "wrong", "password", "adam's own").status)
		require.Equal(t, http.StatusUnprocessableEntity, adam.postOnly("/password", "present", password, "password", "short").status)
		require.Equal(t, http.StatusUnprocessableEntity, adam.postOnly("/password", "present", password, "password", password).status)
		require.Contains(t, adam.post("/password", "present", password, "password", "adam's own").shown(), "Your password is changed")
		require.Equal(t, http.StatusUnprocessableEntity, w.person(t).signIn("adam", password).status)

		// More of them by an administrator, with a reason.
		olga := w.admin(t)
		require.Contains(t, olga.post("/administrators", "user", "eve").shown(), "needs a reason")
		second := olga.post("/administrators", "user", "eve", "reason", "adam is away").password(t)
		w.recorded(t, "", admins.KindAdded, "adam is away")
		require.NotContains(t, olga.get("/administrators").body, second, "it is shown once")
		eve := w.person(t)
		require.Equal(t, http.StatusSeeOther, eve.signIn("eve", second).status)

		// None of them is anybody in a tenant.
		ctx := tenant.WithActor(tenant.WithID(t.Context(), "acme"), tenant.Actor{ID: account.ID})
		may, err := w.People.MayEnter(ctx, tenant.Actor{ID: account.ID}, "acme")
		require.NoError(t, err)
		require.False(t, may)
		require.Contains(t, olga.post("/users/"+account.ID+"/tenant", "to", "acme", "reason", "x").shown(), "administrator can not be a member")
		require.Contains(t, olga.post("/users/"+account.ID+"/manager", "to", "acme", "do", "add", "reason", "x").shown(), "nobody in a tenant")
		require.Contains(t, olga.post("/users/"+account.ID+"/password", "reason", "x").shown(), "changes the own password")
		may, err = w.People.MayEnter(ctx, tenant.Actor{ID: account.ID}, "acme")
		require.NoError(t, err)
		require.False(t, may)

		// Revoked is out at once, and nobody revokes themselves.
		require.Equal(t, http.StatusOK, adam.get("/tenants").status)
		require.Contains(t, olga.post("/administrators/"+account.ID+"/revoke", "reason", "left").shown(), "no administrator's any more")
		closed(t, w, adam)
		require.Equal(t, http.StatusUnprocessableEntity, w.person(t).signIn("adam", "adam's own").status)
		self := w.account(t, "", app.Platform).ID
		require.Contains(t, olga.post("/administrators/"+self+"/revoke", "reason", "x").shown(), "can not revoke yourself")
		require.Equal(t, http.StatusOK, olga.get("/tenants").status)
		require.Contains(t, olga.post("/administrators/"+w.account(t, "acme", "ann").ID+"/revoke", "reason", "x").shown(), "no administrator of the platform")

		// A suspension counts at once, too, and is nobody's own to make.
		require.Equal(t, http.StatusOK, eve.get("/password").status)
		require.Contains(t, olga.post("/users/"+w.account(t, "", "eve").ID+"/status", "do", "suspend", "reason", "a suspicion").shown(), "eve is suspended")
		closed(t, w, eve)
		require.Contains(t, olga.post("/users/"+w.account(t, "", "eve").ID+"/status", "do", "resume", "reason", "it was none").shown(), "may sign in again")
		require.Contains(t, olga.post("/users/"+self+"/status", "do", "suspend", "reason", "x").shown(), "nobody suspends themselves")

		// A first password that nobody used in time is worth nothing.
		late := w.account(t, "", "eve")
		require.NoError(t, w.Passwords.SetOnce(tenant.Global(t.Context()), w.DB, late.ID, "too late now", time.Now().Add(-time.Second)))
		require.Equal(t, http.StatusUnprocessableEntity, w.person(t).signIn("eve", "too late now").status)
	})
}

func TestPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		olga := w.admin(t)
		for _, path := range paths {
			a := olga.get(path)
			switch path {
			case "/":
				require.Equal(t, http.StatusSeeOther, a.status)
			case "/nothing", "/users/1":
				require.Equal(t, http.StatusNotFound, a.status, path)
			default:
				require.Equal(t, http.StatusOK, a.status, path+a.shown())
			}
		}
		for _, path := range []string{"/tenants/none", "/tenants/ACME", "/settings?tenant=none", "/roles?tenant=none", "/roles?tenant=acme&capability=x&node=y"} {
			require.Equal(t, http.StatusNotFound, olga.get(path).status, path)
		}
		require.Equal(t, http.StatusBadRequest, olga.get("/audit?after=x").status)
		t.Run("the tables that are not opened are closed to the office", func(t *testing.T) {
			for _, path := range []string{"/tables", "/users", "/tenants", "/crossings", "/audit"} {
				require.NotContains(t, olga.get(path).body, app.Canary("acme"), path)
				require.NotContains(t, olga.get(path).body, app.Canary("bolt"), path)
			}
		})
		t.Run("rights are explained", func(t *testing.T) {
			max, node := w.account(t, "acme", "max"), int64(0)
			n, err := w.Node(tenant.WithID(t.Context(), "acme"))
			require.NoError(t, err)
			node = n.ID
			ask := func(user, capability string) string {
				return olga.get("/roles?tenant=acme&user=" + user + "&capability=" + capability + "&node=" + itoa(node)).shown()
			}
			require.Contains(t, ask(max.ID, app.MayManage), "Yes : max may quota:edit")
			require.Contains(t, ask(max.ID, app.MaySettings), "No : max may not settings:edit")
			require.Contains(t, ask(max.ID, app.MaySettings), rbac.StepNothing.String())
			require.Contains(t, ask(max.ID, app.MaySettings), "What would help")
			require.Contains(t, ask("", app.MaySell), rbac.StepWall.String())
			require.Contains(t, ask(w.account(t, "", app.Platform).ID, app.MaySettings), rbac.StepAdmin.String())
			bob := w.account(t, "bolt", "bob")
			require.Contains(t, olga.get("/roles?tenant=acme&user="+bob.ID+"&capability="+app.MayView+"&node="+itoa(node)).shown(), "There is no such tenant or user")
			theirs, err := w.Node(tenant.WithID(t.Context(), "bolt"))
			require.NoError(t, err)
			require.Contains(t, olga.get("/roles?tenant=acme&user="+max.ID+"&capability="+app.MayView+"&node="+itoa(theirs.ID)).shown(), rbac.StepWall.String())
		})
	})
}

var _ http.Handler = (*office.Office)(nil)
