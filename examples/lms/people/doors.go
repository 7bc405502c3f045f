package people

import (
	"net/http"
	"strings"

	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
)

// doors adds what anybody may open: the ways in and out.
func (p *people) doors(mux *http.ServeMux) {
	mux.HandleFunc("GET /register", func(w http.ResponseWriter, r *http.Request) { p.pages.Render(w, r, "register.html", p.doorway(r)) })
	mux.HandleFunc("POST /register", p.register)
	mux.HandleFunc("GET /reset", func(w http.ResponseWriter, r *http.Request) { p.pages.Render(w, r, "reset.html", p.doorway(r)) })
	mux.HandleFunc("POST /reset", p.startReset)
	mux.HandleFunc("GET /reset/{reference}", func(w http.ResponseWriter, r *http.Request) { p.pages.Render(w, r, "reset-new.html", nil) })
	mux.HandleFunc("POST /reset/{reference}", p.finishReset)
	mux.HandleFunc("GET /sites", p.signedIn(p.sites))
	mux.HandleFunc("POST /switch", p.signedIn(p.switchTo))
	mux.HandleFunc("POST /leave", p.leave)
}

// doorway is what the pages at the door say about where the visitor is.
type doorway struct {
	Site    string // empty on the main site
	Pattern string // of the user names here
	Name    string // what was typed
	Problem string
}

func (p *people) doorway(r *http.Request) doorway {
	d := doorway{Name: r.PostFormValue("name")}
	if t, ok := tenant.FromContext(r.Context()); ok {
		d.Site = t.Name
		d.Pattern, _ = p.People.NamePattern(r.Context(), "")
	}
	return d
}

// register makes a member of this site. The same person may register on
// another one, with the same name, address and password or with others: that
// is another account, and nothing on either site says that it exists.
func (p *people) register(w http.ResponseWriter, r *http.Request) {
	if tenant.ModeOf(r.Context()) != tenant.ModeTenant {
		p.pages.Problem(w, r, http.StatusNotFound, "People register on a site.")
		return
	}
	_, err := p.AddMember(r.Context(), person(r))
	if said := rule(err); said != "" {
		d := p.doorway(r)
		d.Problem = said
		p.pages.RenderStatus(w, r, http.StatusUnprocessableEntity, "register.html", d)
		return
	}
	p.done(w, r, err, "/sign-in", "You are registered. Sign in.")
}

// person reads the form of a new account.
func person(r *http.Request) app.Person {
	return app.Person{
		UserName: strings.TrimSpace(r.PostFormValue("name")),
		Email:    strings.TrimSpace(r.PostFormValue("email")),
		Password: r.PostFormValue("password"),
	}
}
