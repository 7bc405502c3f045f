package lifecycle

import (
	"context"
	"fmt"

	"github.com/gotenancy/tenancy/tenant"
)

// Suspend switches an active tenant off for now: the middleware answers 503. It
// runs the hooks with [KindSuspended].
//
// This and the other changes of the status take a reason, which the event
// carries, and return a [*TransitionError] where the tenant is not in a status
// that they start from, which is how the later of two that were made at once
// learns of it.
func (m *Manager) Suspend(ctx context.Context, id tenant.ID, reason string) error {
	return m.transition(ctx, id, reason, transition{"suspend", KindSuspended, tenant.Suspended, []tenant.Status{tenant.Active}})
}

// Resume makes a suspended tenant active again, with [KindResumed].
func (m *Manager) Resume(ctx context.Context, id tenant.ID, reason string) error {
	return m.transition(ctx, id, reason, transition{"resume", KindResumed, tenant.Active, []tenant.Status{tenant.Suspended}})
}

// Archive ends an active or suspended tenant, with [KindArchived]. Its data,
// code and hosts stay; the middleware answers 404, and this package changes
// nothing of it any more but by [Manager.Restore] and [Manager.Delete]. A tenant
// of [Config.Fixed] is [ErrFixed].
func (m *Manager) Archive(ctx context.Context, id tenant.ID, reason string) error {
	return m.transition(ctx, id, reason, transition{"archive", KindArchived, tenant.Archived, []tenant.Status{tenant.Active, tenant.Suspended}})
}

// Restore undoes Archive, with [KindRestored]: the tenant is active or suspended
// as it was before. A tenant whose deletion has begun is [ErrDeleting].
func (m *Manager) Restore(ctx context.Context, id tenant.ID, reason string) error {
	return m.transition(ctx, id, reason, transition{"restore", KindRestored, tenant.Active, []tenant.Status{tenant.Archived}})
}

type transition struct {
	op, kind string
	to       tenant.Status
	from     []tenant.Status
}

func (m *Manager) transition(ctx context.Context, id tenant.ID, reason string, tr transition) error {
	if err := operator(ctx); err != nil {
		return err
	}
	if reason == "" {
		return ErrNoReason
	}
	return m.change(ctx, id, func(c *change) error {
		t, err := c.allowed(id, tr.op, tr.from...)
		if err != nil {
			return err
		}
		from := t.Status
		switch tr.kind {
		case KindArchived:
			if m.isFixed(t) {
				return ErrFixed
			}
			setKey(t, keySuspended, from == tenant.Suspended)
		case KindRestored:
			if _, begun := t.Metadata[keyDeleting]; begun {
				return ErrDeleting
			}
			if _, was := t.Metadata[keySuspended]; was {
				tr.to = tenant.Suspended
			}
			setKey(t, keySuspended, false)
		default:
			if err := c.reg.SetStatus(c.ctx, id, tr.to); err != nil {
				return err
			}
			if t, err = c.current(id); err != nil {
				return err
			}
		}
		if t.Status != tr.to {
			t.Status = tr.to
			if t, err = c.update(t); err != nil {
				return err
			}
		}
		c.publish(t, tenant.Event{Kind: tr.kind, Reason: reason, Detail: map[string]string{"from": from.String(), "to": tr.to.String()}})
		return nil
	})
}

// allowed returns the tenant, or a TransitionError if its status is not one of
// from.
func (c *change) allowed(id tenant.ID, op string, from ...tenant.Status) (*tenant.Tenant, error) {
	t, err := c.current(id)
	if err != nil {
		return nil, err
	}
	for _, s := range from {
		if t.Status == s {
			return t, nil
		}
	}
	return nil, &TransitionError{Op: op, From: t.Status}
}

// notArchived returns the tenant, or an error that is tenant.ErrArchived.
func (c *change) notArchived(id tenant.ID) (*tenant.Tenant, error) {
	t, err := c.current(id)
	if err == nil && t.Status == tenant.Archived {
		err = fmt.Errorf("lifecycle: %w", tenant.ErrArchived)
	}
	return t, err
}

func setKey(t *tenant.Tenant, key string, on bool) {
	if !on {
		delete(t.Metadata, key)
		return
	}
	if t.Metadata == nil {
		t.Metadata = map[string]string{}
	}
	t.Metadata[key] = "true"
}
