package sqlscan

import "strings"

// nextSQLite reads what SQLite has of its own: four ways to quote, four kinds
// of parameter.
// https://www.sqlite.org/lang_expr.html#varparam
func (lx *lexer) nextSQLite(c byte) error {
	switch c {
	case '\'':
		return lx.quoted(String, lx.pos, c, plain)
	case '"', '`':
		return lx.quoted(QuotedName, lx.pos, c, plain)
	case '[':
		end := strings.IndexByte(lx.src[lx.pos:], ']')
		if end < 0 {
			return lx.fail(Unbalanced, "a quote that is never closed")
		}
		lx.emit(QuotedName, lx.pos+end+1)
		return nil
	case '?':
		if !isDigit(lx.at(1)) {
			return lx.param(Ordinal, 0, lx.pos+1)
		}
		num, end, err := lx.paramNumber(lx.pos + 1)
		if err != nil {
			return err
		}
		return lx.param(Numbered, num, end)
	case ':', '@', '$':
		return lx.sqliteNamed()
	}
	return lx.listedOperator(sqliteOps, "+-*/%<>=&|~")
}

// Longest first.
var sqliteOps = []string{"->>", "->", "||", "<<", ">>", "<=", ">=", "<>", "!=", "=="}

// sqliteNamed reads :a, @a and $a. The forms with :: and (...), which only Tcl
// programs use, are refused.
func (lx *lexer) sqliteNamed() error {
	end := lx.pos + 1
	for end < len(lx.src) && isNamePart(lx.src[end]) {
		end++
	}
	if end == lx.pos+1 {
		return lx.fail(NotSQL, "a character that begins nothing")
	}
	// SQLite takes (...) behind any of the three into the variable's name.
	if rest := lx.src[end:]; strings.HasPrefix(rest, "::") || strings.HasPrefix(rest, "(") {
		return lx.fail(Unsupported, "a Tcl variable")
	}
	return lx.param(NamedParam, 0, end)
}
