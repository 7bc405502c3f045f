package timer

import (
	"context"
	"log/slog"

	"github.com/gotenancy/tenancy/tenant"
)

// A timer may come back with the other isolation, under its name: a flag was
// turned, and for a while there are processes of both kinds. A round belongs to
// the isolation it was opened for, which is in its row. Who has the other one
// makes no run in it and lets those finish who have that one; if there is
// nobody, it ends the round when the next due time has come. So no due time is
// run for a tenant and for all.

// enter waits until this process may take part in the round. It returns errMoved
// where it never may.
func (r *turn) enter(ctx context.Context) error {
	shared := r.t.Isolation == tenant.Shared
	for {
		others, err := r.store.claimedFor(ctx, r.t.Name, !shared)
		switch own := r.shared == shared; {
		case err != nil:
			return err
		case own && !others:
			return nil
		case own && r.overdue() || !own && !others && (r.overdue() || nextDue(r.t.Schedule, r.due) == never):
			if own && shared {
				r.skipped = []tenant.ID{""}
			}
			r.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "timer: its isolation has changed, and what was left of a round is not made", slog.String("timer", r.t.Name))
			if err := r.close(ctx); err != nil {
				return err
			}
			return errMoved
		}
		sleep(ctx, r.cfg.Poll)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !r.current(r.t.Name, r.round):
			return errMoved
		}
	}
}
