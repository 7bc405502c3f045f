package transfer

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

const (
	selectJob = `SELECT digest, plan, done, started_at FROM tenancy_transfers WHERE tenant_id = ?`
	insertJob = `INSERT INTO tenancy_transfers (tenant_id, digest, plan, done, turn, started_at) VALUES (?, ?, ?, 0, 0, ?)`
	enterJob  = `UPDATE tenancy_transfers SET turn = turn + 1 WHERE tenant_id = ? AND digest = ? AND done = ?`
	moveJob   = `UPDATE tenancy_transfers SET done = ?, turn = turn + 1 WHERE tenant_id = ?`
	deleteJob = `DELETE FROM tenancy_transfers WHERE tenant_id = ?`
)

// job is an import's row in table tenancy_transfers. An import in one transaction
// has one too, which nobody ever sees: its key keeps a second import out.
type job struct {
	tenant tenant.ID
	digest string // of the file; "" in one transaction
	plan   keyPlan
	done   int64 // lines of the file
	began  time.Time
}

// keyPlan is what an import that is resumed has to know again.
type keyPlan struct {
	Shift map[string]int64 `json:"shift,omitempty"` // by "table.column"
	Salt  string           `json:"salt,omitempty"`  // of new UUIDs
	New   bool             `json:"new,omitempty"`
}

// find reads the job of a tenant.
func (j *job) find(ctx context.Context, l *layout, q tenant.DBTX) (found bool, err error) {
	var plan string
	var began int64
	err = q.QueryRowContext(carry.Library(ctx), sqltext.Rebind(l.dialect, selectJob), string(j.tenant)).Scan(&j.digest, &plan, &j.done, &began)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("transfer: table tenancy_transfers, see Migrate: %w", err)
	}
	j.began = time.UnixMilli(began).UTC()
	return true, json.Unmarshal([]byte(plan), &j.plan)
}

func (j *job) exec(ctx context.Context, l *layout, q tenant.DBTX, query string, args ...any) (int64, error) {
	res, err := q.ExecContext(carry.Library(ctx), sqltext.Rebind(l.dialect, query), args...)
	if err != nil {
		return 0, fmt.Errorf("transfer: table tenancy_transfers, see Migrate: %w", err)
	}
	return res.RowsAffected()
}

func (j *job) insert(ctx context.Context, l *layout, q tenant.DBTX) error {
	plan, err := json.Marshal(j.plan)
	if err != nil {
		return err
	}
	_, err = j.exec(ctx, l, q, insertJob, string(j.tenant), j.digest, string(plan), time.Now().UnixMilli())
	return err
}

// enter locks the row for a transaction, if it is where this import left it.
func (j *job) enter(ctx context.Context, l *layout, q tenant.DBTX) error {
	n, err := j.exec(ctx, l, q, enterJob, string(j.tenant), j.digest, j.done)
	if err == nil && n != 1 {
		err = fmt.Errorf("%w: another call went on with it, or took it back", ErrUnfinished)
	}
	return err
}

func (j *job) move(ctx context.Context, l *layout, q tenant.DBTX, lines int64) error {
	n, err := j.exec(ctx, l, q, moveJob, lines, string(j.tenant))
	if err == nil && n != 1 {
		err = ErrUnfinished
	}
	return err
}

func (j *job) remove(ctx context.Context, l *layout, q tenant.DBTX) error {
	_, err := j.exec(ctx, l, q, deleteJob, string(j.tenant))
	return err
}

// Unfinished is an import that was begun and not ended.
type Unfinished struct {
	Digest string    // of the file: what the last line of it says, and Export returned
	Lines  int64     // of the file that are in the database
	Began  time.Time // by the clock of the process that began
}

// Pending tells of an import with ImportOptions.Batch into a tenant that was
// interrupted, or is still running.
func Pending(ctx context.Context, db DB, id tenant.ID) (u Unfinished, found bool, err error) {
	inner, err := inside(ctx, id)
	if err != nil {
		return u, false, err
	}
	l, err := readLayout(ctx, db, nil)
	if err != nil {
		return u, false, err
	}
	j := job{tenant: id}
	found, err = j.find(inner, l, db)
	return Unfinished{Digest: j.digest, Lines: j.done, Began: j.began}, found, err
}

// Abandon takes back an interrupted import: it purges the tenant, and then the
// note that the import left. A tenant without such a note is left alone, and
// ErrNothingToResume is the answer, as it is for an import that another call ends
// at the last moment. Interrupted, it is called again.
func Abandon(ctx context.Context, db DB, id tenant.ID, o PurgeOptions) (*Summary, error) {
	inner, err := change(ctx, id)
	if err != nil {
		return nil, err
	}
	l, err := readLayout(ctx, db, nil)
	if err != nil {
		return nil, err
	}
	j := job{tenant: id}
	found, err := j.find(inner, l, db)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, ErrNothingToResume
	}
	// Whoever is still at it finds its place changed and stops. Whoever ended it
	// since the note was found has taken the note away: those rows are to stay. The
	// turn changes with each call, so that the row counts as one on a server that
	// counts only rows that it changes.
	n, err := j.exec(inner, l, db, moveJob, int64(-1), string(id))
	if err != nil {
		return nil, err
	}
	if n != 1 {
		return nil, ErrNothingToResume
	}
	sum, err := Purge(ctx, db, id, o)
	if err != nil {
		return nil, err
	}
	return sum, j.remove(inner, l, db)
}
