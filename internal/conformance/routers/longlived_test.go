package routers

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// socket answers each message of a WebSocket with the notes that a goroutine of
// its own reads. The message says which context that goroutine gets.
func (w *world) socket(rw http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(rw, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	contexts := map[string]func() context.Context{
		"request":    r.Context,
		"detached":   func() context.Context { return tenant.Detach(r.Context()) },
		"background": context.Background,
	}
	for {
		_, message, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		said := make(chan string)
		go func() {
			a := w.list(contexts[string(message)]())
			if notes, ok := a.Body.([]string); ok {
				said <- strings.Join(notes, ", ")
				return
			}
			said <- a.Body.(string)
		}()
		if err := conn.Write(r.Context(), websocket.MessageText, []byte(<-said)); err != nil {
			return
		}
	}
}

// TestWebSocket: a goroutine of a connection keeps its tenant; one that lost it
// is refused, and does not see everybody's rows.
func TestWebSocket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := httptest.NewServer(w.middleware()(http.HandlerFunc(w.socket)))
	t.Cleanup(server.Close)
	for host, notes := range map[string]string{"acme.example.com": "one of ACME, two of ACME", "bolt.example.com": "one of BOLT, three of BOLT"} {
		conn, _, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{Host: host})
		require.NoError(t, err)
		for message, want := range map[string]string{"request": notes, "detached": notes, "background": "names no tenant"} {
			require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte(message)))
			_, got, err := conn.Read(t.Context())
			require.NoError(t, err)
			require.Contains(t, string(got), want, message)
			require.Equal(t, want == notes, string(got) == notes)
		}
		require.NoError(t, conn.Close(websocket.StatusNormalClosure, ""))
	}
	_, answered, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{Host: "nobody.test"})
	require.Error(t, err)
	require.Equal(t, http.StatusNotFound, answered.StatusCode, "not even upgraded")
}

// TestGoroutineAfterTheRequest: what outlives the request dies with its context,
// is refused without one, and goes on with a detached one, as the same tenant.
func TestGoroutineAfterTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	over := make(chan struct{})
	said := make(chan answer, 3)
	server := httptest.NewServer(w.middleware()(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for _, ctx := range []context.Context{r.Context(), context.Background(), tenant.Detach(r.Context())} {
			go func() {
				<-over
				<-r.Context().Done() // net/http ends it with the request
				a := w.list(ctx)
				said <- a
			}()
		}
	})))
	t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	require.NoError(t, err)
	r.Host = "acme.example.com"
	answered, err := server.Client().Do(r)
	require.NoError(t, err)
	require.NoError(t, answered.Body.Close())
	require.Equal(t, http.StatusOK, answered.StatusCode)
	close(over)
	got := map[any]int{}
	for range 3 {
		a := <-said
		if notes, ok := a.Body.([]string); ok {
			got[strings.Join(notes, ", ")]++
			continue
		}
		require.Equal(t, 500, a.Status)
		switch text := a.Body.(string); {
		case strings.Contains(text, "context canceled"):
			got["canceled"]++
		case strings.Contains(text, "names no tenant"):
			got["refused"]++
		default:
			t.Error(text)
		}
	}
	require.Equal(t, map[any]int{"one of ACME, two of ACME": 1, "canceled": 1, "refused": 1}, got)
}
