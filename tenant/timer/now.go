package timer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// errNotMade is the error of a result without a run.
var errNotMade = errors.New("timer: the run was not made")

// RunNow runs a timer at once, for one tenant, or with an empty id a shared
// timer, and waits for it: for a command line, or an operator's button. The
// scheduler need not be running. Workers does not count it. Due times are not
// touched by it; only a due run whose process has died and that waits to be
// taken over is made instead, if there is one.
//
// The id may come from outside: text is no valid id, or an unknown one, gives
// an error that is [tenant.ErrInvalidID] or [tenant.ErrUnknownTenant]; one that
// is not active [tenant.ErrSuspended] or [tenant.ErrArchived]. Who may do it is
// for the caller to decide, but on the context of one tenant it does not run
// for another: [tenant.ErrTenantConflict]; for an actor who is a member of a
// tenant it runs for that one only, and no shared timer: [tenant.ErrNotMember];
// and on a read-only context it does not run at all, since the run may write:
// [tenant.ErrReadOnly]. While the tenant's run of the timer goes on in any
// process the error is [ErrBusy]. Else it is the run's own.
func (s *Scheduler) RunNow(ctx context.Context, name string, id tenant.ID) error {
	t, known := s.timers[name]
	if !known {
		return fmt.Errorf("%w: this process has %d others", ErrUnknownTimer, len(s.timers))
	}
	if err := reaches(ctx, id); err != nil {
		return err
	}
	ctx = plain(ctx)
	record, err := s.wanted(ctx, t, id)
	if err != nil {
		return err
	}
	if _, err := s.read(ctx); err != nil { // for the time
		return err
	}
	c, ok, err := s.store.claimNow(ctx, name, id, s.newClaim(never))
	if err != nil {
		return err
	}
	if !ok {
		if c, err = s.orphan(ctx, t, id); err != nil {
			return err
		}
	}
	return s.execute(ctx, t, c, record).Err
}

// wanted returns the record of the tenant that a timer is to run for, nil for a
// shared timer.
func (s *Scheduler) wanted(ctx context.Context, t *Timer, id tenant.ID) (*tenant.Tenant, error) {
	if t.Isolation == tenant.Shared {
		if id != "" {
			return nil, fmt.Errorf("timer %s: it is shared, and runs for no tenant", t.Name)
		}
		return nil, nil
	}
	if _, err := tenant.ParseID(string(id)); err != nil {
		return nil, fmt.Errorf("timer %s: %w", t.Name, err)
	}
	record, found, err := s.cfg.Registry.ByID(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, fmt.Errorf("timer %s: %w", t.Name, tenant.ErrUnknownTenant)
	case record.Status != tenant.Active:
		return nil, fmt.Errorf("timer %s: %w", t.Name, record.Status.Err())
	}
	return record, nil
}

// orphan takes over the run that waits for it, if that is what keeps a timer
// from running for a tenant.
func (s *Scheduler) orphan(ctx context.Context, t *Timer, id tenant.ID) (claim, error) {
	orphans, err := s.store.orphans(ctx, []string{t.Name}, s.clock.now())
	if err != nil {
		return claim{}, err
	}
	i := slices.IndexFunc(orphans, func(o claim) bool { return o.tenant == id })
	if i < 0 {
		return claim{}, fmt.Errorf("timer %s: %w", t.Name, ErrBusy)
	}
	fresh := s.newClaim(never)
	c, ok, err := s.store.takeOver(ctx, orphans[i], s.clock.now(), fresh)
	if err == nil && !ok {
		err = fmt.Errorf("timer %s: %w", t.Name, ErrBusy)
	}
	return c, err
}

// reaches returns an error if a context must not lead to a run for a tenant, or
// with an empty id to one for all.
func reaches(ctx context.Context, id tenant.ID) error {
	if err := leads(carry.From(ctx), id); err != nil {
		return err
	}
	// The run has neither: what they forbid has to be asked here.
	if tenant.IsReadOnly(ctx) {
		return fmt.Errorf("timer: RunNow: %w", tenant.ErrReadOnly)
	}
	if a, ok := tenant.ActorFromContext(ctx); ok && a.Tenant != "" && a.Tenant != id {
		return fmt.Errorf("timer: RunNow: %w", tenant.ErrNotMember)
	}
	return nil
}

// leads is reaches as far as the mode goes.
func leads(v *carry.Value, id tenant.ID) error {
	switch v.Mode {
	case carry.None, carry.Global, carry.AcrossAll:
		return nil
	case carry.Tenant:
		if id != "" && v.ID == string(id) {
			return nil
		}
	case carry.Across:
		if slices.Contains(v.IDs(), string(id)) {
			return nil
		}
	case carry.Refused:
		return v.Err()
	}
	return fmt.Errorf("timer: RunNow: %w", tenant.ErrTenantConflict)
}
