package learn

import (
	"errors"
	"net"
	"net/http"

	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/member"
)

// mainRoutes are those of the main site. Its requests are in global mode: no
// site's rows can be read from here, whoever asks.
func (s *site) mainRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.mainFront)
	mux.HandleFunc("GET /sign-in", s.signInForm)
	mux.HandleFunc("POST /sign-in", s.signIn)
	mux.HandleFunc("POST /sign-out", s.signOut)
	mux.HandleFunc("GET /sign-up", s.signUpForm)
	mux.HandleFunc("POST /sign-up", s.signUp)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.pages.Problem(w, r, http.StatusNotFound, "There is no such thing here.")
	})
	return mux
}

// mainFront says what this is, and to who is signed in which sites they manage.
func (s *site) mainFront(w http.ResponseWriter, r *http.Request) {
	data := map[string]any{}
	if actor, _ := tenant.ActorFromContext(r.Context()); !actor.Anonymous() {
		managed, err := s.People.Managed(r.Context(), actor.ID)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		var sites []string
		for _, id := range managed {
			if t, found, err := s.Registry.ByID(r.Context(), id); err == nil && found && t.Status == tenant.Active {
				sites = append(sites, address(r, t.Host))
			}
		}
		data["SignedIn"], data["Sites"] = true, sites
	}
	s.render(w, r, "main.html", data)
}

func (s *site) signUpForm(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, "sign-up.html", map[string]any{"Languages": app.Languages})
}

// signUp makes a site for whoever asks: the site, everything that belongs to it
// and the account that manages it exist at the same moment, or none of it does.
func (s *site) signUp(w http.ResponseWriter, r *http.Request) {
	t, err := s.SignUp(r.Context(),
		lifecycle.Signup{Name: r.PostFormValue("name"), Language: r.PostFormValue("language")},
		app.Person{UserName: r.PostFormValue("user"), Email: r.PostFormValue("email"), Password: r.PostFormValue("password")})
	var invalid *lifecycle.InvalidError
	switch {
	case errors.As(err, &invalid), errors.Is(err, passwords.ErrTooShort), errors.Is(err, bcrypt.ErrPasswordTooLong), errors.Is(err, member.ErrBadName), errors.Is(err, member.ErrNameReserved):
		s.pages.Problem(w, r, http.StatusUnprocessableEntity, err.Error()+".")
	case err != nil:
		s.fail(w, r, err)
	default:
		s.render(w, r, "signed-up.html", map[string]any{"Name": t.Name, "Address": address(r, t.Host)})
	}
}

// address is that of another host of this program.
func address(r *http.Request, host string) string {
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		host = net.JoinHostPort(host, port)
	}
	return "http://" + host + "/"
}
