// Package admins creates the administrators of the platform, and is the only
// place that does. They are global accounts, of no tenant: the back office lets
// them in and nobody else, and no page of a customer makes one.
package admins

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// OnceFor is how long a new administrator's first password is good, and only for
// choosing another one.
const OnceFor = 24 * time.Hour

// The kinds of the events in the audit log; Object is the account.
const (
	KindAdded   = "administrator.added"
	KindRevoked = "administrator.revoked"
)

var (
	// ErrNoReason: making and revoking an administrator takes a reason.
	ErrNoReason = errors.New("admins: say why")

	// ErrSelf: nobody revokes themselves, and so locks the last one out.
	ErrSelf = errors.New("admins: you can not revoke yourself, somebody else has to")

	// ErrNotAdmin: the account is not an administrator's.
	ErrNotAdmin = errors.New("admins: that is no administrator of the platform")
)

// Add makes an administrator, with a password that is good once. The account,
// what it is, the password and the record of it are one change. ctx has no
// tenant; its actor is who does it, or nobody at the command line.
func Add(ctx context.Context, a *app.App, name, email, reason string) (member.Account, string, error) {
	if reason == "" {
		return member.Account{}, "", ErrNoReason
	}
	global := tenant.Global(ctx)
	tx, err := a.DB.BeginTxx(global, nil)
	if err != nil {
		return member.Account{}, "", err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	account, err := a.People.With(tx).AddGlobal(global, member.NewAccount{ID: app.NewAccountID(), UserName: name, Email: email})
	if err != nil {
		return member.Account{}, "", err
	}
	password := passwords.Invent()
	for _, step := range []func() error{
		func() error { return a.Passwords.SetOnce(global, tx, account.ID, password, time.Now().Add(OnceFor)) },
		func() error { return a.RoleStore.With(tx).SetSiteAdmin(global, account.ID, true) },
		func() error { return a.Audit.With(tx).Append(global, event(ctx, KindAdded, account, reason)) },
		tx.Commit,
	} {
		if err := step(); err != nil {
			return member.Account{}, "", err
		}
	}
	return account, password, a.CatchUp(ctx)
}

// Revoke takes from an account what makes it an administrator's, and its
// password. The account stays, suspended, since the records name it. ctx is as
// for Add.
func Revoke(ctx context.Context, a *app.App, id, reason string) error {
	if reason == "" {
		return ErrNoReason
	}
	if actor, _ := tenant.ActorFromContext(ctx); actor.ID == id {
		return ErrSelf
	}
	global := tenant.Global(ctx)
	tx, err := a.DB.BeginTxx(global, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	is, err := a.RoleStore.With(tx).IsSiteAdmin(global, id)
	if err != nil {
		return err
	}
	if !is {
		return ErrNotAdmin
	}
	account, err := a.People.With(tx).Account(global, id)
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return a.RoleStore.With(tx).SetSiteAdmin(global, id, false) },
		func() error { return a.Passwords.Forget(global, tx, id) },
		func() error { return a.People.With(tx).Suspend(global, id, reason) },
		func() error { return a.Audit.With(tx).Append(global, event(ctx, KindRevoked, account, reason)) },
		tx.Commit,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return a.CatchUp(ctx)
}

func event(ctx context.Context, kind string, account member.Account, reason string) tenant.Event {
	actor, _ := tenant.ActorFromContext(ctx)
	return tenant.Event{Kind: kind, Actor: actor, Object: account.ID, Reason: reason, Detail: map[string]string{"name": account.UserName}}
}

// List returns the administrators.
func List(ctx context.Context, a *app.App) ([]member.Account, error) {
	global := tenant.Global(ctx)
	rules, _, err := a.RoleStore.Load(global, "")
	if err != nil {
		return nil, fmt.Errorf("admins: %w", err)
	}
	var all []member.Account
	for _, id := range rules.SiteAdmins {
		account, err := a.People.Account(global, id)
		if err != nil {
			return nil, fmt.Errorf("admins: %w", err)
		}
		all = append(all, account)
	}
	return all, nil
}

// Find returns the account if it is an administrator's that may be used.
// Whoever is a member of some tenant is none, whatever else is said of it.
func Find(ctx context.Context, a *app.App, id string) (member.Account, bool, error) {
	if id == "" {
		return member.Account{}, false, nil
	}
	global := tenant.Global(ctx)
	account, err := a.People.Account(global, id)
	if errors.Is(err, member.ErrUnknownAccount) {
		return member.Account{}, false, nil
	}
	if err != nil {
		return member.Account{}, false, err
	}
	admin, err := a.RoleStore.IsSiteAdmin(global, id)
	if err != nil || !admin || account.Tenant != "" || account.Guest || !account.Active() {
		return member.Account{}, false, err
	}
	return account, true, nil
}
