package rbac_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// site is acme's site with a guarded page for each node, whose visitor is the
// given one.
func site(t *testing.T, w *world, checker *rbac.Checker, who tenant.Actor, node rbac.NodeOf, onError func(http.ResponseWriter, *http.Request, *tenant.RequestError)) func(path string) *httptest.ResponseRecorder {
	t.Helper()
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme", Host: "acme.example.com"})
	require.NoError(t, err)
	mux := http.NewServeMux()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("the page")) })
	mux.Handle("/nodes/{node}", checker.Require("edit", node)(page))
	handler := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: reg,
		Resolve:  tenant.ByHost(reg),
		Actor:    func(*http.Request) (tenant.Actor, error) { return who, nil },
		OnError:  onError,
		Members:  func(context.Context, tenant.Actor, tenant.ID) (bool, error) { return true, nil },
	})(mux)
	return func(path string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "http://acme.example.com"+path, nil))
		return rec
	}
}

func path(n ctxtree.Node) string { return "/nodes/" + strconv.FormatInt(n.ID, 10) }

func TestRequire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	editor := w.role("editor")
	w.set(editor, w.system, rbac.Allow, "edit")
	w.assign("ann", editor, w.acmeCat)
	w.assign("guest", editor, w.acmeCat)
	w.admin("gil")
	checker := w.checker(rbac.Config{})
	get := func(who tenant.Actor, path string) *httptest.ResponseRecorder {
		return site(t, w, checker, who, rbac.PathNode("node"), nil)(path)
	}

	require.Equal(t, "the page", get(ann, path(w.acmeCourse)).Body.String())
	require.Equal(t, "the page", get(gil, path(w.acmeOther)).Body.String())
	require.Equal(t, http.StatusForbidden, get(ann, path(w.acmeOther)).Code)
	require.Equal(t, "application/problem+json", get(ann, path(w.acmeOther)).Header().Get("Content-Type"))

	// What is another tenant's, what nobody has and what can not be look the same.
	unknown := get(ann, path(w.nowhere))
	require.Equal(t, http.StatusNotFound, unknown.Code)
	for _, p := range []string{path(w.bolt), path(w.boltCourse), path(w.sharedCourse), "/nodes/0", "/nodes/-1", "/nodes/x", "/nodes/99999999999999999999", "/nodes/%20", "/nodes/1x"} {
		rec := get(ann, p)
		require.Equal(t, unknown.Code, rec.Code, p)
		require.Equal(t, unknown.Body.String(), rec.Body.String(), p)
		require.Equal(t, unknown.Header(), rec.Header(), p)
	}
	require.Equal(t, http.StatusNotFound, get(gil, path(w.boltCourse)).Code, "administrators too")
	require.Equal(t, http.StatusNotFound, get(guest, path(w.acmeCourse)).Code)
	for _, n := range []ctxtree.Node{w.acmeCourse, w.boltCourse, w.sharedCourse, w.nowhere} {
		require.Equal(t, http.StatusUnauthorized, get(anon, path(n)).Code)
	}
}

func TestRequireObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	editor := w.role("editor")
	w.set(editor, w.system, rbac.Allow, "edit")
	w.assign("ann", editor, w.acmeCourse)
	checker := w.checker(rbac.Config{})
	get := site(t, w, checker, ann, rbac.PathObject(w.tree, "course", "node"), nil)
	require.Equal(t, http.StatusOK, get("/nodes/7").Code, "acme's course 7, not bolt's")
	require.Equal(t, http.StatusNotFound, get("/nodes/8").Code)
	require.Equal(t, http.StatusNotFound, get("/nodes/%00").Code)
	get = site(t, w, checker, ann, rbac.OnNode(w.acmeOther.ID), nil)
	require.Equal(t, http.StatusForbidden, get("/nodes/7").Code)
}

// Without an answer nobody passes, and the middleware's OnError hears why.
func TestRequireFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowed(w)
	boom := errors.New("boom")
	var heard error
	get := func(checker *rbac.Checker, node rbac.NodeOf) int {
		heard = nil
		rec := site(t, w, checker, ann, node, func(w http.ResponseWriter, r *http.Request, fault *tenant.RequestError) {
			heard = fault
			tenant.WriteProblem(w, r, fault)
		})(path(w.acmeCourse))
		require.NotContains(t, rec.Body.String(), "the page")
		return rec.Code
	}
	failing := w.checker(rbac.Config{Store: &hooked{w.roles, func(context.Context, tenant.ID) error { return boom }}})
	require.Equal(t, http.StatusServiceUnavailable, get(failing, rbac.PathNode("node")))
	require.ErrorIs(t, heard, boom)

	checker := w.checker(rbac.Config{})
	require.Equal(t, http.StatusServiceUnavailable, get(checker, func(*http.Request) (int64, error) { return w.acmeCourse.ID, boom }))
	require.ErrorIs(t, heard, boom)
	require.Equal(t, http.StatusTeapot, get(checker, func(*http.Request) (int64, error) {
		return 0, &tenant.RequestError{Status: http.StatusTeapot, Err: boom}
	}))
	require.Equal(t, http.StatusServiceUnavailable, get(nil, rbac.PathNode("node")), "a checker that was never made")

	// Outside of the middleware.
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { t.Error("the page") })
	for _, ctx := range []context.Context{context.Background(), tenant.WithActor(context.Background(), ann), tenant.WithID(context.Background(), "acme")} {
		rec := httptest.NewRecorder()
		checker.Require("edit", rbac.OnNode(w.acmeCourse.ID))(page).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
		require.Equal(t, http.StatusInternalServerError, rec.Code)
	}
}
