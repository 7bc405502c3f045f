package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// skipSpace goes past white space and comments. A vertical tab is white space
// to some versions of some servers only, so it is left to fail as a token.
func (lx *lexer) skipSpace() error {
	for lx.pos < len(lx.src) {
		switch c := lx.src[lx.pos]; {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f':
			lx.pos++
		case c == '-' && lx.at(1) == '-' && lx.dashesComment(), c == '#' && lx.dialect == tenant.MySQL:
			if err := lx.skipLine(); err != nil {
				return err
			}
		case c == '/' && lx.at(1) == '*':
			if err := lx.skipBlock(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// dashesComment: MySQL wants white space or the end after the two dashes, so
// that 5--1 is arithmetic.
func (lx *lexer) dashesComment() bool {
	return lx.dialect != tenant.MySQL || lx.at(2) <= ' '
}

// skipLine goes past a comment that ends with its line. To PostgreSQL a carriage
// return ends it too, to the others it does not; only where a line feed follows
// do they agree.
func (lx *lexer) skipLine() error {
	line := lx.src[lx.pos:]
	if i := strings.IndexByte(line, '\n'); i >= 0 {
		line = line[:i+1]
	}
	if i := strings.IndexByte(line, '\r'); i >= 0 && i+2 != len(line) {
		return lx.fail(Ambiguous, "a carriage return inside a comment")
	}
	lx.pos += len(line)
	return nil
}

// skipBlock goes past a /* comment. PostgreSQL nests them. MySQL and MariaDB
// run the text of /*! and /*M!, and a SET_VAR hint changes a session variable.
func (lx *lexer) skipBlock() error {
	start, depth := lx.pos, 1
	if lx.dialect == tenant.MySQL && (lx.at(2) == '!' || (lx.at(2) == 'M' || lx.at(2) == 'm') && lx.at(3) == '!') {
		return lx.fail(Unsupported, "executable comment")
	}
	lx.pos += 2
	for depth > 0 {
		i := strings.IndexByte(lx.src[lx.pos:], '*')
		if lx.dialect == tenant.Postgres {
			i = strings.IndexAny(lx.src[lx.pos:], "*/")
		}
		if i < 0 {
			lx.pos = start
			return lx.fail(Unbalanced, "a comment that is never closed")
		}
		lx.pos += i
		switch {
		case lx.at(0) == '*' && lx.at(1) == '/':
			depth--
			lx.pos += 2
		case lx.at(0) == '/' && lx.at(1) == '*':
			depth++
			lx.pos += 2
		default:
			lx.pos++
		}
	}
	comment := lx.src[start:lx.pos]
	if lx.dialect == tenant.MySQL && strings.HasPrefix(comment, "/*+") && strings.Contains(strings.ToUpper(comment), "SET_VAR") {
		lx.pos = start
		return lx.fail(Unsupported, "SET_VAR hint")
	}
	return nil
}
