package sqlscan

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gotenancy/tenancy/tenant"
)

// lexer splits one text. What the dialects share is in this file; what they
// do not is in lex_postgres.go, lex_mysql.go and lex_sqlite.go.
type lexer struct {
	src     string
	pos     int
	dialect tenant.Dialect
	toks    []Token
	open    []int32 // indexes of the parentheses and brackets not yet closed
	params  ParamStyle
	max     int // the largest numbered parameter, or the count of ordinal ones
}

// lex splits src into tokens, the last of which is EOF. Parentheses and
// brackets balance and know their partners.
func lex(d tenant.Dialect, src string) (lexer, error) {
	lx := lexer{src: src, dialect: d}
	switch {
	case len(src) > MaxText:
		return lx, &Error{TooLong, "the text", 0}
	case strings.IndexByte(src, 0) >= 0:
		return lx, &Error{NotSQL, "a NUL byte", strings.IndexByte(src, 0)}
	case !utf8.ValidString(src):
		return lx, &Error{NotSQL, "text that is not UTF-8", invalidUTF8(src)}
	}
	lx.toks = make([]Token, 0, 16+len(src)/5)
	for {
		if err := lx.skipSpace(); err != nil {
			return lx, err
		}
		if lx.pos >= len(src) {
			break
		}
		if err := lx.next(); err != nil {
			return lx, err
		}
	}
	if n := len(lx.open); n > 0 {
		t := lx.toks[lx.open[n-1]]
		return lx, &Error{Unbalanced, "a parenthesis that is never closed", int(t.Start)}
	}
	end := int32(len(src))
	lx.toks = append(lx.toks, Token{Start: end, End: end, Kind: EOF})
	return lx, nil
}

func invalidUTF8(src string) int {
	for i, r := range src {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(src[i:]); n == 1 {
				return i
			}
		}
	}
	return 0
}

// at returns the byte i places ahead, or 0 past the end.
func (lx *lexer) at(i int) byte {
	if lx.pos+i < len(lx.src) {
		return lx.src[lx.pos+i]
	}
	return 0
}

func (lx *lexer) fail(r Reason, construct string) error {
	return &Error{r, construct, lx.pos}
}

// emit appends the token that ends at end and moves there.
func (lx *lexer) emit(k Kind, end int) {
	lx.toks = append(lx.toks, Token{Start: int32(lx.pos), End: int32(end), Kind: k})
	lx.pos = end
}

// next reads one token; white space has been skipped.
func (lx *lexer) next() error {
	c := lx.src[lx.pos]
	switch {
	case isIdentStart(c):
		return lx.word()
	case isDigit(c):
		return lx.number()
	}
	switch c {
	case '(':
		return lx.opening(LParen)
	case ')':
		return lx.closing(RParen)
	case ',':
		lx.emit(Comma, lx.pos+1)
		return nil
	case ';':
		lx.emit(Semicolon, lx.pos+1)
		return nil
	case '.':
		if isDigit(lx.at(1)) {
			return lx.number()
		}
		lx.emit(Dot, lx.pos+1)
		return nil
	}
	switch lx.dialect {
	case tenant.Postgres:
		return lx.nextPostgres(c)
	case tenant.MySQL:
		return lx.nextMySQL(c)
	default:
		return lx.nextSQLite(c)
	}
}

// word reads an unquoted name or keyword, or a literal with a letter before
// its quote.
func (lx *lexer) word() error {
	end, ascii := lx.pos, true
	for end < len(lx.src) && isIdentPart(lx.src[end]) {
		ascii = ascii && lx.src[end] < 0x80
		end++
	}
	if lx.dialect == tenant.Postgres && strings.IndexByte(lx.src[lx.pos:end], '$') >= 0 {
		// The server reads it as part of the name. pgx, which fills in the
		// values itself in its simple protocol, reads a dollar quote.
		return lx.fail(Ambiguous, "a $ in a name; quote the name")
	}
	if !ascii && !isLetters(lx.src[lx.pos:end]) {
		return lx.fail(NotSQL, "a character that is no letter in an unquoted name")
	}
	if end < len(lx.src) {
		if q := lx.src[end]; q == '\'' || q == '&' || q == '"' {
			if done, err := lx.prefixed(end, q); done || err != nil {
				return err
			}
		}
	}
	lx.toks = append(lx.toks, Token{Start: int32(lx.pos), End: int32(end), Kind: Word, Kw: keyword(lx.src[lx.pos:end])})
	lx.pos = end
	return nil
}

// prefixed reads literals such as E'..', X'..' and U&'..', whose prefix ends
// at end. done is false if the word is just a word before a quote.
func (lx *lexer) prefixed(end int, quote byte) (done bool, err error) {
	if end-lx.pos != 1 {
		return false, nil
	}
	switch prefix := lx.src[lx.pos] | 0x20; {
	case quote == '&':
		if q := lx.at(2); prefix == 'u' && lx.dialect == tenant.Postgres && (q == '\'' || q == '"') {
			return true, lx.fail(Unsupported, "Unicode escape U&")
		}
		return false, nil
	case quote == '"':
		return false, nil
	case prefix == 'x' || prefix == 'b' && lx.dialect != tenant.SQLite:
		return true, lx.quoted(String, lx.pos+1, '\'', plain)
	case prefix == 'e' && lx.dialect == tenant.Postgres:
		return true, lx.quoted(String, lx.pos+1, '\'', backslash)
	case prefix == 'n' && lx.dialect != tenant.SQLite:
		return true, lx.quoted(String, lx.pos+1, '\'', eitherWay)
	}
	return false, nil
}

// opening and closing keep the partners of parentheses and brackets.
func (lx *lexer) opening(k Kind) error {
	if len(lx.open) >= MaxDepth {
		return lx.fail(TooDeep, "a parenthesis")
	}
	lx.open = append(lx.open, int32(len(lx.toks)))
	lx.emit(k, lx.pos+1)
	return nil
}

func (lx *lexer) closing(k Kind) error {
	n := len(lx.open)
	if n == 0 || lx.toks[lx.open[n-1]].Kind != k-1 {
		return lx.fail(Unbalanced, "a closing parenthesis without its opening one")
	}
	partner := lx.open[n-1]
	lx.open = lx.open[:n-1]
	lx.toks[partner].Match = int32(len(lx.toks))
	lx.emit(k, lx.pos+1)
	lx.toks[len(lx.toks)-1].Match = partner
	return nil
}

// param counts a placeholder that ends at end. num is its number, 0 for one
// without.
func (lx *lexer) param(style ParamStyle, num, end int) error {
	if lx.params != NoParams && lx.params != style {
		style = MixedParams
	}
	lx.params = style
	if style == Ordinal {
		num = lx.max + 1
	}
	lx.max = max(lx.max, num)
	if end < len(lx.src) && isIdentPart(lx.src[end]) {
		return lx.fail(Unexpected, "a placeholder that runs into a name")
	}
	lx.emit(Param, end)
	return nil
}

// paramNumber reads the digits at i as a parameter's number.
func (lx *lexer) paramNumber(i int) (num, end int, err error) {
	for end = i; end < len(lx.src) && isDigit(lx.src[end]); end++ {
		if num = num*10 + int(lx.src[end]-'0'); num > maxParam {
			return 0, 0, lx.fail(NotSQL, "a placeholder's number that is too large")
		}
	}
	if num == 0 {
		return 0, 0, lx.fail(NotSQL, "placeholder number zero")
	}
	return num, end, nil
}

// operator emits the operator that ends at end.
func (lx *lexer) operator(end int) error {
	k := Op
	if end == lx.pos+1 {
		switch lx.src[lx.pos] {
		case '*':
			k = Asterisk
		case '=':
			k = Equals
		}
	}
	lx.emit(k, end)
	return nil
}

// isLetters reports whether a name is one to the eye as well: SQLite takes a
// byte order mark for a space, and others may follow. Quoted names may hold
// anything.
func isLetters(name string) bool {
	for _, r := range name {
		if !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && r != '_' && r != '$' {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isIdentStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
}

func isIdentPart(c byte) bool { return isIdentStart(c) || isDigit(c) || c == '$' }
