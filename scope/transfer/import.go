package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// MapFunc gives the value that takes the place of old, in the text form of the
// engine, or false where there is none. It is called again for a value that it
// has been asked before, in a resumed import too, and must answer the same.
type MapFunc func(ctx context.Context, old string) (value string, ok bool, err error)

// ImportOptions say where the rows go, and how what they refer to is called there.
type ImportOptions struct {
	// Into is the tenant that the rows will belong to, whoever had them before. It
	// has no rows.
	Into tenant.ID

	// Map has the functions for values that are called differently here, by
	// "table.column": of a shared table that the tenant's rows refer to, as global
	// users are ("accounts.id"), or of a column of the tenant's own. What refers to the
	// column, by a foreign key or by References, is mapped with it. What has no
	// value is listed by an [*UnmappedError], and nothing is imported.
	Map map[string]MapFunc

	// NewKeys gives new values to keys that all tenants share, where they are a
	// whole number or a UUID alone and Map has no function for them.
	NewKeys bool

	// References are references that no foreign key tells of: from
	// "watchers.ticket_id" to "tickets.id", or to "" for a column that looks like a
	// reference and is none. With NewKeys, each column of a number or UUID whose
	// name ends with id has to be told of by a foreign key, by Map or here.
	References map[string]string

	// Batch, if not zero, is how many rows a transaction holds at most. The import
	// can then be resumed or abandoned, and is visible before it is finished. The
	// file has to be an io.Seeker: it is read to its end first, since what is wrong
	// there must be known before the first row is committed. (In one transaction a
	// file that can seek is read first too, to save the way; one that can not need
	// not.)
	Batch int

	// Resume goes on with an interrupted import of the same file by the same options.
	Resume bool

	// Seal is the secret that the file was made with.
	Seal []byte

	// MaxLine is how long a row of the file may be, in bytes; 0 is 256 MiB.
	MaxLine int

	// Progress is told how far it is, from the calling goroutine.
	Progress func(Progress)
}

// Import reads a file of [Export] into a tenant that has no rows, see the package.
// It needs table tenancy_transfers, see [Migrate].
//
// ctx is as for Export, and not read-only. Without Batch an error means that nothing has changed,
// but for gaps in numbers that a server counts up. Where the database is SQLite and
// r no io.Seeker, r is copied to a temporary file first (os.CreateTemp, readable
// by this user only, removed at the end), so that a slow sender does not hold the
// one lock for writing. The errors of the file are
// [ErrFile] and [ErrSchema], those of the place [ErrNotEmpty], [ErrUnfinished],
// [ErrSession], [*UnmappedError], [*KeysTakenError], [*KeySpaceError],
// [*ForeignRowsError] and [ErrDiffers]; those of the database come as they are.
func Import(ctx context.Context, db DB, r io.Reader, o ImportOptions) (*Summary, error) {
	inner, err := change(ctx, o.Into)
	if err != nil {
		return nil, err
	}
	im := &importer{db: db, options: o, outer: ctx, sum: &Summary{Tenant: o.Into}}
	if o.Batch < 0 || o.Resume && o.Batch == 0 {
		return nil, errors.New("transfer: ImportOptions.Batch has to be above zero to resume, since what is one transaction is never half done")
	}
	digest := ""
	s, ok := r.(io.ReadSeeker)
	var at int64
	if ok {
		if at, err = s.Seek(0, io.SeekCurrent); err != nil {
			ok = false // a pipe
		}
	}
	switch {
	case !ok && o.Batch > 0:
		return nil, errors.New("transfer: with ImportOptions.Batch the file has to be an io.Seeker: it is checked to its end first")
	case ok:
		if digest, err = verify(s, o.Seal, o.MaxLine); err != nil {
			return nil, err
		}
		if _, err := s.Seek(at, io.SeekStart); err != nil {
			return nil, err
		}
		im.source, im.start = s, at
	}
	im.in = newReader(r, o.Seal, o.MaxLine)
	if im.head, err = im.in.header(); err != nil {
		return nil, err
	}
	if err := im.open(ctx); err != nil {
		return nil, err
	}
	if im.source == nil && im.dialect == scope.SQLite {
		done, err := im.fetch()
		if err != nil {
			return nil, err
		}
		defer done()
	}
	if err := im.prepare(inner, digest); err != nil {
		return nil, err
	}
	if err := im.run(inner); err != nil {
		return nil, im.explain(err)
	}
	return im.sum, nil
}

// fetch copies what is left of the file to a temporary one, which done removes:
// whoever sends it may be slow, and nobody else writes to an SQLite database while
// the transaction is open.
func (im *importer) fetch() (done func(), err error) {
	f, err := os.CreateTemp("", "tenancy-transfer-*")
	if err != nil {
		return nil, fmt.Errorf("transfer: a place for the file while it comes in: %w", err)
	}
	done = func() {
		f.Close()           //nolint:errcheck // it was only read since
		os.Remove(f.Name()) //nolint:errcheck // the system cleans up there
	}
	if _, err = im.in.in.WriteTo(f); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		done()
		return nil, fmt.Errorf("transfer: taking the file in: %w", err)
	}
	im.in.in.Reset(f)
	return done, nil
}

// importer is one import on its way.
type importer struct {
	*layout
	*mapper
	db      DB
	options ImportOptions
	outer   context.Context // the caller's
	in      *reader
	source  io.ReadSeeker // with Batch
	start   int64
	head    *header
	sum     *Summary

	targets []*target // by the file's numbers
	job     job
	tx      *sql.Tx
	rest    int  // rows that the transaction may still take
	dry     bool // nothing is written

	last *table // whose rows are being written
	rows pending
}

// target is a table of the file.
type target struct {
	*table
	at   []int // the file's columns
	key  []int
	late []int
	want digest
	n    int64
	lost int // of late, see importer.row

	bounds  map[int]limits
	counted []bool // by column: numbers that have bounds, see importer.count
}

// open compares the schemas.
func (im *importer) open(ctx context.Context) (err error) {
	if im.layout, err = readLayout(ctx, im.db, im.head.Skipped); err != nil {
		return err
	}
	if im.head.Dialect != im.dialect {
		return fmt.Errorf("%w: it was exported from %v, this is %v", ErrSchema, im.head.Dialect, im.dialect)
	}
	if im.head.Schema != im.fingerprint() {
		return fmt.Errorf("%w: %s", ErrSchema, im.difference())
	}
	for _, s := range im.head.Tables {
		x := &target{table: im.find(s.Name)}
		if x.table == nil || len(s.Columns) != len(x.columns) || len(im.head.Tables) != len(im.travelling()) {
			return broken("its tables are not those of its schema")
		}
		ok := true
		index := func(names []string) (out []int) {
			for _, name := range names {
				i := slices.IndexFunc(x.columns, func(c column) bool { return c.Name == name })
				ok = ok && i >= 0 && !slices.Contains(out, i)
				out = append(out, max(i, 0))
			}
			return out
		}
		names := make([]string, len(s.Columns))
		for i, c := range s.Columns {
			names[i] = c.Name
		}
		x.at, x.key, x.late, x.bounds = index(names), index(s.Key), index(s.Late), map[int]limits{}
		for _, b := range s.Bounds {
			limit, sound := b.limits()
			ok = ok && sound
			x.bounds[index([]string{b.Column})[0]] = limit
		}
		if !ok || slices.ContainsFunc(im.targets, func(o *target) bool { return o.table == x.table }) || !slices.Equal(slices.Sorted(slices.Values(x.late)), x.table.late) {
			return broken("its columns are not those of its schema")
		}
		im.targets = append(im.targets, x)
	}
	if len(im.head.References) != len(im.outward()) {
		return broken("its references are not those of its schema")
	}
	if names := im.deferred(); im.options.Batch > 0 && len(names) > 0 {
		return &TablesError{Reason: "rows refer to later ones by a foreign key that is checked when the transaction ends", Tables: names, Hint: "import them without ImportOptions.Batch"}
	}
	return nil
}

// difference names the first thing in which the schemas differ.
func (im *importer) difference() string {
	for _, s := range im.head.Tables {
		t := im.find(s.Name)
		if t == nil {
			return "table " + s.Name + " is not here, or not a tenant's"
		}
		for _, c := range s.Columns {
			i := slices.IndexFunc(t.columns, func(x column) bool { return x.Name == c.Name })
			if i < 0 {
				return fmt.Sprintf("column %s.%s is not here", s.Name, c.Name)
			}
			if t.columns[i].Type != c.Type {
				return fmt.Sprintf("column %s.%s is of type %s here, and of %s there", s.Name, c.Name, t.columns[i].Type, c.Type)
			}
		}
		if len(t.columns) > len(s.Columns) {
			return "table " + s.Name + " has more columns here"
		}
	}
	for _, t := range im.travelling() {
		if !slices.ContainsFunc(im.head.Tables, func(s shape) bool { return s.Name == t.Name }) {
			return "table " + t.Name + " is here only"
		}
	}
	return "foreign keys, or which columns may be NULL, are not the same"
}

// run reads the file and writes the rows.
func (im *importer) run(ctx context.Context) (err error) {
	defer func() {
		if im.tx != nil {
			im.tx.Rollback() //nolint:errcheck // after Commit it does nothing
		}
	}()
	if err := im.begin(ctx); err != nil {
		return err
	}
	if err := im.sessions(ctx); err != nil {
		return err
	}
	return im.read(ctx)
}

// sessions compares the one that wrote the file with this one.
func (im *importer) sessions(ctx context.Context) error {
	forms, err := im.probe(ctx, im.tx)
	if err != nil {
		return err
	}
	return sameSession(im.head.Session, forms)
}

// read takes the lines of the file, in the order that they have to have.
func (im *importer) read(ctx context.Context) error {
	stage := 0 // references, rows, late columns
	table := 0
	for {
		l, err := im.in.next()
		if err != nil {
			return err
		}
		if stage == 0 && l.Ref == nil && im.options.Map == nil && im.lost.Rows > 0 {
			return im.unmapped()
		}
		skip := im.in.lines <= im.job.done
		switch {
		case l.Ref != nil && stage == 0 && *l.Ref >= 0 && *l.Ref < len(im.head.References):
			err = im.reference(ctx, *l.Ref, l.Key)
		case l.Table != nil && stage <= 1 && *l.Table >= table && *l.Table < len(im.targets):
			stage, table = 1, *l.Table
			err = im.row(ctx, im.targets[table], l.Row, skip)
		case l.Late != nil && *l.Late >= 0 && *l.Late < len(im.targets):
			stage = 2
			err = im.lateRow(ctx, im.targets[*l.Late], l.Key, l.Row, skip)
		case l.End != nil:
			return im.finish(ctx, l.End)
		default:
			err = broken("line %d is out of place", im.in.lines)
		}
		if err != nil {
			return err
		}
	}
}

// row writes one row, or puts it aside for a statement of several.
func (im *importer) row(ctx context.Context, x *target, cells []cell, skip bool) error {
	if len(cells) != len(x.at) {
		return broken("line %d has not as many values as its table has columns", im.in.lines)
	}
	row := make([]cell, len(cells))
	for i, c := range cells {
		if !x.told(x.at[i], c) {
			return broken("line %d has a number that its first line has not told of", im.in.lines)
		}
		mapped, err := im.mapped(ctx, x.table, x.at[i], c)
		if err != nil {
			return err
		}
		row[x.at[i]] = mapped
	}
	x.want.add(row)
	for _, c := range x.late {
		if row[c].kind != null {
			x.lost++
			break
		}
	}
	if x.n++; x.n%every == 0 {
		tell(im.options.Progress, x.table, x.n)
	}
	if skip {
		return nil
	}
	args := make([]any, len(row))
	size := 0
	for i, c := range row {
		if slices.Contains(x.late, i) {
			continue
		}
		v, err := x.columns[i].codec.bind(c)
		if err != nil {
			return fmt.Errorf("line %d: %w", im.in.lines, err)
		}
		args[i] = v
		size += len(c.text)
	}
	if !im.writing() {
		return nil
	}
	if err := im.room(ctx, 1); err != nil {
		return err
	}
	return im.put(ctx, x.table, args, size)
}

// lateRow sets the columns that close circles.
func (im *importer) lateRow(ctx context.Context, x *target, key, cells []cell, skip bool) error {
	if len(key) != len(x.key) || len(cells) != len(x.late) || len(key) == 0 || len(cells) == 0 {
		return broken("line %d has not as many values as its table has columns", im.in.lines)
	}
	x.lost--
	if skip {
		return nil
	}
	var args []any
	for _, part := range []struct {
		cells []cell
		at    []int
	}{{cells, x.late}, {key, x.key}} {
		for i, c := range part.cells {
			if !x.told(part.at[i], c) {
				return broken("line %d has a number that its first line has not told of", im.in.lines)
			}
			mapped, err := im.mapped(ctx, x.table, part.at[i], c)
			if err != nil {
				return err
			}
			v, err := x.columns[part.at[i]].codec.bind(mapped)
			if err != nil {
				return fmt.Errorf("line %d: %w", im.in.lines, err)
			}
			args = append(args, v)
		}
	}
	if !im.writing() {
		return nil
	}
	if err := im.room(ctx, 1); err != nil {
		return err
	}
	if err := im.flush(ctx); err != nil {
		return err
	}
	res, err := im.tx.ExecContext(ctx, im.lateText(x), args...)
	if err != nil {
		return fmt.Errorf("transfer: table %s: %w", x.Name, err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, broken("line %d is about a row that there is not", im.in.lines))
	}
	return nil
}

// finish compares what is there with what should be, and commits.
func (im *importer) finish(ctx context.Context, end *footer) error {
	for _, x := range im.targets {
		if n, ok := end.Rows[x.Name]; !ok || n != x.n || len(end.Rows) != len(im.targets) || x.lost != 0 {
			return broken("table %s has not as many rows as its last line says", x.Name)
		}
	}
	if !im.writing() {
		return im.unmapped()
	}
	if err := im.flush(ctx); err != nil {
		return err
	}
	for _, x := range im.targets {
		if err := im.compare(ctx, x); err != nil {
			return err
		}
		// A foreign key without the tenant column lets a forged row refer to another
		// tenant's, which the server takes for granted.
		if err := im.whole(ctx, im.tx, x.table); err != nil {
			return err
		}
		tell(im.options.Progress, x.table, x.n)
		im.sum.add(x.Name, x.n)
	}
	im.sum.Digest = end.Digest
	if err := im.job.remove(ctx, im.layout, im.tx); err != nil {
		return err
	}
	return im.tx.Commit()
}

// compare reads back the rows of a table.
func (im *importer) compare(ctx context.Context, x *target) error {
	var got digest
	n := int64(0)
	err := im.layout.rows(ctx, im.tx, x.table, x.every(), where(im.own(x.table)), false, func(row []cell) error {
		got.add(row)
		n++
		return nil
	})
	if err == nil && (n != x.n || got != x.want) {
		err = fmt.Errorf("%w: table %s has %d of %d rows, or other values in them", ErrDiffers, x.Name, n, x.n)
		if len(x.Runs) > 0 {
			err = fmt.Errorf("%w; it has %s", err, x.Runs[0])
		}
	}
	return err
}
