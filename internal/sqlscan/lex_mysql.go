package sqlscan

import "strings"

// nextMySQL reads what MySQL and MariaDB have of their own. A double quote
// begins a name under ANSI_QUOTES and a string otherwise.
//
// The modes that only say how an operator binds (HIGH_NOT_PRECEDENCE,
// PIPES_AS_CONCAT) change nothing here, because the application's conditions
// stay in parentheses of their own. MariaDB's MSSQL mode quotes names with
// brackets, which begin nothing in the other modes: they are refused.
// https://dev.mysql.com/doc/refman/8.4/en/language-structure.html
func (lx *lexer) nextMySQL(c byte) error {
	switch c {
	case '\'':
		return lx.quoted(String, lx.pos, c, lx.strings)
	case '`':
		return lx.quoted(QuotedName, lx.pos, c, plain)
	case '"':
		switch {
		case lx.modes&Known == 0:
			return lx.fail(Ambiguous, `a double quote; write strings in '' and names in backquotes`)
		case lx.modes&AnsiQuotes != 0:
			return lx.quoted(QuotedName, lx.pos, c, plain)
		}
		return lx.quoted(String, lx.pos, c, lx.strings)
	case '?':
		return lx.param(Ordinal, 0, lx.pos+1)
	case '@':
		if lx.modes&verbOnly != 0 && lx.at(1) == '@' {
			return lx.operator(lx.pos + 2)
		}
		return lx.fail(Unsupported, "user or system variable")
	case ':':
		if lx.at(1) == '=' {
			return lx.fail(Unsupported, "assignment :=")
		}
	}
	return lx.listedOperator(mysqlOps, "+-*/%<>=!&|^~")
}

// Longest first.
var mysqlOps = []string{"->>", "<=>", "->", "||", "&&", "<<", ">>", "<=", ">=", "<>", "!="}

// listedOperator reads one of the operators in long, or a single character of
// single.
func (lx *lexer) listedOperator(long []string, single string) error {
	rest := lx.src[lx.pos:]
	if len(rest) > 1 && strings.IndexByte("=<>|&", rest[1]) >= 0 { // what any of them goes on with
		for _, op := range long {
			if strings.HasPrefix(rest, op) {
				return lx.operator(lx.pos + len(op))
			}
		}
	}
	if strings.IndexByte(single, rest[0]) >= 0 {
		return lx.operator(lx.pos + 1)
	}
	return lx.fail(NotSQL, "a character that begins nothing")
}
