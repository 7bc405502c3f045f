package member

import (
	"context"
	"fmt"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// reason is why a person switches. Its type is unexported so that only a
// constant in the source compiles, as with [tenant.Switch].
type reason string

// holdAccount keeps the account as it is until the switch is recorded. It comes
// first because a transaction of SQLite has to write before it reads.
const holdAccount = `UPDATE tenancy_accounts SET modified_at = modified_at WHERE id = ?`

// Switch takes the actor of ctx to another tenant and returns the new context.
//
// A member never switches. A global account switches to a tenant that is
// active and that it manages or is associated with; the account itself is read,
// not what the session remembers of it. The switch is recorded by the hooks
// ([SessionSwitched], with the former tenant in Detail["from"]); then the
// session is ended and a new one begun, bound to the account and the tenant: the
// old token is dead, and nothing of the one tenant turns up in the other.
//
// Errors: [tenant.ErrSeparate], also where there is one tenant,
// [tenant.ErrUnauthenticated], [tenant.ErrNotMember] for whoever may not,
// including when there is no such tenant, [tenant.ErrArchived],
// [tenant.ErrSuspended], [ErrSuspended]. Before the record nothing has changed;
// where the session can not be ended it stays as it was. ctx is returned
// unchanged with any error.
//
// Modes: none (a central route), tenant, global.
func (d *Directory) Switch(ctx context.Context, s tenant.SessionStore, to tenant.ID, why reason) (context.Context, error) {
	if why == "" {
		return ctx, fmt.Errorf("member: %w", tenant.ErrNoReason)
	}
	actor, ok := tenant.ActorFromContext(ctx)
	if !ok || actor.Anonymous() {
		return ctx, fmt.Errorf("member: %w", tenant.ErrUnauthenticated)
	}
	if actor.Tenant != "" || actor.Guest {
		return ctx, fmt.Errorf("member: %w", tenant.ErrNotMember)
	}
	if d.separate(ctx) || d.cfg.Tenancy == tenant.TenancyOff {
		return ctx, fmt.Errorf("member: %w", tenant.ErrSeparate)
	}
	from, err := siteOf(ctx)
	if err != nil && tenant.ModeOf(ctx) != tenant.ModeNone {
		return ctx, err
	}
	next := tenant.Switch(ctx, to, "package member: the account may enter the tenant")
	if err := tenant.Err(next); err != nil {
		return ctx, err
	}
	err = d.write(next, func(c *change) error {
		if _, err := c.exec(holdAccount, actor.ID); err != nil {
			return err
		}
		if err := c.maySwitch(actor.ID, to); err != nil {
			return err
		}
		return c.publish(SessionSwitched, to, actor.ID, string(why), "from", string(from))
	})
	if err != nil {
		return ctx, err
	}
	if err := s.Destroy(ctx); err != nil {
		return ctx, fmt.Errorf("member: end the session: %w", err)
	}
	s.Put(ctx, SessionAccount, actor.ID)
	s.Put(ctx, tenant.SessionTenant, string(to))
	return next, nil
}

// separate reports whether tenants are reached by their own members only. A
// central route has passed no middleware that would say so in its context.
func (d *Directory) separate(ctx context.Context) bool {
	return d.cfg.Tenancy == tenant.TenancySeparate || carry.From(ctx).Bound
}

func (c *change) maySwitch(account string, to tenant.ID) error {
	a, _, found, err := c.account(selectAccount, account)
	switch {
	case err != nil:
		return err
	case !found || a.Tenant != "" || a.Guest:
		return fmt.Errorf("member: %w", tenant.ErrNotMember)
	case !a.Active():
		return ErrSuspended
	}
	may, err := c.mayEnter(account, to)
	if err != nil {
		return err
	}
	if !may {
		return fmt.Errorf("member: %w", tenant.ErrNotMember)
	}
	t, err := c.tenant(to)
	if err != nil {
		return err
	}
	p, _, err := c.people(to, "")
	switch {
	case err != nil:
		return err
	case t.Status != tenant.Active:
		return fmt.Errorf("member: %w", t.Status.Err())
	case p.held:
		return fmt.Errorf("member: %w", tenant.ErrArchived)
	}
	return nil
}
