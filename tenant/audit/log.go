package audit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

// One statement takes the lock on a stream, whether its row exists or not.
const (
	nextReturning = `INSERT INTO tenancy_audit_heads (tenant_id, seq, changed_at) VALUES (?, 1, ?)
ON CONFLICT (tenant_id) DO UPDATE SET seq = tenancy_audit_heads.seq + 1, changed_at = ?
RETURNING seq`

	nextMySQL = `INSERT INTO tenancy_audit_heads (tenant_id, seq, changed_at) VALUES (?, 1, ?)
ON DUPLICATE KEY UPDATE seq = seq + 1, changed_at = ?`

	selectSeq = `SELECT seq FROM tenancy_audit_heads WHERE tenant_id = ?`

	insertRecord = `INSERT INTO tenancy_audit (tenant_id, seq, kind, actor_id, actor_tenant, actor_guest, object, reason, at, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// Log is the stream of events on SQL tables. It is safe for concurrent use.
type Log struct {
	db      tenant.DBTX
	dialect tenant.Dialect
}

// New returns a log on db, whose schema [Migrate] or the files in [Migrations]
// have made.
func New(db tenant.DBTX, dialect tenant.Dialect) *Log {
	return &Log{db: db, dialect: dialect}
}

// With returns the same log on db, usually a transaction.
func (l *Log) With(db tenant.DBTX) *Log {
	return &Log{db: db, dialect: l.dialect}
}

// Append adds an event to the stream of its tenant, or with an empty
// Event.Tenant to that of no tenant. A zero At becomes the present time; times
// are kept to the millisecond. What else the event says is kept as given: the
// actor is not taken from ctx.
//
// In a transaction of the caller's the record counts when that commits, and
// until then others that append for the same tenant wait. Append after the
// changes it tells of, so that they wait for less, and where one transaction
// appends for several tenants, in the order of their ids.
//
// The error is [ErrOutside] or what [tenant.Err] says of ctx where ctx may not
// append it, [ErrTooLarge], [ErrInvalidEvent], or the engine's own. On any error
// nothing has been added.
func (l *Log) Append(ctx context.Context, ev tenant.Event) error {
	if err := mayAppend(ctx, ev.Tenant); err != nil {
		return err
	}
	if ev.Kind == KindPruned { // it would never be removed
		return fmt.Errorf("%w: the kind %s is Prune's own", ErrInvalidEvent, KindPruned)
	}
	detail, err := encode(&ev)
	if err != nil {
		return err
	}
	if ev.At.IsZero() {
		ev.At = time.Now()
	}
	err = sqltext.InTx(ctx, l.db, func(tx tenant.DBTX) error {
		in := l.With(tx)
		seq, err := in.next(ctx, ev.Tenant)
		if err != nil {
			return err
		}
		return in.insert(ctx, &ev, seq, detail)
	})
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// Hook is a [tenant.Hook] that appends every event it is called with, in the
// transaction of the change. Put it behind the hooks that do something, see
// [Log.Append]; an event that it refuses undoes the change.
func (l *Log) Hook(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
	return l.With(tx).Append(ctx, ev)
}

// mayAppend is the right column of the table in the package's documentation.
func mayAppend(ctx context.Context, about tenant.ID) error {
	allowed := false
	switch tenant.ModeOf(ctx) {
	case tenant.ModeTenant:
		id, _ := tenant.IDFromContext(ctx)
		allowed = about == id
	case tenant.ModeGlobal:
		allowed = about == ""
	case tenant.ModeAcross:
		allowed = about == "" || slices.Contains(carry.From(ctx).IDs(), string(about))
	case tenant.ModeAcrossAll:
		allowed = true
	default:
		return fmt.Errorf("audit: %w", tenant.Err(ctx))
	}
	if !allowed {
		return ErrOutside
	}
	return nil
}

// next takes the lock on a stream and returns the number of its next record.
func (l *Log) next(ctx context.Context, of tenant.ID) (seq int64, err error) {
	ctx = carry.Library(ctx)
	now := time.Now().UnixMilli()
	switch l.dialect {
	case tenant.Postgres, tenant.SQLite:
		err = l.db.QueryRowContext(ctx, sqltext.Rebind(l.dialect, nextReturning), string(of), now, now).Scan(&seq)
	case tenant.MySQL:
		if _, err = l.db.ExecContext(ctx, nextMySQL, string(of), now, now); err == nil {
			// Our own change, which nobody else can follow before we commit.
			err = l.db.QueryRowContext(ctx, selectSeq, string(of)).Scan(&seq)
		}
	default:
		err = fmt.Errorf("there is no dialect %v", l.dialect)
	}
	return seq, err
}

func (l *Log) insert(ctx context.Context, ev *tenant.Event, seq int64, detail string) error {
	guest := 0
	if ev.Actor.Guest {
		guest = 1
	}
	_, err := l.db.ExecContext(carry.Library(ctx), sqltext.Rebind(l.dialect, insertRecord), string(ev.Tenant), seq, ev.Kind,
		ev.Actor.ID, string(ev.Actor.Tenant), guest, ev.Object, ev.Reason, ev.At.UnixMilli(), detail)
	return err
}
