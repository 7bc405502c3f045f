package web

import (
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// lifetime is how long a session lasts at most.
const lifetime = 12 * time.Hour

// NewSessions keeps sessions in this process. The cookie belongs to one host,
// scripts do not see it, other sites' forms do not send it, and it travels
// encrypted, except to this machine, where browsers count plain HTTP as safe.
func NewSessions() *scs.SessionManager {
	s := scs.New()
	if inner, ok := s.Store.(*memstore.MemStore); ok { // which is what New begins with
		s.Store = newEndedSessions(inner)
	}
	s.Lifetime = lifetime
	s.IdleTimeout = time.Hour
	s.Cookie.Name = "__Host-session"
	s.Cookie.HttpOnly = true
	s.Cookie.Secure = true
	s.Cookie.SameSite = http.SameSiteLaxMode
	s.Cookie.Path = "/"
	return s
}
