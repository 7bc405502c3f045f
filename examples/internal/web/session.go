package web

import (
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
)

// NewSessions keeps sessions in this process. The cookie belongs to one host,
// scripts do not see it, other sites' forms do not send it, and it travels
// encrypted, except to this machine, where browsers count plain HTTP as safe.
func NewSessions() *scs.SessionManager {
	s := scs.New()
	s.Lifetime = 12 * time.Hour
	s.IdleTimeout = time.Hour
	s.Cookie.Name = "__Host-session"
	s.Cookie.HttpOnly = true
	s.Cookie.Secure = true
	s.Cookie.SameSite = http.SameSiteLaxMode
	s.Cookie.Path = "/"
	return s
}
