package member

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// Account is one person's, or one program's, account.
type Account struct {
	ID       string    // the application's own, unique in the installation
	Tenant   tenant.ID // of which it is a member; empty for a global account
	UserName string    // as it was given; compared ignoring case
	Email    string    // not unique; may be empty
	Guest    bool      // the shared guest account, always global

	// Suspended: somebody switched the account off. Held: its tenant is
	// archived, which nobody can undo but who restores the tenant.
	Suspended, Held bool

	Created, Modified time.Time // to the millisecond
}

// Active reports whether the account may be used: neither suspended nor held.
func (a Account) Active() bool { return a.ID != "" && !a.Suspended && !a.Held }

// namespace is where the account's name is unique; released where it is
// not kept for it, after the deletion of its tenant.
type namespace struct {
	realm    tenant.ID
	released bool
}

const (
	accountColumns = `a.id, a.tenant_id, a.user_name, a.email, a.guest, a.suspended, a.created_at, a.modified_at, a.realm, COALESCE((SELECT p.held FROM tenancy_people p WHERE p.tenant_id = a.tenant_id), 0)`

	selectAccount = `SELECT ` + accountColumns + ` FROM tenancy_accounts a WHERE a.id = ?`

	// A tenant's context sees its members, and the global accounts in its
	// automatic cohort or among its managers.
	selectVisible = selectAccount + ` AND (a.tenant_id = ? OR a.tenant_id = '' AND (EXISTS (SELECT 1 FROM tenancy_cohort_members m JOIN tenancy_people q ON q.cohort_id = m.cohort_id WHERE q.tenant_id = ? AND m.account_id = a.id) OR EXISTS (SELECT 1 FROM tenancy_managers g WHERE g.tenant_id = ? AND g.account_id = a.id)))`
)

// isID reports whether an account can have this id. MySQL and MariaDB take one
// with a space behind for the one without, so what can not be an id is not asked
// for.
func isID(account string) bool { return checkID(account) == nil }

// account reads the account with this id by a query whose first argument is that.
func (c *change) account(query, id string, args ...any) (a Account, ns namespace, found bool, err error) {
	if !isID(id) {
		return Account{}, namespace{}, false, nil
	}
	return c.one(query, append([]any{id}, args...)...)
}

type scanner interface{ Scan(...any) error }

func scanAccount(row scanner) (a Account, ns namespace, err error) {
	var (
		guest, suspended, held int
		created, modified      int64
		realm                  sql.NullString
	)
	err = row.Scan(&a.ID, &a.Tenant, &a.UserName, &a.Email, &guest, &suspended, &created, &modified, &realm, &held)
	if err != nil {
		return Account{}, namespace{}, err
	}
	a.Guest, a.Suspended, a.Held = guest != 0, suspended != 0, held != 0
	a.Created, a.Modified = time.UnixMilli(created).UTC(), time.UnixMilli(modified).UTC()
	return a, namespace{realm: tenant.ID(realm.String), released: !realm.Valid}, nil
}

// one reads at most one account; found is false where there is none.
func (c *change) one(query string, args ...any) (a Account, ns namespace, found bool, err error) {
	a, ns, err = scanAccount(c.row(query, args...))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Account{}, namespace{}, false, nil
	case err != nil:
		return Account{}, namespace{}, false, fmt.Errorf("member: %w", err)
	}
	return a, ns, true, nil
}

// many reads accounts.
func (c *change) many(query string, args ...any) ([]Account, error) {
	rows, err := c.db.QueryContext(c.ctx, c.d.rebind(query), args...)
	if err != nil {
		return nil, fmt.Errorf("member: %w", err)
	}
	defer rows.Close()
	var list []Account
	for rows.Next() {
		a, _, err := scanAccount(rows)
		if err != nil {
			return nil, fmt.Errorf("member: %w", err)
		}
		list = append(list, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("member: %w", err)
	}
	return list, nil
}

// Account returns one account. In a tenant's context these are its members, its
// associated users and its global managers. The error is [ErrUnknownAccount]
// if there is none.
//
// Modes: tenant, global, across-all.
func (d *Directory) Account(ctx context.Context, id string) (Account, error) {
	own, err := anywhere(ctx)
	if err != nil {
		return Account{}, err
	}
	query, args := selectAccount, []any(nil)
	if own != "" {
		query, args = selectVisible, []any{string(own), string(own), string(own)}
	}
	a, _, found, err := d.reader(ctx).account(query, id, args...)
	if err == nil && !found {
		err = ErrUnknownAccount
	}
	return a, err
}

// Actor returns what [tenant.MiddlewareConfig.Actor] has to return for an
// account that a session names. The error is [ErrUnknownAccount] if there is
// none, or if it is a member and the context is of another tenant;
// [ErrSuspended] if it is not to be used.
//
// Modes: tenant, global; in global mode members are unknown.
// Whether a global account may enter the tenant is for
// [Directory.MayEnter].
func (d *Directory) Actor(ctx context.Context, id string) (tenant.Actor, error) {
	own, err := siteOf(ctx)
	if err != nil {
		return tenant.Actor{}, err
	}
	a, _, found, err := d.reader(ctx).account(selectAccount, id)
	switch {
	case err != nil:
		return tenant.Actor{}, err
	case !found || a.Tenant != "" && a.Tenant != own:
		return tenant.Actor{}, ErrUnknownAccount
	case !a.Active():
		return tenant.Actor{}, ErrSuspended
	}
	return tenant.Actor{ID: a.ID, Tenant: a.Tenant, Guest: a.Guest}, nil
}

// siteOf returns the tenant of a context that serves people's own requests: a
// tenant's, or global with "".
func siteOf(ctx context.Context) (tenant.ID, error) {
	switch tenant.ModeOf(ctx) {
	case tenant.ModeTenant:
		id, _ := tenant.IDFromContext(ctx)
		return id, nil
	case tenant.ModeGlobal:
		return "", nil
	case tenant.ModeAcross, tenant.ModeAcrossAll:
		return "", fmt.Errorf("member: %w", tenant.ErrSeveralTenants)
	default:
		return "", fmt.Errorf("member: %w", tenant.Err(ctx))
	}
}
