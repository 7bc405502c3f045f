package office

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/examples/sales/office/admins"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// signInPage is what signin.html and password.html show.
type signInPage struct{ User, Wrong string }

func (o *Office) signInForm(w http.ResponseWriter, r *http.Request) {
	o.pages.Render(w, r, "signin.html", signInPage{})
}

// signIn looks among the global accounts only: in global mode the directory
// knows no member of any tenant, under whatever name. Then the account has to be
// an administrator's. What was wrong is not told.
func (o *Office) signIn(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSpace(r.PostFormValue("user"))
	refuse := func(why string) {
		o.pages.Invalid(w, r, "signin.html", signInPage{name, why})
	}
	global := tenant.Global(r.Context())
	if !o.attempts.Begin(name, app.Retries.Get(o.Extend(global)), o.Today()) {
		refuse("The password was wrong too often. Wait a quarter of an hour.")
		return
	}
	_, account, err := o.People.Login(global, member.Attempt{UserName: name, Credential: r.PostFormValue("password")})
	ok := false
	if err == nil {
		_, ok, err = admins.Find(r.Context(), o.App, account.ID)
	}
	switch {
	case ok:
	case err == nil, errors.Is(err, member.ErrCredentials), errors.Is(err, member.ErrSuspended):
		refuse("These are not the credentials of a platform administrator.")
		return
	default:
		o.pages.Fail(w, r, err)
		return
	}
	o.attempts.Succeeded(name)
	if err := o.sessions.RenewToken(r.Context()); err != nil {
		o.pages.Fail(w, r, err)
		return
	}
	o.sessions.Put(r.Context(), member.SessionAccount, account.ID)
	o.pages.Back(w, r, "/tenants", "")
}

func (o *Office) signOut(w http.ResponseWriter, r *http.Request) {
	if err := o.sessions.Destroy(r.Context()); err != nil {
		o.pages.Fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}

func (o *Office) passwordForm(w http.ResponseWriter, r *http.Request) {
	o.pages.Render(w, r, "password.html", signInPage{})
}

// choosePassword replaces the signed-in administrator's own password. The present
// one is asked for, so that a window left open is not enough.
func (o *Office) choosePassword(w http.ResponseWriter, r *http.Request) {
	account, _ := signedIn(r)
	global := tenant.Global(r.Context())
	refuse := func(why string) { o.pages.Invalid(w, r, "password.html", signInPage{Wrong: why}) }
	present, chosen := r.PostFormValue("present"), r.PostFormValue("password")
	if !o.attempts.Begin(account.UserName, app.Retries.Get(o.Extend(global)), o.Today()) {
		refuse("The password was wrong too often. Wait a quarter of an hour.")
		return
	}
	if o.Passwords.Verify(global, account, present) != nil {
		refuse("The present password is wrong.")
		return
	}
	o.attempts.Succeeded(account.UserName)
	if chosen == present {
		refuse("Choose another one than the present.")
		return
	}
	err := o.Passwords.Set(global, o.DB, account.ID, chosen)
	switch {
	case errors.Is(err, passwords.ErrTooShort):
		refuse("The new password is too short: " + err.Error() + ".")
		return
	case err == nil:
		err = o.note(r.Context(), "", "password.chosen", account.ID, "")
	}
	if err == nil {
		err = o.sessions.RenewToken(r.Context())
	}
	if err != nil {
		o.pages.Fail(w, r, err)
		return
	}
	o.pages.Back(w, r, "/tenants", "Your password is changed.")
}
