package timer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

const (
	insertTimer  = `INSERT INTO tenancy_timers (timer, due_at, opened_at) VALUES (?, ?, 0)`
	selectTimers = `SELECT timer, due_at, opened_at, {now} FROM tenancy_timers`
	selectNow    = `SELECT COUNT(*), {now} FROM tenancy_timers` // one row, also where there is no timer
	moveTimer    = `UPDATE tenancy_timers SET due_at = ?, opened_at = ? WHERE timer = ? AND due_at = ? AND opened_at = ?`

	selectBetween = `SELECT tenant_id, due_at, claimed_until, token FROM tenancy_timer_runs WHERE timer = ? AND tenant_id > ? AND tenant_id <= ?`
	selectRows    = `SELECT tenant_id, due_at, claimed_until, token FROM tenancy_timer_runs WHERE timer = ? AND tenant_id IN (%s)`
	deleteRows    = `DELETE FROM tenancy_timer_runs WHERE timer = ? AND due_at < ? AND claimed_until = 0 AND tenant_id IN (%s)`

	insertClaims = `INSERT INTO tenancy_timer_runs (timer, tenant_id, due_at, token, claimed_until, owner, attempt, on_demand, finished_at, outcome, error_type, code) VALUES %s`
	oneClaim     = `(?, ?, ?, 1, {now} + ?, ?, 1, ?, 0, '', '', '')`
	updateOwner  = `UPDATE tenancy_timer_runs SET due_at = ?, token = token + 1, claimed_until = {now} + ?, owner = ?, attempt = 1, on_demand = 0 WHERE timer = ? AND claimed_until = 0 AND (due_at < ? OR due_at > ? AND due_at > {now} + ?) AND tenant_id`
	updateClaim  = updateOwner + ` = ? AND token = ?`
	updateClaims = updateOwner + ` IN (%s)`
	updateNow    = `UPDATE tenancy_timer_runs SET token = token + 1, claimed_until = {now} + ?, owner = ?, attempt = 1, on_demand = 1 WHERE timer = ? AND claimed_until = 0 AND tenant_id = ?`
	selectClaims = `SELECT tenant_id, due_at, token FROM tenancy_timer_runs WHERE timer = ? AND owner = ? AND claimed_until > 0 AND tenant_id IN (%s)`

	countAll     = `SELECT COUNT(*) FROM tenancy_timer_runs WHERE timer = ? AND claimed_until > 0 AND tenant_id = ''`
	countTenants = `SELECT COUNT(*) FROM tenancy_timer_runs WHERE timer = ? AND claimed_until > 0 AND tenant_id <> ''`

	selectOrphans = `SELECT timer, tenant_id, due_at, token, attempt, on_demand FROM tenancy_timer_runs WHERE claimed_until > 0 AND claimed_until < ? AND timer IN (%s) ORDER BY claimed_until LIMIT 100`
	updateOrphan  = `UPDATE tenancy_timer_runs SET token = token + 1, attempt = attempt + 1, claimed_until = {now} + ?, owner = ? WHERE timer = ? AND tenant_id = ? AND token = ? AND claimed_until > 0 AND claimed_until < ?`

	updateLease  = `UPDATE tenancy_timer_runs SET claimed_until = {now} + ? WHERE timer = ? AND tenant_id = ? AND token = ? AND claimed_until > 0`
	updateFinish = `UPDATE tenancy_timer_runs SET claimed_until = 0, finished_at = ?, outcome = ?, error_type = ?, code = ? WHERE timer = ? AND tenant_id = ? AND token = ? AND claimed_until > 0`
	// 1 is long ago and not 0, which would be the mark of a finished run.
	updateHandBack = `UPDATE tenancy_timer_runs SET claimed_until = 1, attempt = attempt - 1 WHERE timer = ? AND tenant_id = ? AND token = ? AND claimed_until > 0`

	selectState = `SELECT due_at, claimed_until, attempt, owner, finished_at, outcome, error_type, code FROM tenancy_timer_runs WHERE timer = ? AND tenant_id = ?`

	forgetRuns  = `DELETE FROM tenancy_timer_runs WHERE timer = ?`
	forgetTimer = `DELETE FROM tenancy_timers WHERE timer = ?`
)

// now is the milliseconds since 1970 by the clock of the database, whatever its
// time zone, for {now} in a statement. Where a claim depends on the time it has
// to be this one: what the process knows of it is old where it stood still.
var now = [...]string{
	tenant.Postgres: `CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`,
	tenant.MySQL:    `TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000`,
	tenant.SQLite:   `CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)`,
}

// insertIfNone returns an INSERT that leaves rows as they are that exist, and
// does not count them. ON DUPLICATE KEY UPDATE would count them where the
// driver asks for the rows found instead of those changed.
func (s sqlStore) insertIfNone(insert string) string {
	if s.dialect == tenant.MySQL {
		return strings.Replace(insert, "INSERT", "INSERT IGNORE", 1)
	}
	return insert + " ON CONFLICT DO NOTHING"
}

// sqlStore is the store on the tables of [Migrations].
type sqlStore struct {
	db      tenant.DBTX
	dialect tenant.Dialect
	seam    func() time.Time // Config.Clock
}

// text returns a statement as the database takes it.
func (s sqlStore) text(stmt string) string {
	if strings.Contains(stmt, "{now}") {
		at := now[s.dialect]
		if s.seam != nil {
			at = strconv.FormatInt(s.seam().UnixMilli(), 10)
		}
		stmt = strings.ReplaceAll(stmt, "{now}", at)
	}
	return sqltext.Rebind(s.dialect, stmt)
}

func (s sqlStore) ensure(ctx context.Context, timer string, due time.Time) error {
	_, err := s.exec(ctx, nil, s.insertIfNone(insertTimer), timer, due.UnixMilli())
	return err
}

func (s sqlStore) rounds(ctx context.Context) (map[string]round, time.Time, error) {
	out := map[string]round{}
	var at int64
	err := s.query(ctx, selectTimers, nil, func(rows *sql.Rows) error {
		var name string
		var due, opened int64
		if err := rows.Scan(&name, &due, &opened, &at); err != nil {
			return err
		}
		out[name] = round{fromMillis(due), orZero(max(opened, -opened)), opened < 0}
		return nil
	})
	if err == nil && len(out) == 0 {
		err = s.query(ctx, selectNow, nil, func(rows *sql.Rows) error {
			var count int
			return rows.Scan(&count, &at)
		})
	}
	return out, fromMillis(at), err
}

func (s sqlStore) move(ctx context.Context, timer string, from, to round) (bool, error) {
	n, err := s.exec(ctx, nil, moveTimer, to.due.UnixMilli(), openedAt(to), timer, from.due.UnixMilli(), openedAt(from))
	return n == 1, err
}

func (s sqlStore) between(ctx context.Context, timer string, after, upto tenant.ID) (map[tenant.ID]row, error) {
	return s.readRows(ctx, selectBetween, []any{timer, string(after), string(upto)})
}

func (s sqlStore) rows(ctx context.Context, timer string, targets []target) (map[tenant.ID]row, error) {
	marks, args := list(targets)
	return s.readRows(ctx, fmt.Sprintf(selectRows, marks), append([]any{timer}, args...))
}

func (s sqlStore) readRows(ctx context.Context, query string, args []any) (map[tenant.ID]row, error) {
	out := map[tenant.ID]row{}
	err := s.query(ctx, query, args, func(rows *sql.Rows) error {
		var id tenant.ID
		var due, until, token int64
		if err := rows.Scan(&id, &due, &until, &token); err != nil {
			return err
		}
		out[id] = row{fromMillis(due), until != 0, token}
		return nil
	})
	return out, err
}

func (s sqlStore) remove(ctx context.Context, timer string, targets []target, due time.Time) error {
	marks, args := list(targets)
	_, err := s.exec(ctx, nil, fmt.Sprintf(deleteRows, marks), append([]any{timer, due.UnixMilli()}, args...)...)
	return err
}

// claim is one statement for one tenant, whose next token is known, and for
// several a second one, which asks which of them it got. The owner of a claim is
// unique to the call.
func (s sqlStore) claim(ctx context.Context, timer string, targets []target, c claim) ([]claim, error) {
	due := c.due.UnixMilli()
	args := []any{due, c.lease.Milliseconds(), c.owner, timer, due, due, leeway.Milliseconds()}
	if len(targets) == 1 {
		n, err := s.exec(ctx, nil, updateClaim, append(args, string(targets[0].id), targets[0].token)...)
		if err != nil || n == 0 {
			return nil, err
		}
		return all(timer, targets, c), nil
	}
	marks, ids := list(targets)
	if n, err := s.exec(ctx, nil, fmt.Sprintf(updateClaims, marks), append(args, ids...)...); err != nil || n == 0 {
		return nil, err
	}
	return s.claimed(ctx, timer, targets, c)
}

func (s sqlStore) claimNew(ctx context.Context, timer string, targets []target, c claim) ([]claim, error) {
	n, err := s.insertClaims(ctx, timer, targets, c, c.due.UnixMilli())
	switch {
	case err != nil || n == 0:
		return nil, err
	case n == int64(len(targets)):
		return all(timer, targets, c), nil
	}
	return s.claimed(ctx, timer, targets, c)
}

// insertClaims makes rows that are claimed, and leaves those that exist. It
// returns how many it made.
func (s sqlStore) insertClaims(ctx context.Context, timer string, targets []target, c claim, due int64) (int64, error) {
	var args []any
	for _, t := range targets {
		args = append(args, timer, string(t.id), due, c.lease.Milliseconds(), c.owner, number(c.onDemand))
	}
	values := strings.Repeat(oneClaim+", ", len(targets)-1) + oneClaim
	return s.exec(ctx, nil, s.insertIfNone(fmt.Sprintf(insertClaims, values)), args...)
}

// all returns the claims of all targets, after a statement that got them all.
func all(timer string, targets []target, c claim) []claim {
	out := make([]claim, len(targets))
	for i, t := range targets {
		out[i] = c
		out[i].timer, out[i].tenant, out[i].token, out[i].attempt = timer, t.id, t.token+1, 1
	}
	return out
}

// claimed returns the claims that belong to c's owner.
func (s sqlStore) claimed(ctx context.Context, timer string, targets []target, c claim) ([]claim, error) {
	marks, args := list(targets)
	var out []claim
	c.timer, c.attempt = timer, 1
	err := s.query(ctx, fmt.Sprintf(selectClaims, marks), append([]any{timer, c.owner}, args...), func(rows *sql.Rows) error {
		got := c
		var due int64
		if err := rows.Scan(&got.tenant, &due, &got.token); err != nil {
			return err
		}
		got.due = fromMillis(due)
		out = append(out, got)
		return nil
	})
	return out, err
}

func (s sqlStore) claimNow(ctx context.Context, timer string, id tenant.ID, c claim) (claim, bool, error) {
	c.onDemand = true
	targets := []target{{id: id}}
	n, err := s.exec(ctx, nil, updateNow, c.lease.Milliseconds(), c.owner, timer, string(id))
	if err == nil && n == 0 {
		n, err = s.insertClaims(ctx, timer, targets, c, 0)
	}
	if err != nil || n == 0 {
		return claim{}, false, err
	}
	got, err := s.claimed(ctx, timer, targets, c)
	if err != nil || len(got) == 0 {
		return claim{}, false, err
	}
	return got[0], true, nil
}

func (s sqlStore) claimedFor(ctx context.Context, timer string, all bool) (bool, error) {
	query, n := countTenants, 0
	if all {
		query = countAll
	}
	err := s.query(ctx, query, []any{timer}, func(rows *sql.Rows) error { return rows.Scan(&n) })
	return n > 0, err
}

func (s sqlStore) orphans(ctx context.Context, timers []string, at time.Time) ([]claim, error) {
	var out []claim
	args := []any{at.UnixMilli()}
	for _, name := range timers {
		args = append(args, name)
	}
	query := fmt.Sprintf(selectOrphans, marks(len(timers)))
	err := s.query(ctx, query, args, func(rows *sql.Rows) error {
		var c claim
		var due int64
		var onDemand int
		if err := rows.Scan(&c.timer, &c.tenant, &due, &c.token, &c.attempt, &onDemand); err != nil {
			return err
		}
		c.due, c.onDemand = fromMillis(due), onDemand != 0
		out = append(out, c)
		return nil
	})
	return out, err
}

func (s sqlStore) takeOver(ctx context.Context, orphan claim, at time.Time, fresh claim) (claim, bool, error) {
	n, err := s.exec(ctx, nil, updateOrphan, fresh.lease.Milliseconds(), fresh.owner, orphan.timer, string(orphan.tenant), orphan.token, at.UnixMilli())
	return orphan.passed(fresh), n == 1, err
}

func (s sqlStore) extend(ctx context.Context, c claim) (bool, error) {
	n, err := s.exec(ctx, nil, updateLease, c.lease.Milliseconds(), c.timer, string(c.tenant), c.token)
	return n == 1, err
}

func (s sqlStore) finish(ctx context.Context, db tenant.DBTX, c claim, end ending) (bool, error) {
	n, err := s.exec(ctx, db, updateFinish, end.at.UnixMilli(), end.outcome.String(), end.errorType, end.code, c.timer, string(c.tenant), c.token)
	return n == 1, err
}

func (s sqlStore) handBack(ctx context.Context, c claim) (bool, error) {
	n, err := s.exec(ctx, nil, updateHandBack, c.timer, string(c.tenant), c.token)
	return n == 1, err
}

func (s sqlStore) state(ctx context.Context, timer string, id tenant.ID) (State, bool, error) {
	var st State
	var due, until, finished int64
	var outcome string
	row := s.db.QueryRowContext(carry.Library(ctx), s.text(selectState), timer, string(id))
	err := row.Scan(&due, &until, &st.Attempt, &st.Owner, &finished, &outcome, &st.ErrorType, &st.Code)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return State{}, false, nil
	case err != nil:
		return State{}, false, fmt.Errorf("timer: %w", err)
	}
	st.Running, st.Outcome = until != 0, parseOutcome(outcome)
	st.Due, st.Finished = orZero(due), orZero(finished)
	return st, true, nil
}

// Forget deletes what is stored of a timer that the application no longer has.
// A timer of that name begins as a new one.
func Forget(ctx context.Context, db tenant.DBTX, dialect tenant.Dialect, name string) error {
	return sqltext.InTx(ctx, db, func(tx tenant.DBTX) error {
		s := sqlStore{db: tx, dialect: dialect}
		if _, err := s.exec(ctx, nil, forgetRuns, name); err != nil {
			return err
		}
		_, err := s.exec(ctx, nil, forgetTimer, name)
		return err
	})
}

func (s sqlStore) exec(ctx context.Context, db tenant.DBTX, stmt string, args ...any) (int64, error) {
	if db == nil {
		db = s.db
	}
	res, err := db.ExecContext(carry.Library(ctx), s.text(stmt), args...)
	if err != nil {
		return 0, fmt.Errorf("timer: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("timer: %w", err)
	}
	return n, nil
}

func (s sqlStore) query(ctx context.Context, stmt string, args []any, each func(*sql.Rows) error) error {
	rows, err := s.db.QueryContext(carry.Library(ctx), s.text(stmt), args...)
	if err != nil {
		return fmt.Errorf("timer: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return fmt.Errorf("timer: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("timer: %w", err)
	}
	return nil
}

// list returns the placeholders and arguments for an IN list. It is as long as
// a power of two, so that there are few different statements to plan: the last
// id is repeated.
func list(targets []target) (string, []any) {
	size := 1
	for size < len(targets) {
		size *= 2
	}
	args := make([]any, size)
	for i := range args {
		args[i] = string(targets[min(i, len(targets)-1)].id)
	}
	return marks(size), args
}

func marks(n int) string { return strings.Repeat("?, ", n-1) + "?" }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// orZero is fromMillis where 0 means that there is none.
func orZero(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return fromMillis(ms)
}

// openedAt is what the column of that name holds: 0 for a round that is waited
// for, and a negative time for one that was opened for a shared timer.
func openedAt(r round) int64 {
	switch {
	case !r.open():
		return 0
	case r.shared:
		return -r.opened.UnixMilli()
	default:
		return r.opened.UnixMilli()
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
