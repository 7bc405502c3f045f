package scope

import "github.com/gotenancy/tenancy/internal/sqlscan"

// This file looks at the names inside expressions, which the parser does not
// read. Both checks need the catalogue and do nothing without it.

// fields refuses t.x in PostgreSQL where t is a table and x no column of it: the
// server then calls the function x with the row.
func (pl *planner) fields() error {
	if pl.Dialect != Postgres || pl.cat == nil {
		return nil
	}
	tables := map[string][]*CatalogueTable{}
	for i := range pl.Refs {
		if pl.owned[i].table != nil {
			name := pl.qualifierName(&pl.Refs[i])
			tables[name] = append(tables[name], pl.owned[i].table)
		}
	}
	for t := int32(0); pl.Toks[t].Kind != sqlscan.EOF && len(tables) > 0; t++ {
		if !pl.isIdent(t) || pl.Toks[t+1].Kind != sqlscan.Dot || !pl.isIdent(t+2) || pl.names()[t] {
			continue
		}
		if k := pl.Toks[t+3].Kind; k == sqlscan.Dot || k == sqlscan.LParen {
			continue // a schema before a table; a call, which functions has seen
		}
		candidates := tables[pl.Fold(t)]
		found := len(candidates) == 0
		for _, tab := range candidates {
			if _, ok := tab.column(Postgres, pl.Fold(t+2)); ok {
				found = true
			}
		}
		if !found {
			return pl.refuse(ReasonUnknownFunc, "a field that is no column of its table", t+2, pl.Fold(t), "PostgreSQL would call a function of that name")
		}
	}
	return nil
}

// strayTables is the second net under the parser: a word in an expression that
// is the name of a tenant's table, and of no column in sight, would be a table
// that the parser has not seen as one.
func (pl *planner) strayTables() error {
	if pl.cat == nil {
		return nil
	}
	for t := int32(0); pl.Toks[t].Kind != sqlscan.EOF; t++ {
		tok := &pl.Toks[t]
		if !pl.isIdent(t) || tok.Kind == sqlscan.Word && tok.Kw != sqlscan.KwNone || pl.Toks[t+1].Kind == sqlscan.Dot || pl.Toks[t+1].Kind == sqlscan.LParen {
			continue
		}
		if t > 0 && (pl.Toks[t-1].Kind == sqlscan.Dot || pl.Toks[t-1].Kw == sqlscan.KwAs) {
			continue
		}
		name := pl.Fold(t)
		tab, ok := pl.cat.Tables[name]
		if !ok || pl.names()[t] || pl.isLabelOrColumn(name) {
			continue
		}
		if u, declared := pl.rules.tables[name]; declared && (u.class == Shared || u.class == SharedWritable) && !tab.View {
			continue
		}
		return pl.refuse(ReasonNotUnderstood, "the name of a table inside an expression", t, name, "if it is a column, put its table in front: t."+name)
	}
	return nil
}

func (pl *planner) isIdent(t int32) bool {
	k := pl.Toks[t].Kind
	return k == sqlscan.Word || k == sqlscan.QuotedName
}

// isLabelOrColumn reports whether a name is a column of some table of the
// statement, or one that the statement itself gives with AS.
func (pl *planner) isLabelOrColumn(name string) bool {
	for i := range pl.Refs {
		if tab := pl.owned[i].table; tab != nil {
			if _, ok := tab.column(pl.Dialect, name); ok {
				return true
			}
		}
	}
	for t := int32(1); pl.Toks[t].Kind != sqlscan.EOF; t++ {
		if pl.Toks[t-1].Kw == sqlscan.KwAs && pl.isIdent(t) && pl.Fold(t) == name && pl.Toks[t+1].Kind != sqlscan.LParen {
			return true
		}
	}
	return false
}
