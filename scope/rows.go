package scope

// rowValue sees to a tenant's table that is used as a value in PostgreSQL:
// SELECT t FROM t returns the whole row, hidden column included, unless a query
// takes the table's place.
func (pl *planner) rowValue(t int32, name string) error {
	if pl.Dialect != Postgres {
		return nil
	}
	if name == "excluded" && len(pl.Inserts) > 0 && !pl.names()[t] {
		return pl.refuse(ReasonUnsupported, "a row as a value", t, "", "name the columns: excluded.x")
	}
	refs := pl.refsNamed(name)
	if len(refs) == 0 {
		return nil
	}
	if err := pl.spendOn(t, len(pl.Refs)); err != nil {
		return err
	}
	if !pl.isRowValue(t, name) {
		return nil
	}
	for _, i := range refs {
		switch {
		case !pl.owned[i].filtered():
		case pl.Refs[i].Target:
			return pl.refuse(ReasonUnsupported, "a row as a value", t, pl.Refs[i].Name.Table, "name the columns")
		default:
			if err := pl.wrap(int(i), "a row as a value"); err != nil {
				return err
			}
		}
	}
	return nil
}

// isRowValue: a column of the name, of whichever table in sight, comes first.
func (pl *planner) isRowValue(t int32, name string) bool {
	if pl.names()[t] {
		return false
	}
	for i := range pl.Refs {
		ref, tab := &pl.Refs[i], pl.owned[i].table
		if tab == nil || ref.Block < 0 || t < pl.Blocks[ref.Block].All.First || t >= pl.Blocks[ref.Block].All.End {
			continue
		}
		if _, is := tab.column(name); is {
			return false
		}
	}
	return true
}
