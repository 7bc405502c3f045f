package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// openPeople makes the directory of accounts. A user name is unique in its
// tenant, so that every customer may have an ann; with the company behind it,
// ann@acme, it is unique in the installation.
func (a *App) openPeople() error {
	managers, err := rbac.NewTenantManagers(rbac.TenantManagersConfig{
		Store: func(db tenant.DBTX) rbac.Store { return a.roles(db) },
		Tree:  func(db tenant.DBTX) ctxtree.Store { return a.Tree.With(db) },
		Role:  a.Roles.Administrator,
		Managers: func(ctx context.Context, db tenant.DBTX, of tenant.ID) ([]string, error) {
			list, err := a.People.With(db).Managers(ctx, of)
			var ids []string
			for _, account := range list {
				ids = append(ids, account.ID)
			}
			return ids, err
		},
	})
	if err != nil {
		return err
	}
	a.managers = managers
	a.People, err = member.NewDirectory(a.DB, a.DB.Dialect, member.Config{
		Tenants:       func(db tenant.DBTX) tenant.Registry { return a.Tenants.With(db) },
		Administrator: a.RoleStore.Administrator,
		Authenticator: a.Passwords,
		ReservedNames: []string{"admin", "support", "root"},
		Hooks:         []tenant.Hook{managers.Hook, a.profile, a.Audit.Hook},
	})
	return err
}

func (a *App) roles(db tenant.DBTX) rbac.Store {
	if db == nil {
		return a.RoleStore
	}
	return a.RoleStore.With(db)
}

// NewAccountID returns the id of a new account. It says nothing.
func NewAccountID() string {
	var b [16]byte
	rand.Read(b[:]) //nolint:errcheck // it never fails
	return hex.EncodeToString(b[:])
}

// profile keeps the application's own table of people, whose names stand beside
// what they sell, also when they have gone. Its SQL knows nothing of tenants: it
// runs in the tenant of the change.
func (a *App) profile(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
	if ev.Tenant == "" {
		return nil
	}
	switch ev.Kind {
	case member.MemberAdded, member.AccountRenamed:
		account, err := a.People.With(tx).Account(ctx, ev.Object)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, a.DB.Rebind(`INSERT INTO people (account, name, gone) VALUES (?, ?, 0)
			ON CONFLICT (account) DO UPDATE SET name = excluded.name, gone = 0`), account.ID, account.UserName)
		return err
	case member.MemberRemoved:
		if _, err := tx.ExecContext(ctx, a.DB.Rebind(`DELETE FROM passwords WHERE account = ?`), ev.Object); err != nil {
			return err
		}
		// Who comes back later begins without a role.
		if _, err := a.RoleStore.With(tx).UnassignAll(ctx, ev.Tenant, rbac.Filter{User: ev.Object}); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, a.DB.Rebind(`UPDATE people SET gone = 1 WHERE account = ?`), ev.Object)
		return err
	default:
		return nil
	}
}

// homes says of which tenant each account is a member, for who gives roles.
func (a *App) homes(ctx context.Context, db tenant.DBTX, accounts []string) (map[string]tenant.ID, error) {
	people := a.People
	if db != nil {
		people = people.With(db)
	}
	known := make(map[string]tenant.ID)
	for _, id := range accounts {
		account, err := people.Account(ctx, id)
		switch {
		case errors.Is(err, member.ErrUnknownAccount):
			continue
		case err != nil:
			return nil, err
		}
		if !account.Guest {
			known[id] = account.Tenant
		}
	}
	return known, nil
}

// candidate reports whether a tenant has to do with an account.
func (a *App) candidate(ctx context.Context, db tenant.DBTX, of tenant.ID, account string) (bool, error) {
	people := a.People
	if db != nil {
		people = people.With(db)
	}
	return people.IsCandidate(ctx, of, account)
}
