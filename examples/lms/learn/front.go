package learn

import (
	"errors"
	"net/http"

	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// offer is a course of everybody's catalogue, at the site's own price.
type offer struct {
	Title, Summary string
	Price          int
}

// front is the front page: the site's own text, or what its record says.
func (s *site) front(w http.ResponseWriter, r *http.Request) {
	contents, err := s.contents(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	var offers []offer
	if err := s.DB.SelectContext(r.Context(), &offers, `SELECT c.title, c.summary, o.price FROM offers o JOIN catalogue c ON c.id = o.catalogue_id ORDER BY c.title`); err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, "front.html", map[string]any{
		"Name": app.SiteName.Get(r.Context()), "Text": app.FrontText.Get(r.Context()), "Contents": contents, "Offers": offers,
	})
}

func (s *site) signInForm(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, "sign-in.html", map[string]any{"Wrong": r.URL.Query().Get("wrong") == "1"})
}

// signIn finds the account among those of this site, and binds the session to
// the site. Whoever verifies the password need not know of sites.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	ctx, account, err := s.People.SignIn(r.Context(), s.Sessions, member.Attempt{UserName: r.PostFormValue("user"), Credential: r.PostFormValue("password")})
	switch {
	case errors.Is(err, member.ErrCredentials), errors.Is(err, member.ErrSuspended):
		s.pages.Back(w, r, "/sign-in?wrong=1", "")
		return
	case err != nil:
		s.fail(w, r, err)
		return
	}
	if _, ok := tenant.IDFromContext(ctx); ok {
		if err := s.Log(ctx, "signed in", account.ID, ""); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	s.pages.Back(w, r, "/", "")
}

func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	if err := s.Sessions.Destroy(r.Context()); err != nil {
		s.fail(w, r, err)
		return
	}
	s.pages.Back(w, r, "/", "")
}
