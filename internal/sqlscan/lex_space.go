package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// atComment reports whether a comment begins at the current byte, which is of
// the given kind. MySQL wants white space or the end after two dashes, so that
// 5--1 is arithmetic there.
func (lx *lexer) atComment(k Kind) bool {
	switch k {
	case dash:
		return lx.at(1) == '-' && (lx.dialect != tenant.MySQL || lx.at(2) <= ' ')
	case slash:
		return lx.at(1) == '*'
	case hash:
		return lx.dialect == tenant.MySQL
	}
	return false
}

func (lx *lexer) skipComment(k Kind) error {
	if k == slash {
		return lx.skipBlock()
	}
	return lx.skipLine()
}

// skipLine goes past a comment that ends with its line. To PostgreSQL a carriage
// return ends it too, to the others it does not, and drivers that read the text
// side with one or the other; only where a line feed follows do all agree.
func (lx *lexer) skipLine() error {
	line := lx.src[lx.pos:]
	if i := strings.IndexByte(line, '\n'); i >= 0 {
		line = line[:i+1]
	}
	if i := strings.IndexByte(line, '\r'); i >= 0 && i+2 != len(line) {
		return lx.fail(Unsupported, "a carriage return inside a comment")
	}
	if lx.dialect == tenant.Postgres && strings.HasSuffix(line, "\\\n") {
		// pgx, which fills in the values itself in its simple protocol, takes
		// the next line for a part of the comment.
		return lx.fail(Unsupported, "a backslash at the end of a comment's line")
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
		i := 0
		if lx.dialect == tenant.Postgres {
			i = strings.IndexAny(lx.src[lx.pos:], "*/")
		} else {
			i = strings.IndexByte(lx.src[lx.pos:], '*')
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
