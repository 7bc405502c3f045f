package front

import (
	"net/http"

	"github.com/gotenancy/tenancy/examples/sales/app"
)

func (s *site) settings(w http.ResponseWriter, r *http.Request) error {
	f := newForm()
	f.Values["currency"] = app.Currency.Get(r.Context())
	s.pages.Render(w, r, "settings.html", map[string]any{"Form": f, "Currencies": choices(app.Currencies), "Retries": app.Retries.Get(r.Context())})
	return nil
}

// setCurrency changes the tenant's own setting. The shared one has no form here,
// and would be refused.
func (s *site) setCurrency(w http.ResponseWriter, r *http.Request) error {
	f := typed(r, "currency")
	if f.oneOf("currency", app.Currencies); !f.valid() {
		s.pages.Invalid(w, r, "settings.html", map[string]any{"Form": f, "Currencies": choices(app.Currencies), "Retries": app.Retries.Get(r.Context())})
		return nil
	}
	err := app.Currency.Set(r.Context(), f.Values["currency"], "on the page of settings")
	if err == nil {
		s.pages.Back(w, r, "/settings", "The currency is saved, for your company alone.")
	}
	return err
}
