package people

import (
	"net/http"
	"net/url"

	"github.com/jmoiron/sqlx"

	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant/member"
)

// site adds what a site's managers do on their site.
func (p *people) site(mux *http.ServeMux) {
	for pattern, page := range map[string]struct {
		capability string
		serve      http.HandlerFunc
	}{
		"GET /people":               {app.PeopleManage, p.members},
		"POST /people":              {app.PeopleManage, p.addMember},
		"GET /people/{id}":          {app.PeopleManage, p.account},
		"POST /people/{id}/rename":  {app.PeopleManage, p.rename},
		"POST /people/{id}/suspend": {app.PeopleManage, p.suspend},
		"POST /people/{id}/resume":  {app.PeopleManage, p.resume},
		"POST /people/{id}/remove":  {app.PeopleManage, p.remove},
		"POST /people/{id}/manage":  {app.PeopleManage, p.makeManager},
		"POST /people/{id}/demote":  {app.PeopleManage, p.endManager},

		"GET /cohorts":              {app.PeopleManage, p.cohorts},
		"POST /cohorts":             {app.PeopleManage, p.createCohort},
		"GET /cohorts/{id}":         {app.PeopleManage, p.cohort},
		"POST /cohorts/{id}/add":    {app.PeopleManage, p.addToCohort},
		"POST /cohorts/{id}/remove": {app.PeopleManage, p.removeFromCohort},
		"POST /cohorts/{id}/delete": {app.PeopleManage, p.deleteCohort},
	} {
		mux.HandleFunc(pattern, p.inSite(page.capability, page.serve))
	}
	mux.HandleFunc("GET /enrolments", p.signedIn(p.enrolments))
	mux.HandleFunc("GET /enrolments/{course}", p.inCourse(p.enrolment))
	mux.HandleFunc("POST /enrolments/{course}", p.inCourse(p.enrol))
	mux.HandleFunc("POST /enrolments/{course}/end", p.inCourse(p.endEnrolment))
	mux.HandleFunc("POST /enrolments/{course}/role", p.inCourse(p.giveRole))
}

// members lists the people of the site: its members, and the global accounts
// that are associated with it.
func (p *people) members(w http.ResponseWriter, r *http.Request) {
	ctx, q := r.Context(), member.Query{Search: r.FormValue("search"), After: r.FormValue("after")}
	page, err := p.People.Users(ctx, "", q)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	managers, err := p.People.Managers(ctx, "")
	if err != nil {
		p.fail(w, r, err)
		return
	}
	used, limit, err := p.People.Usage(ctx, "")
	if err != nil {
		p.fail(w, r, err)
		return
	}
	pattern, err := p.People.NamePattern(ctx, "")
	if err != nil {
		p.fail(w, r, err)
		return
	}
	more := ""
	if page.Next != "" {
		more = "/people?" + url.Values{"search": {q.Search}, "after": {page.Next}}.Encode()
	}
	p.pages.Render(w, r, "members.html", map[string]any{
		"Accounts": page.Accounts, "More": more, "Search": q.Search, "Managers": managers,
		"Used": used, "Limit": limit, "Pattern": pattern,
	})
}

// addMember makes an account. The limit of the site and the form of its user
// names are held by the directory, whatever a form sends.
func (p *people) addMember(w http.ResponseWriter, r *http.Request) {
	who := person(r)
	_, err := p.AddMember(r.Context(), who)
	p.done(w, r, err, "/people", who.UserName+" is a member now.")
}

// account shows one account of the site.
func (p *people) account(w http.ResponseWriter, r *http.Request) {
	a, err := p.People.Account(r.Context(), r.PathValue("id"))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	manages, err := p.People.IsManager(r.Context(), "", a.ID)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.pages.Render(w, r, "account.html", map[string]any{
		"Account": a, "Manages": manages, "Own": a.Tenant != "",
	})
}

func (p *people) rename(w http.ResponseWriter, r *http.Request) {
	err := p.People.Rename(r.Context(), r.PathValue("id"), r.PostFormValue("name"))
	p.done(w, r, err, back(r), "Renamed.")
}

func (p *people) suspend(w http.ResponseWriter, r *http.Request) {
	err := p.People.Suspend(r.Context(), r.PathValue("id"), r.PostFormValue("reason"))
	p.done(w, r, err, back(r), "Suspended: nobody signs in with this account any more.")
}

func (p *people) resume(w http.ResponseWriter, r *http.Request) {
	err := p.People.Resume(r.Context(), r.PathValue("id"), r.PostFormValue("reason"))
	p.done(w, r, err, back(r), "The account may be used again.")
}

func (p *people) remove(w http.ResponseWriter, r *http.Request) {
	id, ctx := r.PathValue("id"), r.Context()
	err := p.Change(ctx, func(tx *sqlx.Tx) error {
		if err := p.People.With(tx).Remove(ctx, id, "removed on the site's page"); err != nil {
			return err
		}
		for _, statement := range []string{`DELETE FROM passwords WHERE account = ?`, `DELETE FROM enrolments WHERE account = ?`, `DELETE FROM tokens WHERE account = ?`} {
			if _, err := tx.ExecContext(ctx, p.DB.Rebind(statement), id); err != nil {
				return err
			}
		}
		return nil
	})
	p.done(w, r, err, "/people", "The account is gone.")
}

// makeManager makes a member a manager: the role on the tenant's node and on its
// top category comes with it, in the same transaction.
func (p *people) makeManager(w http.ResponseWriter, r *http.Request) {
	err := p.Change(r.Context(), func(tx *sqlx.Tx) error {
		return p.People.With(tx).AddManager(r.Context(), "", r.PathValue("id"), "made on the site's page")
	})
	p.done(w, r, err, back(r), "This account manages the site now.")
}

func (p *people) endManager(w http.ResponseWriter, r *http.Request) {
	err := p.Change(r.Context(), func(tx *sqlx.Tx) error {
		return p.People.With(tx).RemoveManager(r.Context(), "", r.PathValue("id"), "ended on the site's page")
	})
	p.done(w, r, err, back(r), "This account manages the site no more.")
}

// back is the page of the account that the request is about.
func back(r *http.Request) string { return "/people/" + url.PathEscape(r.PathValue("id")) }
