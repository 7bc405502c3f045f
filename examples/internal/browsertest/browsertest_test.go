package browsertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/browsertest"
	"github.com/gotenancy/tenancy/examples/internal/web"
)

// TestPeople: two people have no cookie in common, and a session's cookie
// reaches the host that set it only, over plain HTTP on this machine too.
func TestPeople(t *testing.T) {
	t.Parallel()
	sessions := web.NewSessions()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<p>hello %s</p><form method=post action=/><input name=who><button>Say it</button></form>`, sessions.GetString(r.Context(), "who"))
	})
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		sessions.Put(r.Context(), "who", r.PostFormValue("who"))
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	acme, bolt := serve(t, sessions, mux)

	b := browsertest.Start(t)
	ann, bob := b.Person(t), b.Person(t)
	require.Equal(t, 200, ann.Open(acme))
	require.Equal(t, 200, ann.Fill("who", "ann").Press("Say it"))
	ann.Sees("hello ann")
	require.Equal(t, 200, bob.Open(acme))
	bob.SeesNot("ann")
	ann.Open(bolt)
	ann.SeesNot("ann")
	require.Empty(t, ann.Cookies())
	ann.Open(acme)
	cookie := ann.Cookies()["__Host-session"]
	require.NotNil(t, cookie)
	require.True(t, cookie.HTTPOnly && cookie.Secure)
	require.Equal(t, "Lax", string(cookie.SameSite))
}

// TestForeignForm: the page of another site does not get its form through.
func TestForeignForm(t *testing.T) {
	t.Parallel()
	sessions := web.NewSessions()
	mux := http.NewServeMux()
	acme, bolt := serve(t, sessions, mux)
	mux.HandleFunc("GET /evil", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Del("Content-Security-Policy")
		fmt.Fprintf(w, `<form method=post action=%q><button>Win</button></form>`, acme+"/change")
	})
	mux.HandleFunc("POST /change", func(http.ResponseWriter, *http.Request) { t.Error("it came through") })
	p := browsertest.Start(t).Person(t)
	p.Open(bolt + "/evil")
	require.Equal(t, 403, p.Press("Win"))
}

func serve(t *testing.T, sessions *scs.SessionManager, h http.Handler) (acme, bolt string) {
	server := httptest.NewServer(web.Protect(sessions.LoadAndSave(h)))
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	require.NoError(t, err)
	return "http://acme.localhost:" + at.Port(), "http://bolt.localhost:" + at.Port()
}
