// Package studio is a second application over the same tables: authors write
// courses in it. It has addresses of its own and finds the tenant itself.
//
//	studio.north.localhost   the studio of one site: its authors, its courses
//	studio.localhost         for accounts that belong to no site: the courses of
//	                         those sites that know the account, and of no other,
//	                         whatever role it has in the whole installation
//
// The handlers are the same on both. Each is about one node of the tree; whose
// node it is decides, for those who may enter, which site the request is for.
package studio

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/examples/internal/web"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// Host is the address for accounts that belong to no site, and Template that of
// the sites' own studios, by their codes.
const (
	Host     = "studio.localhost"
	Template = "studio.{tenant}.localhost"
)

//go:embed pages
var files embed.FS

// studio serves the pages.
type studio struct {
	*app.App
	pages *web.Pages
}

// New returns the whole application: sessions, protection and style sheets too.
func New(a *app.App) (http.Handler, error) {
	s := &studio{App: a}
	folder, err := fs.Sub(files, "pages")
	if err != nil {
		return nil, err
	}
	if s.pages, err = web.NewPages(folder, a.Sessions, s.chrome, nil); err != nil {
		return nil, fmt.Errorf("studio: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sign-in", func(w http.ResponseWriter, r *http.Request) { s.pages.Render(w, r, "sign-in.html", nil) })
	mux.HandleFunc("POST /sign-in", s.signIn)
	mux.HandleFunc("POST /sign-out", s.signOut)
	mux.HandleFunc("GET /{$}", s.signedIn(s.courses))
	mux.HandleFunc("POST /courses", s.signedIn(s.addCourse))
	mux.HandleFunc("GET /courses/{node}", s.at(app.LevelCourse, s.course))
	mux.HandleFunc("POST /courses/{node}", s.at(app.LevelCourse, s.saveCourse))
	mux.HandleFunc("POST /courses/{node}/organisation", s.at(app.LevelCourse, s.saveOrganisation))
	mux.HandleFunc("POST /courses/{node}/modules", s.at(app.LevelCourse, s.addModule))
	mux.HandleFunc("GET /modules/{node}", s.at(app.LevelModule, s.module))
	mux.HandleFunc("POST /modules/{node}", s.at(app.LevelModule, s.saveModule))

	main := a.Main(mux)
	inner := a.Admit(tenant.ByTemplate(Template, tenant.Codes(a.Registry)), s.isMain, s.pages.Refuse)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.isMain(r) {
			main.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	outer := http.NewServeMux()
	outer.Handle("GET /static/", web.Static())
	outer.Handle("/", a.Sessions.LoadAndSave(inner))
	return web.Protect(outer), nil
}

// Beside serves the studio's hosts by the studio, and all others by the sites.
func Beside(studio, sites http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, err := tenant.CanonicalHost(r.Host); err == nil && strings.HasPrefix(host, "studio.") {
			studio.ServeHTTP(w, r)
			return
		}
		sites.ServeHTTP(w, r)
	})
}

// isMain picks the requests for the studio of all. There is none where every
// request is for one site, nor where each site is reached on its own hosts only.
func (s *studio) isMain(r *http.Request) bool {
	host, err := tenant.CanonicalHost(r.Host)
	return err == nil && host == Host && s.Options.Tenancy == tenant.TenancyOn
}

// chrome says whose studio it is.
func (s *studio) chrome(r *http.Request) web.Chrome {
	ctx := r.Context()
	c := web.Chrome{Brand: "Studio", Lang: "en", Nav: []web.Link{{Text: "Courses", URL: "/", Here: r.URL.Path == "/"}},
		Footer: "The studio of the sites that know your account. Courses of others do not exist here, whatever role you have."}
	if t, ok := tenant.FromContext(ctx); ok {
		c.Brand = "Studio of " + t.Name
		c.Footer = "What you see and change here is of " + t.Name + " and of nobody else."
	}
	if actor, _ := tenant.ActorFromContext(ctx); !actor.Anonymous() {
		if account, err := s.People.Account(ctx, actor.ID); err == nil {
			c.Who = account.UserName
		}
	}
	return c
}

// signIn is that of a site for its studio, and that of the main site for the
// studio of all.
func (s *studio) signIn(w http.ResponseWriter, r *http.Request) {
	_, _, err := s.People.SignIn(r.Context(), s.Sessions, member.Attempt{UserName: r.PostFormValue("user"), Credential: r.PostFormValue("password")})
	switch {
	case errors.Is(err, member.ErrCredentials), errors.Is(err, member.ErrSuspended):
		s.pages.RenderStatus(w, r, http.StatusUnauthorized, "sign-in.html", "The user name or the password is wrong.")
	case err != nil:
		s.fail(w, r, err)
	default:
		s.pages.Back(w, r, "/", "")
	}
}

func (s *studio) signOut(w http.ResponseWriter, r *http.Request) {
	if err := s.Sessions.Destroy(r.Context()); err != nil {
		s.fail(w, r, err)
		return
	}
	s.pages.Back(w, r, "/sign-in", "")
}

// signedIn leads visitors to the sign-in.
func (s *studio) signedIn(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if a, _ := tenant.ActorFromContext(r.Context()); a.Anonymous() {
			s.pages.RenderStatus(w, r, http.StatusUnauthorized, "sign-in.html", "Sign in first.")
			return
		}
		h(w, r)
	}
}

// at serves a page about one node of a level to those who may edit there. The
// node becomes the page of the request: in a site's studio it is one of the
// site's; in the studio of all its tenant becomes the request's, if the account
// may enter that. Every other node is one that does not exist.
func (s *studio) at(level ctxtree.Level, h func(http.ResponseWriter, *http.Request, ctxtree.Node)) http.HandlerFunc {
	return s.signedIn(func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(r.PathValue("node"), 10, 64)
		if err != nil {
			s.fail(w, r, ctxtree.ErrNoNode)
			return
		}
		ctx, err := s.Pages.Enter(r.Context(), id)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		page, _ := ctxtree.Current(ctx)
		if page.Node.Level != level {
			s.fail(w, r, ctxtree.ErrNoNode)
			return
		}
		ctx = s.Extend(ctx)
		if err := s.Checker.Check(ctx, app.CourseEdit, page.Node.ID); err != nil {
			s.fail(w, r, err)
			return
		}
		h(w, r.WithContext(ctx), page.Node)
	})
}

// fail answers an error. Another site's node is answered like one that does not
// exist.
func (s *studio) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, ctxtree.ErrNoNode), errors.Is(err, tenant.ErrUnknownOrganisation):
		s.pages.Problem(w, r, http.StatusNotFound, "There is no such thing here.")
	default:
		s.pages.Fail(w, r, err)
	}
}

// known returns the contexts of the sites that the actor may enter, for the
// studio of all. A role in the whole installation is not asked: the wall comes
// first.
func (s *studio) known(ctx context.Context) ([]context.Context, error) {
	actor, _ := tenant.ActorFromContext(ctx)
	var in []context.Context
	for after := tenant.ID(""); ; {
		list, err := s.Registry.List(ctx, after, 256)
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			after = t.ID
			may, err := s.People.MayEnter(ctx, actor, t.ID)
			if err != nil {
				return nil, err
			}
			if may && t.Status == tenant.Active {
				in = append(in, tenant.Switch(ctx, t.ID, "studio: a site that knows the account"))
			}
		}
		if len(list) < 256 {
			return in, nil
		}
	}
}
