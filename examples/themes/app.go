package main

import (
	"context"
	"crypto/subtle"
	"net/http"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// app is the application: a registry, the settings and the pages.
type app struct {
	reg      *tenant.MemoryRegistry
	store    config.Store
	settings *config.Resolver
}

const (
	operatorID = "operator"
	password   = "demo" // of everybody; your own sign-in knows better
)

// people are the accounts. All of them are members of one tenant.
var people = map[string]struct {
	tenant  tenant.ID
	manages bool
}{
	"ann": {"acme", true},
	"alf": {"acme", false},
	"bea": {"bolt", true},
}

// signedIn is the place of your own sign-in.
func signedIn(r *http.Request) (tenant.Actor, error) {
	name, sent, ok := r.BasicAuth()
	if !ok {
		return tenant.Actor{}, nil
	}
	person, known := people[name]
	if subtle.ConstantTimeCompare([]byte(sent), []byte(password)) != 1 || !known {
		return tenant.Actor{}, tenant.ErrUnauthenticated
	}
	return tenant.Actor{ID: name, Tenant: person.tenant}, nil
}

// editor says who may change settings. No request makes an operator: nobody who
// can sign in is without a tenant.
func editor(ctx context.Context) config.Editor {
	actor, _ := tenant.ActorFromContext(ctx)
	switch {
	case actor == tenant.Actor{ID: operatorID}:
		return config.EditorOperator
	case people[actor.ID].manages:
		return config.EditorManager
	case actor.ID != "":
		return config.EditorAccount
	default:
		return config.EditorNobody
	}
}

// open makes the application with two tenants in it: acme writes its own front
// page, and that of bolt is what its record says.
func open() *app {
	a := &app{store: config.NewMemoryStore()} // or configsql, in your database
	var err error
	a.reg, err = tenant.NewMemoryRegistry(
		tenant.Tenant{ID: "acme", Name: "ACME Tools", Host: "acme.localhost", Description: "Tools since 1920."},
		tenant.Tenant{ID: "bolt", Name: "Bolt & Söhne", Host: "bolt.localhost", Language: "de", Description: "Schrauben & Muttern aus Bern."})
	check(err)
	a.settings, err = config.NewResolver(config.Config{
		Store:  a.store,
		Keys:   keys,
		Editor: editor,
		Groups: alone,
		Base:   map[string]any{"support": map[string]any{"address": "help@installation.example"}}, // your configuration file
	})
	check(err)

	ctx := context.Background()
	acme := tenant.WithActor(tenant.WithID(ctx, "acme"), tenant.Actor{ID: "ann", Tenant: "acme"})
	_, err = a.settings.Update(acme, "our colours",
		config.Put("theme", map[string]string{"logo": "ACME Tools", "ground": "#fff6e5", "accent": "#8a1c1c"}),
		frontText.Put("Hammers, saws, anvils.\n\nOpen on weekdays."),
		signup.Put(false))
	check(err)
	bolt := tenant.WithActor(tenant.WithID(ctx, "bolt"), tenant.Actor{ID: "bea", Tenant: "bolt"})
	_, err = a.settings.Update(bolt, "blue, as ever",
		config.Put("theme", map[string]string{"logo": "Bolt & Söhne", "ground": "#0f1c2e"}))
	check(err)
	rec, _, err := a.reg.ByID(ctx, "bolt")
	check(err)
	check(holdFront(ctx, a.settings, rec))
	return a
}

// handler wires it: first what concerns every request, then the tenant.
func (a *app) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.front)
	mux.HandleFunc("GET /theme.css", a.style)
	mux.Handle("GET /settings", tenant.Require(managers(a.form)))
	mux.Handle("POST /settings", tenant.Require(managers(a.save)))
	of := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: a.reg,
		Resolve:  tenant.ByHost(a.reg),
		Actor:    signedIn,
		Extend:   func(ctx context.Context) context.Context { return config.NewContext(ctx, a.settings) },
		OnError: func(w http.ResponseWriter, r *http.Request, fault *tenant.RequestError) {
			if fault.Status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Basic realm="settings", charset="UTF-8"`)
			}
			tenant.WriteProblem(w, r, fault)
		},
	})
	// A form that another site, or another tenant's host, sends in a manager's
	// browser is refused.
	return headers(http.NewCrossOriginProtection().Handler(of(mux)))
}

// headers lets a page load its own style sheet, send its own form, and nothing
// else: what got into a page all the same would not run.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy",
			"default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// managers lets only the managers of the tenant through. That they are of this
// tenant is what the middleware has seen to.
func managers(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if editor(r.Context()) < config.EditorManager {
			http.Error(w, "for managers", http.StatusForbidden)
			return
		}
		next(w, r)
	})
}
