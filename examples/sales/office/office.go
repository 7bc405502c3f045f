// Package office is the back office of the example sales, for the administrators
// of the platform: it makes tenants, manages everybody's users and settings, and
// shows what has happened. It is a handler and a host of its own, with sessions
// of its own, and belongs to no tenant: a request here has no tenant until a
// handler names one, by a call that says why and is recorded.
package office

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/alexedwards/scs/v2"
	"github.com/jmoiron/sqlx"

	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/examples/internal/web"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/examples/sales/office/admins"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

//go:embed pages
var pages embed.FS

// Host is the only one that the back office answers on. Cookies do not know of
// ports: on a host of the front office they would travel to both.
const Host = "office.localhost"

// opened are the tables that this consumer sees across tenants. It is the
// exception: everything else the back office reads as the application does.
var opened = scope.Exposed{
	Tables: []string{"people", "reports"},
	Reason: "the back office helps all customers' users, and sees how much each sells",
}

// Office is the handler. It is safe for concurrent use.
type Office struct {
	*app.App
	handler  http.Handler
	pages    *web.Pages
	sessions *scs.SessionManager
	exposed  *sqlx.DB // the handle with the opened tables
	attempts passwords.Attempts
}

// New returns the back office of an application. Close it before the application.
func New(ctx context.Context, a *app.App) (*Office, error) {
	o := &Office{App: a, sessions: web.NewSessions()}
	o.sessions.Cookie.Name = "__Host-office"
	o.sessions.Cookie.SameSite = http.SameSiteStrictMode
	folder, err := fs.Sub(pages, "pages")
	if err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	if o.pages, err = web.NewPages(folder, o.sessions, o.chrome, funcs); err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	if o.exposed, err = a.Expose(ctx, opened); err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	o.handler = onlyHere(web.Protect(o.sessions.LoadAndSave(o.routes())))
	return o, nil
}

// ServeHTTP implements http.Handler.
func (o *Office) ServeHTTP(w http.ResponseWriter, r *http.Request) { o.handler.ServeHTTP(w, r) }

// Close closes the handle of its own.
func (o *Office) Close() error { return o.exposed.Close() }

// onlyHere refuses requests to another host, before anything else.
func onlyHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, err := tenant.CanonicalHost(r.Host); err != nil || host != Host {
			http.Error(w, "this is not served here", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// routes lists all pages. Those of show and do are for administrators.
func (o *Office) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /static/", web.Static())
	mux.HandleFunc("GET /sign-in", o.signInForm)
	mux.HandleFunc("POST /sign-in", o.signIn)
	mux.HandleFunc("POST /sign-out", o.signOut)
	mux.HandleFunc("GET /password", o.choosing(o.passwordForm))
	mux.HandleFunc("POST /password", o.choosing(o.choosePassword))
	mux.HandleFunc("/", o.administrator(func(w http.ResponseWriter, r *http.Request) {
		o.pages.Problem(w, r, http.StatusNotFound, "There is no such page.")
	}))
	for pattern, page := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /{$}":             o.start,
		"GET /tenants":         o.tenants,
		"GET /tenants/{id}":    o.tenant,
		"GET /users":           o.users,
		"GET /users/{account}": o.user,
		"GET /settings":        o.settings,
		"GET /roles":           o.roles,
		"GET /audit":           o.audit,
		"GET /crossings":       o.crossings,
		"GET /tables":          o.tables,
		"GET /administrators":  o.administrators,
	} {
		mux.HandleFunc(pattern, o.administrator(o.show(page)))
	}
	for _, form := range []struct {
		pattern, back string
		change        change
	}{
		{"POST /tenants", "/tenants", o.create},
		{"POST /tenants/{id}/status", "/tenants/{id}", o.setStatus},
		{"POST /tenants/{id}/record", "/tenants/{id}", o.setRecord},
		{"POST /tenants/{id}/domains", "/tenants/{id}", o.setDomains},
		{"POST /tenants/{id}/users", "/tenants/{id}", o.addUser},
		{"POST /users/{account}/status", "/users/{account}", o.setUserStatus},
		{"POST /users/{account}/tenant", "/users/{account}", o.assign},
		{"POST /users/{account}/manager", "/users/{account}", o.setManager},
		{"POST /users/{account}/password", "/users/{account}", o.newPassword},
		{"POST /settings", "/settings", o.setSetting},
		{"POST /administrators", "/administrators", o.addAdministrator},
		{"POST /administrators/{account}/revoke", "/administrators", o.revokeAdministrator},
	} {
		mux.HandleFunc(form.pattern, o.administrator(o.do(form.back, form.change)))
	}
	return mux
}

// chrome is what surrounds each page.
func (o *Office) chrome(r *http.Request) web.Chrome {
	c := web.Chrome{Brand: "Sales back office", Lang: "en"}
	account, ok := signedIn(r)
	if !ok {
		c.Footer = "This office belongs to no customer. Only administrators of the platform enter: a customer's own administrator is none."
		return c
	}
	c.Who = account.UserName
	c.Footer = "You see all customers here. Each page names its crossing and why, and every change is recorded with your name and your reason."
	for _, l := range []web.Link{
		{Text: "Tenants", URL: "/tenants"}, {Text: "Users", URL: "/users"}, {Text: "Settings", URL: "/settings"}, {Text: "Roles", URL: "/roles"},
		{Text: "Audit", URL: "/audit"}, {Text: "Crossings", URL: "/crossings"}, {Text: "Tables", URL: "/tables"}, {Text: "Administrators", URL: "/administrators"},
	} {
		l.Here = r.URL.Path == l.URL
		c.Nav = append(c.Nav, l)
	}
	return c
}

func (o *Office) start(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/tenants", http.StatusSeeOther)
	return nil
}

type signedInKey struct{}

func signedIn(r *http.Request) (member.Account, bool) {
	account, ok := r.Context().Value(signedInKey{}).(member.Account)
	return account, ok
}

// identify finds out for each request who is signed in, so that a suspension or
// the loss of the right counts at once, and makes it the actor of the context.
func (o *Office) identify(r *http.Request) (*http.Request, bool, error) {
	account, ok, err := admins.Find(r.Context(), o.App, o.sessions.GetString(r.Context(), member.SessionAccount))
	if err != nil || !ok {
		return r, false, err
	}
	ctx := context.WithValue(r.Context(), signedInKey{}, account)
	return r.WithContext(tenant.WithActor(ctx, tenant.Actor{ID: account.ID})), true, nil
}

// administrator lets nobody else through.
func (o *Office) administrator(next http.HandlerFunc) http.HandlerFunc {
	return o.choosing(func(w http.ResponseWriter, r *http.Request) {
		account, _ := signedIn(r)
		once, err := o.Passwords.Once(tenant.Global(r.Context()), account.ID)
		switch {
		case err != nil:
			o.pages.Fail(w, r, err)
		case once:
			http.Redirect(w, r, "/password", http.StatusSeeOther)
		default:
			next(w, r)
		}
	})
}

// choosing lets administrators through who may still have to choose a password.
func (o *Office) choosing(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r, ok, err := o.identify(r)
		switch {
		case err != nil:
			o.pages.Fail(w, r, err)
		case !ok && r.Method == http.MethodGet:
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		case !ok:
			o.pages.Problem(w, r, http.StatusForbidden, "Sign in first.")
		default:
			next(w, r)
		}
	}
}

// show is a page that changes nothing.
func (o *Office) show(page func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := page(w, r)
		if errors.Is(err, tenant.ErrUnknownTenant) || errors.Is(err, member.ErrUnknownAccount) || errors.Is(err, tenant.ErrInvalidID) || errors.Is(err, errChoice) {
			o.pages.Problem(w, r, http.StatusNotFound, "There is no such tenant or user.")
			return
		}
		if err != nil {
			o.pages.Fail(w, r, err)
		}
	}
}
