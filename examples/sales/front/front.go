// Package front is the front office of the example sales: the pages that a
// client organisation's own people see. Its SQL is what an application for one
// customer would have. What makes it one for many is in package app, and in the
// middleware that New puts in front of the pages.
package front

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/examples/internal/web"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

//go:embed pages
var pages embed.FS

// Domain is what the tenants' own hosts end in: acme.localhost. It is also the
// host that they share, where the session says whose it is.
const Domain = "localhost"

// sharedHosts are those on which nobody's name stands.
var sharedHosts = []string{Domain, "127.0.0.1"}

// site is the pages and what they work on.
type site struct {
	*app.App
	pages    *web.Pages
	binding  *tenant.SessionBinding
	attempts passwords.Attempts
}

// New returns the front office.
func New(a *app.App) (http.Handler, error) {
	s := &site{App: a, binding: tenant.BindSessions(a.Sessions)}
	folder, err := fs.Sub(pages, "pages")
	if err != nil {
		return nil, err
	}
	if s.pages, err = web.NewPages(folder, a.Sessions, s.chrome, funcs()); err != nil {
		return nil, err
	}
	of := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: a.Registry,
		Resolve: tenant.First(
			tenant.OnHosts(s.binding.BySession(a.Registry), sharedHosts...),
			tenant.ByTemplate("{tenant}."+Domain, tenant.Codes(a.Registry))),
		Default: app.UsersTenant,
		Actor:   s.binding.Actor(s.actor),
		Members: a.People.MayEnter,
		Central: central,
		Extend:  a.Extend,
		OnError: s.refuse,
	})
	return web.Protect(a.Sessions.LoadAndSave(of(s.routes()))), nil
}

// actor is who the session says is signed in. Whether the account still is what
// it was is looked up for each request, so that a suspension counts at once.
func (s *site) actor(r *http.Request) (tenant.Actor, error) {
	account := s.Sessions.GetString(r.Context(), member.SessionAccount)
	if account == "" {
		return tenant.Actor{}, nil
	}
	return s.People.Actor(r.Context(), account)
}

// central are the pages that belong to no tenant: there somebody gets one.
func central(r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "/static/") {
		return true
	}
	return shared(r) && (r.URL.Path == "/sign-in" || r.URL.Path == "/sign-up")
}

// shared reports whether the request is for the host that tenants share.
func shared(r *http.Request) bool {
	host, err := tenant.CanonicalHost(r.Host)
	return err == nil && slices.Contains(sharedHosts, host)
}

func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /static/", web.Static())
	mux.HandleFunc("GET /{$}", s.start)
	mux.HandleFunc("GET /rates", s.rates)
	mux.HandleFunc("GET /sign-in", s.signInForm)
	mux.HandleFunc("POST /sign-in", s.signIn)
	mux.HandleFunc("GET /sign-up", s.signUpForm)
	mux.HandleFunc("POST /sign-up", s.signUp)
	mux.HandleFunc("POST /sign-out", s.signOut)
	mux.HandleFunc("GET /switch", s.tenants)
	mux.HandleFunc("POST /switch", s.switchTo)
	for _, page := range []struct {
		pattern, capability string
		handler             func(http.ResponseWriter, *http.Request) error
	}{
		{"GET /companies", app.MayView, s.companies},
		{"POST /companies", app.MaySell, s.addCompany},
		{"GET /companies/{id}", app.MayView, s.company},
		{"POST /companies/{id}", app.MaySell, s.changeCompany},
		{"POST /companies/{id}/delete", app.MayManage, s.deleteCompany},
		{"GET /companies/{id}/picture", app.MayView, s.picture},
		{"POST /companies/{id}/picture", app.MaySell, s.upload},
		{"GET /contacts", app.MayView, s.contacts},
		{"POST /contacts", app.MaySell, s.saveContact},
		{"GET /contacts/{id}", app.MayView, s.contact},
		{"POST /contacts/{id}", app.MaySell, s.saveContact},
		{"POST /contacts/{id}/delete", app.MaySell, s.deleteContact},
		{"GET /opportunities", app.MayView, s.opportunities},
		{"POST /opportunities", app.MaySell, s.saveOpportunity},
		{"GET /opportunities/{id}", app.MayView, s.opportunity},
		{"POST /opportunities/{id}", app.MaySell, s.saveOpportunity},
		{"POST /opportunities/{id}/delete", app.MaySell, s.deleteOpportunity},
		{"GET /tasks", app.MayView, s.tasks},
		{"POST /tasks", app.MaySell, s.saveTask},
		{"GET /tasks/{id}", app.MayView, s.task},
		{"POST /tasks/{id}", app.MaySell, s.saveTask},
		{"POST /tasks/{id}/done", app.MaySell, s.finishTask},
		{"POST /tasks/{id}/delete", app.MaySell, s.deleteTask},
		{"GET /quotas", app.MayView, s.quotas},
		{"POST /quotas", app.MayManage, s.setQuota},
		{"GET /reports", app.MayReport, s.reports},
		{"GET /timers", app.MayView, s.timers},
		{"POST /timers", app.MaySettings, s.runTimer},
		{"GET /settings", app.MaySettings, s.settings},
		{"POST /settings", app.MaySettings, s.setCurrency},
		{"GET /people", app.MayPeople, s.people},
		{"POST /people", app.MayPeople, s.addPerson},
		{"POST /people/{account}", app.MayPeople, s.changePerson},
	} {
		mux.Handle(page.pattern, s.require(page.capability, page.handler))
	}
	return mux
}

// require lets through who has the capability in the request's tenant. Visitors
// of the tenant "Users", which holds nothing, may look at its empty lists.
func (s *site) require(capability string, handler func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		actor, _ := tenant.ActorFromContext(ctx)
		err := error(nil)
		switch look := r.Method == http.MethodGet || r.Method == http.MethodHead; {
		case tenant.IsReadOnly(ctx) && look && capability == app.MayView:
		case tenant.IsReadOnly(ctx):
			err = tenant.ErrReadOnly
		case actor.Anonymous() && look:
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
			return
		case actor.Anonymous():
			err = rbac.ErrDenied
		default:
			err = s.May(ctx, capability)
		}
		if err == nil {
			err = handler(w, r)
		}
		if err != nil {
			s.pages.Fail(w, r, err)
		}
	})
}

// refuse answers what the middleware did not admit. A session whose account was
// suspended or is gone ends.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, fault *tenant.RequestError) {
	if fault.Status == http.StatusUnauthorized && (errors.Is(fault, member.ErrSuspended) || errors.Is(fault, member.ErrUnknownAccount)) {
		if err := s.Sessions.Destroy(r.Context()); err == nil {
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
			return
		}
	}
	s.pages.Refuse(w, r, fault)
}

// chrome is what stands around each page: whose it is, who reads it, and where
// to go from here.
func (s *site) chrome(r *http.Request) web.Chrome {
	ctx := r.Context()
	c := web.Chrome{Brand: "Sales", Lang: "en"}
	add := func(text, url string) {
		c.Nav = append(c.Nav, web.Link{Text: text, URL: url, Here: r.URL.Path == url || url != "/" && strings.HasPrefix(r.URL.Path, url+"/")})
	}
	record, ok := tenant.FromContext(ctx)
	actor, _ := tenant.ActorFromContext(ctx)
	switch {
	case !ok:
		c.Footer = "This page belongs to no client organisation."
		add("Start", "/")
	case tenant.IsReadOnly(ctx):
		c.Footer = "You have not signed in, so you are in the tenant Users, which holds no rows: every list is empty, and nothing can be changed here."
	default:
		c.Brand = "Sales of " + record.Name
		c.Footer = "You see the rows of " + record.Name + " and nobody else's. No query on this page says so: each is rewritten for the tenant of the request."
	}
	if ok && (tenant.IsReadOnly(ctx) || !actor.Anonymous()) {
		add("Companies", "/companies")
		add("Contacts", "/contacts")
		add("Opportunities", "/opportunities")
		add("Tasks", "/tasks")
		add("Quotas", "/quotas")
		add("Timers", "/timers")
	}
	if actor.Anonymous() {
		if ok {
			add("Rates", "/rates")
		}
		add("Sign in", "/sign-in")
		return c
	}
	for _, l := range []struct{ capability, text, url string }{
		{app.MayReport, "Reports", "/reports"}, {app.MayPeople, "People", "/people"}, {app.MaySettings, "Settings", "/settings"},
	} {
		if s.May(ctx, l.capability) == nil {
			add(l.text, l.url)
		}
	}
	add("Rates", "/rates")
	if actor.Tenant == "" && shared(r) {
		add("Tenants", "/switch")
	}
	if account, err := s.People.Account(ctx, actor.ID); err == nil {
		c.Who = account.UserName + " of " + record.Name
	}
	return c
}
