package learn

import (
	"database/sql"
	"net/http"

	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
)

// blogPost is an entry of the site's blog.
type blogPost struct {
	Account, Title, Body string
	Since                int64
	Person               string
}

// blogs reports whether the site has blogs; to who asks where it has none there
// is no such page. Sites have none until the installation says so.
func (s *site) blogs(w http.ResponseWriter, r *http.Request) bool {
	if app.Blogs.Get(r.Context()) {
		return true
	}
	s.fail(w, r, sql.ErrNoRows)
	return false
}

func (s *site) blog(w http.ResponseWriter, r *http.Request) {
	if !s.blogs(w, r) {
		return
	}
	var posts []blogPost
	if err := s.DB.SelectContext(r.Context(), &posts, `SELECT account, title, body, since FROM posts ORDER BY since DESC, id LIMIT 50`); err != nil {
		s.fail(w, r, err)
		return
	}
	for i := range posts {
		posts[i].Person = s.person(r.Context(), posts[i].Account)
	}
	actor, _ := tenant.ActorFromContext(r.Context())
	s.render(w, r, "blog.html", map[string]any{"Posts": posts, "MayPost": !actor.Anonymous()})
}

func (s *site) post(w http.ResponseWriter, r *http.Request) {
	if !s.blogs(w, r) {
		return
	}
	actor, _ := tenant.ActorFromContext(r.Context())
	title := r.PostFormValue("title")
	switch {
	case actor.Anonymous():
		s.fail(w, r, tenant.ErrUnauthenticated)
		return
	case title == "" || len(title) > 200:
		s.pages.Problem(w, r, http.StatusUnprocessableEntity, "An entry has a title of at most 200 bytes.")
		return
	}
	if _, err := s.DB.ExecContext(r.Context(), s.DB.Rebind(`INSERT INTO posts (id, account, title, body, since) VALUES (?, ?, ?, ?, ?)`),
		app.NewID(), actor.ID, title, r.PostFormValue("body"), app.Now()); err != nil {
		s.fail(w, r, err)
		return
	}
	s.pages.Back(w, r, "/blog", "")
}
