package pages

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// handler serves what every page of an application begins with: the node in the
// URL, and whose page it is then.
func (w *world) handler() http.Handler {
	page := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		id, _ := strconv.ParseInt(r.URL.Query().Get("node"), 10, 64)
		ctx, err := w.pages.Enter(r.Context(), id)
		switch {
		case errors.Is(err, ctxtree.ErrNoNode):
			http.Error(rw, "no such page", http.StatusNotFound)
			return
		case err != nil:
			tenant.Refuse(rw, r, err)
			return
		}
		now, _ := tenant.FromContext(ctx)
		page, _ := ctxtree.Current(ctx)
		if now == nil {
			now = &tenant.Tenant{ID: "nobody"}
		}
		fmt.Fprintf(rw, "%s: %s of %q", now.ID, page.Node.Level, page.Node.Tenant)
	})
	return tenant.Middleware(tenant.MiddlewareConfig{
		Registry: w.reg, Resolve: tenant.ByHost(w.reg), Members: w.dir.MayEnter,
		Actor: func(r *http.Request) (tenant.Actor, error) {
			if who := r.Header.Get("Account"); who != "" {
				return w.dir.Actor(r.Context(), who)
			}
			return tenant.Actor{}, nil
		},
	})(page)
}

// The user's tenant if there is one; else that of the page; in the system's part
// the one that the session has chosen, which is the host's here.
func Test_B10_CurrentTenant(t *testing.T) {
	each(t, func(w *world) {
		site := w.handler()
		get := func(host, who string, n ctxtree.Node) (int, string) {
			r := httptest.NewRequest(http.MethodGet, "http://"+host+".example.com/?node="+number(n), nil)
			r.Header.Set("Account", who)
			rec := httptest.NewRecorder()
			site.ServeHTTP(rec, r)
			return rec.Code, rec.Body.String()
		}
		answer := func(host, who string, n ctxtree.Node, want string) {
			w.Helper()
			code, body := get(host, who, n)
			require.Equal(w, want, body)
			require.Equal(w, http.StatusOK, code)
		}
		absent := func(host, who string, n ctxtree.Node) {
			w.Helper()
			code, body := get(host, who, n)
			require.Equal(w, "no such page\n", body)
			require.Equal(w, http.StatusNotFound, code)
		}
		nowhere := ctxtree.Node{ID: 1 << 40}
		answer("acme", "ann", w.course["acme"], `acme: course of "acme"`)
		answer("acme", "ann", w.course[""], `acme: course of ""`)
		absent("acme", "ann", w.course["bolt"])
		absent("acme", "ann", nowhere)

		answer("bolt", "eve", w.course["bolt"], `bolt: course of "bolt"`)
		answer("bolt", "eve", w.course["coil"], `coil: course of "coil"`)
		answer("bolt", "eve", w.course[""], `bolt: course of ""`)
		absent("bolt", "eve", w.course["acme"]) // which eve has no business in
		absent("bolt", "eve", nowhere)

		answer("acme", "", w.course["acme"], `acme: course of "acme"`)
		absent("acme", "", w.course["bolt"])

		require.NoError(w, w.manager.Suspend(w.Context(), "coil", "a test"))
		code, _ := get("bolt", "eve", w.course["coil"])
		require.Equal(w, http.StatusServiceUnavailable, code)
		require.NoError(w, w.manager.Archive(w.Context(), "coil", "a test"))
		code, _ = get("bolt", "eve", w.course["coil"])
		require.Equal(w, http.StatusNotFound, code)
		absent("acme", "ann", w.course["coil"])
	})
}

// From the one number of a module in a URL come its node, the course that it is
// in, and the tenant.
func Test_B12_FromOneObject(t *testing.T) {
	each(t, func(w *world) {
		module := map[tenant.ID]ctxtree.Node{}
		for _, id := range tenants {
			module[id] = w.create(in(id), w.course[id].ID, "module", "31")
		}
		only := w.create(in("coil"), w.course["coil"].ID, "module", "32")
		levels := func(ctx context.Context) (all []ctxtree.Level) {
			page, ok := ctxtree.Current(ctx)
			require.True(w, ok)
			for _, n := range page.Line {
				all = append(all, n.Level)
			}
			return all
		}
		for _, id := range tenants {
			ctx, err := w.pages.EnterObject(in(id), "module", "31")
			require.NoError(w, err)
			page, _ := ctxtree.Current(ctx)
			require.Equal(w, module[id], page.Node)
			require.Equal(w, w.course[id], page.Line[3])
			require.Equal(w, []ctxtree.Level{"system", "tenant", "category", "course", "module"}, levels(ctx))
		}
		ctx, err := w.pages.EnterObject(in("acme"), "course", "7")
		require.NoError(w, err)
		page, _ := ctxtree.Current(ctx)
		require.Equal(w, w.course["acme"], page.Node, "its own before the one without a tenant")

		// A global user on a page that says no tenant.
		nobody := tenant.WithActor(context.Background(), eve)
		ctx, err = w.pages.EnterObject(nobody, "module", "32")
		require.NoError(w, err)
		id, _ := tenant.IDFromContext(ctx)
		require.Equal(w, tenant.ID("coil"), id)
		page, _ = ctxtree.Current(ctx)
		require.Equal(w, only, page.Node)
		same, err := w.pages.EnterObject(nobody, "module", "31")
		require.ErrorIs(w, err, ctxtree.ErrAmbiguous)
		require.Equal(w, nobody, same)
		require.NoError(w, w.tree.Delete(in("bolt"), module["bolt"].ID))
		ctx, err = w.pages.EnterObject(nobody, "module", "31")
		require.NoError(w, err, "acme's does not exist for eve, so coil's is the one")
		page, _ = ctxtree.Current(ctx)
		require.Equal(w, module["coil"], page.Node)

		// A member does not get out, by whatever number.
		member := tenant.WithActor(in("acme"), ann)
		_, err = w.pages.EnterObject(member, "module", "32")
		require.ErrorIs(w, err, ctxtree.ErrNoNode)
	})
}

// The navigation is that of the current tenant and what all share, in every
// process.
func Test_B13_NavigationOfOneTenant(t *testing.T) {
	each(t, func(w *world) {
		const shared = "[category shared[course 7]]"
		for _, id := range tenants {
			want := fmt.Sprintf("[tenant %[1]s[category top of %[1]s[course 7]]][category beside %[1]s]%[2]s", id, shared)
			require.Equal(w, want, w.show(w.cache, in(id), ctxtree.NavigationOptions{}))
		}
		require.Equal(w, shared, w.show(w.cache, tenant.Global(context.Background()), ctxtree.NavigationOptions{}))
		ctx, err := w.pages.Enter(tenant.WithActor(in("bolt"), eve), w.course["coil"].ID)
		require.NoError(w, err)
		require.Equal(w, "[tenant coil*[category top of coil*[course 7*]]][category beside coil]"+shared,
			w.show(w.cache, ctx, ctxtree.NavigationOptions{}))

		// Another process hears of a change by the feed.
		elsewhere := ctxtreesql.New(w.pool, w.dialect, ctxtree.Levels{})
		other := ctxtree.NewCache(elsewhere, ctxtree.CacheConfig{})
		poller := feed.NewPoller(feed.NewStore(w.pool, w.dialect), feed.PollerConfig{})
		poller.Subscribe(other.Invalidate)
		require.NoError(w, poller.Poll(w.Context()))
		opts := ctxtree.NavigationOptions{Visible: func(n ctxtree.Node) bool { return n.Tenant != "" }}
		before := w.show(other, in("acme"), opts)
		require.NoError(w, w.tree.Delete(in("acme"), w.course["acme"].ID))
		require.Equal(w, before, w.show(other, in("acme"), opts))
		require.NoError(w, poller.Poll(w.Context()))
		require.Equal(w, "[tenant acme[category top of acme]][category beside acme]", w.show(other, in("acme"), opts))
		require.Equal(w, "[tenant acme[category top of acme]][category beside acme]", w.show(w.cache, in("acme"), opts))
	})
}

// A tenant's nodes, and its top category among them, appear and go with it, or not
// at all.
func Test_B05_C03_TenantNodesComeAndGo(t *testing.T) {
	each(t, func(w *world) {
		nodes := func() []ctxtree.Node {
			all, err := w.tree.Descendants(tenant.AcrossAll(w.Context(), "a test looks"), ctxtree.SystemID)
			require.NoError(w, err)
			return all
		}
		before := nodes()
		boom := errors.New("boom")
		_, _, err := w.manager.Create(w.Context(), tenant.Tenant{ID: "dawn", Code: "dawn"}, func(context.Context, tenant.DBTX, tenant.Event) error { return boom })
		require.ErrorIs(w, err, boom)
		require.Equal(w, before, nodes())

		require.Equal(w, "[category shared[course 7]]", w.show(w.cache, in("dawn"), ctxtree.NavigationOptions{}))
		w.createTenant("dawn")
		require.Equal(w, "[category shared[course 7]][tenant dawn[category top of dawn]][category beside dawn]",
			w.show(w.cache, in("dawn"), ctxtree.NavigationOptions{}), "the cache hears of the commit")
		top, found, err := w.tree.ByInstance(in("dawn"), "dawn", ctxtree.LevelTenant, "dawn")
		require.NoError(w, err)
		require.True(w, found)
		require.Equal(w, ctxtree.SystemID, top.Parent, "between the system and the categories")
		user := w.create(in("dawn"), top.ID, ctxtree.LevelUser, "dan")
		require.Equal(w, tenant.ID("dawn"), user.Tenant)

		require.NoError(w, w.manager.Archive(w.Context(), "dawn", "a test"))
		require.NoError(w, w.manager.Delete(w.Context(), "dawn", "a test"))
		require.Equal(w, before, nodes())
		require.Equal(w, "[category shared[course 7]]", w.show(w.cache, in("dawn"), ctxtree.NavigationOptions{}))
	})
}
