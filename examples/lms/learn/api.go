package learn

import (
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// api adds the addresses for programs. They pass the same middleware as the
// pages, ask for the same rights and read through the same pool, so they say of
// a site what its pages say and no more.
func (s *site) api(mux *http.ServeMux) {
	course := s.Checker.Require(app.CourseView, rbac.PathObject(s.Tree, app.LevelCourse, "course"))
	mux.HandleFunc("GET /api/site", s.apiSite)
	mux.HandleFunc("GET /api/courses", s.apiCourses)
	mux.Handle("GET /api/courses/{course}", course(http.HandlerFunc(s.apiCourse)))
	mux.HandleFunc("GET /api/log", s.apiLog)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) { apiFail(w, r, sql.ErrNoRows) })
}

func (s *site) apiSite(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	actor, _ := tenant.ActorFromContext(ctx)
	answer(w, map[string]any{"name": app.SiteName.Get(ctx), "language": app.Language.Get(ctx), "theme": app.Theme.Get(ctx), "signed_in": !actor.Anonymous()})
}

func (s *site) apiCourses(w http.ResponseWriter, r *http.Request) {
	courses := []struct {
		ID      string `db:"id" json:"id"`
		Title   string `db:"title" json:"title"`
		Summary string `db:"summary" json:"summary"`
	}{}
	if err := s.DB.SelectContext(r.Context(), &courses, `SELECT id, title, summary FROM courses ORDER BY id`); err != nil {
		apiFail(w, r, err)
		return
	}
	answer(w, courses)
}

func (s *site) apiCourse(w http.ResponseWriter, r *http.Request) {
	modules := []struct {
		ID    string `db:"id" json:"id"`
		Title string `db:"title" json:"title"`
		Body  string `db:"body" json:"body"`
	}{}
	if err := s.DB.SelectContext(r.Context(), &modules, s.DB.Rebind(`SELECT id, title, body FROM modules WHERE course_id = ? ORDER BY id`), r.PathValue("course")); err != nil {
		apiFail(w, r, err)
		return
	}
	answer(w, map[string]any{"id": r.PathValue("course"), "modules": modules})
}

func (s *site) apiLog(w http.ResponseWriter, r *http.Request) {
	if _, err := s.askSite(r, app.SiteReports); err != nil {
		apiFail(w, r, err)
		return
	}
	rows, err := s.logRows(r)
	if err != nil {
		apiFail(w, r, err)
		return
	}
	answer(w, rows)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the program may have gone
}

// apiFail answers an error with a status and its name.
func apiFail(w http.ResponseWriter, r *http.Request, err error) {
	actor, _ := tenant.ActorFromContext(r.Context())
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, sql.ErrNoRows):
		status = http.StatusNotFound
	case errors.Is(err, rbac.ErrDenied) && actor.Anonymous():
		status = http.StatusUnauthorized
	case errors.Is(err, rbac.ErrDenied):
		status = http.StatusForbidden
	default:
		slog.ErrorContext(r.Context(), "an API request failed", "path", r.URL.Path, "error", err)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "title": http.StatusText(status)})
}
