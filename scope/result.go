package scope

import "database/sql/driver"

// makesRowID reports whether a statement of SQLite is an INSERT that sets the
// connection's last row id wherever it changes a row.
func (pl *planner) makesRowID() bool {
	if len(pl.Inserts) != 1 {
		return false
	}
	ins := &pl.Inserts[0]
	for i := range ins.Upserts {
		if !ins.Upserts[i].Nothing {
			return false // the row may be there already
		}
	}
	table := pl.owned[ins.Ref].table
	return table == nil || !table.NoRowID
}

// resultOf returns what a statement did. SQLite keeps the id of the last row that
// the connection inserted, perhaps for another tenant, and its drivers hand it out
// after any statement; after one that made none it is 0 here.
func resultOf(d Dialect, p *plan, res driver.Result, err error) (driver.Result, error) {
	if err != nil || res == nil || d != SQLite || p.library || p.opaque || p.shadow != nil {
		return res, err
	}
	if p.selects || p.savepoint {
		return nothing{}, nil // SQLite would say what the statement before changed
	}
	if n, failed := res.RowsAffected(); p.noID || failed != nil || n == 0 {
		return noID{res}, nil
	}
	return res, nil
}

// noID is a result without a last id.
type noID struct{ driver.Result }

// LastInsertId implements driver.Result.
func (noID) LastInsertId() (int64, error) { return 0, nil }

// nothing is the result of a statement that changes nothing.
type nothing struct{}

// LastInsertId implements driver.Result.
func (nothing) LastInsertId() (int64, error) { return 0, nil }

// RowsAffected implements driver.Result.
func (nothing) RowsAffected() (int64, error) { return 0, nil }
