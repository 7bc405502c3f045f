package scope

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// nameItems keeps the names of result columns. SQLite and MySQL call a column
// without an alias by the text of its expression, so where an edit falls into
// one, the text that the application wrote becomes its alias.
func (pl *planner) nameItems() error {
	pl.respelled()
	if len(pl.Items) == 0 || len(pl.edits) == 0 {
		return nil
	}
	at := make([]int32, len(pl.edits))
	for k := range pl.edits {
		at[k] = pl.edits[k].start
	}
	slices.Sort(at)
	for _, item := range pl.Items {
		start, end := pl.Toks[item.Span.First].Start, pl.Toks[item.Span.End-1].End
		if k, _ := slices.BinarySearch(at, start); k == len(at) || at[k] >= end || pl.hasAlias(item.Span) {
			continue
		}
		pl.insertAfter(item.Span.End-1, alias, " AS ", sqlscan.Quote(pl.Dialect, pl.itemName(item.Span)))
	}
	return nil
}

// respelled keeps MySQL's names of columns as the application spells them: out of a
// query that takes a table's place they come as the schema does.
func (pl *planner) respelled() {
	if pl.Dialect != MySQL {
		return
	}
	for _, item := range pl.Items {
		last := item.Span.End - 1
		if n := item.Span.End - item.Span.First; n != 1 && !(n == 3 && pl.Toks[last-1].Kind == sqlscan.Dot) {
			continue
		}
		if k := pl.Toks[last].Kind; k != sqlscan.Word && k != sqlscan.QuotedName {
			continue
		}
		name := pl.Fold(last)
		for i := range pl.Refs {
			if o := &pl.owned[i]; o.wrapped && pl.Refs[i].Block == item.Block {
				if k, ok := o.table.column(name); ok && o.table.Columns[k].Name != name {
					pl.insertAfter(last, alias, " AS ", sqlscan.Quote(MySQL, name))
					break
				}
			}
		}
	}
}

// mysqlName is how many characters of an expression MariaDB makes its name of.
const mysqlName = 255

// itemName returns the text that a column without an alias has as its name.
// Comments beside it belong to it: for MariaDB those between the comma and the
// expression, for SQLite those between the expression and the next token.
func (pl *planner) itemName(item sqlscan.Span) string {
	const spaces = " \t\r\n\f"
	start, end := pl.Toks[item.First].Start, pl.Toks[item.End-1].End
	if pl.Dialect == SQLite {
		return strings.TrimRight(pl.Text[start:pl.Toks[item.End].Start], spaces)
	}
	if before := &pl.Toks[item.First-1]; before.Kind == sqlscan.Comma {
		start = before.End
	}
	text := strings.TrimLeft(pl.Text[start:end], spaces)
	if utf8.RuneCountInString(text) > mysqlName {
		return string([]rune(text)[:mysqlName])
	}
	return text
}

// hasAlias reports whether a select item ends in a name for its column. A word
// that is taken for one and is none costs no more than the column's old name.
func (pl *planner) hasAlias(item sqlscan.Span) bool {
	if item.End-item.First < 2 {
		return false
	}
	last, before := &pl.Toks[item.End-1], &pl.Toks[item.End-2]
	switch last.Kind {
	case sqlscan.QuotedName, sqlscan.String:
	case sqlscan.Word:
		if last.Kw == sqlscan.KwEnd || last.Kw == sqlscan.KwNull {
			return false
		}
		if word := pl.Word(item.End - 1); strings.EqualFold(word, "ISNULL") || strings.EqualFold(word, "NOTNULL") {
			return false // operators of SQLite
		}
	default:
		return false
	}
	switch before.Kind {
	case sqlscan.RParen, sqlscan.String, sqlscan.Number, sqlscan.Param, sqlscan.QuotedName:
		return true
	case sqlscan.Word:
		return before.Kw == sqlscan.KwAs || before.Kw == sqlscan.KwEnd || before.Kw == sqlscan.KwNull || before.Kw == sqlscan.KwNone
	}
	return false
}
