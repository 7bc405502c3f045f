// Package learn is what people see of the learning management system: the pages
// and the API of each site, and the main site, which is nobody's. Which site it
// is the middleware has found out before a handler runs; the handlers ask for
// rights and read rows as they would with a single customer.
package learn

import (
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"strings"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/examples/internal/web"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

//go:embed pages
var files embed.FS

// Part is a further part of the sites, or of the main site, which another package
// has: its pages are mounted beside these, inside the same middleware.
type Part struct {
	Main       bool                                             // it is one of the main site
	Link       web.Link                                         // in the navigation; no text for none
	Capability string                                           // who sees the link: those who have it on the site's node, or on the system; "" for all who are signed in
	Somewhere  bool                                             // who has the capability on any node of the site sees it too
	Global     bool                                             // of whom only accounts that belong to no site
	Visitors   bool                                             // only who is not signed in sees the link
	Mount      func(mux *http.ServeMux, pages *web.Pages) error // nil for a link only
}

// site serves the sites.
type site struct {
	*app.App
	pages *web.Pages
	parts []Part
}

// New returns the handler of all sites and of the main site.
func New(a *app.App, parts ...Part) (http.Handler, error) {
	s := &site{App: a, parts: parts}
	folder, err := fs.Sub(files, "pages")
	if err != nil {
		return nil, err
	}
	contents, err := template.ParseFS(files, "pages/contents.tmpl")
	if err != nil {
		return nil, err
	}
	s.pages, err = web.NewPages(folder, a.Sessions, s.chrome, template.FuncMap{
		"contents": func(items []entry) (template.HTML, error) {
			var text strings.Builder
			err := contents.Execute(&text, items)
			return template.HTML(text.String()), err //nolint:gosec // what a template has escaped
		},
		"when": when, "paragraphs": paragraphs,
	})
	if err != nil {
		return nil, err
	}
	sites, mainSite := s.routes(), s.mainRoutes()
	for _, p := range parts {
		mux := sites
		if p.Main {
			mux = mainSite
		}
		if p.Mount == nil {
			continue
		}
		if err := p.Mount(mux, s.pages); err != nil {
			return nil, err
		}
	}
	main := a.Main(mainSite)
	inner := a.Middleware(a.IsMain, s.refuse)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.IsMain(r) {
			main.ServeHTTP(w, r)
			return
		}
		sites.ServeHTTP(w, r)
	}))
	outer := http.NewServeMux()
	outer.Handle("GET /static/", web.Static())
	outer.Handle("/", a.Sessions.LoadAndSave(inner))
	return web.Protect(outer), nil
}

// routes are those of a site.
func (s *site) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.front)
	mux.HandleFunc("GET /theme.css", s.style)
	mux.HandleFunc("GET /sign-in", s.signInForm)
	mux.HandleFunc("POST /sign-in", s.signIn)
	mux.HandleFunc("POST /sign-out", s.signOut)
	mux.HandleFunc("GET /categories/{category}", s.category)
	mux.HandleFunc("POST /categories/{category}/lock", s.lock)
	mux.HandleFunc("POST /categories/{category}/courses", s.addCourse)
	mux.HandleFunc("GET /courses/{course}", s.course)
	mux.HandleFunc("POST /courses/{course}/grades", s.grade)
	mux.HandleFunc("GET /modules/{module}", s.module)
	mux.HandleFunc("GET /reports", s.reports)
	mux.HandleFunc("GET /administration", s.administration)
	mux.HandleFunc("POST /administration", s.configure)
	mux.HandleFunc("GET /roles/{level}/{object}", s.roles)
	mux.HandleFunc("POST /roles/{level}/{object}", s.changeRoles)
	mux.HandleFunc("GET /blog", s.blog)
	mux.HandleFunc("POST /blog", s.post)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /cron", s.cron)
	s.api(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, ctxtree.ErrNoNode) })
	return mux
}

// refuse is how the middleware answers who is not admitted: a page, or for
// programs a problem in JSON.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, fault *tenant.RequestError) {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		tenant.WriteProblem(w, r, fault)
		return
	}
	s.pages.Refuse(w, r, fault)
}

// fail answers an error. Another site's object is answered like one that does
// not exist, since to the handler it is.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	actor, _ := tenant.ActorFromContext(r.Context())
	switch {
	case errors.Is(err, ctxtree.ErrNoNode):
		s.pages.Problem(w, r, http.StatusNotFound, "There is no such thing here.")
	case errors.Is(err, rbac.ErrDenied) && actor.Anonymous(), errors.Is(err, tenant.ErrUnauthenticated):
		s.pages.Problem(w, r, http.StatusUnauthorized, "Sign in to see this.")
	case errors.Is(err, rbac.ErrNoCandidate):
		s.pages.Problem(w, r, http.StatusUnprocessableEntity, "This site has no such person.")
	case errors.Is(err, rbac.ErrRoleLevel), errors.Is(err, rbac.ErrUnknownRole), errors.Is(err, rbac.ErrUnknownCapability), errors.Is(err, rbac.ErrInvalid):
		s.pages.Problem(w, r, http.StatusUnprocessableEntity, "That can not be given here.")
	default:
		s.pages.Fail(w, r, err)
	}
}

// enter makes the object with that id the page of the request: from one id there
// are its node, what lies above it, and whose it is.
func (s *site) enter(r *http.Request, level ctxtree.Level, id string) (*http.Request, ctxtree.Page, error) {
	ctx, err := s.Pages.EnterObject(r.Context(), level, id)
	if err != nil {
		return r, ctxtree.Page{}, err
	}
	page, _ := ctxtree.Current(ctx)
	return r.WithContext(s.Extend(ctx)), page, nil
}

// can reports whether the actor may do something on a node.
func (s *site) can(r *http.Request, capability string, n ctxtree.Node) bool {
	return s.Checker.Can(r.Context(), capability, n.ID)
}

// ask returns the node of an object if the actor may do something there.
func (s *site) ask(r *http.Request, capability string, level ctxtree.Level, id string) (ctxtree.Node, error) {
	n, err := s.Node(r.Context(), level, id)
	if err == nil {
		err = s.Checker.Check(r.Context(), capability, n.ID)
	}
	return n, err
}

// askSite is ask of the site as a whole.
func (s *site) askSite(r *http.Request, capability string) (ctxtree.Node, error) {
	id, _ := tenant.IDFromContext(r.Context())
	return s.ask(r, capability, ctxtree.LevelTenant, string(id))
}
