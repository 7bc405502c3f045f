package sqlscan

import "strings"

// nextPostgres reads what PostgreSQL has of its own: quoted names, strings,
// dollar quotes, $n and its free-form operators.
// https://www.postgresql.org/docs/current/sql-syntax-lexical.html
func (lx *lexer) nextPostgres(c byte) error {
	switch c {
	case '\'':
		return lx.quoted(String, lx.pos, '\'', eitherWay)
	case '"':
		return lx.quoted(QuotedName, lx.pos, '"', plain)
	case '$':
		return lx.dollar()
	case '[':
		return lx.opening(LBracket)
	case ']':
		return lx.closing(RBracket)
	case ':':
		return lx.colon()
	}
	if isPostgresOp(c) {
		return lx.postgresOperator()
	}
	return lx.fail(NotSQL, "a character that begins nothing")
}

// dollar reads $1, or a string between $tag$ and $tag$.
func (lx *lexer) dollar() error {
	if isDigit(lx.at(1)) {
		num, end, err := lx.paramNumber(lx.pos + 1)
		if err != nil {
			return err
		}
		return lx.param(Numbered, num, end)
	}
	end := lx.pos + 1
	for end < len(lx.src) && isIdentPart(lx.src[end]) && lx.src[end] != '$' {
		end++
	}
	if end >= len(lx.src) || lx.src[end] != '$' {
		return lx.fail(NotSQL, "a lone $")
	}
	tag := lx.src[lx.pos : end+1]
	i := strings.Index(lx.src[end+1:], tag)
	if i < 0 {
		return lx.fail(Unbalanced, "a dollar quote that is never closed")
	}
	lx.emit(String, end+1+i+len(tag))
	return nil
}

// colon reads a cast or the colon of an array slice. := only names arguments.
func (lx *lexer) colon() error {
	switch lx.at(1) {
	case ':':
		return lx.operator(lx.pos + 2)
	case '=':
		return lx.fail(Unsupported, ":=")
	}
	return lx.operator(lx.pos + 1)
}

func isPostgresOp(c byte) bool { return strings.IndexByte("+-*/<>=~!@#%^&|`?", c) >= 0 }

// postgresOperator takes the longest run of operator characters, as the server
// does: it ends before a comment, and it ends in + or - only if one of
// ~ ! @ # % ^ & | ` ? is in it.
func (lx *lexer) postgresOperator() error {
	end, free := lx.pos, false
	for end < len(lx.src) && isPostgresOp(lx.src[end]) {
		if end+1 < len(lx.src) && (lx.src[end:end+2] == "--" || lx.src[end:end+2] == "/*") {
			break
		}
		free = free || strings.IndexByte("~!@#%^&|`?", lx.src[end]) >= 0
		end++
	}
	for !free && end > lx.pos+1 && (lx.src[end-1] == '+' || lx.src[end-1] == '-') {
		end--
	}
	return lx.operator(end)
}
