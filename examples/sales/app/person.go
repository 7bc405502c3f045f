package app

import (
	"context"

	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// Person is what a form asks for somebody who gets an account.
type Person struct{ UserName, Email, Password string }

// AddPerson makes a member of the context's tenant, with a password and without
// a role, as one change. Whether the actor may do it is asked before.
func (a *App) AddPerson(ctx context.Context, p Person) (member.Account, error) {
	tx, err := a.DB.BeginTxx(ctx, nil)
	if err != nil {
		return member.Account{}, err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	account, err := a.People.With(tx).AddMember(ctx, "", member.NewAccount{ID: NewAccountID(), UserName: p.UserName, Email: p.Email})
	if err != nil {
		return member.Account{}, err
	}
	if err := a.Passwords.Set(ctx, tx, account.ID, p.Password); err != nil {
		return member.Account{}, err
	}
	if err := tx.Commit(); err != nil {
		return member.Account{}, err
	}
	return account, a.CatchUp(ctx)
}

// SetPassword gives an account another password and ends its sessions in the front
// office, but for the one with the token keep. ctx is as for passwords.Store.Set.
func (a *App) SetPassword(ctx context.Context, account, password, keep string) error {
	if err := a.Passwords.Set(ctx, a.DB, account, password); err != nil {
		return err
	}
	return a.Sessions.Iterate(ctx, func(ctx context.Context) error {
		if a.Sessions.GetString(ctx, member.SessionAccount) != account || a.Sessions.Token(ctx) == keep {
			return nil
		}
		return a.Sessions.Destroy(ctx)
	})
}

// ChangeRole gives somebody of the context's tenant the role and takes the
// others that are given by hand, as far as the actor may.
func (a *App) ChangeRole(ctx context.Context, account string, role rbac.RoleID) error {
	node, err := a.Node(ctx)
	if err != nil {
		return err
	}
	if err := a.Manager.Assign(ctx, node.ID, rbac.Assignment{Role: role, User: account}); err != nil {
		return err
	}
	for _, other := range []rbac.RoleID{a.Roles.Manager, a.Roles.Seller} {
		if other == role {
			continue
		}
		if err := a.Manager.Unassign(ctx, node.ID, rbac.Assignment{Role: other, User: account}); err != nil {
			return err
		}
	}
	return nil
}

// RoleNames returns for each person of the context's tenant what the role is
// called.
func (a *App) RoleNames(ctx context.Context) (map[string]string, error) {
	id, _ := tenant.IDFromContext(ctx)
	node, err := a.Node(ctx)
	if err != nil {
		return nil, err
	}
	titles := map[rbac.RoleID]string{a.Roles.Administrator: "Administrator", a.Roles.Manager: "Sales manager", a.Roles.Seller: "Seller"}
	list, err := a.RoleStore.Assignments(ctx, id, rbac.Filter{Node: node.ID})
	names := make(map[string]string)
	for _, held := range list {
		if names[held.User] != titles[a.Roles.Administrator] { // which says the most
			names[held.User] = titles[held.Role]
		}
	}
	return names, err
}
