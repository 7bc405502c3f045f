package transfer

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// ExportOptions are the extras of [Export]. The zero value exports everything.
type ExportOptions struct {
	// Skip are tables, named as in the policy, whose rows are left out: sessions,
	// caches. No other table may refer to them.
	Skip []string

	// Seal is a secret of the caller: the file then ends with an HMAC instead of a
	// plain checksum, and Import refuses every file that was not made with it.
	Seal []byte

	// Progress is told how far it is, from the calling goroutine.
	Progress func(Progress)

	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Export writes the rows of a tenant to w, see the package. They are those of one
// moment: a read-only transaction at REPEATABLE READ, a transaction in SQLite.
//
// ctx is without a tenant, or of this one; that of an operator (global, or across
// all tenants) changes to the tenant by itself. An actor who is a member of another
// tenant gets tenant.ErrNotMember. The error is a [*TablesError] or
// [*CycleError] for a schema that can not be exported, a [*ForeignRowsError] for
// rows that refer to what the tenant does not have, [ErrSchema] if the schema
// changed meanwhile, else that of the database or of w. A file whose export
// failed lacks its last line, and no import accepts it.
func Export(ctx context.Context, db DB, id tenant.ID, w io.Writer, o ExportOptions) (*Summary, error) {
	inner, err := inside(ctx, id)
	if err != nil {
		return nil, err
	}
	l, err := readLayout(ctx, db, o.Skip)
	if err != nil {
		return nil, err
	}
	e := &export{layout: l, options: o, sum: &Summary{Tenant: id}, rowsOf: map[string]int64{}}
	name := ""
	e.out, name = newWriter(w, o.Seal)
	now := time.Now
	if o.Now != nil {
		now = o.Now
	}
	e.head = header{Format: magic, Version: version, Seal: name, Dialect: l.dialect, Tenant: id,
		Created: now().UTC().Truncate(time.Millisecond), Schema: l.fingerprint(), Skipped: o.Skip}
	if err := e.run(inner, db); err != nil {
		return nil, err
	}
	again, err := readLayout(ctx, db, o.Skip)
	if err != nil {
		return nil, err
	}
	if again.fingerprint() != e.head.Schema {
		return nil, fmt.Errorf("%w than when the export began: export again", ErrSchema)
	}
	if e.sum.Digest, err = e.out.end(e.rowsOf); err != nil {
		return nil, err
	}
	return e.sum, nil
}

// export is one on its way.
type export struct {
	*layout
	options ExportOptions
	head    header
	out     *writer
	sum     *Summary
	rowsOf  map[string]int64
}

func (e *export) run(ctx context.Context, db DB) error {
	tx, err := e.begin(ctx, db)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	if e.head.Session, err = e.probe(ctx, tx); err != nil {
		return err
	}
	for _, t := range e.travelling() {
		if err := e.whole(ctx, tx, t); err != nil {
			return err
		}
		s := t.shape()
		if s.Bounds, err = e.bounds(ctx, tx, t); err != nil {
			return err
		}
		e.head.Tables = append(e.head.Tables, s)
	}
	for _, out := range e.outward() {
		e.head.References = append(e.head.References, out.reference())
	}
	if err := e.out.header(e.head); err != nil {
		return err
	}
	for _, step := range []func(context.Context, *sql.Tx) error{e.references, e.allRows, e.lateColumns} {
		if err := step(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// outside reports whether the link leads to rows that are not exported.
func (k *link) outside() bool {
	return len(k.columns) > 0 && (k.parent == nil && k.to != nil || k.mixedParent())
}

// set is the condition that no column of the link is NULL.
func (k *link) set(t *table) string {
	out := make([]string, len(k.columns))
	for i, c := range k.columns {
		out[i] = "c." + t.columns[c].quoted + " IS NOT NULL"
	}
	return strings.Join(out, " AND ")
}

// target is a query of the row that the link leads to.
func (l *layout) target(k *link, t *table, more string) string {
	conditions := make([]string, len(k.columns), len(k.columns)+1)
	for i, c := range k.columns {
		conditions[i] = "p." + sqlscan.Quote(l.dialect, k.refs[i]) + " = c." + t.columns[c].quoted
	}
	return "(SELECT 1 FROM " + l.tableName(k.to) + " p" + where(append(conditions, more)...) + ")"
}

// whole refuses rows that refer to what the tenant does not see.
func (l *layout) whole(ctx context.Context, tx *sql.Tx, t *table) error {
	for i := range t.links {
		k := &t.links[i]
		if k.to == nil || len(k.columns) == 0 {
			continue
		}
		var n int64
		query := "SELECT COUNT(*) FROM " + t.quoted + " c" + where(l.own(t), k.set(t), "NOT EXISTS "+l.target(k, t, ""))
		if err := tx.QueryRowContext(ctx, query).Scan(&n); err != nil {
			return fmt.Errorf("transfer: checking the foreign keys of table %s: %w", t.Name, err)
		}
		if n > 0 {
			return &ForeignRowsError{Table: t.Name, ForeignKey: strings.Join(k.ForeignKey.Columns, ", "), To: k.Table, Rows: n, Own: true}
		}
	}
	return nil
}

// bounds are asked for of numbers that a server counts up or that all tenants share.
func (e *export) bounds(ctx context.Context, tx *sql.Tx, t *table) ([]bounds, error) {
	var out []bounds
	for i, c := range t.columns {
		if !c.codec.whole || c.Sequence == "" && !c.Numbered && !t.shares(e.dialect, i) {
			continue
		}
		var low, high sql.NullString
		if err := tx.QueryRowContext(ctx, "SELECT MIN(c."+c.quoted+"), MAX(c."+c.quoted+") FROM "+t.quoted+" c"+where(e.own(t))).Scan(&low, &high); err != nil {
			return nil, fmt.Errorf("transfer: reading table %s: %w", t.Name, err)
		}
		b := bounds{c.Name, low.String, high.String}
		if _, numbers := b.limits(); low.Valid && numbers { // SQLite may have words there
			out = append(out, b)
		}
	}
	return out, nil
}

// shares reports whether a column is a key of its own without the tenant.
func (t *table) shares(d scope.Dialect, at int) bool {
	return slices.ContainsFunc(t.Keys, func(k scope.DescribedKey) bool {
		return !k.Tenant && len(k.Columns) == 1 && t.column(d, k.Columns[0]) == at
	})
}

// outward is a link to rows that are not exported, with its table.
type outward struct {
	*link
	of *table
}

func (l *layout) outward() []outward {
	var out []outward
	for _, t := range l.travelling() {
		for i := range t.links {
			if k := &t.links[i]; k.outside() {
				out = append(out, outward{k, t})
			}
		}
	}
	return out
}

func (o outward) reference() reference {
	r := reference{Table: o.of.Name, To: o.Table, Keys: o.refs}
	for _, c := range o.columns {
		r.Columns = append(r.Columns, o.of.columns[c].Name)
	}
	return r
}

func (e *export) references(ctx context.Context, tx *sql.Tx) error {
	for n, o := range e.outward() {
		common := ""
		if o.mixedParent() {
			common = "EXISTS " + e.target(o.link, o.of, "p."+sqlscan.Quote(e.dialect, o.parent.Tenant)+" IS NULL")
		}
		err := e.rows(ctx, tx, o.of, o.columns, where(e.own(o.of), o.set(o.of), common), true, func(key []cell) error {
			return e.out.entry("f", n, key, nil)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *export) allRows(ctx context.Context, tx *sql.Tx) error {
	for i, t := range e.travelling() {
		n := int64(0)
		tell(e.options.Progress, t, n)
		err := e.rows(ctx, tx, t, t.every(), where(e.own(t))+t.order(), false, func(row []cell) error {
			if n++; n%every == 0 {
				tell(e.options.Progress, t, n)
			}
			return e.out.entry("t", i, nil, row)
		})
		if err != nil {
			return err
		}
		tell(e.options.Progress, t, n)
		e.rowsOf[t.Name] = n
		e.sum.add(t.Name, n)
	}
	return nil
}

// order makes files of equal rows equal. The highest number comes first: MySQL
// then counts on from above it as soon as the first row is there, so that nobody
// who inserts at the same time gets a number that is still to come.
func (t *table) order() string {
	if len(t.key) == 0 {
		return ""
	}
	for _, c := range t.columns {
		if c.Numbered {
			return " ORDER BY c." + c.quoted + " DESC"
		}
	}
	out := make([]string, len(t.key))
	for i, c := range t.key {
		out[i] = "c." + t.columns[c].quoted
	}
	return " ORDER BY " + strings.Join(out, ", ")
}

func (e *export) lateColumns(ctx context.Context, tx *sql.Tx) error {
	for i, t := range e.travelling() {
		if len(t.late) == 0 {
			continue
		}
		some := make([]string, len(t.late))
		for k, c := range t.late {
			some[k] = "c." + t.columns[c].quoted + " IS NOT NULL"
		}
		at := append(slices.Clone(t.key), t.late...)
		err := e.rows(ctx, tx, t, at, where(e.own(t), "("+strings.Join(some, " OR ")+")")+t.order(), false, func(row []cell) error {
			return e.out.entry("l", i, row[:len(t.key)], row[len(t.key):])
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func tell(progress func(Progress), t *table, rows int64) {
	if progress != nil {
		progress(Progress{t.Name, rows})
	}
}
