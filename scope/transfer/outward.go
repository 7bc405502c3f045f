package transfer

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// reference takes a line about a row that is not the tenant's: it has to be here,
// perhaps under another key.
func (im *importer) reference(ctx context.Context, index int, key []cell) error {
	o := im.outward()[index]
	r := im.head.References[index]
	if len(key) != len(o.columns) || r.Table != o.of.Name || r.To != o.Table || len(r.Columns) != len(key) {
		return broken("line %d is about a reference that the schema does not have", im.in.lines)
	}
	var conditions, values []string
	var args []any
	var stay [][2]string // keys of everybody's rows, with their roots
	before := im.lost.Rows
	for i, c := range key {
		// The file may have the columns of a foreign key in another order.
		at := o.of.column(im.dialect, r.Columns[i])
		k := 0
		for k < len(o.columns) && o.columns[k] != at {
			k++
		}
		if k == len(o.columns) {
			return broken("line %d is about a reference that the schema does not have", im.in.lines)
		}
		mapped := c
		if o.mixedParent() {
			stay = append(stay, [2]string{im.root(o.of, r.Columns[i]), c.text})
		} else {
			var err error
			if mapped, err = im.mapped(ctx, o.of, at, c); err != nil {
				return err
			}
		}
		v, err := o.of.columns[at].codec.bind(mapped)
		if err != nil {
			return err
		}
		args = append(args, v)
		values = append(values, c.text)
		conditions = append(conditions, "p."+sqlscan.Quote(im.dialect, o.refs[k])+" = "+im.mark(len(args)))
	}
	if im.lost.Rows > before {
		return nil // it is listed
	}
	if o.mixedParent() { // everybody's, not one of its own that are there already
		conditions = append(conditions, "p."+sqlscan.Quote(im.dialect, o.parent.Tenant)+" IS NULL")
	}
	var one int
	err := im.tx.QueryRowContext(ctx, "SELECT 1 FROM "+im.tableName(o.to)+" p"+where(conditions...)+" LIMIT 1", args...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		im.lack(o.of.Name+"."+strings.Join(r.Columns, ","), strings.Join(values, ","))
		return nil
	}
	if err != nil {
		return err
	}
	for _, s := range stay {
		im.keep(s[0], s[1])
	}
	return nil
}

// writing reports whether rows are still written. Where something is missing they
// are read on without that, so that the list of what is missing is whole.
func (im *importer) writing() bool { return !im.dry && im.lost.Rows == 0 }

func (im *importer) unmapped() error {
	if im.lost.Rows == 0 {
		return nil
	}
	out := im.lost
	return &out
}

// rehearse reads the whole file without writing a row, where rows are committed
// before the last one is read and functions of the caller have the say.
func (im *importer) rehearse(ctx context.Context) (err error) {
	if im.tx, err = im.db.BeginTx(ctx, nil); err != nil {
		return err
	}
	if err := im.readDry(ctx); err != nil {
		return err
	}
	if _, err := im.source.Seek(im.start, io.SeekStart); err != nil {
		return err
	}
	im.in = newReader(im.source, im.options.Seal, im.options.MaxLine)
	if _, err := im.in.header(); err != nil {
		return err
	}
	for _, x := range im.targets {
		x.want, x.n, x.lost = digest{}, 0, 0
	}
	return nil
}

// readDry reads the file to its end. The transaction ends with it, even where a
// function of the caller panics.
func (im *importer) readDry(ctx context.Context) error {
	im.dry = true
	defer func() {
		im.tx.Rollback() //nolint:errcheck // nothing was written
		im.tx, im.dry = nil, false
	}()
	if err := im.sessions(ctx); err != nil {
		return err
	}
	return im.read(ctx)
}
