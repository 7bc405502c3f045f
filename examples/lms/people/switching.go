package people

import (
	"net"
	"net/http"

	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// sites shows a global account which sites it manages.
func (p *people) sites(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	actor, _ := tenant.ActorFromContext(ctx)
	if actor.Tenant != "" {
		p.pages.Problem(w, r, http.StatusForbidden, "Your account belongs to this site, and reaches no other.")
		return
	}
	list, err := p.managed(r, actor.ID)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	now, _ := tenant.IDFromContext(ctx)
	p.pages.Render(w, r, "sites.html", map[string]any{"Sites": list, "Now": now, "Main": p.onMainHost(r), "Go": mainAddress(r)})
}

// managed returns the tenants that a global account manages. On a site this is
// more than the site's own: it is the account's own business, and named so.
func (p *people) managed(r *http.Request, account string) ([]*tenant.Tenant, error) {
	ctx := tenant.AcrossAll(r.Context(), "sites: which the account manages itself")
	ids, err := p.People.Managed(ctx, account)
	if err != nil {
		return nil, err
	}
	var list []*tenant.Tenant
	for _, id := range ids {
		t, found, err := p.Registry.ByID(ctx, id)
		if err != nil {
			return nil, err
		}
		if found && t.Status == tenant.Active {
			list = append(list, t)
		}
	}
	return list, nil
}

// switchTo takes a global account to another site that it manages or is
// associated with. The session it had is dead afterwards, also for who has a
// copy of its cookie, and the switch is in the audit log.
func (p *people) switchTo(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	if !p.onMainHost(r) {
		p.pages.Problem(w, r, http.StatusForbidden, "This address is one site's. Switch on the main site.")
		return
	}
	t, found, err := p.Registry.ByCode(ctx, r.PostFormValue("to"))
	if err == nil && !found {
		err = tenant.ErrNotMember // the same as for a site that is none of the account's business
	}
	if err == nil {
		_, err = p.People.Switch(ctx, p.Sessions, t.ID, "sites: somebody chose another one")
	}
	if err != nil {
		p.done(w, r, err, "/sites", "")
		return
	}
	p.pages.Back(w, r, "/", "You are on "+t.Name+" now.")
}

// leave takes a global account from a site back to the main site, by the same
// rules: the session it had is dead.
func (p *people) leave(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	actor, _ := tenant.ActorFromContext(ctx)
	from, on := tenant.IDFromContext(ctx)
	if actor.Anonymous() || actor.Tenant != "" || !on || !p.onMainHost(r) {
		p.pages.Problem(w, r, http.StatusForbidden, "You may not do this.")
		return
	}
	err := p.Audit.Append(ctx, tenant.Event{Kind: member.SessionSwitched, Tenant: from, Actor: actor, Object: actor.ID, Reason: "back to the main site"})
	if err == nil {
		err = p.Sessions.Destroy(ctx)
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.Sessions.Put(ctx, member.SessionAccount, actor.ID)
	p.pages.Back(w, r, "/", "You are on the main site now.")
}

// onMainHost reports whether the request came to the main site's host. There the
// session says which site it is for; a site's own host says that itself, and a
// session of another site is refused there.
func (p *people) onMainHost(r *http.Request) bool {
	host, err := tenant.CanonicalHost(r.Host)
	return err == nil && host == app.MainHost
}

// mainAddress is where the main site is, at the port of the request.
func mainAddress(r *http.Request) string {
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		return "http://" + net.JoinHostPort(app.MainHost, port) + "/sites"
	}
	return "http://" + app.MainHost + "/sites"
}
