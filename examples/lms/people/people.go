// Package people is the part of the learning example that knows who is who:
// signing in and up, forgotten passwords, a site's members, cohorts and
// enrolments for its managers, and the accounts and sites of the whole
// installation for who runs it.
//
// No handler asks which tenant it works for. The middleware has put the tenant
// into the request's context, and what a handler calls - the directory of
// people, the settings, the roles, the database - reads it there: an id from a
// form that is another tenant's is an id that nobody has.
package people

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/examples/internal/web"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/examples/lms/learn"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

//go:embed pages
var files embed.FS

// people serves the pages. It is safe for concurrent use.
type people struct {
	*app.App
	outbox *Outbox
	pages  *web.Pages
}

// Parts are the pages, for package learn to mount: those of the sites, and those
// of the main site. Mails go to the outbox.
func Parts(a *app.App, outbox *Outbox) []learn.Part {
	mount := func(register ...func(*people, *http.ServeMux)) func(*http.ServeMux, *web.Pages) error {
		return func(mux *http.ServeMux, pages *web.Pages) error {
			p, err := open(a, outbox, pages)
			if err != nil {
				return err
			}
			for _, add := range register {
				add(p, mux)
			}
			return nil
		}
	}
	return []learn.Part{
		{Link: web.Link{Text: "Register", URL: "/register"}, Visitors: true},
		{Link: web.Link{Text: "Forgotten the password?", URL: "/reset"}, Visitors: true},
		{Main: true, Link: web.Link{Text: "Sign in", URL: "/sign-in"}, Visitors: true},
		{Main: true, Link: web.Link{Text: "Forgotten the password?", URL: "/reset"}, Visitors: true},
		{Link: web.Link{Text: "People", URL: "/people"}, Capability: app.PeopleManage, Mount: mount((*people).doors, (*people).site)},
		{Link: web.Link{Text: "Cohorts", URL: "/cohorts"}, Capability: app.PeopleManage},
		{Link: web.Link{Text: "Enrolments", URL: "/enrolments"}, Capability: app.CourseEnrol, Somewhere: true},
		{Link: web.Link{Text: "Sites", URL: "/sites"}, Global: true},
		{Main: true, Link: web.Link{Text: "Your sites", URL: "/sites"}, Global: true, Mount: mount((*people).doors, (*people).platformPages)},
		{Main: true, Link: web.Link{Text: "All sites", URL: "/platform"}, Capability: app.SystemReports},
	}
}

// open reads the pages, which are shown within the chrome of the application's
// others.
func open(a *app.App, outbox *Outbox, pages *web.Pages) (*people, error) {
	folder, err := fs.Sub(files, "pages")
	if err != nil {
		return nil, err
	}
	own, err := pages.With(folder, nil)
	if err != nil {
		return nil, fmt.Errorf("people: %w", err)
	}
	return &people{App: a, outbox: outbox, pages: own}, nil
}

// inSite serves a page of a site to those who have the capability on the whole
// of it: on the tenant's node.
func (p *people) inSite(capability string, h http.HandlerFunc) http.HandlerFunc {
	return p.signedIn(func(w http.ResponseWriter, r *http.Request) {
		top, err := p.TenantNode(r.Context())
		p.serve(w, r, err, capability, top.ID, h)
	})
}

// central serves a page of the main site to those who have the capability in
// the whole installation. The request is in global mode, which has no tenant's
// rows: what else a handler reaches it says itself.
func (p *people) central(capability string, h http.HandlerFunc) http.HandlerFunc {
	return p.signedIn(func(w http.ResponseWriter, r *http.Request) {
		p.serve(w, r, nil, capability, ctxtree.SystemID, h)
	})
}

func (p *people) serve(w http.ResponseWriter, r *http.Request, err error, capability string, node int64, h http.HandlerFunc) {
	if err == nil {
		err = p.Checker.Check(r.Context(), capability, node)
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	h(w, r)
}

// signedIn refuses visitors.
func (p *people) signedIn(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if a, _ := tenant.ActorFromContext(r.Context()); a.Anonymous() {
			p.pages.Problem(w, r, http.StatusUnauthorized, "Sign in first.")
			return
		}
		h(w, r)
	}
}

// fail answers an error. What belongs to another tenant and what does not exist
// is the same page.
func (p *people) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, member.ErrUnknownAccount), errors.Is(err, member.ErrUnknownCohort),
		errors.Is(err, ctxtree.ErrNoNode), errors.Is(err, rbac.ErrNoCandidate), errors.Is(err, tenant.ErrUnknownTenant),
		errors.Is(err, rbac.ErrUnknownRole), errors.Is(err, rbac.ErrRoleLevel):
		p.pages.Problem(w, r, http.StatusNotFound, "There is no such thing here.")
	case errors.Is(err, member.ErrCentral), errors.Is(err, member.ErrOutside), errors.Is(err, ctxtree.ErrOutside), errors.Is(err, tenant.ErrNotMember), errors.Is(err, tenant.ErrSeparate):
		p.pages.Problem(w, r, http.StatusForbidden, "You may not do this.")
	default:
		p.pages.Fail(w, r, err)
	}
}

// done leads back to a page after a change, with what happened: that it worked,
// or which rule it broke. Everything else is an error.
func (p *people) done(w http.ResponseWriter, r *http.Request, err error, to, message string) {
	if said := rule(err); said != "" {
		err, message = nil, said
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.pages.Back(w, r, to, message)
}

// rule says which rule a change broke that somebody can do something about.
func rule(err error) string {
	var limit *member.LimitError
	switch {
	case errors.As(err, &limit):
		return fmt.Sprintf("Not done: this site has its %d members.", limit.Limit)
	case errors.Is(err, member.ErrNameTaken):
		return "Not done: somebody has that user name."
	case errors.Is(err, member.ErrNamePattern):
		return "Not done: the user name does not have the form that this site asks for."
	case errors.Is(err, member.ErrNameReserved):
		return "Not done: that user name is reserved."
	case errors.Is(err, member.ErrBadName):
		return "Not done: a name or an address is not well formed."
	case errors.Is(err, member.ErrReadOnly):
		return "Not done: this cohort follows the site's people by itself."
	case errors.Is(err, member.ErrNotGlobal):
		return "Not done: that is for accounts that are a member of no site."
	case errors.Is(err, member.ErrInUse):
		return "Not done: a site uses the cohort."
	case errors.Is(err, passwords.ErrTooShort):
		return fmt.Sprintf("Not done: a password has at least %d characters.", passwords.MinLength)
	case errors.Is(err, tenant.ErrSuspended):
		return "Not done: the site is suspended."
	case errors.Is(err, tenant.ErrArchived):
		return "Not done: the site is archived."
	case errors.Is(err, tenant.ErrTaken):
		return "Not done: that name is taken."
	}
	return ""
}
