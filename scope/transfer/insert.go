package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// One statement writes up to 32 rows, 800 values and about 256 KiB: below what
// any engine takes, and enough for the way to the server not to matter. What is
// left over goes in powers of two, so that there are few different texts.
const (
	mostRows   = 32
	mostValues = 800
	mostBytes  = 256 << 10
)

// pending are rows for the next statement.
type pending struct {
	args  []any
	n     int
	bytes int
}

// put adds a row of a table to the next statement.
func (im *importer) put(ctx context.Context, t *table, args []any, size int) error {
	if im.last != t {
		if err := im.flush(ctx); err != nil {
			return err
		}
		im.last = t
		tell(im.options.Progress, t, 0)
	}
	im.rows.args = append(im.rows.args, args...)
	im.rows.n++
	im.rows.bytes += size
	most := min(mostRows, max(1, mostValues/len(t.columns)))
	if im.rows.n >= 1<<(bitLen(most)-1) || im.rows.bytes >= mostBytes {
		return im.flush(ctx)
	}
	return nil
}

func bitLen(n int) (bits int) {
	for ; n > 0; n >>= 1 {
		bits++
	}
	return bits
}

// flush writes what is pending.
func (im *importer) flush(ctx context.Context) error {
	t, args := im.last, im.rows.args
	for n := im.rows.n; n > 0; {
		k := 1 << (bitLen(n) - 1)
		part := args[:k*len(t.columns)]
		if _, err := im.tx.ExecContext(ctx, im.insertText(t, k), part...); err != nil {
			return &rowError{t: t, args: slices.Clone(part), err: fmt.Errorf("transfer: writing table %s: %w", t.Name, err)}
		}
		n, args = n-k, args[len(part):]
	}
	clear(im.rows.args)
	im.rows = pending{args: im.rows.args[:0]}
	return nil
}

// rowError is that of a statement that writes rows.
type rowError struct {
	t    *table
	args []any
	err  error
}

func (e *rowError) Error() string { return e.err.Error() }
func (e *rowError) Unwrap() error { return e.err }

func (im *importer) insertText(t *table, rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + t.quoted + " (" + t.list(t.every()) + ")")
	if slices.ContainsFunc(t.columns, func(c column) bool { return c.Always }) {
		b.WriteString(" OVERRIDING SYSTEM VALUE")
	}
	b.WriteString(" VALUES ")
	n := 0
	for r := range rows {
		if r > 0 {
			b.WriteString(", ")
		}
		for i := range t.columns {
			n++
			b.WriteString(map[bool]string{true: "(", false: ", "}[i == 0])
			b.WriteString(im.mark(n))
		}
		b.WriteByte(')')
	}
	return b.String()
}

// lateText sets the late columns of one row. MySQL sets a timestamp to now when a
// row changes, unless the statement sets it itself.
func (im *importer) lateText(x *target) string {
	var sets, conditions []string
	n := 0
	for _, c := range x.late {
		n++
		sets = append(sets, x.columns[c].quoted+" = "+im.mark(n))
	}
	for i, c := range x.columns {
		if kind := strings.ToLower(c.Type); im.dialect == scope.MySQL && !slices.Contains(x.late, i) &&
			(strings.HasPrefix(kind, "timestamp") || strings.HasPrefix(kind, "datetime")) {
			sets = append(sets, c.quoted+" = "+c.quoted)
		}
	}
	for _, c := range x.key {
		n++
		conditions = append(conditions, x.columns[c].quoted+" = "+im.mark(n))
	}
	return "UPDATE " + x.quoted + " SET " + strings.Join(sets, ", ") + where(conditions...)
}

// room sees to it that the transaction may take n more rows.
func (im *importer) room(ctx context.Context, n int) error {
	if im.options.Batch == 0 {
		return nil
	}
	if im.rest >= n {
		im.rest -= n
		return nil
	}
	if err := im.flush(ctx); err != nil {
		return err
	}
	// The line in hand is not among those that are done.
	done := im.in.lines - 1
	if err := im.job.move(ctx, im.layout, im.tx, done); err != nil {
		return err
	}
	if err := im.tx.Commit(); err != nil {
		return err
	}
	im.job.done = done
	if err := im.begin(ctx); err != nil {
		return err
	}
	im.rest -= n
	return nil
}

// begin begins a transaction. It writes first, as SQLite wants it.
func (im *importer) begin(ctx context.Context) (err error) {
	if im.tx, err = im.db.BeginTx(ctx, nil); err != nil {
		return err
	}
	im.rest = im.options.Batch
	if im.options.Batch > 0 {
		return im.job.enter(ctx, im.layout, im.tx)
	}
	if err := im.job.insert(ctx, im.layout, im.tx); err != nil {
		return err
	}
	return im.empty(ctx, im.tx)
}

// empty refuses a tenant that has rows.
func (im *importer) empty(ctx context.Context, q tenant.DBTX) error {
	for _, t := range im.tables {
		n, err := im.count(ctx, q, t)
		if err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("%w: %d in table %s", ErrNotEmpty, n, t.Name)
		}
	}
	return nil
}

// explain finds out whether a row was not accepted because somebody has its key.
func (im *importer) explain(err error) error {
	var e *rowError
	if !errors.As(err, &e) {
		return err
	}
	ctx := tenant.AcrossAll(im.outer, "which key of an imported row is taken: a count")
	taken := &KeysTakenError{}
	for _, k := range e.t.Keys {
		if k.Tenant || slices.Contains(k.Columns, "") {
			continue
		}
		var at []int
		var conditions []string
		for i, name := range k.Columns {
			at = append(at, e.t.column(im.dialect, name))
			conditions = append(conditions, sqlscan.Quote(im.dialect, name)+" = "+im.mark(i+1))
		}
		if slices.Contains(at, -1) {
			continue
		}
		for row := range slices.Chunk(e.args, len(e.t.columns)) {
			args := make([]any, len(at))
			for i, c := range at {
				args[i] = row[c]
			}
			var n int64
			if err := im.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+e.t.quoted+where(conditions...), args...).Scan(&n); err != nil {
				return errors.Join(e.err, err)
			}
			if n > 0 {
				taken.Keys = append(taken.Keys, e.t.Name+"."+strings.Join(k.Columns, ","))
				break
			}
		}
	}
	if len(taken.Keys) == 0 {
		return e.err
	}
	return fmt.Errorf("%w (%w)", taken, e.err)
}
