package learn

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// grade is one line of the grades of a course.
type grade struct {
	Account, Module, Person string
	Points                  int
}

// student is somebody in a course.
type student struct{ Account, Role, Person string }

// course shows a course: everybody what it is about, those who are in it what
// is in it, and a teacher everybody's grades.
func (s *site) course(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("course")
	r, page, err := s.enter(r, app.LevelCourse, id)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	data, err := s.courseData(r, id)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	inside := s.can(r, app.CourseView, page.Node)
	data["Inside"], data["MayGrade"], data["MayAssign"] = inside, s.can(r, app.GradeGive, page.Node), s.can(r, app.RoleAssign, page.Node)
	if inside {
		if err := s.insideCourse(r, id, data, s.can(r, app.GradeView, page.Node)); err != nil {
			s.fail(w, r, err)
			return
		}
		if err := s.Log(r.Context(), "course viewed", id, id); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	s.render(w, r, "course.html", data)
}

// courseData is what everybody may know of a course.
func (s *site) courseData(r *http.Request, id string) (map[string]any, error) {
	ctx := r.Context()
	var c app.Course
	if err := s.DB.GetContext(ctx, &c, s.DB.Rebind(`SELECT * FROM courses WHERE id = ?`), id); err != nil {
		return nil, err
	}
	var tags []string
	if err := s.DB.SelectContext(ctx, &tags, s.DB.Rebind(`SELECT name FROM tags WHERE course_id = ? ORDER BY name`), id); err != nil {
		return nil, err
	}
	organisations, err := s.Organisations.Of(ctx, tenantsql.KindCourse, id)
	if err != nil {
		return nil, err
	}
	contents, err := s.contents(r)
	return map[string]any{"Course": c, "Tags": tags, "Organisations": organisations, "Contents": contents}, err
}

// insideCourse adds what is for those who are in the course: modules and one's
// own grades, or with everybody all of them.
func (s *site) insideCourse(r *http.Request, id string, data map[string]any, everybody bool) error {
	ctx := r.Context()
	actor, _ := tenant.ActorFromContext(ctx)
	var modules []app.Module
	if err := s.DB.SelectContext(ctx, &modules, s.DB.Rebind(`SELECT * FROM modules WHERE course_id = ? ORDER BY title`), id); err != nil {
		return err
	}
	var grades []grade
	if err := s.DB.SelectContext(ctx, &grades, s.DB.Rebind(`SELECT g.account, m.title AS module, g.points FROM grades g JOIN modules m ON m.id = g.module_id
		WHERE m.course_id = ? AND (g.account = ? OR ?) ORDER BY g.account, m.title`), id, actor.ID, everybody); err != nil {
		return err
	}
	var students []student
	if everybody {
		if err := s.DB.SelectContext(ctx, &students, s.DB.Rebind(`SELECT account, role FROM enrolments WHERE course_id = ? ORDER BY role, account`), id); err != nil {
			return err
		}
	}
	for i := range grades {
		grades[i].Person = s.person(ctx, grades[i].Account)
	}
	for i := range students {
		students[i].Person = s.person(ctx, students[i].Account)
	}
	data["Modules"], data["Grades"], data["Students"] = modules, grades, students
	return nil
}

// person is what an account is called. One that is gone, or has left the site,
// has no name here any more.
func (s *site) person(ctx context.Context, account string) string {
	if a, err := s.People.Account(ctx, account); err == nil {
		return a.UserName
	}
	return "(somebody who has left)"
}

// grade gives a grade: to somebody who is in the course, for one of its modules.
func (s *site) grade(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	n, err := s.ask(r, app.GradeGive, app.LevelCourse, r.PathValue("course"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	account, module := r.PostFormValue("account"), r.PostFormValue("module")
	var fits bool
	err = s.DB.GetContext(ctx, &fits, s.DB.Rebind(`SELECT COUNT(*) > 0 FROM enrolments e JOIN modules m ON m.course_id = e.course_id WHERE e.course_id = ? AND e.account = ? AND m.id = ?`), n.Instance, account, module)
	if err == nil && !fits {
		err = rbac.ErrNoCandidate
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	points, err := strconv.Atoi(r.PostFormValue("points"))
	if err != nil || points < 0 || points > 100 {
		s.pages.Problem(w, r, http.StatusUnprocessableEntity, "Points are a number from 0 to 100.")
		return
	}
	actor, _ := tenant.ActorFromContext(ctx)
	if err = s.GiveGrade(ctx, module, account, points, actor.ID); err == nil {
		err = s.Log(ctx, "graded", account, n.Instance)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.pages.Back(w, r, "/courses/"+n.Instance, "Done.")
}

// module shows a module. Its id is all that the address has.
func (s *site) module(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("module")
	r, page, err := s.enter(r, app.LevelModule, id)
	if err == nil {
		err = s.Checker.Check(r.Context(), app.CourseView, page.Node.ID)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	course := page.Line[len(page.Line)-2].Instance // the node above
	data, err := s.courseData(r, course)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	var m app.Module
	if err = s.DB.GetContext(r.Context(), &m, s.DB.Rebind(`SELECT * FROM modules WHERE id = ?`), id); err == nil {
		err = s.Log(r.Context(), "module viewed", id, course)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	data["Module"] = m
	s.render(w, r, "module.html", data)
}
