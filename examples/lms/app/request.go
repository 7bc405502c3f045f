package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// Middleware finds the site of each request by its host, or on the main host by
// the session, and who is asking. What main picks belongs to no site; see Main.
func (a *App) Middleware(main func(*http.Request) bool, refuse func(http.ResponseWriter, *http.Request, *tenant.RequestError)) func(http.Handler) http.Handler {
	return a.Admit(tenant.First(tenant.OnHosts(a.Binding.BySession(a.Registry), MainHost), tenant.ByHost(a.Registry)), main, refuse)
}

// Admit is Middleware for an application that finds the site in another way.
func (a *App) Admit(resolve tenant.Resolver, main func(*http.Request) bool, refuse func(http.ResponseWriter, *http.Request, *tenant.RequestError)) func(http.Handler) http.Handler {
	fromSession := a.Binding.Actor(func(r *http.Request) (tenant.Actor, error) {
		account := a.Sessions.GetString(r.Context(), member.SessionAccount)
		if account == "" {
			return tenant.Actor{}, nil
		}
		actor, err := a.People.Actor(r.Context(), account)
		if host, _ := tenant.CanonicalHost(r.Host); err == nil && actor.Tenant != "" && host == MainHost && a.Options.Tenancy != tenant.TenancyOff {
			return tenant.Actor{}, tenant.ErrForeignSession // members have their own site's host
		}
		return actor, err
	})
	return tenant.Middleware(tenant.MiddlewareConfig{
		Registry: a.Registry,
		Resolve:  resolve,
		Tenancy:  a.Options.Tenancy,
		Single:   a.Options.Single,
		Central:  main,
		Members:  a.People.MayEnter,
		Extend:   a.Extend,
		OnError:  refuse,
		Actor: func(r *http.Request) (tenant.Actor, error) {
			// A token is for programs, and so not for pages, of which some lead who
			// manages several sites to another one.
			if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && strings.HasPrefix(r.URL.Path, "/api/") {
				return a.tokenActor(r.Context(), token)
			}
			return fromSession(r)
		},
	})
}

// Extend puts settings and rights into the context of a request.
func (a *App) Extend(ctx context.Context) context.Context {
	return a.Checker.NewContext(config.NewContext(ctx, a.Settings))
}

// IsMain picks the requests for the main site. An installation without tenants
// has none. Who has switched there to a site, which global accounts may that
// manage several, is on that site with each request until the next switch.
func (a *App) IsMain(r *http.Request) bool {
	host, err := tenant.CanonicalHost(r.Host)
	return err == nil && host == MainHost && a.Options.Tenancy != tenant.TenancyOff &&
		a.Sessions.GetString(r.Context(), tenant.SessionTenant) == ""
}

// Main serves the requests that IsMain picks: in global mode, with the actor that
// the session names.
func (a *App) Main(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := tenant.Global(a.Extend(r.Context()))
		var actor tenant.Actor
		if account := a.Sessions.GetString(ctx, member.SessionAccount); account != "" {
			var err error
			if actor, err = a.People.Actor(ctx, account); err != nil {
				http.Error(w, "Sign in again.", http.StatusUnauthorized)
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(tenant.WithActor(ctx, actor)))
	})
}

// NewToken gives the account a token for the API of the context's site. It is
// shown once; the table has its hash.
func (a *App) NewToken(ctx context.Context, account string) (string, error) {
	token := NewID()
	_, err := a.DB.ExecContext(ctx, a.DB.Rebind(`INSERT INTO tokens (hash, account, since) VALUES (?, ?, ?)`), hash(token), account, Now())
	return token, err
}

// tokenActor finds whose token it is, among those of the context's site: another
// site's token is an unknown one.
func (a *App) tokenActor(ctx context.Context, token string) (tenant.Actor, error) {
	var account []string
	if err := a.DB.SelectContext(ctx, &account, a.DB.Rebind(`SELECT account FROM tokens WHERE hash = ?`), hash(token)); err != nil {
		return tenant.Actor{}, err
	}
	if len(account) == 0 {
		return tenant.Actor{}, tenant.ErrUnauthenticated
	}
	return a.People.Actor(ctx, account[0])
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
