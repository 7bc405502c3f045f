package web

import (
	"net/http"
	"time"
)

// MaxBody is how large a request may be, in bytes.
const MaxBody = 1 << 20

// Protect refuses requests that another site's page has made a browser send,
// by the headers that browsers add to them (Sec-Fetch-Site, Origin), bounds
// their size, and tells browsers to run nothing that is not the page's own.
func Protect(next http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; script-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store") // pages of one tenant do not stay in a shared browser
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		next.ServeHTTP(w, r)
	}))
}

// NewServer has the time limits that a server on a network needs.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
}
