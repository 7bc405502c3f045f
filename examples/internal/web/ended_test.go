package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/web"
)

// TestEndedSession: a request that runs while its session ends, and writes into
// it, does not bring it back.
func TestEndedSession(t *testing.T) {
	t.Parallel()
	s := web.NewSessions()
	begun, release := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/in", func(_ http.ResponseWriter, r *http.Request) { s.Put(r.Context(), "who", "ann") })
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-release
		s.Put(r.Context(), "note", "late")
	})
	mux.HandleFunc("/renew", func(_ http.ResponseWriter, r *http.Request) { require.NoError(t, s.RenewToken(r.Context())) })
	mux.HandleFunc("/out", func(_ http.ResponseWriter, r *http.Request) { require.NoError(t, s.Destroy(r.Context())) })
	mux.HandleFunc("/all", func(_ http.ResponseWriter, r *http.Request) { require.NoError(t, s.Iterate(r.Context(), s.Destroy)) })
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(s.GetString(r.Context(), "who"))) })
	h := s.LoadAndSave(mux)
	ask := func(path string, cookie *http.Cookie) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		if cookie != nil {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, end := range []string{"/out", "/all", "/renew"} {
		begun, release = make(chan struct{}), make(chan struct{})
		cookie := ask("/in", nil).Result().Cookies()[0]
		require.Equal(t, "ann", ask("/who", cookie).Body.String())
		done := make(chan struct{})
		go func() {
			defer close(done)
			ask("/slow", cookie)
		}()
		<-begun
		now := ask(end, cookie)
		close(release)
		<-done
		require.Empty(t, ask("/who", cookie).Body.String(), end)
		if end == "/renew" {
			require.Equal(t, "ann", ask("/who", now.Result().Cookies()[0]).Body.String())
		}
	}
}
