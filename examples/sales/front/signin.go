package front

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

func (s *site) signInForm(w http.ResponseWriter, r *http.Request) {
	s.pages.Render(w, r, "signin.html", s.signInData(r, newForm()))
}

// signInData says whether the form asks for the company: not on its own host.
func (s *site) signInData(r *http.Request, f *form) map[string]any {
	record, own := tenant.FromContext(r.Context())
	return map[string]any{"Form": f, "Own": own && !tenant.IsReadOnly(r.Context()), "Company": record}
}

// signIn finds the tenant in what was typed: ann@acme, or a name with the
// company in a field of its own. On a company's host it is that company's.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	f := typed(r, "user", "company")
	key := s.attemptKey(r, f)
	refuse := func(why string) {
		f.Wrong["user"] = why
		s.pages.Invalid(w, r, "signin.html", s.signInData(r, f))
	}
	settings := ctx
	if tenant.ModeOf(ctx) == tenant.ModeNone {
		settings = tenant.Global(ctx) // the one setting is the installation's
	}
	if !s.attempts.Begin(key, app.Retries.Get(s.Extend(settings)), s.Today()) {
		refuse("The password was wrong too often. Wait a quarter of an hour.")
		return
	}
	_, _, err := s.People.SignIn(ctx, s.Sessions, member.Attempt{UserName: f.Values["user"], Tenant: f.Values["company"], Credential: r.PostFormValue("password")})
	switch {
	case err == nil:
		s.attempts.Succeeded(key)
		s.pages.Back(w, r, "/", "")
	case errors.Is(err, member.ErrCredentials):
		refuse("Name or password is wrong.")
	case errors.Is(err, member.ErrSuspended):
		refuse("This account is suspended. Ask your administrator.")
	case errors.Is(err, tenant.ErrSuspended), errors.Is(err, tenant.ErrArchived):
		refuse("This company is not active.")
	default:
		s.pages.Fail(w, r, err)
	}
}

func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	if err := s.Sessions.Destroy(r.Context()); err != nil {
		s.pages.Fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// tenants shows a global account those that it may work in.
func (s *site) tenants(w http.ResponseWriter, r *http.Request) {
	actor, _ := tenant.ActorFromContext(r.Context())
	if actor.Anonymous() || actor.Tenant != "" || !shared(r) {
		s.pages.Fail(w, r, rbac.ErrDenied)
		return
	}
	managed, err := s.People.Managed(tenant.AcrossAll(r.Context(), "the tenants that this account manages"), actor.ID)
	if err != nil {
		s.pages.Fail(w, r, err)
		return
	}
	s.pages.Render(w, r, "tenants.html", map[string]any{"Managed": managed})
}

// switchTo takes a global account to another tenant, in a session of its own. A
// tenant's own host serves no other, so that it happens on the shared one.
func (s *site) switchTo(w http.ResponseWriter, r *http.Request) {
	if !shared(r) {
		s.pages.Fail(w, r, rbac.ErrDenied)
		return
	}
	_, err := s.People.Switch(r.Context(), s.Sessions, tenant.ID(r.PostFormValue("to")), "chosen on the page of tenants")
	switch {
	case errors.Is(err, tenant.ErrNotMember), errors.Is(err, tenant.ErrUnauthenticated), errors.Is(err, tenant.ErrInvalidID):
		s.pages.Fail(w, r, rbac.ErrDenied)
	case err != nil:
		s.pages.Fail(w, r, err)
	default:
		s.pages.Back(w, r, "/", "")
	}
}

// attemptKey is the account that somebody tries: the same for each way to write it.
func (s *site) attemptKey(r *http.Request, f *form) string {
	user, company, _ := strings.Cut(f.Values["user"], "@")
	if company == "" {
		company = f.Values["company"]
	}
	if t, found, err := s.Registry.ByCode(r.Context(), company); err == nil && found {
		company = string(t.ID)
	}
	if own, ok := tenant.IDFromContext(r.Context()); ok {
		company = string(own)
	}
	return user + "@" + company
}
