package front

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/mail"

	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/member"
)

// maxPassword is the most bytes that bcrypt looks at.
const maxPassword = 72

func (s *site) signUpForm(w http.ResponseWriter, r *http.Request) {
	f := newForm()
	f.Values["key"] = rand.Text()
	s.pages.Render(w, r, "signup.html", map[string]any{"Form": f})
}

// signUp makes a client organisation of its own for somebody, who is signed in
// as its administrator afterwards.
func (s *site) signUp(w http.ResponseWriter, r *http.Request) {
	if tenant.ModeOf(r.Context()) != tenant.ModeNone {
		s.pages.Problem(w, r, http.StatusNotFound, "Companies sign up on the shared host.")
		return
	}
	f := typed(r, "company", "code", "user", "email", "key")
	password := r.PostFormValue("password")
	f.text("company", lifecycle.MaxNameLen)
	f.text("user", 100)
	checkEmail(f)
	checkPassword(f, password)
	if f.valid() {
		_, record, err := s.SignUp(r.Context(), app.SignUp{
			Company: f.Values["company"], Code: f.Values["code"], UserName: f.Values["user"], Email: f.Values["email"], Password: password, Key: f.Values["key"],
		})
		if err == nil {
			_, _, err = s.People.SignIn(r.Context(), s.Sessions, member.Attempt{UserName: f.Values["user"], Tenant: record.Code, Credential: password})
		}
		if err == nil {
			s.pages.Back(w, r, "/", "Welcome: "+record.Name+" is there, and yours. Its own address is "+record.Code+"."+Domain+".")
			return
		}
		if !explain(f, err) {
			s.pages.Fail(w, r, err)
			return
		}
	}
	s.pages.Invalid(w, r, "signup.html", map[string]any{"Form": f})
}

func checkEmail(f *form) {
	if address, err := mail.ParseAddress(f.text("email", 200)); err != nil || address.Address != f.Values["email"] {
		f.Wrong["email"] = "An address such as ann@example.com."
	}
}

func checkPassword(f *form, password string) {
	switch {
	case len(password) < passwords.MinLength:
		f.Wrong["password"] = "At least 8 characters."
	case len(password) > maxPassword:
		f.Wrong["password"] = "At most 72 characters."
	}
}

// explain says at the fields what is wrong, and reports whether it is something
// that a visitor can mend.
func explain(f *form, err error) bool {
	var invalid *lifecycle.InvalidError
	if errors.As(err, &invalid) {
		for _, field := range invalid.Fields {
			name := map[string]string{"name": "company", "code": "code"}[field.Field]
			if name == "code" && f.Values["code"] == "" {
				name = "company" // of which the short name was made
			}
			if name == "" {
				return false // the form's own fields
			}
			f.Wrong[name] = because(field.Err)
			if name == "company" && (errors.Is(field.Err, lifecycle.ErrRequired) || errors.Is(field.Err, lifecycle.ErrMalformed)) && f.Values["company"] != "" {
				delete(f.Wrong, "company")
				f.Wrong["code"] = "Please give a short name: a letter, then letters and digits."
			}
		}
		return true
	}
	why := map[error]string{
		member.ErrNameTaken: "Somebody has this user name.", member.ErrBadName: "This can not be a user name.",
		member.ErrNameReserved: "This user name is reserved.", member.ErrNamePattern: "User names of your company look different.",
		member.ErrLimit: "Your company has as many users as it may.", member.ErrCredentials: "This form was sent before, with another password.",
	}
	for cause, text := range why {
		if errors.Is(err, cause) {
			f.Wrong["user"] = text
			return true
		}
	}
	return false
}

func because(err error) string {
	switch {
	case errors.Is(err, tenant.ErrTaken):
		return "A company of this name has signed up already."
	case errors.Is(err, lifecycle.ErrReserved):
		return "This name is reserved."
	case errors.Is(err, lifecycle.ErrTooLong):
		return "This is too long."
	case errors.Is(err, lifecycle.ErrRequired):
		return "This is needed."
	default:
		return "A letter, then letters, digits or hyphens."
	}
}
