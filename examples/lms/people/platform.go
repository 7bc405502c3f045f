package people

import (
	"net/http"
	"net/url"
	"strconv"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// platformPages adds what is done on the main site by who runs the
// installation. Staff that may see reports see those, and change nothing.
func (p *people) platformPages(mux *http.ServeMux) {
	for pattern, page := range map[string]struct {
		capability string
		serve      http.HandlerFunc
	}{
		"GET /platform":                     {app.SystemReports, p.platform},
		"GET /platform/report":              {app.SystemReports, p.report},
		"GET /platform/{code}":              {app.SystemTenants, p.tenant},
		"POST /platform/{code}/record":      {app.SystemTenants, p.saveTenant},
		"POST /platform/{code}/status":      {app.SystemTenants, p.setStatus},
		"POST /platform/{code}/managers":    {app.SystemTenants, p.addGlobalManager},
		"POST /platform/{code}/dismiss":     {app.SystemTenants, p.endGlobalManager},
		"GET /accounts":                     {app.SystemTenants, p.accounts},
		"POST /accounts":                    {app.SystemTenants, p.addAccount},
		"GET /shared-cohorts":               {app.SystemTenants, p.sharedCohorts},
		"POST /shared-cohorts":              {app.SystemTenants, p.createSharedCohort},
		"POST /shared-cohorts/{id}/add":     {app.SystemTenants, p.addToShared},
		"POST /shared-cohorts/{id}/remove":  {app.SystemTenants, p.removeFromShared},
		"POST /shared-cohorts/{id}/connect": {app.SystemTenants, p.connectShared},
	} {
		mux.HandleFunc(pattern, p.central(page.capability, page.serve))
	}
}

// siteLine is one tenant in the overview.
type siteLine struct {
	Tenant         *tenant.Tenant
	Members, Limit int
	Courses        int
}

// platform shows all sites with numbers. Each site's courses are counted in that
// site's own context; nothing here reads two tenants at once.
func (p *people) platform(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	list, err := p.Registry.List(ctx, "", 200)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	var lines []siteLine
	for _, t := range list {
		line := siteLine{Tenant: t}
		if line.Members, line.Limit, err = p.People.Usage(ctx, t.ID); err != nil {
			p.fail(w, r, err)
			return
		}
		in := tenant.Switch(ctx, t.ID, "report: how many courses a site has")
		if err := p.DB.GetContext(in, &line.Courses, `SELECT COUNT(*) FROM courses`); err != nil {
			p.fail(w, r, err)
			return
		}
		lines = append(lines, line)
	}
	p.pages.Render(w, r, "platform.html", map[string]any{"Sites": lines, "May": p.Checker.Can(ctx, app.SystemTenants, ctxtree.SystemID)})
}

// record returns the tenant whose code is in the path.
func (p *people) record(r *http.Request) (*tenant.Tenant, error) {
	t, found, err := p.Registry.ByCode(r.Context(), r.PathValue("code"))
	if err == nil && !found {
		err = tenant.ErrUnknownTenant
	}
	return t, err
}

// tenant shows one site: its record, the form of its user names, its managers.
func (p *people) tenant(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	t, err := p.record(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	pattern, err := p.People.NamePattern(ctx, t.ID)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	managers, err := p.People.Managers(ctx, t.ID)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	users, err := p.People.Users(ctx, t.ID, member.Query{Limit: member.MaxPage})
	if err != nil {
		p.fail(w, r, err)
		return
	}
	global, err := p.global(ctx)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.pages.Render(w, r, "tenant.html", map[string]any{"Tenant": t, "Pattern": pattern, "Managers": managers, "Users": users, "Global": global})
}

// saveTenant changes what a site can not change itself: how many members it may
// have, and what their user names look like.
func (p *people) saveTenant(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	t, err := p.record(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	limit, err := strconv.Atoi(r.PostFormValue("limit"))
	if err != nil || limit < 0 {
		p.pages.Back(w, r, tenantPage(r), "Not done: the limit is a number, 0 for none.")
		return
	}
	_, err = p.Lifecycle.Update(ctx, t.ID, "the main site", func(t *tenant.Tenant) error { t.MaxUsers = limit; return nil })
	if err == nil {
		err = p.People.SetNamePattern(ctx, t.ID, r.PostFormValue("pattern"))
	}
	p.done(w, r, err, tenantPage(r), "Saved.")
}

func (p *people) setStatus(w http.ResponseWriter, r *http.Request) {
	t, err := p.record(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if r.PostFormValue("status") == "suspended" {
		err = p.Lifecycle.Suspend(r.Context(), t.ID, "the main site")
	} else {
		err = p.Lifecycle.Resume(r.Context(), t.ID, "the main site")
	}
	p.done(w, r, err, tenantPage(r), "Saved.")
}

// addGlobalManager lets a global account manage the site. It may manage others
// too, and switches between them.
func (p *people) addGlobalManager(w http.ResponseWriter, r *http.Request) {
	p.manager(w, r, (*member.Directory).AddManager, "It manages the site now.")
}

func (p *people) endGlobalManager(w http.ResponseWriter, r *http.Request) {
	p.manager(w, r, (*member.Directory).RemoveManager, "It manages the site no more.")
}

func tenantPage(r *http.Request) string { return "/platform/" + url.PathEscape(r.PathValue("code")) }

// accounts lists the global accounts: those that are a member of no site.
func (p *people) accounts(w http.ResponseWriter, r *http.Request) {
	page, err := p.People.Accounts(r.Context(), member.Query{Search: r.FormValue("search"), After: r.FormValue("after"), Limit: 100})
	if err != nil {
		p.fail(w, r, err)
		return
	}
	more := ""
	if page.Next != "" {
		more = "/accounts?" + url.Values{"search": {r.FormValue("search")}, "after": {page.Next}}.Encode()
	}
	p.pages.Render(w, r, "accounts.html", map[string]any{"Accounts": page.Accounts, "More": more, "Search": r.FormValue("search")})
}

// addAccount makes a global account. Those of members are the sites' business.
func (p *people) addAccount(w http.ResponseWriter, r *http.Request) {
	_, err := p.AddGlobal(r.Context(), person(r))
	p.done(w, r, err, "/accounts", "The account is made.")
}
