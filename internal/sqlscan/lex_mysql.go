package sqlscan

import "strings"

// nextMySQL reads what MySQL and MariaDB have of their own. Two things depend
// on the session's sql_mode and are refused rather than guessed: a double
// quote, which begins a name under ANSI_QUOTES and a string otherwise, and a
// backslash before a quote, which NO_BACKSLASH_ESCAPES changes.
// https://dev.mysql.com/doc/refman/8.4/en/language-structure.html
func (lx *lexer) nextMySQL(c byte) error {
	switch c {
	case '\'':
		return lx.quoted(String, lx.pos, '\'', eitherWay)
	case '`':
		return lx.quoted(QuotedName, lx.pos, '`', plain)
	case '"':
		return lx.fail(Ambiguous, `a double quote; write strings in '' and names in backquotes`)
	case '?':
		return lx.param(Ordinal, 0, lx.pos+1)
	case '@':
		return lx.fail(Unsupported, "user or system variable")
	}
	if strings.HasPrefix(lx.src[lx.pos:], ":=") {
		return lx.fail(Unsupported, "assignment :=")
	}
	return lx.listedOperator(mysqlOps, "+-*/%<>=!&|^~")
}

// Longest first.
var mysqlOps = []string{"->>", "<=>", "->", "||", "&&", "<<", ">>", "<=", ">=", "<>", "!="}

// listedOperator reads one of the operators in long, or a single character of
// single.
func (lx *lexer) listedOperator(long []string, single string) error {
	rest := lx.src[lx.pos:]
	for _, op := range long {
		if strings.HasPrefix(rest, op) {
			return lx.operator(lx.pos + len(op))
		}
	}
	if strings.IndexByte(single, rest[0]) >= 0 {
		return lx.operator(lx.pos + 1)
	}
	return lx.fail(NotSQL, "a character that begins nothing")
}
