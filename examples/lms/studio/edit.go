package studio

import (
	"net/http"
	"strconv"
	"strings"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
)

// course shows one course with its modules.
func (s *studio) course(w http.ResponseWriter, r *http.Request, n ctxtree.Node) {
	ctx := r.Context()
	var c app.Course
	if err := s.DB.GetContext(ctx, &c, s.DB.Rebind(`SELECT id, category_id, title, summary FROM courses WHERE id = ?`), n.Instance); err != nil {
		s.fail(w, r, err)
		return
	}
	var modules []app.Module
	if err := s.DB.SelectContext(ctx, &modules, s.DB.Rebind(`SELECT id, course_id, title, body FROM modules WHERE course_id = ? ORDER BY title, id`), n.Instance); err != nil {
		s.fail(w, r, err)
		return
	}
	var lines []line
	for _, m := range modules {
		at, err := s.Node(ctx, app.LevelModule, m.ID)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		lines = append(lines, line{at.ID, m.Title})
	}
	organisations, err := s.Organisations.List(ctx, "", 1000)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	of, err := s.Organisations.Of(ctx, courseKind, c.ID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.pages.Render(w, r, "course.html", map[string]any{"Node": n.ID, "Course": c, "Modules": lines, "Organisations": organisations, "Of": of})
}

func (s *studio) saveCourse(w http.ResponseWriter, r *http.Request, n ctxtree.Node) {
	title := strings.TrimSpace(r.PostFormValue("title"))
	if title == "" {
		s.pages.Back(w, r, r.URL.Path, "A course has a title.")
		return
	}
	_, err := s.DB.ExecContext(r.Context(), s.DB.Rebind(`UPDATE courses SET title = ?, summary = ? WHERE id = ?`), title, r.PostFormValue("summary"), n.Instance)
	s.done(w, r, err, r.URL.Path)
}

// saveOrganisation puts the course on the shelf of another organisation of the
// same site.
func (s *studio) saveOrganisation(w http.ResponseWriter, r *http.Request, n ctxtree.Node) {
	ctx, short := r.Context(), r.PostFormValue("organisation")
	if short != "" {
		if err := s.ownOrganisation(ctx, short); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	id, _ := tenant.IDFromContext(ctx)
	of, err := s.Organisations.Of(ctx, courseKind, n.Instance)
	for _, o := range of {
		if err == nil {
			err = s.Organisations.Unlink(ctx, id, o.ShortName, courseKind, n.Instance)
		}
	}
	if err == nil && short != "" {
		err = s.Organisations.Link(ctx, id, short, courseKind, n.Instance)
	}
	s.done(w, r, err, coursePage(n.ID))
}

func (s *studio) addModule(w http.ResponseWriter, r *http.Request, n ctxtree.Node) {
	title := strings.TrimSpace(r.PostFormValue("title"))
	if title == "" {
		s.pages.Back(w, r, coursePage(n.ID), "A module has a title.")
		return
	}
	err := s.AddModule(r.Context(), app.Module{ID: app.NewID(), Course: n.Instance, Title: title, Body: r.PostFormValue("body")})
	s.done(w, r, err, coursePage(n.ID))
}

// module shows one module.
func (s *studio) module(w http.ResponseWriter, r *http.Request, n ctxtree.Node) {
	var m app.Module
	if err := s.DB.GetContext(r.Context(), &m, s.DB.Rebind(`SELECT id, course_id, title, body FROM modules WHERE id = ?`), n.Instance); err != nil {
		s.fail(w, r, err)
		return
	}
	s.pages.Render(w, r, "module.html", map[string]any{"Node": n.ID, "Parent": n.Parent, "Module": m})
}

func (s *studio) saveModule(w http.ResponseWriter, r *http.Request, n ctxtree.Node) {
	title := strings.TrimSpace(r.PostFormValue("title"))
	if title == "" {
		s.pages.Back(w, r, r.URL.Path, "A module has a title.")
		return
	}
	_, err := s.DB.ExecContext(r.Context(), s.DB.Rebind(`UPDATE modules SET title = ?, body = ? WHERE id = ?`), title, r.PostFormValue("body"), n.Instance)
	s.done(w, r, err, r.URL.Path)
}

func (s *studio) done(w http.ResponseWriter, r *http.Request, err error, to string) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.pages.Back(w, r, to, "Saved.")
}

func coursePage(node int64) string { return "/courses/" + strconv.FormatInt(node, 10) }
