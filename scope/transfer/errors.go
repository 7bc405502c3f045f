package transfer

import (
	"errors"
	"fmt"
	"strings"
)

// What can be wrong. The functions return these wrapped; test with errors.Is,
// and with errors.As for the typed ones below.
var (
	// ErrFile: what is read is no export of this package, is cut off, has been
	// changed since it was written, or comes from a newer version.
	ErrFile = errors.New("transfer: not a whole export")

	// ErrSchema: the export was made of another schema than the one here, or the
	// schema changed while rows were read.
	ErrSchema = errors.New("transfer: another schema")

	// ErrSession: text forms of values depend on settings of the session that
	// differ, or in which a value can be lost: DateStyle, TimeZone, time_zone.
	ErrSession = errors.New("transfer: the session writes values in another way")

	// ErrNotEmpty: the tenant that rows should go into has some already.
	ErrNotEmpty = errors.New("transfer: the tenant has rows already")

	// ErrUnfinished: an import into this tenant was begun and not ended, by another
	// call. Go on with ImportOptions.Resume, or undo it with Abandon.
	ErrUnfinished = errors.New("transfer: an import into the tenant is under way")

	// ErrNothingToResume: no import into this tenant was interrupted, or it was one
	// of another file or with other options.
	ErrNothingToResume = errors.New("transfer: nothing to resume")

	// ErrDiffers: the rows in the database are not those of the file, though the
	// server took all of them: a trigger, a rule or a setting changed them.
	ErrDiffers = errors.New("transfer: the rows that were read back differ from the ones that were written")

	// ErrNotGone: rows are left although all were deleted: somebody writes to the
	// tenant, or a trigger does.
	ErrNotGone = errors.New("transfer: rows are left after the purge")
)

// TablesError says that tables can not be transferred, or purged, and why.
// Nothing was changed.
type TablesError struct {
	Reason string   // for example "have no tenant column"
	Tables []string // or "table.column"
	Hint   string   // what to do, or ""
}

// Error returns all of it in one line.
func (e *TablesError) Error() string {
	s := fmt.Sprintf("transfer: %s: %s", e.Reason, strings.Join(e.Tables, ", "))
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// CycleError says that foreign keys lead around in a circle that can be entered
// nowhere: none of their columns may be NULL for a moment, and none is checked at
// the end of the transaction only.
type CycleError struct {
	Tables []string
}

// Error names the tables.
func (e *CycleError) Error() string {
	return fmt.Sprintf("transfer: the foreign keys of %s lead around in a circle; make a column of one of them nullable in a table that has a key, or in PostgreSQL the constraint INITIALLY DEFERRED",
		strings.Join(e.Tables, ", "))
}

// ForeignRowsError says that rows of others are tied to rows of the tenant, or
// its rows to those of others: a foreign key without the tenant column let them.
// It names tables and counts, never values.
type ForeignRowsError struct {
	Table      string // that refers
	ForeignKey string // its columns
	To         string // the table that it refers to
	Rows       int64
	Own        bool // the tenant's rows refer to what it does not have; else others refer to its rows
}

// Error says which rows.
func (e *ForeignRowsError) Error() string {
	if e.Own {
		return fmt.Sprintf("transfer: %d rows of %s refer by (%s) to rows of %s that the tenant does not have; mend them first", e.Rows, e.Table, e.ForeignKey, e.To)
	}
	return fmt.Sprintf("transfer: %d rows of %s that are not the tenant's refer by (%s) to rows of %s that are; mend them first, scope.Check lists the foreign key", e.Rows, e.Table, e.ForeignKey, e.To)
}

// UnmappedError lists what the tenant's rows refer to and this database does not
// have. The values are of the export.
type UnmappedError struct {
	Missing []Missing // at most 100
	Rows    int64     // how many there are in all
}

// Missing is a value that a column refers to.
type Missing struct {
	Column string // "table.column", with commas for a key of several
	Value  string
}

// Error lists them.
func (e *UnmappedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "transfer: %d references lead to rows that this database does not have; add them, or map them with ImportOptions.Map:", e.Rows)
	for i, m := range e.Missing {
		if i == 10 {
			b.WriteString(" ...")
			break
		}
		fmt.Fprintf(&b, " %s=%q", m.Column, m.Value)
	}
	return b.String()
}

// KeysTakenError says that rows of the export have keys that this database has
// already, in keys that all tenants share.
type KeysTakenError struct {
	Keys []string // "table.column"
}

// Error names the keys.
func (e *KeysTakenError) Error() string {
	return fmt.Sprintf("transfer: values of keys that all tenants share are taken here: %s; give the rows new ones with ImportOptions.NewKeys (numbers and UUIDs) or ImportOptions.Map", strings.Join(e.Keys, ", "))
}

// KeySpaceError says that a column has no room for the keys of a file, or that a
// file without a seal would take more of the numbers that are left than such a
// file is trusted with, see the package.
type KeySpaceError struct {
	Column string // "table.column"
	Needs  string // the highest number that it would get
	Most   string // the highest one that a file without a seal may take, or ""
}

// Error names the column.
func (e *KeySpaceError) Error() string {
	if e.Most != "" {
		return fmt.Sprintf("transfer: the keys of %s would go up to %s, which leaves too few for the others: a file without a seal may go up to %s; export it with ExportOptions.Seal", e.Column, e.Needs, e.Most)
	}
	return fmt.Sprintf("transfer: %s has no room for new keys: they would go up to %s, its type does not", e.Column, e.Needs)
}
