package member

import (
	"context"

	"github.com/gotenancy/tenancy/tenant"
)

const (
	updateName      = `UPDATE tenancy_accounts SET user_name = ?, name_key = ?, realm = ?, wide_key = ?, modified_at = ? WHERE id = ?`
	updateEmail     = `UPDATE tenancy_accounts SET email = ?, email_key = ?, modified_at = ? WHERE id = ?`
	updateSuspended = `UPDATE tenancy_accounts SET suspended = ?, modified_at = ? WHERE id = ?`
	deleteAccount   = `DELETE FROM tenancy_accounts WHERE id = ?`
	deleteResets    = `DELETE FROM tenancy_resets WHERE account_id = ?`
)

// target is an account that is about to change, under its locks. t is nil for
// a global account.
type target struct {
	Account
	ns namespace
	t  *tenant.Tenant
	p  people
}

// edit runs fn on one account: in a tenant's context one of its own members, in
// a central one any.
func (d *Directory) edit(ctx context.Context, account string, fn func(*change, target) error) error {
	own, err := anywhere(ctx)
	if err != nil {
		return err
	}
	return d.write(ctx, func(c *change) error {
		x, err := c.target(own, account)
		if err != nil {
			return err
		}
		if x.Tenant != "" {
			if x.t, x.p, err = c.writable(x.Tenant); err != nil {
				return err
			}
		}
		return fn(c, x)
	})
}

// target locks what a change of the account needs and reads the account. own is
// the tenant of the context, or "" for a central one, which also says what
// other tenants it is about.
func (c *change) target(own tenant.ID, account string, more ...tenant.ID) (target, error) {
	if err := c.lock(own); err != nil {
		return target{}, err
	}
	home := own
	if own == "" {
		// Only the account says what else to lock: its tenant, or where it is
		// associated or manages, so that who has cached that it may enter asks
		// again. All but the tenant stays as it is under the global lock; that
		// one is read again.
		a, _, found, err := c.account(selectAccount, account)
		if err != nil {
			return target{}, err
		}
		if !found {
			return target{}, ErrUnknownAccount
		}
		touched, err := c.tenantsOf(account)
		if err != nil {
			return target{}, err
		}
		home = a.Tenant
		if err := c.lock(ordered(append(append(touched, more...), home)...)...); err != nil {
			return target{}, err
		}
	}
	a, ns, found, err := c.account(selectAccount+c.forUpdate(), account)
	if err != nil {
		return target{}, err
	}
	if !found || a.Tenant != home {
		return target{}, ErrUnknownAccount
	}
	return target{Account: a, ns: ns}, nil
}

// Rename gives the account another user name, by the rules for new accounts. An
// account whose tenant was deleted holds no name until then.
//
// Errors: [ErrUnknownAccount], [ErrNameTaken], [ErrBadName], [ErrNamePattern],
// [ErrNameReserved]. Modes: tenant, for its members; global, across-all.
func (d *Directory) Rename(ctx context.Context, account, userName string) error {
	_, within := tenant.IDFromContext(ctx)
	return d.edit(ctx, account, func(c *change, x target) error {
		if err := c.checkName(userName, x.t, x.p.pattern, within); err != nil {
			return err
		}
		x.UserName = userName
		if err := c.rename(x.Account); err != nil {
			return err
		}
		return c.publish(AccountRenamed, x.Tenant, x.ID, "")
	})
}

// rename writes the user name of a in the realm of its tenant.
func (c *change) rename(a Account) error {
	ns := namespace{realm: a.Tenant}
	if err := c.free(a, ns, false); err != nil {
		return err
	}
	_, err := c.exec(updateName, a.UserName, fold(a.UserName), string(ns.realm), c.wide(a.UserName), now().UnixMilli(), a.ID)
	if err != nil {
		return &claimError{err: err, a: a, ns: ns}
	}
	return nil
}

// SetEmail gives the account another e-mail address; reset references that are
// out are void. Errors: [ErrUnknownAccount], [ErrBadName]. Modes: tenant, for
// its members; global, across-all.
func (d *Directory) SetEmail(ctx context.Context, account, email string) error {
	if err := checkEmail(email); err != nil {
		return err
	}
	return d.edit(ctx, account, func(c *change, x target) error {
		if _, err := c.exec(updateEmail, email, fold(email), now().UnixMilli(), x.ID); err != nil {
			return err
		}
		if _, err := c.exec(deleteResets, x.ID); err != nil {
			return err
		}
		return c.publish(AccountEmail, x.Tenant, x.ID, "")
	})
}

// Suspend switches the account off: nobody signs in with it, it is no
// candidate, and its sessions are to end ([SessionsEnd]). It still counts
// against the limit. Suspending twice changes nothing.
//
// Errors: [ErrUnknownAccount]. Modes: tenant, for its members; global,
// across-all.
func (d *Directory) Suspend(ctx context.Context, account, reason string) error {
	return d.edit(ctx, account, func(c *change, x target) error {
		if x.Suspended {
			return nil
		}
		if _, err := c.exec(updateSuspended, 1, now().UnixMilli(), x.ID); err != nil {
			return err
		}
		if _, err := c.exec(deleteResets, x.ID); err != nil {
			return err
		}
		if err := c.publish(AccountSuspended, x.Tenant, x.ID, reason); err != nil {
			return err
		}
		return c.publish(SessionsEnd, x.Tenant, x.ID, reason)
	})
}

// Resume undoes [Directory.Suspend]. A member of an archived tenant can not be
// resumed: the error is [tenant.ErrArchived]. An account whose tenant was
// deleted needs a name first, see [Directory.Rename]; until then the error is
// [ErrNamePattern].
//
// Errors: [ErrUnknownAccount] and these. Modes: tenant, for its members;
// global, across-all.
func (d *Directory) Resume(ctx context.Context, account, reason string) error {
	return d.edit(ctx, account, func(c *change, x target) error {
		switch {
		case x.ns.released:
			return ErrNamePattern
		case !x.Suspended:
			return nil
		}
		if _, err := c.exec(updateSuspended, 0, now().UnixMilli(), x.ID); err != nil {
			return err
		}
		return c.publish(AccountResumed, x.Tenant, x.ID, reason)
	})
}

// Remove deletes the account, with everything that this package knows of it but
// its id, which nobody is given again. What the application stores of it is for
// hooks.
//
// Errors: [ErrUnknownAccount], [tenant.ErrArchived]. Modes: tenant, for its
// members; global, across-all.
func (d *Directory) Remove(ctx context.Context, account, reason string) error {
	return d.edit(ctx, account, func(c *change, x target) error {
		if x.Tenant == "" {
			if err := c.leaveShared(x.Account, reason); err != nil {
				return err
			}
		} else if err := c.leaveHome(x, reason, "deleted"); err != nil {
			return err
		}
		for _, stmt := range []string{deleteResets, deleteAccount} {
			if _, err := c.exec(stmt, x.ID); err != nil {
				return err
			}
		}
		if x.Tenant == "" {
			if err := c.publish(AccountRemoved, "", x.ID, reason); err != nil {
				return err
			}
		}
		return c.publish(SessionsEnd, x.Tenant, x.ID, reason)
	})
}
