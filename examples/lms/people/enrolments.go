package people

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant/member"
)

// course is a course of the site and its place in the tree.
type course struct {
	ID    string `db:"id"`
	Title string `db:"title"`
	node  ctxtree.Node
}

// enrolments lists the courses into which the actor may put people.
func (p *people) enrolments(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	nodes, err := p.Checker.WhereCan(ctx, app.CourseEnrol, app.LevelCourse)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	mine := map[string]bool{}
	for _, n := range nodes {
		mine[n.Instance] = true
	}
	var all, list []course
	if err := p.DB.SelectContext(ctx, &all, `SELECT id, title FROM courses ORDER BY title`); err != nil {
		p.fail(w, r, err)
		return
	}
	for _, c := range all {
		if mine[c.ID] {
			list = append(list, c)
		}
	}
	p.pages.Render(w, r, "enrolments.html", list)
}

// inCourse serves a page about one course to those who may put people into it.
// A course of another site is one that is not there.
func (p *people) inCourse(h func(http.ResponseWriter, *http.Request, course)) http.HandlerFunc {
	return p.signedIn(func(w http.ResponseWriter, r *http.Request) {
		var c course
		err := p.DB.GetContext(r.Context(), &c, p.DB.Rebind(`SELECT id, title FROM courses WHERE id = ?`), r.PathValue("course"))
		if err == nil {
			c.node, err = p.Node(r.Context(), app.LevelCourse, c.ID)
		}
		p.serve(w, r, err, app.CourseEnrol, c.node.ID, func(w http.ResponseWriter, r *http.Request) { h(w, r, c) })
	})
}

// enrolled is somebody in a course.
type enrolled struct {
	Account string `db:"account"`
	Role    string `db:"role"`
	Name    string
}

// enrolment shows who is in a course, and whom it can be offered: the users of
// the site that are not suspended, and nobody else in the installation.
func (p *people) enrolment(w http.ResponseWriter, r *http.Request, c course) {
	ctx := r.Context()
	var in []enrolled
	if err := p.DB.SelectContext(ctx, &in, p.DB.Rebind(`SELECT account, role FROM enrolments WHERE course_id = ? ORDER BY since, account`), c.ID); err != nil {
		p.fail(w, r, err)
		return
	}
	for i := range in {
		switch a, err := p.People.Account(ctx, in[i].Account); {
		case err == nil:
			in[i].Name = a.UserName
		case errors.Is(err, member.ErrUnknownAccount): // it has left the site
			in[i].Name = "somebody who has left"
		default:
			p.fail(w, r, err)
			return
		}
	}
	candidates, err := p.People.Candidates(ctx, "", member.Query{Search: r.FormValue("search"), Limit: member.MaxPage})
	if err != nil {
		p.fail(w, r, err)
		return
	}
	roles, err := p.Manager.Assignable(ctx, c.node.ID)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.pages.Render(w, r, "enrolment.html", map[string]any{
		"Course": c, "In": in, "Candidates": candidates.Accounts, "Roles": roles, "Search": r.FormValue("search"),
	})
}

// enrol puts somebody into a course. The list only offers: whether what comes
// back from a browser is one of the site's users is asked again.
func (p *people) enrol(w http.ResponseWriter, r *http.Request, c course) {
	err := p.Enrol(r.Context(), c.ID, r.PostFormValue("account"), app.RoleStudent)
	p.done(w, r, err, coursePage(r), "Enrolled.")
}

func (p *people) endEnrolment(w http.ResponseWriter, r *http.Request, c course) {
	err := p.Unenrol(r.Context(), c.ID, r.PostFormValue("account"))
	p.done(w, r, err, coursePage(r), "No longer enrolled.")
}

// giveRole gives somebody another role in the course, as far as the actor's own
// roles let it.
func (p *people) giveRole(w http.ResponseWriter, r *http.Request, c course) {
	role, _ := strconv.ParseInt(r.PostFormValue("role"), 10, 64)
	err := p.Manager.Assign(r.Context(), c.node.ID, rbac.Assignment{Role: rbac.RoleID(role), User: r.PostFormValue("account")})
	p.done(w, r, err, coursePage(r), "The role is given.")
}

func coursePage(r *http.Request) string {
	return "/enrolments/" + url.PathEscape(r.PathValue("course"))
}
