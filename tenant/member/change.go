package member

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// change is a transaction under way.
//
// Locks: who changes people of one tenant first takes that tenant's row in
// package feed. Who changes what tenants share - global accounts, shared
// cohorts, which tenant uses which - first takes the global row, and then
// those of the tenants concerned in the order of their ids. Rows of accounts
// are locked after that only. So two changes never wait for each other, and
// what a change has read under its locks holds until it commits.
type change struct {
	d     *Directory
	outer context.Context // the caller's, for hooks
	ctx   context.Context // marked as ours
	db    tenant.DBTX
}

// write runs fn in a transaction, or in the caller's.
func (d *Directory) write(ctx context.Context, fn func(*change) error) error {
	if tenant.IsReadOnly(ctx) { // whether or not the pool is a scoped one
		return fmt.Errorf("member: %w", tenant.ErrReadOnly)
	}
	begin := carry.Library(ctx)
	if tenant.ModeOf(ctx) != tenant.ModeTenant {
		begin = modeless(ctx)
	}
	err := d.inTx(begin, func(db tenant.DBTX) error {
		return fn(&change{d: d, outer: ctx, ctx: begin, db: db})
	})
	var c *claimError
	if errors.As(err, &c) {
		return d.explain(begin, c)
	}
	return err
}

// inTx is sqltext.InTx, but on MySQL reads what is committed: its default, a
// snapshot, would hide what was committed while we waited for a lock, and its
// locking reads would lock gaps that other tenants insert into. The server's
// binary log has to be in row or mixed format for that, which are the defaults.
func (d *Directory) inTx(ctx context.Context, fn func(tenant.DBTX) error) error {
	if d.dialect != tenant.MySQL {
		return sqltext.InTx(ctx, d.db, fn)
	}
	return sqltext.InTxWith(ctx, d.db, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, fn)
}

// claimError is a statement that failed where it claimed an account's id or
// name, so that another one may have it.
type claimError struct {
	err  error
	a    Account
	ns   namespace
	ofID bool // it claimed the id, otherwise the name
}

func (e *claimError) Error() string { return e.err.Error() }
func (e *claimError) Unwrap() error { return e.err }

// lock bumps the tenants in order; see feed.Bump. The empty id is first.
func (c *change) lock(sorted ...tenant.ID) error {
	for _, id := range sorted {
		if _, err := feed.Bump(c.ctx, c.db, c.d.dialect, id); err != nil {
			return fmt.Errorf("member: %w", err)
		}
	}
	return nil
}

// forUpdate is what makes a read by primary key see the newest row on MySQL in
// the caller's own transaction as well, and hold it.
func (c *change) forUpdate() string {
	if c.d.dialect == tenant.MySQL {
		return " FOR UPDATE"
	}
	return ""
}

func (c *change) exec(stmt string, args ...any) (int, error) {
	res, err := c.db.ExecContext(c.ctx, c.d.rebind(stmt), args...)
	if err != nil {
		return 0, fmt.Errorf("member: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("member: %w", err)
	}
	return int(n), nil
}

func (c *change) count(query string, args ...any) (n int, err error) {
	if err := c.row(query, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("member: %w", err)
	}
	return n, nil
}

func (c *change) row(query string, args ...any) *sql.Row {
	return c.db.QueryRowContext(c.ctx, c.d.rebind(query), args...)
}

// texts reads one column of text.
func (c *change) texts(query string, args ...any) ([]string, error) {
	rows, err := c.db.QueryContext(c.ctx, c.d.rebind(query), args...)
	if err != nil {
		return nil, fmt.Errorf("member: %w", err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, fmt.Errorf("member: %w", err)
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("member: %w", err)
	}
	return list, nil
}

// reader returns a change that only reads, outside a transaction.
func (d *Directory) reader(ctx context.Context) *change {
	return &change{d: d, outer: ctx, ctx: carry.Library(ctx), db: d.db}
}

// publish calls the hooks. detail is pairs of key and value.
func (c *change) publish(kind string, id tenant.ID, object, reason string, detail ...string) error {
	if len(c.d.cfg.Hooks) == 0 {
		return nil
	}
	ev := tenant.Event{Kind: kind, Tenant: id, Object: object, Reason: reason, At: now()}
	ev.Actor, _ = tenant.ActorFromContext(c.outer)
	for i := 0; i+1 < len(detail); i += 2 {
		if ev.Detail == nil {
			ev.Detail = map[string]string{}
		}
		ev.Detail[detail[i]] = detail[i+1]
	}
	ctx := hookContext(c.outer, id)
	for _, hook := range c.d.cfg.Hooks {
		ev := ev
		ev.Detail = maps.Clone(ev.Detail) // each hook may keep its own
		if err := hook(ctx, c.db, ev); err != nil {
			return err
		}
	}
	return nil
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func (d *Directory) rebind(query string) string { return sqltext.Rebind(d.dialect, query) }
