package office

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// allUsers is why the pages of users cross tenants. They show it, and each view
// of the list is recorded with it.
const allUsers = "the platform's administrators manage the users of all tenants"

// helpUser is why one user is changed.
const helpUser = "the platform's administrators manage this user"

func (o *Office) users(w http.ResponseWriter, r *http.Request) error {
	search := strings.TrimSpace(r.FormValue("q"))
	if err := o.note(r.Context(), "", "users.listed", "", allUsers); err != nil {
		return err
	}
	page, err := o.People.Accounts(tenant.AcrossAll(r.Context(), allUsers), member.Query{Search: search, After: r.FormValue("after"), Limit: perPage})
	if errors.Is(err, member.ErrBadName) {
		o.pages.Problem(w, r, http.StatusBadRequest, "This can not be searched for.")
		return nil
	}
	if err != nil {
		return err
	}
	o.pages.Render(w, r, "users.html", map[string]any{"Users": page.Accounts, "Next": page.Next, "Search": search, "Reason": allUsers})
	return nil
}

// account returns the one that the path names, whosever it is.
func (o *Office) account(r *http.Request) (member.Account, error) {
	return o.People.Account(tenant.AcrossAll(r.Context(), helpUser), r.PathValue("account"))
}

func (o *Office) user(w http.ResponseWriter, r *http.Request) error {
	account, err := o.account(r)
	if err != nil {
		return err
	}
	global := tenant.Global(r.Context())
	admin, err := o.RoleStore.IsSiteAdmin(global, account.ID)
	if err != nil {
		return err
	}
	var managed []tenant.ID
	if account.Tenant == "" {
		managed, err = o.People.Managed(global, account.ID)
	} else {
		var manager bool
		manager, err = o.People.IsManager(global, account.Tenant, account.ID)
		if manager {
			managed = []tenant.ID{account.Tenant}
		}
	}
	if err != nil {
		return err
	}
	// The people of all tenants, by the handle that sees them: where somebody
	// who moved has been is known there only.
	rows, err := o.grid(global, "people", `SELECT * FROM people WHERE account = ?`, account.ID)
	if err != nil {
		return err
	}
	all, err := o.choices(r.Context())
	if err != nil {
		return err
	}
	o.pages.Render(w, r, "user.html", map[string]any{"User": account, "Administrator": admin, "Manages": managed, "Tenants": all, "Grid": rows, "Reason": helpUser})
	return nil
}

// choices are the tenants to choose from. An installation with more than a list
// holds would search by name here.
func (o *Office) choices(ctx context.Context) ([]*tenant.Tenant, error) {
	return o.Tenants.List(ctx, "", 500)
}

// addUser makes a member of the tenant, who begins without a role.
func (o *Office) addUser(r *http.Request, reason string) (string, error) {
	t, err := o.find(r)
	if err != nil {
		return "", err
	}
	p := app.Person{UserName: strings.TrimSpace(r.PostFormValue("user")), Email: strings.TrimSpace(r.PostFormValue("email")), Password: passwords.Invent()}
	if err := o.note(r.Context(), t.ID, "office.user_added", p.UserName, reason); err != nil {
		return "", err
	}
	if _, err := o.AddPerson(tenant.Switch(r.Context(), t.ID, helpUser), p); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s signs in with %s, which is shown this once.", p.UserName, p.Password), nil
}

func (o *Office) setUserStatus(r *http.Request, reason string) (string, error) {
	account, err := o.account(r)
	if err != nil {
		return "", err
	}
	all := tenant.AcrossAll(r.Context(), helpUser)
	switch r.PostFormValue("do") {
	case "suspend":
		if actor, _ := tenant.ActorFromContext(r.Context()); actor.ID == account.ID {
			return "", fmt.Errorf("%w: nobody suspends themselves", errChoice)
		}
		return account.UserName + " is suspended, and out of every session.", o.People.Suspend(all, account.ID, reason)
	case "resume":
		return account.UserName + " may sign in again.", o.People.Resume(all, account.ID, reason)
	default:
		return "", errChoice
	}
}

// assign says which tenant a user belongs to: one, or with none chosen the
// account becomes a global one. Roles and password are lost.
func (o *Office) assign(r *http.Request, reason string) (string, error) {
	account, err := o.account(r)
	if err != nil {
		return "", err
	}
	if r.PostFormValue("to") == "" {
		if account.Tenant == "" {
			return "That is so already.", nil
		}
		return account.UserName + " belongs to no tenant any more, and has no password.", o.People.Release(tenant.Global(r.Context()), account.ID, "", reason)
	}
	to, err := o.byID(r.Context(), r.PostFormValue("to"))
	if err != nil {
		return "", err
	}
	// In global mode: a hook of the application then works in the tenant that
	// the change is about.
	global := tenant.Global(r.Context())
	switch account.Tenant {
	case to.ID:
		return "That is so already.", nil
	case "":
		if err := o.People.Allocate(global, account.ID, to.ID, "", reason); err != nil {
			return "", err
		}
		if err := o.Passwords.Forget(global, o.DB, account.ID); err != nil {
			return "", err
		}
	default:
		if err := o.People.Move(global, account.ID, account.Tenant, to.ID, "", reason); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s belongs to %s now, and needs a new password.", account.UserName, to.Name), nil
}

// setManager makes a user the administrator of a tenant, or takes that back.
func (o *Office) setManager(r *http.Request, reason string) (string, error) {
	account, err := o.account(r)
	if err != nil {
		return "", err
	}
	t, err := o.byID(r.Context(), r.PostFormValue("to"))
	if err != nil {
		return "", err
	}
	global := tenant.Global(r.Context())
	admin, err := o.RoleStore.IsSiteAdmin(global, account.ID)
	if err != nil {
		return "", err
	}
	if admin {
		return "", fmt.Errorf("%w: an administrator of the platform is nobody in a tenant", errChoice)
	}
	if r.PostFormValue("do") == "remove" {
		return fmt.Sprintf("%s does not administer %s.", account.UserName, t.Name), o.People.RemoveManager(global, t.ID, account.ID, reason)
	}
	return fmt.Sprintf("%s administers %s.", account.UserName, t.Name), o.People.AddManager(global, t.ID, account.ID, reason)
}

// newPassword gives a user one that is told once. Those of administrators of the
// platform are their own.
func (o *Office) newPassword(r *http.Request, reason string) (string, error) {
	account, err := o.account(r)
	if err != nil {
		return "", err
	}
	ctx := tenant.Global(r.Context())
	admin, err := o.RoleStore.IsSiteAdmin(ctx, account.ID)
	if err != nil {
		return "", err
	}
	if admin {
		return "", fmt.Errorf("%w: an administrator of the platform changes the own password", errChoice)
	}
	if err := o.note(r.Context(), account.Tenant, "office.password_set", account.ID, reason); err != nil {
		return "", err
	}
	if account.Tenant != "" {
		ctx = tenant.Switch(r.Context(), account.Tenant, helpUser)
	}
	password := passwords.Invent()
	return fmt.Sprintf("%s signs in with %s, which is shown this once.", account.UserName, password), o.SetPassword(ctx, account.ID, password, "")
}

// roleNames are what the roles are called, for the pages.
func roleNames(rules rbac.Rules) map[rbac.RoleID]string {
	names := make(map[rbac.RoleID]string)
	for _, role := range rules.Roles {
		names[role.ID] = role.Title
	}
	return names
}
