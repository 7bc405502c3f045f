package front

import (
	"database/sql"
	"errors"
	"net/http"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

func (s *site) people(w http.ResponseWriter, r *http.Request) error {
	return s.peopleList(w, r, newForm(), s.pages.Render)
}

// peopleList shows the members of the tenant: in its context there are no
// others.
func (s *site) peopleList(w http.ResponseWriter, r *http.Request, f *form, show func(http.ResponseWriter, *http.Request, string, any)) error {
	ctx := r.Context()
	q, _ := like(r)
	page, err := s.People.Members(ctx, "", member.Query{Search: q, Limit: 200})
	if err != nil {
		return err
	}
	roles, err := s.RoleNames(ctx)
	if err != nil {
		return err
	}
	type row struct {
		member.Account
		Role string
	}
	var rows []row
	for _, account := range page.Accounts {
		rows = append(rows, row{account, roles[account.ID]})
	}
	show(w, r, "people.html", map[string]any{"Rows": rows, "Q": q, "Form": f, "Roles": roleChoices})
	return nil
}

var roleChoices = []choice{{"seller", "Seller"}, {"manager", "Sales manager"}}

func (s *site) role(name string) (rbac.RoleID, bool) {
	id, ok := map[string]rbac.RoleID{"seller": s.Roles.Seller, "manager": s.Roles.Manager}[name]
	return id, ok
}

func (s *site) addPerson(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := typed(r, "user", "email", "role")
	password := r.PostFormValue("password")
	f.text("user", 100)
	checkEmail(f)
	checkPassword(f, password)
	role, known := s.role(f.Values["role"])
	if !known {
		f.Wrong["role"] = "Choose one of the list."
	}
	if f.valid() {
		account, err := s.AddPerson(ctx, app.Person{UserName: f.Values["user"], Email: f.Values["email"], Password: password})
		if err == nil {
			err = s.ChangeRole(ctx, account.ID, role)
		}
		if err == nil {
			s.pages.Back(w, r, "/people", account.UserName+" may sign in now.")
			return nil
		}
		if !explain(f, err) {
			return err
		}
	}
	return s.peopleList(w, r, f, s.pages.Invalid)
}

// changePerson does what one of the buttons beside a person says. An account of
// another tenant is unknown here, whatever its id.
func (s *site) changePerson(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	account, err := s.People.Account(ctx, r.PathValue("account"))
	if errors.Is(err, member.ErrUnknownAccount) || err == nil && account.Tenant == "" {
		return sql.ErrNoRows
	}
	if err != nil {
		return err
	}
	actor, _ := tenant.ActorFromContext(ctx)
	if actor.ID == account.ID && r.PostFormValue("do") != "password" {
		s.pages.Back(w, r, "/people", "Somebody else has to do that for you.")
		return nil
	}
	said := ""
	switch r.PostFormValue("do") {
	case "suspend":
		err, said = s.People.Suspend(ctx, account.ID, "by the company's administrator"), " is suspended."
	case "resume":
		err, said = s.People.Resume(ctx, account.ID, "by the company's administrator"), " may sign in again."
	case "password":
		f := newForm()
		if checkPassword(f, r.PostFormValue("password")); !f.valid() {
			return s.peopleList(w, r, f, s.pages.Invalid)
		}
		err, said = s.SetPassword(ctx, account.ID, r.PostFormValue("password"), s.Sessions.Token(ctx)), " has a new password."
	case "role":
		role, known := s.role(r.PostFormValue("role"))
		if !known {
			return sql.ErrNoRows
		}
		err, said = s.ChangeRole(ctx, account.ID, role), " has another role."
	default:
		return sql.ErrNoRows
	}
	if err != nil {
		return err
	}
	if err := s.CatchUp(ctx); err != nil {
		return err
	}
	s.pages.Back(w, r, "/people", account.UserName+said)
	return nil
}
