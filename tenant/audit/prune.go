package audit

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

// KindPruned is the kind of the record that [Log.Prune] leaves.
const KindPruned = "audit.pruned"

const deleteBefore = `DELETE FROM tenancy_audit WHERE at < ? AND kind <> '` + KindPruned + `'`

// Prune removes the records of all tenants that are older than before, and
// returns how many those were. In the same transaction it appends a record of
// kind [KindPruned] about no tenant, with the actor of ctx, the reason, the time
// and the number in its detail. Such records are never removed.
//
// It takes a context of [tenant.AcrossAll], a reason that is not empty and a
// time that has passed; otherwise the error is [ErrPrune]. On any error nothing
// has been removed.
func (l *Log) Prune(ctx context.Context, before time.Time, reason string) (removed int64, err error) {
	if tenant.ModeOf(ctx) == tenant.ModeRefused {
		return 0, fmt.Errorf("audit: %w", tenant.Err(ctx))
	}
	now := time.Now()
	if tenant.ModeOf(ctx) != tenant.ModeAcrossAll || reason == "" || before.IsZero() || before.After(now) {
		return 0, ErrPrune
	}
	actor, _ := tenant.ActorFromContext(ctx)
	ev := tenant.Event{Kind: KindPruned, Actor: actor, Reason: reason, At: now, Detail: map[string]string{
		"before": before.UTC().Format(time.RFC3339Nano),
	}}
	if _, err := encode(&ev); err != nil {
		return 0, err // before anything is removed
	}
	err = sqltext.InTx(ctx, l.db, func(tx tenant.DBTX) error {
		in := l.With(tx)
		seq, err := in.next(ctx, "")
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(carry.Library(ctx), sqltext.Rebind(l.dialect, deleteBefore), before.UnixMilli())
		if err != nil {
			return err
		}
		if removed, err = res.RowsAffected(); err != nil {
			return err
		}
		ev.Detail["removed"] = strconv.FormatInt(removed, 10)
		detail, err := encode(&ev)
		if err != nil {
			return err
		}
		return in.insert(ctx, &ev, seq, detail)
	})
	if err != nil {
		return 0, fmt.Errorf("audit: %w", err)
	}
	return removed, nil
}
