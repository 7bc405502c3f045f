package member

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// Authenticator verifies credentials. The directory stores none.
type Authenticator interface {
	// Verify returns nil if the credential is that of the account. The zero
	// Account stands for an unknown user name: Verify then does the work of a
	// wrong credential (it hashes against a fixed hash, say) and returns an
	// error, so that the time of the answer does not tell who has an account.
	// Any error means no, and none is shown to the visitor.
	Verify(ctx context.Context, a Account, credential string) error
}

// Attempt is what a visitor has typed into the sign-in form.
type Attempt struct {
	UserName   string // a user name, or user@company, company being a tenant's code
	Tenant     string // a tenant's code or id, where the form asks for one; else empty
	Credential string
}

// SessionAccount is the key under which a session holds who signed in. Its
// tenant stands under [tenant.SessionTenant], and is empty on the global site.
const SessionAccount = "tenancy.account"

const (
	selectByName  = `SELECT ` + accountColumns + ` FROM tenancy_accounts a WHERE a.realm = ? AND a.name_key = ?`
	selectAnyName = `SELECT ` + accountColumns + ` FROM tenancy_accounts a WHERE a.name_key = ? AND a.realm IS NOT NULL ORDER BY a.id LIMIT 2`
)

// Login finds the account of an attempt, has its credential verified, and
// returns ctx in the account's tenant with the account as its actor.
//
// Where it looks:
//
//	context  the form names   looks at
//	tenant   nothing, or it   the tenant's member of that name; else the global
//	                          account of that name that manages the tenant or is
//	                          associated with it
//	global   nothing          global accounts: a member does not reach that site
//	none     a tenant         as in that tenant's context
//	none     user@company     as in the context of the tenant with that code
//	none     a name only      the one account of the installation with that name;
//	                          none if there are several
//
// Wherever something does not fit, or the credential is wrong, the error is
// [ErrCredentials], after one call of the [Authenticator]. Only who gave the
// right credential learns more: [ErrSuspended], [tenant.ErrSuspended],
// [tenant.ErrArchived].
//
// With [NamesPerTenant] anybody who may add an account can make a name
// ambiguous that is looked up by itself: an installation that infers the tenant
// from the name uses [NamesQualified], or patterns.
func (d *Directory) Login(ctx context.Context, in Attempt) (context.Context, Account, error) {
	if d.cfg.Authenticator == nil {
		return ctx, Account{}, errors.New("member: Config.Authenticator is missing")
	}
	switch mode := tenant.ModeOf(ctx); mode {
	case tenant.ModeNone, tenant.ModeTenant, tenant.ModeGlobal:
	default:
		_, err := siteOf(ctx)
		return ctx, Account{}, err
	}
	var a Account
	var t *tenant.Tenant
	// What no name can be is nobody's, and not for the database: PostgreSQL fails
	// on a zero byte.
	if checkText("user name", in.UserName, maxName+1+tenant.MaxIDLen) == nil {
		var err error
		if a, t, err = d.find(ctx, in); err != nil {
			return ctx, Account{}, err
		}
	}
	if err := d.cfg.Authenticator.Verify(ctx, a, in.Credential); err != nil || a.ID == "" {
		return ctx, Account{}, ErrCredentials
	}
	switch {
	case t != nil && t.Status != tenant.Active:
		return ctx, Account{}, fmt.Errorf("member: %w", t.Status.Err())
	case a.Held:
		return ctx, Account{}, fmt.Errorf("member: %w", tenant.ErrArchived)
	case a.Suspended:
		return ctx, Account{}, ErrSuspended
	}
	out := ctx
	if tenant.ModeOf(ctx) == tenant.ModeNone {
		if t != nil {
			out = tenant.NewContext(ctx, t)
		} else {
			out = tenant.Global(ctx)
		}
	}
	return tenant.WithActor(out, tenant.Actor{ID: a.ID, Tenant: a.Tenant, Guest: a.Guest}), a, nil
}

// SignIn is [Directory.Login] that binds the session to the account and the
// tenant. The session gets another token first, so that one planted before the
// sign-in is worth nothing. What a visitor has put into it stays; but nothing
// does of a session that was another account's or another tenant's.
//
// In a tenant's context a session that is bound to another tenant is refused
// with [ErrOutside]. On an error the session is as it was.
func (d *Directory) SignIn(ctx context.Context, s tenant.SessionStore, in Attempt) (context.Context, Account, error) {
	if tenant.IsReadOnly(ctx) {
		return ctx, Account{}, fmt.Errorf("member: %w", tenant.ErrReadOnly)
	}
	boundTo := s.GetString(ctx, tenant.SessionTenant)
	if id, ok := tenant.IDFromContext(ctx); ok && boundTo != "" && boundTo != string(id) {
		return ctx, Account{}, ErrOutside
	}
	out, a, err := d.Login(ctx, in)
	if err != nil {
		return ctx, Account{}, err
	}
	id, _ := tenant.IDFromContext(out)
	renew := s.RenewToken
	before := s.GetString(ctx, SessionAccount)
	if boundTo != "" && boundTo != string(id) || before != "" && before != a.ID {
		renew = s.Destroy
	}
	if err := renew(ctx); err != nil {
		return ctx, Account{}, fmt.Errorf("member: renew the session: %w", err)
	}
	s.Put(ctx, SessionAccount, a.ID)
	s.Put(ctx, tenant.SessionTenant, string(id))
	return out, a, nil
}

// find returns the account of an attempt and the tenant that it would sign in
// to; the zero Account where there is none or no single one.
func (d *Directory) find(ctx context.Context, in Attempt) (Account, *tenant.Tenant, error) {
	c := d.reader(ctx)
	own, within := tenant.IDFromContext(ctx)
	named, err := c.named(in.Tenant)
	if err != nil {
		return Account{}, nil, err
	}
	switch {
	case in.Tenant != "" && named == nil:
		return Account{}, nil, nil
	case within && named != nil && named.ID != own:
		return Account{}, nil, nil
	case within:
		t, err := c.tenant(own)
		if err != nil {
			return Account{}, nil, err
		}
		return c.findIn(t, in.UserName)
	case tenant.ModeOf(ctx) == tenant.ModeGlobal:
		if named != nil {
			return Account{}, nil, nil
		}
		a, _, _, err := c.one(selectByName, "", fold(in.UserName))
		return a, nil, err
	case named != nil:
		return c.findIn(named, in.UserName)
	}
	if _, company, ok := cutCompany(in.UserName); ok {
		if t, found, err := c.registry().ByCode(ctx, company); err != nil {
			return Account{}, nil, fmt.Errorf("member: %w", err)
		} else if found {
			return c.findIn(t, in.UserName)
		}
	}
	return c.infer(in.UserName)
}

// named returns the tenant that a visitor has typed, or nil.
func (c *change) named(text string) (*tenant.Tenant, error) {
	if text == "" {
		return nil, nil
	}
	t, found, err := c.registry().ByCode(c.ctx, text)
	if err == nil && !found {
		t, found, err = c.registry().ByID(c.ctx, tenant.ID(text))
	}
	if err != nil {
		return nil, fmt.Errorf("member: %w", err)
	}
	if !found {
		return nil, nil
	}
	return t, nil
}

// findIn finds who signs in to a tenant by that name: the whole name before
// what is left of it without the tenant's code, members before global accounts.
func (c *change) findIn(t *tenant.Tenant, name string) (Account, *tenant.Tenant, error) {
	names := []string{name}
	before, company, ok := cutCompany(name)
	switch own := ok && strings.EqualFold(company, t.Code); {
	case c.d.cfg.Names == NamesQualified && !ok && t.Code != "":
		names = append(names, name+"@"+t.Code)
	case c.d.cfg.Names == NamesPerTenant && own:
		names = append(names, before)
	}
	for _, n := range names {
		a, _, found, err := c.one(selectByName, string(t.ID), fold(n))
		if err != nil || found {
			return a, t, err
		}
	}
	if c.d.separate(c.outer) {
		return Account{}, t, nil
	}
	for _, n := range names {
		a, _, found, err := c.one(selectByName, "", fold(n))
		if err != nil {
			return Account{}, nil, err
		}
		if !found {
			continue
		}
		if ok, err := c.related(a.ID, t.ID); err != nil || ok {
			return a, t, err
		}
	}
	return Account{}, t, nil
}

// infer finds the only account of the installation that has the name.
func (c *change) infer(name string) (Account, *tenant.Tenant, error) {
	list, err := c.many(selectAnyName, fold(name))
	if err != nil || len(list) != 1 {
		return Account{}, nil, err
	}
	if list[0].Tenant == "" {
		return list[0], nil, nil
	}
	t, err := c.tenant(list[0].Tenant)
	if err != nil {
		return Account{}, nil, err
	}
	return list[0], t, nil
}
