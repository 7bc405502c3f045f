package member

import (
	"context"

	"github.com/gotenancy/tenancy/tenant"
)

const (
	insertAccount = `INSERT INTO tenancy_accounts (id, tenant_id, user_name, name_key, realm, wide_key, email, email_key, guest, suspended, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`

	insertID = `INSERT INTO tenancy_account_ids (id) VALUES (?)`

	countID    = `SELECT COUNT(*) FROM tenancy_account_ids WHERE id = ?`
	countRealm = `SELECT COUNT(*) FROM tenancy_accounts WHERE realm = ? AND name_key = ? AND id <> ?`
	countWide  = `SELECT COUNT(*) FROM tenancy_accounts WHERE wide_key = ? AND id <> ?`
)

// NewAccount is an account to be made.
type NewAccount struct {
	// ID is the application's own id, 1 to 128 bytes without spaces. It is
	// unique in the installation, for ever: the id of an account that was
	// removed is not given again, because sessions, roles and audit records
	// that name it would be the new person's. Use one that says nothing, such as
	// a UUID or a number from a sequence, since [ErrTaken] says that it exists,
	// and since it stays.
	ID string

	// UserName is 1 to 128 bytes that can be seen. It is compared ignoring
	// case; an application that accepts names outside ASCII brings them into
	// one normal form (NFC) before.
	UserName string

	// Email may be empty, and several accounts may have the same.
	Email string

	// Guest makes the shared guest account; for [Directory.AddGlobal] only.
	Guest bool
}

func (n NewAccount) check() error {
	if err := checkID(n.ID); err != nil {
		return err
	}
	return checkEmail(n.Email)
}

// AddMember makes an account that is a member of the tenant, and puts it into
// the automatic cohort.
//
// The same person may register on several sites: each registration is an
// account of its own, with its own id, credential and suspension, even where
// user name and e-mail address are the same. Nothing says on one site that the
// other account exists. Who wants one account on several sites makes a global
// one ([Directory.AddGlobal]) and associates it with the tenants
// ([Directory.AddToCohort]); that person signs in with the same name on each.
//
// Errors: [ErrTaken], [ErrNameTaken], [ErrBadName], [ErrNamePattern],
// [ErrNameReserved], [ErrGuest], [ErrAdministrator], [ErrLimit],
// [tenant.ErrArchived], [tenant.ErrSuspended] and [tenant.ErrUnknownTenant].
//
// Modes: tenant; global and across-all with an id.
func (d *Directory) AddMember(ctx context.Context, id tenant.ID, n NewAccount) (Account, error) {
	id, err := inside(ctx, id)
	if err != nil {
		return Account{}, err
	}
	if n.Guest {
		return Account{}, ErrGuest
	}
	if err := n.check(); err != nil {
		return Account{}, err
	}
	_, within := tenant.IDFromContext(ctx)
	a := Account{ID: n.ID, Tenant: id, UserName: n.UserName, Email: n.Email, Created: now()}
	a.Modified = a.Created
	return a, d.write(ctx, func(c *change) error {
		if err := c.lock(id); err != nil {
			return err
		}
		t, p, err := c.writable(id)
		if err != nil {
			return err
		}
		if err := c.checkName(a.UserName, t, p.pattern, within); err != nil {
			return err
		}
		if err := room(t, p); err != nil {
			return err
		}
		// Its id may be on the application's list before the account is made.
		if err := c.noAdministrator(a.ID); err != nil {
			return err
		}
		if err := c.insert(a); err != nil {
			return err
		}
		if _, err := c.exec(updateMembers, 1, string(id)); err != nil {
			return err
		}
		if _, err := c.sync(id, p, a); err != nil {
			return err
		}
		return c.publish(MemberAdded, id, a.ID, "", "from", "new")
	})
}

// AddGlobal makes a global account: one that is a member of no tenant, such as
// a trainer of several customers, or the staff of the installation.
//
// Errors: [ErrTaken], [ErrNameTaken], [ErrBadName], [ErrNamePattern]. Modes:
// global, across-all.
func (d *Directory) AddGlobal(ctx context.Context, n NewAccount) (Account, error) {
	if err := central(ctx); err != nil {
		return Account{}, err
	}
	if err := n.check(); err != nil {
		return Account{}, err
	}
	a := Account{ID: n.ID, UserName: n.UserName, Email: n.Email, Guest: n.Guest, Created: now()}
	a.Modified = a.Created
	return a, d.write(ctx, func(c *change) error {
		if err := c.lock(""); err != nil {
			return err
		}
		if err := c.checkName(a.UserName, nil, "", false); err != nil {
			return err
		}
		if err := c.insert(a); err != nil {
			return err
		}
		return c.publish(AccountAdded, "", a.ID, "")
	})
}

func (c *change) insert(a Account) error {
	if n, err := c.count(countID, a.ID); err != nil {
		return err
	} else if n > 0 {
		return ErrTaken
	}
	ns := namespace{realm: a.Tenant}
	if err := c.free(a, ns, false); err != nil {
		return err
	}
	if _, err := c.exec(insertID, a.ID); err != nil {
		return &claimError{err: err, a: a, ofID: true}
	}
	guest := 0
	if a.Guest {
		guest = 1
	}
	_, err := c.exec(insertAccount, a.ID, string(a.Tenant), a.UserName, fold(a.UserName), string(ns.realm), c.wide(a.UserName),
		a.Email, fold(a.Email), guest, a.Created.UnixMilli(), a.Modified.UnixMilli())
	if err != nil {
		return &claimError{err: err, a: a, ns: ns}
	}
	return nil
}

// wide is the column by which names are unique in the installation.
func (c *change) wide(name string) any {
	if c.d.cfg.Names == NamesQualified {
		return fold(name)
	}
	return nil
}

// free returns ErrNameTaken if another account has the name of a in ns. The
// database holds it to be unique; this is for a clear answer, and because on
// PostgreSQL a transaction is dead after a failed statement.
func (c *change) free(a Account, ns namespace, locking bool) error {
	lock := ""
	if locking {
		lock = c.forUpdate()
	}
	n, err := c.count(countRealm+lock, string(ns.realm), fold(a.UserName), a.ID)
	if err == nil && n == 0 && c.d.cfg.Names == NamesQualified {
		n, err = c.count(countWide+lock, fold(a.UserName), a.ID)
	}
	if err == nil && n > 0 {
		err = ErrNameTaken
	}
	return err
}

// explain finds out whether a claim failed because it was taken. It was free
// when we looked, so this happens only where two transactions that do not wait
// for each other claim one thing at the same moment. In the caller's own
// transaction on PostgreSQL nothing can be asked any more.
func (d *Directory) explain(ctx context.Context, e *claimError) error {
	c := &change{d: d, ctx: ctx, db: d.db}
	if e.ofID {
		if n, err := c.count(countID+c.forUpdate(), e.a.ID); err == nil && n > 0 {
			return ErrTaken
		}
		return e.err
	}
	if err := c.free(e.a, e.ns, true); err == ErrNameTaken {
		return err
	}
	return e.err
}
