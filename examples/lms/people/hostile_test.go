package people_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/examples/lms/lmstest"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// kept is everything that a site has, as text.
func kept(w *lmstest.World, id tenant.ID) string {
	w.Helper()
	in := w.In(id)
	var out strings.Builder
	line := func(parts ...string) { out.WriteString(strings.Join(parts, "|") + "\n") }
	for _, query := range []string{
		`SELECT id || name || COALESCE(parent_id, '-') FROM categories ORDER BY id`, `SELECT id || title || summary || category_id FROM courses ORDER BY id`,
		`SELECT id || title || body FROM modules ORDER BY id`, `SELECT course_id || account || role FROM enrolments ORDER BY course_id, account`,
		`SELECT module_id || account || CAST(points AS VARCHAR(9)) FROM grades ORDER BY module_id, account`, `SELECT hash FROM passwords ORDER BY account`,
		`SELECT hash FROM tokens ORDER BY hash`, `SELECT id || title FROM posts ORDER BY id`, `SELECT catalogue_id || CAST(price AS VARCHAR(9)) FROM offers ORDER BY catalogue_id`,
	} {
		var all []string
		w.Check(w.App.DB.SelectContext(in, &all, query))
		line(all...)
	}
	users, err := w.App.People.Users(in, "", member.Query{Limit: member.MaxPage})
	w.Check(err)
	for _, a := range users.Accounts {
		line(a.ID, a.UserName, a.Email, strconv.FormatBool(a.Suspended), string(a.Tenant))
	}
	managers, err := w.App.People.Managers(in, "")
	w.Check(err)
	for _, a := range managers {
		line("manager", a.ID)
	}
	cohorts, err := w.App.People.Cohorts(in, "")
	w.Check(err)
	for _, k := range cohorts {
		page, err := w.App.People.CohortMembers(in, k.ID, member.Query{Limit: member.MaxPage})
		w.Check(err)
		line("cohort", k.ID, k.Name)
		for _, a := range page.Accounts {
			line(a.ID)
		}
	}
	nodes, _, err := w.App.Tree.Load(in, id)
	w.Check(err)
	for _, n := range nodes {
		line(n.Path, string(n.Level), n.Instance, strconv.FormatBool(n.Locked))
	}
	rules, _, err := w.App.Roles.Load(in, id)
	w.Check(err)
	for _, x := range rules.Assignments {
		line(strconv.FormatInt(x.Node, 10), strconv.FormatInt(int64(x.Role), 10), x.User)
	}
	for _, x := range rules.Permissions {
		line(strconv.FormatInt(x.Node, 10), x.Capability, x.Permission.String())
	}
	return out.String()
}

// TestHostileManager: who manages one site sends the ids of another one's people,
// cohorts, courses and nodes, and of accounts that are no site's.
func TestHostileManager(t *testing.T) {
	t.Parallel()
	w := lmstest.Start(t, app.Options{})
	nora, till := w.Enter("north", "nora"), w.Enter("north", "till")
	require.NotEmpty(t, nora)
	before := kept(w, "south")
	accounts := []string{w.Account("south", "sam"), w.Account("south", "sue"), w.Account("harbour", "hugo"),
		w.Account("", "gina"), w.Account("", "tess"), w.Account("", "stan"), w.Account("", "root")}
	global := func() (out []string) {
		for _, id := range accounts {
			a, err := w.App.People.Account(tenant.AcrossAll(t.Context(), "test"), id)
			require.NoError(t, err)
			out = append(out, a.ID, a.UserName, a.Email, strconv.FormatBool(a.Suspended))
		}
		return out
	}
	as := global()
	var cohorts []string
	for _, ctx := range []struct{ id tenant.ID }{{"south"}, {"harbour"}} {
		list, err := w.App.People.Cohorts(w.In(ctx.id), "")
		require.NoError(t, err)
		for _, k := range list {
			cohorts = append(cohorts, k.ID)
		}
	}
	shared, err := w.App.People.Cohorts(w.Central(), "")
	require.NoError(t, err)
	for _, k := range shared {
		cohorts = append(cohorts, k.ID)
	}
	foreign := func(a lmstest.Answer, what string) {
		t.Helper()
		require.NotContains(t, a.Body, app.Canary("south"), what)
		require.NotContains(t, a.Body, app.Canary("harbour"), what)
		require.Less(t, a.Status, 500, "%s: %s", what, a.Body)
	}
	own := w.Account("north", "ned")
	for _, who := range []string{nora, till} {
		for _, id := range accounts {
			a := w.Ask("north", "/people/"+id, who, nil)
			foreign(a, "/people/"+id)
			for _, do := range []string{"rename", "suspend", "resume", "remove", "demote"} {
				foreign(w.Ask("north", "/people/"+id+"/"+do, who, lmstest.Form("name", "taken", "reason", "because")), do)
			}
			foreign(w.Ask("north", "/enrolments/algebra/end", who, lmstest.Form("account", id)), "end")
		}
		for _, k := range cohorts {
			foreign(w.Ask("north", "/cohorts/"+k, who, nil), "cohort")
			for _, do := range []string{"add", "remove", "delete"} {
				for _, account := range append(accounts, own) {
					foreign(w.Ask("north", "/cohorts/"+k+"/"+do, who, lmstest.Form("account", account)), "cohort "+do)
				}
			}
		}
		for _, path := range []string{"/courses/welding", "/enrolments/welding", "/roles/course/welding", "/roles/tenant/south", "/roles/system/", "/roles/system/1", "/roles/user/" + accounts[0], "/api/courses/welding"} {
			foreign(w.Ask("north", path, who, nil), path)
			foreign(w.Ask("north", path, who, lmstest.Form("do", "assign", "role", "manager", "account", own)), path)
		}
	}
	require.Equal(t, as, global())
	require.Equal(t, before, kept(w, "south"))
	for _, name := range []string{"gina", "tess"} {
		require.NotEmpty(t, w.Enter("south", name), name)
	}
}

// TestMoreRights: nobody gives themselves more than they may, whatever numbers,
// names and places a form says.
func TestMoreRights(t *testing.T) {
	t.Parallel()
	w := lmstest.Start(t, app.Options{})
	for _, name := range []string{"till", "ned", "nora"} {
		me, cookie := w.Account("north", name), w.Enter("north", name)
		actor := tenant.Actor{ID: me, Tenant: "north"}
		can := func(capability string, n int64) bool {
			return w.App.Checker.Can(w.App.Extend(tenant.WithActor(tenant.WithID(t.Context(), "north"), actor)), capability, n)
		}
		top, err := w.App.TenantNode(w.In("north"))
		require.NoError(t, err)
		var had []bool
		all := func() (now []bool) {
			for _, c := range app.Capabilities() {
				now = append(now, can(c.Name, top.ID), can(c.Name, ctxtree.SystemID))
			}
			return now
		}
		had = all()
		for role := range int64(12) {
			for _, account := range []string{me, w.Account("", "tess")} {
				a := w.Ask("north", "/enrolments/algebra/role", cookie, lmstest.Form("account", account, "role", strconv.FormatInt(role, 10)))
				require.Less(t, a.Status, 500, a.Body)
			}
		}
		for role := range w.App.Role {
			for _, path := range []string{"/roles/course/algebra", "/roles/category/top", "/roles/tenant/north", "/roles/system/", "/roles/system/system"} {
				w.Ask("north", path, cookie, lmstest.Form("do", "assign", "account", me, "role", role))
				for _, c := range append(app.Capabilities(), rbac.Capability{}) {
					a := w.Ask("north", path, cookie, lmstest.Form("do", "override", "role", role, "capability", c.Name, "permission", "allow"))
					if name != "nora" {
						require.Contains(t, []int{http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity}, a.Status, "%s %s %s %s: %s", name, path, role, c.Name, a.Body)
					}
					require.Less(t, a.Status, 500, "%s %s %q: %s", path, role, c.Name, a.Body)
				}
			}
		}
		require.Equal(t, had, all(), name)
		for _, path := range []string{"/platform", "/accounts", "/shared-cohorts", "/platform/north"} {
			require.NotEqual(t, 200, w.Ask("www", path, cookie, nil).Status, path)
		}
	}
}

// TestTokens: a token of the API is good on its site.
func TestTokens(t *testing.T) {
	t.Parallel()
	w := lmstest.Start(t, app.Options{})
	token := func(name string) string {
		out, err := w.App.NewToken(w.In("north"), w.Account(map[bool]tenant.ID{true: "north"}[name == "nora"], name))
		require.NoError(t, err)
		return out
	}
	for _, name := range []string{"nora", "gina", "tess"} {
		for _, host := range []string{"south", "harbour", "www", "studio", "studio.south"} {
			for _, path := range []string{"/api/site", "/api/log", "/api/courses/welding"} {
				status, _ := withToken(t, w, host, path, token(name))
				if host == "www" || host == "studio" { // which know no tokens, and have no API
					require.Contains(t, []int{401, 404}, status, "%s %s%s", name, host, path)
					continue
				}
				require.Equal(t, 401, status, "%s %s%s", name, host, path)
			}
			for _, path := range []string{"/people", "/reports", "/sites", "/platform"} {
				status, _ := withToken(t, w, host, path, token(name))
				require.NotEqual(t, 200, status, "%s %s%s", name, host, path)
			}
		}
		// Her pages would lead gina from one of her sites to the other.
		for _, path := range []string{"/modules/s-torch", "/courses/welding", "/api/courses/welding"} {
			_, body := withToken(t, w, "north", path, token(name))
			require.NotContains(t, body, app.Canary("south"), "%s %s", name, path)
			require.NotContains(t, body, "Schweißen", "%s %s", name, path)
		}
		status, _ := withToken(t, w, "north", "/api/courses/algebra", token(name))
		require.Equal(t, 200, status)
	}
}

// withToken asks as a program does that has a token of the API.
func withToken(t *testing.T, w *lmstest.World, host, path, token string) (status int, body string) {
	t.Helper()
	u, err := url.Parse(w.At(host, path))
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+u.Port()+path, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Host = u.Host
	resp, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

// TestResetLink: a mail leads to the site that was asked, whatever host the
// request named.
func TestResetLink(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode tenant.Tenancy
		host string
	}{{tenant.TenancyOn, "north.localhost:4444"}, {tenant.TenancyOff, "evil.example"}, {tenant.TenancyOff, "evil.example:80"}} {
		w := lmstest.Start(t, app.Options{Tenancy: c.mode})
		u, err := url.Parse(w.At("north", "/reset"))
		require.NoError(t, err)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:"+u.Port()+"/reset", strings.NewReader("email=nora%40example.com"))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Host = c.host
		resp, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		mail := mails(t, w.Outbox, 1)[0]
		require.NotContains(t, mail.Text+mail.Subject, "evil", c.host)
		require.NotContains(t, mail.Text+mail.Subject, "4444", c.host)
		require.Contains(t, mail.Text, "http://north.localhost")
	}
}

// TestHostileGlobals: who belongs to no site sees those that know the account,
// whatever role there is in the installation and whatever the address names.
func TestHostileGlobals(t *testing.T) {
	t.Parallel()
	w := lmstest.Start(t, app.Options{})
	sites := []tenant.ID{"north", "south", "harbour"}
	var nodes []ctxtree.Node
	for _, id := range sites {
		list, _, err := w.App.Tree.Load(w.In(id), id)
		require.NoError(t, err)
		nodes = append(nodes, list...)
	}
	before := map[tenant.ID]string{}
	for _, id := range sites {
		before[id] = kept(w, id)
	}
	for _, c := range []struct {
		name, host string
		knows      []tenant.ID
	}{
		{"stan", "harbour", []tenant.ID{"harbour"}}, {"stan", "www", []tenant.ID{"harbour"}}, {"stan", "studio", []tenant.ID{"harbour"}},
		{"tess", "north", []tenant.ID{"north", "south"}}, {"tess", "studio", []tenant.ID{"north", "south"}},
		{"root", "www", nil}, {"root", "studio", nil},
		{"till", "north", []tenant.ID{"north"}}, {"till", "studio.north", []tenant.ID{"north"}},
	} {
		cookie := w.Enter(c.host, c.name)
		require.NotEmpty(t, cookie, c.name)
		see := func(path string, form url.Values) {
			t.Helper()
			a := w.Ask(c.host, path, cookie, form)
			require.Less(t, a.Status, 500, "%s on %s: %s %s", c.name, c.host, path, a.Body)
			for _, id := range sites {
				if !slices.Contains(c.knows, id) {
					require.NotContains(t, a.Body, app.Canary(id), "%s on %s: %s", c.name, c.host, path)
				}
			}
		}
		for _, path := range []string{"/", "/people", "/reports", "/sites", "/cohorts", "/enrolments", "/administration", "/blog"} {
			see(path, nil)
		}
		for _, n := range nodes {
			own := slices.Contains(c.knows, n.Tenant)
			for _, path := range []string{"/courses/", "/modules/", "/categories/", "/enrolments/", "/roles/course/", "/people/", "/api/courses/"} {
				see(path+n.Instance, nil)
				see(path+strconv.FormatInt(n.ID, 10), nil)
				if !own {
					for _, more := range []string{"", "/modules", "/organisation", "/lock", "/courses", "/grades", "/end", "/role"} {
						see(path+strconv.FormatInt(n.ID, 10)+more, lmstest.Form("title", "taken", "body", "taken", "summary", "taken", "account", "x", "locked", "yes", "organisation", "Suedwerk"))
						if n.Instance != app.TopCategory && n.Instance != "algebra" && n.Instance != "intro" { // which each site has
							see(path+n.Instance+more, lmstest.Form("title", "taken", "body", "taken", "summary", "taken", "account", "x", "locked", "yes", "organisation", "Suedwerk"))
						}
					}
				}
			}
		}
		for _, id := range sites {
			if !slices.Contains(c.knows, id) {
				see("/switch", lmstest.Form("to", string(id)))
				require.Equal(t, before[id], kept(w, id), "%s on %s has changed %s", c.name, c.host, id)
			}
		}
	}
}

// TestOwnHosts: nobody signs up for a host that is the program's.
func TestOwnHosts(t *testing.T) {
	t.Parallel()
	w := lmstest.Start(t, app.Options{})
	for _, name := range []string{"Studio", "WWW", "studio!", "localhost", "Stúdio"} {
		a := w.Ask("www", "/sign-up", "", lmstest.Form("name", name, "language", "en", "user", "eve", "email", "eve@example.com", "password", "a password"))
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%s: %s", name, a.Body)
	}
}

// TestStudioOfAll: without tenants, and where each is reached on its own host
// only, there is no studio of all.
func TestStudioOfAll(t *testing.T) {
	t.Parallel()
	for _, mode := range []tenant.Tenancy{tenant.TenancyOff, tenant.TenancySeparate} {
		w := lmstest.Start(t, app.Options{Tenancy: mode})
		gina := w.Enter("studio", "gina")
		a := w.Ask("studio", "/", gina, nil)
		require.NotContains(t, a.Body, app.Canary("south"), "%v", mode)
		require.NotContains(t, a.Body, "im Süden", "%v", mode)
		if mode == tenant.TenancySeparate {
			require.NotContains(t, a.Body, "of the North", "%v", mode)
		}
		nodes, _, err := w.App.Tree.Load(w.In("south"), "south")
		require.NoError(t, err)
		for _, n := range nodes {
			for _, path := range []string{"/courses/", "/modules/"} {
				a := w.Ask("studio", path+strconv.FormatInt(n.ID, 10), gina, nil)
				require.NotEqual(t, 200, a.Status, "%v %s", mode, n.Path)
			}
		}
		for _, form := range []string{"south", "north"} {
			a := w.Ask("www", "/switch", w.Enter("www", "gina"), lmstest.Form("to", form))
			require.NotEqual(t, 303, a.Status, "%v", mode)
		}
	}
}
