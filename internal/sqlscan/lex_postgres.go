package sqlscan

import "strings"

// nextPostgres reads what PostgreSQL has of its own: quoted names, strings,
// dollar quotes, $n and its free-form operators.
// https://www.postgresql.org/docs/current/sql-syntax-lexical.html
func (lx *lexer) nextPostgres(c byte) error {
	switch c {
	case '\'':
		return lx.quoted(String, lx.pos, c, lx.postgresString())
	case '"':
		return lx.quoted(QuotedName, lx.pos, c, plain)
	case '$':
		return lx.dollar()
	case '[':
		return lx.opening(LBracket)
	case ']':
		return lx.closing(RBracket)
	case ':':
		return lx.colon()
	}
	if operatorParts[c] != 0 {
		return lx.postgresOperator()
	}
	return lx.fail(NotSQL, "a character that begins nothing")
}

// postgresString returns what a backslash means in a string without a prefix,
// at the current position. In two places pgx, which fills in the values itself
// in its simple protocol, reads it otherwise than the server: in the next part
// of an E'..' that goes on after a line feed, and behind a word that ends in e.
// https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-STRINGS
func (lx *lexer) postgresString() escapes {
	if n := len(lx.toks); n > 0 && lx.strings == plain {
		before := &lx.toks[n-1]
		if before.Kind == String && lx.last != plain || before.Kind == Word && int(before.End) == lx.pos && lx.src[lx.pos-1]|0x20 == 'e' {
			return eitherWay
		}
	}
	return lx.strings
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
	for end < len(lx.src) && isNamePart(lx.src[end]) && lx.src[end] != '$' {
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
	if hasPlaceholder(lx.src[end+1 : end+1+i]) {
		// Some versions of pgx fill in a value there.
		return lx.fail(Unsupported, "a $ and a digit inside a dollar quote")
	}
	lx.emit(String, end+1+i+len(tag))
	return nil
}

func hasPlaceholder(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '$' && isDigit(s[i+1]) {
			return true
		}
	}
	return false
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

// operatorParts says which bytes the operators of PostgreSQL consist of, and
// with them all those of the other dialects. Bytes that let an operator end in
// + or - are marked free.
var operatorParts = func() (t [256]opPart) {
	for _, c := range []byte("+-*/<>=") {
		t[c] = opPlain
	}
	for _, c := range []byte("~!@#%^&|`?") {
		t[c] = opFree
	}
	return t
}()

type opPart uint8

const (
	opPlain opPart = 1 << iota
	opFree
)

// postgresOperator takes the longest run of operator characters, as the server
// does: it ends before a comment, and it ends in + or - only if one of
// ~ ! @ # % ^ & | ` ? is in it.
func (lx *lexer) postgresOperator() error {
	src, end, parts := lx.src, lx.pos, opPart(0)
	if end < lx.given { // a sign that an operator has given back: so will the next, but for the last
		return lx.operator(end + 1)
	}
	for end < len(src) && operatorParts[src[end]] != 0 {
		if end > lx.pos && end+1 < len(src) && (src[end:end+2] == "--" || src[end:end+2] == "/*") {
			break
		}
		parts |= operatorParts[src[end]]
		end++
	}
	all := end
	for parts&opFree == 0 && end > lx.pos+1 && (src[end-1] == '+' || src[end-1] == '-') {
		end--
	}
	lx.given = all
	return lx.operator(end)
}
