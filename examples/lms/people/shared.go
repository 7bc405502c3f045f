package people

import (
	"context"
	"net/http"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// sharedLine is one shared cohort, who is in it and which sites use it.
type sharedLine struct {
	Cohort member.Cohort
	In     []member.Account
	Sites  []*tenant.Tenant
}

// sharedCohorts shows the cohorts that make global accounts associated users of
// sites. Several sites may use the same one.
func (p *people) sharedCohorts(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	lines, sites, err := p.shared(ctx)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	global, err := p.global(ctx)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.pages.Render(w, r, "shared.html", map[string]any{"Cohorts": lines, "Sites": sites, "Accounts": global})
}

// global returns the accounts that are members of no site, for a choice.
func (p *people) global(ctx context.Context) (list []member.Account, err error) {
	for q := (member.Query{Limit: member.MaxPage}); ; {
		page, err := p.People.Accounts(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, a := range page.Accounts {
			if a.Tenant == "" && !a.Guest {
				list = append(list, a)
			}
		}
		if q.After = page.Next; q.After == "" {
			return list, nil
		}
	}
}

func (p *people) shared(ctx context.Context) (lines []sharedLine, sites []*tenant.Tenant, err error) {
	if sites, err = p.Registry.List(ctx, "", 200); err != nil {
		return nil, nil, err
	}
	used := map[string][]*tenant.Tenant{}
	for _, t := range sites {
		cohort, err := p.People.Associated(ctx, t.ID)
		if err != nil {
			return nil, nil, err
		}
		used[cohort] = append(used[cohort], t)
	}
	list, err := p.People.Cohorts(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	for _, k := range list {
		in, err := p.People.CohortMembers(ctx, k.ID, member.Query{Limit: member.MaxPage})
		if err != nil {
			return nil, nil, err
		}
		lines = append(lines, sharedLine{k, in.Accounts, used[k.ID]})
	}
	return lines, sites, nil
}

func (p *people) createSharedCohort(w http.ResponseWriter, r *http.Request) {
	_, err := p.People.CreateCohort(r.Context(), "", r.PostFormValue("name"))
	p.done(w, r, err, "/shared-cohorts", "The cohort is made.")
}

func (p *people) addToShared(w http.ResponseWriter, r *http.Request) {
	err := p.People.AddToCohort(r.Context(), r.PathValue("id"), r.PostFormValue("account"), "the main site")
	p.done(w, r, err, "/shared-cohorts", "Added: the sites that use the cohort know the account now.")
}

func (p *people) removeFromShared(w http.ResponseWriter, r *http.Request) {
	err := p.People.RemoveFromCohort(r.Context(), r.PathValue("id"), r.PostFormValue("account"), "the main site")
	p.done(w, r, err, "/shared-cohorts", "Taken out: the account has left the sites that use the cohort.")
}

// connectShared makes a shared cohort the one whose accounts are the site's
// associated users, or ends that.
func (p *people) connectShared(w http.ResponseWriter, r *http.Request) {
	t, found, err := p.Registry.ByCode(r.Context(), r.PostFormValue("site"))
	if err == nil && !found {
		err = tenant.ErrUnknownTenant
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	cohort := r.PathValue("id")
	if r.PostFormValue("do") == "end" {
		cohort = ""
	}
	err = p.People.SetAssociated(r.Context(), t.ID, cohort, "the main site")
	p.done(w, r, err, "/shared-cohorts", "Saved.")
}

// manager gives or takes the management of a site, with the role that goes with
// it.
func (p *people) manager(w http.ResponseWriter, r *http.Request, do func(*member.Directory, context.Context, tenant.ID, string, string) error, message string) {
	t, err := p.record(r)
	if err == nil {
		err = do(p.People, r.Context(), t.ID, r.PostFormValue("account"), "the main site")
		p.Checker.Invalidate(t.ID, 0) // of the role, which a hook gives in the directory's transaction
	}
	p.done(w, r, err, tenantPage(r), message)
}
