package app

import (
	"context"
	"errors"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/member"
)

// UsersTenant belongs to the installation: visitors who have not signed in are
// in it, and it holds nothing. It is never renamed.
const (
	UsersTenant tenant.ID = "users"
	UsersCode             = "Users"
)

// openLifecycle wires what appears and goes together with a tenant.
func (a *App) openLifecycle() (err error) {
	provision := ctxtree.Provision{Tree: func(tx tenant.DBTX) ctxtree.Store { return a.Tree.With(tx) }}
	challenges, err := a.derive("domains")
	if err != nil {
		return err
	}
	a.Lifecycle, err = lifecycle.New(lifecycle.Config{
		DB: a.DB, Dialect: a.DB.Dialect,
		Registry: func(tx tenant.DBTX) lifecycle.Registry { return a.Tenants.With(tx) },
		Hooks:    []tenant.Hook{provision.Hook, a.People.Hook, a.managers.Hook, a.forget, a.Audit.Hook},
		// Where this fails the feed tells two seconds later.
		OnCommit: []func(context.Context, tenant.Event){func(ctx context.Context, _ tenant.Event) { _ = a.CatchUp(ctx) }},
		Purge: []func(context.Context, tenant.ID) error{
			a.Organisations.DeleteAll, a.abandon, transfer.Purger(a.DB, transfer.PurgeOptions{}),
		},
		Reserved: append(lifecycle.DefaultReserved(), "office"),
		Fixed:    []string{UsersCode},

		ChallengeKey: challenges, TXT: a.txt,
	})
	return err
}

// forget removes the roles and settings of a tenant that is gone.
func (a *App) forget(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
	if ev.Kind != lifecycle.KindDeleted {
		return nil
	}
	if _, err := a.RoleStore.With(tx).DeleteAll(ctx, ev.Tenant); err != nil {
		return err
	}
	_, err := a.SettingStore.With(tx).DeleteTenant(ctx, ev.Tenant)
	return err
}

// abandon takes back an import into the tenant that did not end.
func (a *App) abandon(ctx context.Context, id tenant.ID) error {
	_, err := transfer.Abandon(ctx, a.DB, id, transfer.PurgeOptions{})
	if errors.Is(err, transfer.ErrNothingToResume) {
		return nil
	}
	return err
}

// SignUp is what the form of the front office asks for.
type SignUp struct {
	Company, UserName, Email, Password string
	Code                               string // the short name; made of Company where it is empty

	// Key is something random that the form carries, so that a form that is
	// sent twice makes one tenant.
	Key string
}

// SignUp makes a tenant with its first administrator, who is created inside it
// in the same transaction. ctx has no tenant; the one that is returned is in
// the new one. Errors are those of lifecycle.Manager.Provision and of
// member.Directory.AddMember, and passwords.ErrTooShort.
func (a *App) SignUp(ctx context.Context, s SignUp) (context.Context, tenant.Tenant, error) {
	return a.Lifecycle.Provision(ctx, lifecycle.Signup{Name: s.Company, Code: s.Code, Key: s.Key},
		func(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
			account := member.NewAccount{ID: NewAccountID(), UserName: s.UserName, Email: s.Email}
			people := a.People.With(tx)
			if _, err := people.AddMember(ctx, ev.Tenant, account); err != nil {
				return err
			}
			if err := people.AddManager(ctx, ev.Tenant, account.ID, "signed the company up"); err != nil {
				return err
			}
			return a.Passwords.Set(ctx, tx, account.ID, s.Password)
		})
}
