package learn

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/examples/lms/app"
)

// setting is a row of the form.
type setting struct {
	Key, Description, Value string
	Options                 []string
	Own                     bool   // the site has set it itself
	Held                    string // who else has, where it can not be changed here
}

var options = map[string][]string{app.Theme.Name(): app.Themes, app.Language.Name(): app.Languages}

var descriptions = map[string]string{
	app.SiteName.Name(): "What your site is called.", app.Theme.Name(): "The colour of your pages.",
	app.Language.Name(): "The language of your pages.", app.FrontText.Name(): "What your front page says.",
}

// administration is the form of what the site itself decides. What is the same
// for the whole installation is not in it.
func (s *site) administration(w http.ResponseWriter, r *http.Request) {
	if _, err := s.askSite(r, app.SiteConfigure); err != nil {
		s.fail(w, r, err)
		return
	}
	var list []setting
	for _, k := range app.SiteSettings {
		e, err := s.Settings.Explain(r.Context(), k.Name())
		if err != nil {
			s.fail(w, r, err)
			return
		}
		row := setting{Key: k.Name(), Description: descriptions[k.Name()], Options: options[k.Name()], Own: e.Info.Layer == config.LayerTenant,
			Value: config.Get(r.Context(), k.Name(), "")}
		if !e.Editable || e.Info.Forced {
			row.Held = e.Info.Layer.String()
		}
		list = append(list, row)
	}
	s.render(w, r, "administration.html", map[string]any{"Settings": list})
}

// configure changes one setting. Who may change which is what the declarations
// say: a manager who sends the name of another setting gets the library's no.
func (s *site) configure(w http.ResponseWriter, r *http.Request) {
	if _, err := s.askSite(r, app.SiteConfigure); err != nil {
		s.fail(w, r, err)
		return
	}
	key := r.PostFormValue("key")
	if !slices.ContainsFunc(app.Settings, func(k config.Declaration) bool { return k.Name() == key }) {
		s.pages.Problem(w, r, http.StatusBadRequest, "There is no such setting.")
		return
	}
	change := config.Put(key, r.PostFormValue("value"))
	if r.PostFormValue("remove") != "" {
		change = config.Remove(key)
	}
	_, err := s.Settings.Update(r.Context(), "from the page of the site's administration", change)
	switch {
	case errors.Is(err, config.ErrNotEditable), errors.Is(err, config.ErrNotOverridable), errors.Is(err, config.ErrForced):
		s.pages.Problem(w, r, http.StatusForbidden, "This setting is not the site's to change.")
	case errors.Is(err, config.ErrInvalid), errors.Is(err, config.ErrMistyped):
		s.pages.Problem(w, r, http.StatusUnprocessableEntity, "The setting does not take that value.")
	case err != nil:
		s.fail(w, r, err)
	default:
		s.pages.Back(w, r, "/administration", "Saved.")
	}
}
