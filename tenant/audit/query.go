package audit

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

// Query says which records are wanted, out of those that the context reads. The
// zero Query wants all of them, oldest first.
type Query struct {
	Tenant   tenant.ID // only those about this tenant
	NoTenant bool      // only those about no tenant

	Kinds  []string // only these kinds, as they are
	Actor  string   // only what the account with this Actor.ID did
	Object string   // only what happened to this object

	From time.Time // not before
	To   time.Time // before

	// After goes on behind a record that was read before, see
	// [Record.Position]. In the records of one tenant its Seq alone counts.
	After Position

	Newest bool // newest first
	Limit  int  // at most so many; 0 is no limit
}

// pageSize is how many records one statement reads.
const pageSize = 200

const selectRecords = `SELECT tenant_id, seq, kind, actor_id, actor_tenant, actor_guest, object, reason, at, detail FROM tenancy_audit WHERE `

// Records yields what q asks for. Those of one tenant come in the order of
// their numbers, those of several in order of their time.
//
// It reads in pages, and no connection is held while the caller's loop runs.
// After an error, which is yielded with a zero Record, there is nothing more;
// it is what [tenant.Err] says of ctx where ctx reads nothing.
func (l *Log) Records(ctx context.Context, q Query) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		w, err := q.where(ctx)
		if err != nil {
			yield(Record{}, err)
			return
		}
		if w == nil {
			return // the filter and the context have nothing in common
		}
		after, left := q.After, q.Limit
		for {
			size := pageSize
			if q.Limit > 0 {
				size = min(size, left)
			}
			condition, args := w.behind(after, q.Newest)
			page, err := l.page(ctx, selectRecords+condition+" LIMIT ?", append(args, size))
			if err != nil {
				yield(Record{}, fmt.Errorf("audit: %w", err))
				return
			}
			for _, r := range page {
				if !yield(r, nil) {
					return
				}
			}
			if left -= len(page); len(page) < size || q.Limit > 0 && left == 0 {
				return
			}
			after = page[len(page)-1].Position()
		}
	}
}

// readable returns the tenants whose records ctx reads, among them "" for those
// about none, or all.
func readable(ctx context.Context) (ids []string, all bool, err error) {
	switch tenant.ModeOf(ctx) {
	case tenant.ModeTenant:
		id, _ := tenant.IDFromContext(ctx)
		return []string{string(id)}, false, nil
	case tenant.ModeGlobal:
		return []string{""}, false, nil
	case tenant.ModeAcross:
		return carry.From(ctx).IDs(), false, nil
	case tenant.ModeAcrossAll:
		return nil, true, nil
	default:
		return nil, false, fmt.Errorf("audit: %w", tenant.Err(ctx))
	}
}

// where is a condition under construction.
type where struct {
	terms  []string
	args   []any
	single bool // the records of one stream, which have numbers
}

func (w *where) add(term string, args ...any) {
	w.terms = append(w.terms, term)
	w.args = append(w.args, args...)
}

// where returns the condition of all pages, or nil where nothing can fit.
func (q *Query) where(ctx context.Context) (*where, error) {
	ids, all, err := readable(ctx)
	if err != nil {
		return nil, err
	}
	if q.Tenant != "" || q.NoTenant {
		if q.Tenant != "" && q.NoTenant || !all && !slices.Contains(ids, string(q.Tenant)) {
			return nil, nil
		}
		ids, all = []string{string(q.Tenant)}, false
	}
	w := &where{single: len(ids) == 1 && !all}
	if !all {
		w.in("tenant_id", ids)
	}
	if len(q.Kinds) > 0 {
		w.in("kind", q.Kinds)
	}
	if q.Actor != "" {
		w.add("actor_id = ?", q.Actor)
	}
	if q.Object != "" {
		w.add("object = ?", q.Object)
	}
	if !q.From.IsZero() {
		w.add("at >= ?", ceilMilli(q.From))
	}
	if !q.To.IsZero() {
		w.add("at < ?", ceilMilli(q.To))
	}
	for _, arg := range w.args {
		if text, ok := arg.(string); ok && !plain(text) {
			return nil, nil // no record holds it
		}
	}
	return w, nil
}

// ceilMilli returns the first millisecond that is not before t.
func ceilMilli(t time.Time) int64 {
	ms := t.UnixMilli()
	if time.UnixMilli(ms).Before(t) {
		ms++
	}
	return ms
}

func (w *where) in(column string, values []string) {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	w.add(column+" IN (?"+strings.Repeat(", ?", len(values)-1)+")", args...)
}

// behind returns the condition, with its order, of the page behind a position.
func (w *where) behind(after Position, newest bool) (condition string, args []any) {
	p := where{terms: slices.Clone(w.terms), args: slices.Clone(w.args)}
	more, order := ">", ""
	if newest {
		more, order = "<", " DESC"
	}
	if w.single {
		if after.Seq != 0 {
			p.add("seq "+more+" ?", after.Seq)
		}
		return p.text() + " ORDER BY seq" + order, p.args
	}
	if after != (Position{}) {
		// The first term repeats what the others imply, for the index.
		at, of := after.At.UnixMilli(), string(after.Tenant)
		p.add("at "+more+"= ? AND (at "+more+" ? OR tenant_id "+more+" ? OR tenant_id = ? AND seq "+more+" ?)", at, at, of, of, after.Seq)
	}
	return p.text() + " ORDER BY at" + order + ", tenant_id" + order + ", seq" + order, p.args
}

func (w *where) text() string {
	if len(w.terms) == 0 {
		return "seq > 0" // any
	}
	return strings.Join(w.terms, " AND ")
}

func (l *Log) page(ctx context.Context, query string, args []any) ([]Record, error) {
	rows, err := l.db.QueryContext(carry.Library(ctx), sqltext.Rebind(l.dialect, query), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var page []Record
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, err
		}
		page = append(page, r)
	}
	return page, rows.Err()
}

func scan(rows *sql.Rows) (Record, error) {
	var r Record
	var guest int
	var at int64
	var detail string
	err := rows.Scan(&r.Tenant, &r.Seq, &r.Kind, &r.Actor.ID, &r.Actor.Tenant, &guest, &r.Object, &r.Reason, &at, &detail)
	if err != nil {
		return Record{}, err
	}
	r.Actor.Guest, r.At = guest != 0, time.UnixMilli(at).UTC()
	if detail != "{}" {
		if err := json.Unmarshal([]byte(detail), &r.Detail); err != nil {
			return Record{}, fmt.Errorf("the detail of a record: %w", err)
		}
	}
	return r, nil
}
