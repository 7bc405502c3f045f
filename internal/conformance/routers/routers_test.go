package routers

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// routers are the same application four times.
var routers = map[string]func(w *world) http.Handler{
	"net/http": func(w *world) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /notes", func(rw http.ResponseWriter, r *http.Request) { w.list(r.Context()).write(rw) })
		mux.HandleFunc("GET /notes/{id}", func(rw http.ResponseWriter, r *http.Request) { w.show(r.Context(), r.PathValue("id")).write(rw) })
		mux.Handle("DELETE /notes/{id}", tenant.Require(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			w.remove(r.Context(), r.PathValue("id")).write(rw)
		})))
		mux.HandleFunc("GET /lost", func(rw http.ResponseWriter, _ *http.Request) { w.lost().write(rw) })
		mux.HandleFunc("GET /health", func(rw http.ResponseWriter, r *http.Request) { w.health(r.Context()).write(rw) })
		return w.middleware()(mux)
	},
	"chi": func(w *world) http.Handler {
		r := chi.NewRouter()
		r.Use(w.middleware())
		r.Get("/notes", func(rw http.ResponseWriter, r *http.Request) { w.list(r.Context()).write(rw) })
		r.Get("/notes/{id}", func(rw http.ResponseWriter, r *http.Request) { w.show(r.Context(), chi.URLParam(r, "id")).write(rw) })
		r.With(tenant.Require).Delete("/notes/{id}", func(rw http.ResponseWriter, r *http.Request) {
			w.remove(r.Context(), chi.URLParam(r, "id")).write(rw)
		})
		r.Get("/lost", func(rw http.ResponseWriter, _ *http.Request) { w.lost().write(rw) })
		r.Get("/health", func(rw http.ResponseWriter, r *http.Request) { w.health(r.Context()).write(rw) })
		return r
	},
	"echo": func(w *world) http.Handler {
		e := echo.New()
		e.Use(echo.WrapMiddleware(w.middleware()))
		say := func(c echo.Context, a answer) error { return c.JSON(a.Status, a.Body) }
		e.GET("/notes", func(c echo.Context) error { return say(c, w.list(c.Request().Context())) })
		e.GET("/notes/:id", func(c echo.Context) error { return say(c, w.show(c.Request().Context(), c.Param("id"))) })
		e.DELETE("/notes/:id", func(c echo.Context) error { return say(c, w.remove(c.Request().Context(), c.Param("id"))) },
			echo.WrapMiddleware(tenant.Require))
		e.GET("/lost", func(c echo.Context) error { return say(c, w.lost()) })
		e.GET("/health", func(c echo.Context) error { return say(c, w.health(c.Request().Context())) })
		return e
	},
	"gin": func(w *world) http.Handler {
		g := gin.New()
		g.Use(wrapGin(w.middleware()))
		say := func(c *gin.Context, a answer) { c.JSON(a.Status, a.Body) }
		g.GET("/notes", func(c *gin.Context) { say(c, w.list(c.Request.Context())) })
		g.GET("/notes/:id", func(c *gin.Context) { say(c, w.show(c.Request.Context(), c.Param("id"))) })
		g.DELETE("/notes/:id", wrapGin(tenant.Require), func(c *gin.Context) { say(c, w.remove(c.Request.Context(), c.Param("id"))) })
		g.GET("/lost", func(c *gin.Context) { say(c, w.lost()) })
		g.GET("/health", func(c *gin.Context) { say(c, w.health(c.Request.Context())) })
		return g
	},
}

// wrapGin makes a gin middleware of an ordinary one: gin has no such function.
// Where next is not called the answer is written, and gin must not go on.
func wrapGin(mw func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		entered := false
		mw(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			entered = true
			c.Request = r
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
		if !entered {
			c.Abort()
		}
	}
}

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	m.Run()
}

// exchange is a request and its answer, the same in all routers.
type exchange struct {
	name   string
	method string
	host   string
	path   string
	user   string
	code   int
	body   string // of an answer of the application
}

var exchanges = []exchange{
	{"a tenant's rows", "GET", "acme.example.com", "/notes", "", 200, `["one of ACME","two of ACME"]`},
	{"the other's rows", "GET", "bolt.example.com", "/notes", "", 200, `["one of BOLT","three of BOLT"]`},
	{"as a member", "GET", "acme.example.com:8080", "/notes", "ann", 200, `["one of ACME","two of ACME"]`},
	{"an id that both have", "GET", "bolt.example.com", "/notes/1", "", 200, `"one of BOLT"`},
	{"an id that the other has", "GET", "acme.example.com", "/notes/3", "", 404, `"no such note"`},
	{"no number", "GET", "acme.example.com", "/notes/x", "", 400, `"not a number"`},
	{"a context that was lost", "GET", "acme.example.com", "/lost", "ann", 500, ""},
	{"a central route", "GET", "nobody.test", "/health", "", 200, `"none"`},
	{"unknown host", "GET", "nobody.test", "/notes", "", 404, ""},
	{"archived", "GET", "done.example.com", "/notes", "", 404, ""},
	{"suspended", "GET", "cold.example.com", "/notes", "", 503, ""},
	{"malformed host", "GET", "acme_example.com", "/notes", "", 400, ""},
	{"a member of the other", "GET", "acme.example.com", "/notes", "bob", 403, ""},
	{"a global account", "GET", "acme.example.com", "/notes", "root", 403, ""},
	{"an account that is not", "GET", "acme.example.com", "/notes", "eve", 401, ""},
	{"a route for members", "DELETE", "acme.example.com", "/notes/1", "", 401, ""},
	{"the other's row", "DELETE", "acme.example.com", "/notes/3", "ann", 200, `0`},
	{"an own row", "DELETE", "acme.example.com", "/notes/1", "ann", 200, `1`},
	{"is gone", "GET", "acme.example.com", "/notes", "", 200, `["two of ACME"]`},
	{"the other's is not", "GET", "bolt.example.com", "/notes", "", 200, `["one of BOLT","three of BOLT"]`},
}

func ask(h http.Handler, x exchange) (*http.Response, string) {
	r := httptest.NewRequest(x.method, x.path, nil)
	r.Host = x.host
	if x.user != "" {
		r.Header.Set("X-User", x.user)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Result().Body)
	return w.Result(), strings.TrimSpace(string(body))
}

// TestSameAnswers: the same requests have the same answers under every router,
// and refusals are problem+json.
func TestSameAnswers(t *testing.T) {
	t.Parallel()
	for name, build := range routers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := build(newWorld(t))
			for _, x := range exchanges {
				answered, body := ask(h, x)
				require.Equal(t, x.code, answered.StatusCode, "%s: %s", x.name, body)
				switch {
				case x.body != "":
					require.Equal(t, x.body, body, x.name)
				case x.path == "/lost":
					require.Contains(t, body, "names no tenant")
				default:
					require.Equal(t, "application/problem+json", answered.Header.Get("Content-Type"), x.name)
					require.Contains(t, body, `"status":`)
					require.NotContains(t, body, "of ACME", x.name)
				}
				if strings.HasPrefix(x.host, "acme") {
					require.NotContains(t, body, "BOLT", x.name)
				}
				if strings.HasPrefix(x.host, "bolt") {
					require.NotContains(t, body, "ACME", x.name)
				}
			}
		})
	}
}

// TestConcurrent: the routers take their contexts from pools; requests of two
// tenants at once never see each other's.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	for name, build := range routers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := build(newWorld(t))
			var wg sync.WaitGroup
			for i := range 8 {
				x := exchanges[i%2]
				wg.Go(func() {
					for range 30 {
						if answered, body := ask(h, x); answered.StatusCode != x.code || body != x.body {
							t.Errorf("%s got %d %s", x.host, answered.StatusCode, body)
						}
					}
				})
			}
			wg.Wait()
		})
	}
}
