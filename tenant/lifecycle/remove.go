package lifecycle

import (
	"context"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// Delete removes an archived tenant, in three steps:
//
//  1. In a transaction it notes that the deletion has begun, with the hooks and
//     [KindDeleting]. From then on Restore refuses with [ErrDeleting], so that
//     nobody brings back a tenant of which half is gone.
//  2. It runs the steps of [Config.Purge], which remove what is stored of it.
//  3. In another transaction it removes the record, with the hooks and
//     [KindDeleted]. The code and the hosts are free then; the id is not.
//
// Interrupted anywhere, by an error or by force, the tenant stays archived, and
// a second Delete completes what the first began. Two at once do no harm: one
// of them completes, the other gets [tenant.ErrUnknownTenant].
//
// The error is a [*TransitionError] for a tenant that is not archived,
// [ErrFixed] for one of [Config.Fixed], what a hook returns, or what a step of
// Purge returns, with its place in the list.
func (m *Manager) Delete(ctx context.Context, id tenant.ID, reason string) error {
	if err := operator(ctx); err != nil {
		return err
	}
	if reason == "" {
		return ErrNoReason
	}
	var marked tenant.Tenant
	err := m.change(ctx, id, func(c *change) error {
		t, err := c.allowed(id, "delete", tenant.Archived)
		if err != nil {
			return err
		}
		if m.isFixed(t) {
			return ErrFixed
		}
		marked = *t
		if _, begun := t.Metadata[keyDeleting]; begun {
			return errNothing // by a deletion that did not complete
		}
		if t.Metadata == nil {
			t.Metadata = map[string]string{}
		}
		t.Metadata[keyDeleting] = time.Now().UTC().Format(time.RFC3339)
		if t, err = c.update(t); err != nil {
			return err
		}
		marked = *t
		c.publish(t, tenant.Event{Kind: KindDeleting, Reason: reason})
		return nil
	})
	if err != nil {
		return err
	}
	inside := tenant.NewContext(tenant.Switch(ctx, id, "lifecycle: the deletion of this tenant"), &marked)
	for i, step := range m.cfg.Purge {
		if err := step(inside, id); err != nil {
			return fmt.Errorf("lifecycle: Config.Purge[%d]: %w", i, err)
		}
	}
	return m.change(ctx, id, func(c *change) error {
		t, err := c.allowed(id, "delete", tenant.Archived)
		if err != nil {
			return err
		}
		if _, begun := t.Metadata[keyDeleting]; !begun {
			return &TransitionError{Op: "delete", From: t.Status} // somebody wrote past this package
		}
		if err := c.reg.Delete(c.ctx, id); err != nil {
			return err
		}
		c.publish(t, tenant.Event{Kind: KindDeleted, Reason: reason, Detail: map[string]string{"code": t.Code}})
		return nil
	})
}
