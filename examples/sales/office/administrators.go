package office

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/gotenancy/tenancy/examples/sales/office/admins"
)

func (o *Office) administrators(w http.ResponseWriter, r *http.Request) error {
	list, err := admins.List(r.Context(), o.App)
	if err != nil {
		return err
	}
	self, _ := signedIn(r)
	o.pages.Render(w, r, "administrators.html", map[string]any{"Administrators": list, "Self": self.ID})
	return nil
}

func (o *Office) addAdministrator(r *http.Request, reason string) (string, error) {
	name := strings.TrimSpace(r.PostFormValue("user"))
	_, password, err := admins.Add(r.Context(), o.App, name, strings.TrimSpace(r.PostFormValue("email")), reason)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s signs in with %s, which is shown this once, is good for a day, and only for choosing a password.", name, password), nil
}

func (o *Office) revokeAdministrator(r *http.Request, reason string) (string, error) {
	return "The account is no administrator's any more, and is suspended.", admins.Revoke(r.Context(), o.App, r.PathValue("account"), reason)
}
