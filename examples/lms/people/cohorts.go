package people

import (
	"net/http"
	"net/url"

	"github.com/gotenancy/tenancy/tenant/member"
)

// cohorts lists the site's cohorts. One of them nobody fills: it holds the
// members and the associated users of the site at each moment.
func (p *people) cohorts(w http.ResponseWriter, r *http.Request) {
	list, err := p.People.Cohorts(r.Context(), "")
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.pages.Render(w, r, "cohorts.html", map[string]any{"Cohorts": list})
}

func (p *people) createCohort(w http.ResponseWriter, r *http.Request) {
	_, err := p.People.CreateCohort(r.Context(), "", r.PostFormValue("name"))
	p.done(w, r, err, "/cohorts", "The cohort is made.")
}

// cohort shows who is in one, and who could be: the site's users, and nobody
// else.
func (p *people) cohort(w http.ResponseWriter, r *http.Request) {
	ctx, id := r.Context(), r.PathValue("id")
	in, err := p.People.CohortMembers(ctx, id, member.Query{After: r.FormValue("after"), Limit: member.MaxPage})
	if err != nil {
		p.fail(w, r, err)
		return
	}
	list, err := p.People.Cohorts(ctx, "")
	if err != nil {
		p.fail(w, r, err)
		return
	}
	candidates, err := p.People.Candidates(ctx, "", member.Query{Limit: member.MaxPage})
	if err != nil {
		p.fail(w, r, err)
		return
	}
	data := map[string]any{"In": in, "Candidates": candidates.Accounts}
	for _, k := range list {
		if k.ID == id {
			data["Cohort"], data["Automatic"] = k, k.Kind == member.Automatic
		}
	}
	p.pages.Render(w, r, "cohort.html", data)
}

func (p *people) addToCohort(w http.ResponseWriter, r *http.Request) {
	err := p.People.AddToCohort(r.Context(), r.PathValue("id"), r.PostFormValue("account"), "added on the cohort's page")
	p.done(w, r, err, cohortPage(r), "Added.")
}

func (p *people) removeFromCohort(w http.ResponseWriter, r *http.Request) {
	err := p.People.RemoveFromCohort(r.Context(), r.PathValue("id"), r.PostFormValue("account"), "taken out on the cohort's page")
	p.done(w, r, err, cohortPage(r), "Taken out.")
}

func (p *people) deleteCohort(w http.ResponseWriter, r *http.Request) {
	err := p.People.DeleteCohort(r.Context(), r.PathValue("id"))
	p.done(w, r, err, "/cohorts", "The cohort is gone. The people stay.")
}

func cohortPage(r *http.Request) string { return "/cohorts/" + url.PathEscape(r.PathValue("id")) }
