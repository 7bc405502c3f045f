package transfer

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// PurgeOptions are the extras of [Purge].
type PurgeOptions struct {
	// Batch is how many rows a transaction deletes at most; 0 is 1000. A table
	// without a key, and one whose rows refer to one another by columns that may not
	// be NULL, is emptied by one statement (MySQL: the former by batches too). A
	// circle that only deferred constraints permit is one transaction.
	Batch int

	// DryRun counts the rows and looks for what would be in the way, and deletes
	// nothing.
	DryRun bool

	// Progress is told how far it is, from the calling goroutine.
	Progress func(Progress)
}

// Purge deletes all rows of a tenant, children before parents, in batches, and
// counts again at the end. It may be interrupted at any moment and called again, and
// a tenant without rows is no error. The summary tells how many rows there were
// when it began.
//
// ctx is as for Export, and not read-only but for a dry run. A [*ForeignRowsError] says that rows of others refer to
// rows of the tenant: nothing is deleted then. [ErrNotGone] says that rows are left.
// Nothing can be brought back: export first.
func Purge(ctx context.Context, db DB, id tenant.ID, o PurgeOptions) (*Summary, error) {
	enter := change
	if o.DryRun {
		enter = inside
	}
	inner, err := enter(ctx, id)
	if err != nil {
		return nil, err
	}
	l, err := readForPurge(ctx, db)
	if err != nil {
		return nil, err
	}
	p := &purge{layout: l, db: db, options: o}
	if p.options.Batch <= 0 {
		p.options.Batch = 1000
	}
	if err := p.strangers(tenant.AcrossAll(ctx, "whether rows of others refer to those of a tenant that is purged: counts"), id); err != nil {
		return nil, err
	}
	sum := &Summary{Tenant: id}
	for _, t := range l.tables {
		n, err := l.count(inner, db, t)
		if err != nil {
			return nil, err
		}
		sum.add(t.Name, n)
	}
	if o.DryRun {
		return sum, nil
	}
	if err := p.emptyAll(inner); err != nil {
		return nil, err
	}
	for _, t := range l.tables {
		n, err := l.count(inner, db, t)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			return nil, fmt.Errorf("%w: %d in table %s", ErrNotGone, n, t.Name)
		}
	}
	return sum, nil
}

// Purger returns Purge in the form that a hook of tenant/lifecycle has.
func Purger(db DB, o PurgeOptions) func(ctx context.Context, id tenant.ID) error {
	return func(ctx context.Context, id tenant.ID) error {
		_, err := Purge(ctx, db, id, o)
		return err
	}
}

// purge is one on its way.
type purge struct {
	*layout
	db      DB
	on      tenant.DBTX // what deletes
	options PurgeOptions
}

// emptyAll empties the tables. Where a foreign key that is checked at the end of the
// transaction closes a circle, that is one transaction.
func (p *purge) emptyAll(ctx context.Context) error {
	p.on = p.db
	var tx *sql.Tx
	if len(p.deferred()) > 0 {
		var err error
		if tx, err = p.db.BeginTx(ctx, nil); err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
		p.on = tx
	}
	for _, t := range p.tables {
		if err := p.loosen(ctx, t); err != nil {
			return err
		}
	}
	for _, t := range slices.Backward(p.tables) {
		if err := p.empty(ctx, t); err != nil {
			return err
		}
	}
	if tx != nil {
		return tx.Commit()
	}
	return nil
}

// strangers refuses where rows of others refer to rows of the tenant. Where the
// foreign key has the tenant column they can not.
func (p *purge) strangers(ctx context.Context, id tenant.ID) error {
	quote := func(name string) string { return sqlscan.Quote(p.dialect, name) }
	for i := range p.all.Tables {
		child := &p.all.Tables[i]
		for _, f := range child.ForeignKeys {
			parent := p.find(f.Table)
			if f.Tenant || parent == nil || len(f.Columns) != len(f.References) {
				continue
			}
			var on []string
			for k, c := range f.Columns {
				on = append(on, "p."+quote(f.References[k])+" = c."+quote(c))
			}
			conditions := []string{"p." + quote(parent.Tenant) + " = " + p.mark(1)}
			args := []any{string(id)}
			if child.Tenant != "" {
				conditions = append(conditions, "(c."+quote(child.Tenant)+" IS NULL OR c."+quote(child.Tenant)+" <> "+p.mark(2)+")")
				args = append(args, string(id))
			}
			var n int64
			query := "SELECT COUNT(*) FROM " + p.tableName(child) + " c JOIN " + parent.quoted + " p ON " + strings.Join(on, " AND ") + where(conditions...)
			if err := p.db.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
				return fmt.Errorf("transfer: checking the foreign keys of table %s: %w", child.Name, err)
			}
			if n > 0 {
				return &ForeignRowsError{Table: child.Name, ForeignKey: strings.Join(f.Columns, ", "), To: parent.Name, Rows: n}
			}
		}
	}
	return nil
}

// loosen sets the columns to NULL that make circles.
func (p *purge) loosen(ctx context.Context, t *table) error {
	if len(t.late) == 0 {
		return nil
	}
	var sets, some []string
	for _, c := range t.late {
		sets = append(sets, t.columns[c].quoted+" = NULL")
		some = append(some, t.columns[c].quoted+" IS NOT NULL")
	}
	return p.repeat(ctx, t, "UPDATE "+t.quoted+" SET "+strings.Join(sets, ", "), "("+strings.Join(some, " OR ")+")", nil)
}

func (p *purge) empty(ctx context.Context, t *table) error {
	n := int64(0)
	tell(p.options.Progress, t, n)
	return p.repeat(ctx, t, "DELETE FROM "+t.quoted, "", func(affected int64) {
		n += affected
		tell(p.options.Progress, t, n)
	})
}

// repeat runs a statement on one batch of rows after the other until it finds
// none. In a table of everybody's rows too, the batch is of the tenant's.
func (p *purge) repeat(ctx context.Context, t *table, statement, condition string, each func(int64)) error {
	whole := slices.ContainsFunc(t.links, func(k link) bool { return k.parent == t && !k.late })
	query := statement + where(condition)
	switch {
	case whole:
	case p.dialect == scope.MySQL:
		query += fmt.Sprintf(" LIMIT %d", p.options.Batch)
	case len(t.key) > 0:
		names, list := t.list(t.key), make([]string, len(t.key))
		for i, c := range t.key {
			list[i] = "c." + t.columns[c].quoted
		}
		if len(t.key) > 1 {
			names = "(" + names + ")"
		}
		// With an alias in its place, a table may be called like a word of SQL.
		statement = strings.Replace(statement, t.quoted, t.quoted+" AS d", 1)
		query = statement + " WHERE " + names + " IN (SELECT " + strings.Join(list, ", ") + " FROM " + t.quoted + " c" + where(p.own(t), condition) + fmt.Sprintf(" LIMIT %d)", p.options.Batch)
	}
	for {
		res, err := p.on.ExecContext(ctx, query)
		if err != nil {
			return fmt.Errorf("transfer: purging table %s: %w", t.Name, err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		if each != nil {
			each(n)
		}
	}
}
