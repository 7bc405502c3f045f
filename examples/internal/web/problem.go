package web

import (
	"database/sql"
	"errors"
	"log/slog"
	"net/http"

	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// problem is what the page problem.html shows.
type problem struct{ Title, Detail string }

// Refuse shows a refusal of the library as a page: it is for
// tenant.MiddlewareConfig.OnError. The page says no more than the refusal.
func (p *Pages) Refuse(w http.ResponseWriter, r *http.Request, fault *tenant.RequestError) {
	p.Problem(w, r, fault.Status, fault.Detail())
}

// Problem shows a page with a status that is not a success. It leaves the message
// of the request before where it is: the page may be the refusal of a session that
// is another tenant's, as the message is then.
func (p *Pages) Problem(w http.ResponseWriter, r *http.Request, status int, detail string) {
	p.write(w, r, status, "problem.html", problem{http.StatusText(status), detail}, func() string { return "" })
}

// Fail answers an error of a handler. What a visitor can do something about is
// said, everything else is logged and the visitor told that it failed: a row of
// another tenant and a row that does not exist give the same page.
func (p *Pages) Fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, sql.ErrNoRows):
		p.Problem(w, r, http.StatusNotFound, "There is no such thing here.")
	case errors.Is(err, rbac.ErrDenied), errors.Is(err, tenant.ErrReadOnly):
		p.Problem(w, r, http.StatusForbidden, "You may not do this.")
	case errors.Is(err, scope.ErrBusy):
		w.Header().Set("Retry-After", "1")
		p.Problem(w, r, http.StatusServiceUnavailable, "Your organisation is asking for a lot at once. Try again in a moment.")
	default:
		slog.ErrorContext(r.Context(), "a request failed", "path", r.URL.Path, "error", err)
		p.Problem(w, r, http.StatusInternalServerError, "That did not work. It has been logged.")
	}
}
