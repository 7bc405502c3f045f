package learn

import (
	"net/http"

	"github.com/gotenancy/tenancy/examples/lms/app"
)

// category shows what is in a category, and to those who may what to do there.
func (s *site) category(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("category")
	r, page, err := s.enter(r, app.LevelCategory, id)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	ctx := r.Context()
	var name string
	if err := s.DB.GetContext(ctx, &name, s.DB.Rebind(`SELECT name FROM categories WHERE id = ?`), id); err != nil {
		s.fail(w, r, err)
		return
	}
	var courses []app.Course
	if err := s.DB.SelectContext(ctx, &courses, s.DB.Rebind(`SELECT * FROM courses WHERE category_id = ? ORDER BY title`), id); err != nil {
		s.fail(w, r, err)
		return
	}
	contents, err := s.contents(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, "category.html", map[string]any{
		"ID": id, "Name": name, "Courses": courses, "Contents": contents, "Locked": page.Node.Locked,
		"MayLock": s.can(r, app.CategoryLock, page.Node), "MayEdit": s.can(r, app.CourseEdit, page.Node), "MayAssign": s.can(r, app.RoleAssign, page.Node),
	})
}

// lock locks a category or unlocks it. In what is locked nobody changes
// anything: the checker says no to every capability that writes.
func (s *site) lock(w http.ResponseWriter, r *http.Request) {
	n, err := s.ask(r, app.CategoryLock, app.LevelCategory, r.PathValue("category"))
	if err == nil {
		err = s.Tree.SetLocked(r.Context(), n.ID, r.PostFormValue("locked") == "yes")
	}
	if err == nil {
		err = s.Log(r.Context(), "locked: "+r.PostFormValue("locked"), n.Instance, "")
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.pages.Back(w, r, "/categories/"+n.Instance, "Done.")
}

func (s *site) addCourse(w http.ResponseWriter, r *http.Request) {
	n, err := s.ask(r, app.CourseEdit, app.LevelCategory, r.PathValue("category"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	c := app.Course{ID: app.NewID(), Category: n.Instance, Title: r.PostFormValue("title"), Summary: r.PostFormValue("summary")}
	if c.Title == "" || len(c.Title) > 200 {
		s.pages.Problem(w, r, http.StatusUnprocessableEntity, "A course has a title of at most 200 bytes.")
		return
	}
	if err := s.AddCourse(r.Context(), c); err != nil {
		s.fail(w, r, err)
		return
	}
	if err := s.Log(r.Context(), "course added", c.ID, c.ID); err != nil {
		s.fail(w, r, err)
		return
	}
	s.pages.Back(w, r, "/courses/"+c.ID, "")
}
