package scope

import (
	"slices"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// identifiers looks at the names inside expressions, which the parser does not
// read: at each once, from left to right.
func (pl *planner) identifiers() error {
	for t := int32(0); ; t++ {
		switch tok := &pl.Toks[t]; tok.Kind {
		case sqlscan.EOF:
			return nil
		case sqlscan.Word, sqlscan.QuotedName:
			if tok.Kw != sqlscan.KwNone && pl.Dialect != Postgres {
				continue
			}
			// A table may be called like one of them, in quotes.
			if tok.Kind == sqlscan.Word && tok.Kw.NeverName() {
				continue
			}
			if err := pl.identifier(t); err != nil {
				return err
			}
		}
	}
}

func (pl *planner) identifier(t int32) error {
	name := pl.Fold(t)
	if pl.Dialect == Postgres {
		if isSystemColumn(name) {
			return pl.refuse(ReasonUnsupported, "the system column "+name, t, "", "it tells of other tenants' writes; use a column of the table")
		}
		if err := pl.typeName(t, name); err != nil {
			return err
		}
	}
	switch pl.Toks[t+1].Kind {
	case sqlscan.Dot:
		if pl.Dialect == MySQL && pl.isIdent(t+2) && pl.Toks[t+3].Kind == sqlscan.Dot && !pl.names()[t] && pl.merges() {
			return pl.refuse(ReasonUnsupported, "a schema in front of a column beside USING or NATURAL", t, "", "MariaDB 10.11 crashes over it; use the table's alias")
		}
		return pl.field(t, name)
	case sqlscan.LParen: // a call, which functions has seen
		return nil
	}
	if t > 0 && (pl.Toks[t-1].Kind == sqlscan.Dot || pl.Toks[t-1].Kw == sqlscan.KwAs) {
		return nil // a field; a label or an alias
	}
	if err := pl.rowValue(t, name); err != nil {
		return err
	}
	return pl.strayTable(t, name)
}

// merges reports whether any join merges columns.
func (pl *planner) merges() bool {
	return slices.ContainsFunc(pl.Nodes, func(n sqlscan.Node) bool { return n.Merges })
}

// isSystemColumn reports whether a name is one of the columns that every table
// of PostgreSQL has, and no table can define. They tell when and where other
// tenants wrote.
func isSystemColumn(name string) bool {
	switch name {
	case "ctid", "xmin", "xmax", "cmin", "cmax", "tableoid":
		return true
	}
	return false
}

// strayTable is the second net under the parser: a word in an expression that
// is the name of a tenant's table, and of no column in sight, would be a table
// that the parser has not seen as one. It needs the catalogue.
func (pl *planner) strayTable(t int32, name string) error {
	if pl.schema == nil || pl.Toks[t].Kind == sqlscan.Word && pl.Toks[t].Kw != sqlscan.KwNone {
		return nil
	}
	tab := pl.schema.table(name)
	if tab == nil || pl.names()[t] || pl.columnNames()[lowerUnlessPostgres(pl.Dialect, name)] {
		return nil
	}
	if pl.labels()[name] {
		is, steps := pl.inOrder(t)
		if err := pl.spendOn(t, steps); is || err != nil {
			return err
		}
	}
	if u, declared := pl.rules.tables[name]; declared && (u.class == Shared || u.class == SharedWritable) && !tab.View {
		return nil
	}
	return pl.refuse(ReasonNotUnderstood, "the name of a table inside an expression", t, name, "if it is a column, put its table in front: t."+name)
}

// inOrder reports whether token t stands in GROUP BY, HAVING or ORDER BY, where
// a name may be that of a result column, and how many tokens it took to see.
func (pl *planner) inOrder(t int32) (is bool, steps int) {
	for i := t - 1; i >= 0; i-- {
		steps++
		switch tok := &pl.Toks[i]; tok.Kind {
		case sqlscan.RParen, sqlscan.RBracket:
			i = tok.Match
		case sqlscan.LParen, sqlscan.LBracket:
			return false, steps
		case sqlscan.Word:
			switch tok.Kw {
			case sqlscan.KwBy, sqlscan.KwHaving:
				return true, steps
			case sqlscan.KwSelect, sqlscan.KwFrom, sqlscan.KwWhere, sqlscan.KwOn, sqlscan.KwSet, sqlscan.KwLimit:
				return false, steps
			}
		}
	}
	return false, steps
}

func (pl *planner) isIdent(t int32) bool {
	k := pl.Toks[t].Kind
	return k == sqlscan.Word || k == sqlscan.QuotedName
}

// few is up to how many references are compared one by one with a name.
const few = 16

// refsNamed returns the references whose columns are addressed by the name. The
// slice is good until the next call.
func (pl *planner) refsNamed(name string) []int32 {
	if len(pl.refNames) == 0 && len(pl.Refs) > 0 {
		pl.nameRefs()
	}
	if pl.byName != nil {
		return pl.byName[name]
	}
	pl.found = pl.found[:0]
	for i, n := range pl.refNames {
		if n == name {
			pl.found = append(pl.found, int32(i))
		}
	}
	return pl.found
}

func (pl *planner) nameRefs() {
	pl.refNames = sized(pl.refNames, len(pl.Refs))
	for i := range pl.Refs {
		if pl.Refs[i].Alias >= 0 || pl.Refs[i].Kind != sqlscan.DerivedRef {
			pl.refNames[i] = pl.qualifierName(&pl.Refs[i])
		}
	}
	if len(pl.Refs) > few {
		pl.byName = map[string][]int32{}
		for i, n := range pl.refNames {
			pl.byName[n] = append(pl.byName[n], int32(i))
		}
	}
}

// words are sets of names of one statement, made when they are first asked for.
type words struct {
	columns map[string]bool // of the tables it reads
	labels  map[string]bool // what it gives with AS
	written map[string]bool // what it writes without a qualifier
}

// columnNames are the columns of the statement's tables, folded.
func (pl *planner) columnNames() map[string]bool {
	if pl.words.columns == nil {
		pl.words.columns = map[string]bool{}
		done := map[string]bool{}
		for i := range pl.Refs {
			tab, name := pl.owned[i].table, pl.Refs[i].Name.Schema+"."+pl.Refs[i].Name.Table
			if tab == nil || done[name] {
				continue
			}
			done[name] = true
			for _, c := range tab.Columns {
				pl.words.columns[lowerUnlessPostgres(pl.Dialect, c.Name)] = true
			}
		}
	}
	return pl.words.columns
}

// labels are the names that the statement gives with AS, folded.
func (pl *planner) labels() map[string]bool {
	if pl.words.labels == nil {
		pl.words.labels = map[string]bool{}
		for t := int32(1); pl.Toks[t-1].Kind != sqlscan.EOF; t++ {
			if pl.Toks[t-1].Kw == sqlscan.KwAs && pl.isIdent(t) && pl.Toks[t+1].Kind != sqlscan.LParen {
				pl.words.labels[pl.Fold(t)] = true
			}
		}
	}
	return pl.words.labels
}

// written are the identifiers that stand somewhere without a qualifier.
func (pl *planner) written() map[string]bool {
	if pl.words.written == nil {
		pl.words.written = map[string]bool{}
		for t := range pl.Toks {
			if pl.isIdent(int32(t)) && (t == 0 || pl.Toks[t-1].Kind != sqlscan.Dot) {
				pl.words.written[pl.Fold(int32(t))] = true
			}
		}
	}
	return pl.words.written
}
