package scope

import (
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// typeName refuses a value of one of the types that the review of PostgreSQL's
// functions names. Most of them are short for a question to the system
// catalogue: the text 'contacts' becomes a regclass by a look into pg_class, and
// 16400 is read back as the name of whatever table has that number. The answer
// holds names of objects and no rows; it is refused because the catalogue's
// tables are, and what cannot be asked in full should not be asked in short.
// regconfig and regdictionary name parts of text search and stay.
func (pl *planner) typeName(t int32, name string) error {
	if name == "" || !pl.rules.review.initials[name[0]] {
		return nil
	}
	before := t - 1 // the token before the type's name and its schema
	for before > 0 && pl.Toks[before].Kind == sqlscan.Dot {
		before -= 2
	}
	if pl.Toks[t+1].Kind != sqlscan.String && (before < 0 || !pl.isCast(before) && !pl.isIdent(before)) {
		return nil // few names stand where a type can
	}
	reason, refused := pl.rules.review.types[strings.TrimLeft(name, "_")] // _regclass is regclass[]
	if !refused {
		return nil
	}
	if err := pl.spendOn(t, int(t)+len(pl.Refs)); err != nil { // caller may go back to the start
		return err
	}
	if !pl.isType(before, t) {
		return nil
	}
	return pl.refuse(ReasonUnsupported, "a value of the type "+name, t, "", "it "+reason)
}

// isType reports whether the name at token t, or the qualified name after token
// before, is that of a type. The word AS stands before labels too, and a label
// may stand after a column without AS.
func (pl *planner) isType(before, t int32) bool {
	switch {
	case pl.Toks[t+1].Kind == sqlscan.String || pl.isCast(before):
		return true
	case pl.Toks[before].Kw == sqlscan.KwAs: // CAST(x AS regclass)
		f := pl.caller(before)
		return f == "cast" || f == "treat"
	case pl.Toks[before].Kw == sqlscan.KwReturning: // JSON_VALUE(x, '$' RETURNING regclass)
		return strings.HasPrefix(pl.caller(before), "json")
	default: // AS x(a regclass)
		return pl.insideColumns(t)
	}
}

func (pl *planner) isCast(t int32) bool {
	return pl.Toks[t].Kind == sqlscan.Op && pl.Word(t) == "::"
}

// caller returns the word before the innermost parentheses around token t.
func (pl *planner) caller(t int32) string {
	for t--; t > 0; t-- {
		switch pl.Toks[t].Kind {
		case sqlscan.RParen:
			t = pl.Toks[t].Match
		case sqlscan.LParen:
			return pl.Fold(t - 1)
		}
	}
	return ""
}

// insideColumns reports whether token t stands where a function of a FROM clause
// is told the types of its columns: in the list of its alias, and in the COLUMNS
// of XMLTABLE and JSON_TABLE, which are among their arguments.
func (pl *planner) insideColumns(t int32) bool {
	for i := range pl.Refs {
		ref := &pl.Refs[i]
		if ref.Kind != sqlscan.FuncRef {
			continue
		}
		open := ref.Tok + 1
		if name := pl.Fold(ref.Tok); (name == "xmltable" || name == "json_table") && t > open && t < pl.Toks[open].Match {
			return true
		}
		if open = pl.aliasColumns(ref); open >= 0 && t > open && t < pl.Toks[open].Match {
			return true
		}
	}
	return false
}
