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

// word reads an unquoted name or keyword, or a literal with a letter before
// its quote.
func (lx *lexer) word() error {
	end, ascii := lx.pos, true
	for end < len(lx.src) && isIdentPart(lx.src[end]) {
		ascii = ascii && lx.src[end] < 0x80
		end++
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

// escapes is what a backslash means inside a quoted text.
type escapes uint8

const (
	plain     escapes = iota // nothing
	backslash                // it takes the next byte along
	eitherWay                // that depends on a mode of the session: a text which would end elsewhere is refused
)

// quoted reads a text in quotes whose opening quote is at open; a doubled quote
// is part of the text. The token begins at the current position.
func (lx *lexer) quoted(k Kind, open int, quote byte, esc escapes) error {
	i := open + 1
	for i < len(lx.src) {
		switch c := lx.src[i]; {
		case c == quote:
			if i+1 < len(lx.src) && lx.src[i+1] == quote {
				i += 2
				continue
			}
			lx.emit(k, i+1)
			return nil
		case c == '\\' && esc == backslash:
			i += 2
		case c == '\\' && esc == eitherWay:
			run := i
			for i < len(lx.src) && lx.src[i] == '\\' {
				i++
			}
			if i < len(lx.src) && lx.src[i] == quote && (i-run)%2 == 1 {
				lx.pos = run
				return lx.fail(Ambiguous, "a backslash before a quote; double the quote instead, or bind the value")
			}
		default:
			i++
		}
	}
	return lx.fail(Unbalanced, "a quote that is never closed")
}

// number reads a numeric literal. One that runs into a name is read in
// different ways by different servers and versions.
func (lx *lexer) number() error {
	if n := len(lx.toks); lx.src[lx.pos] == '.' && n > 0 {
		if p := lx.toks[n-1]; int(p.End) == lx.pos && (p.Kind == Word || p.Kind == QuotedName) {
			return lx.fail(Unexpected, "a number after a dot")
		}
	}
	end := lx.pos
	if base := numberBases[lx.at(1)|0x20]; lx.src[end] == '0' && base != "" {
		end += 2
		for end < len(lx.src) && strings.IndexByte(base, lx.src[end]|0x20) >= 0 {
			end++
		}
	} else {
		end = lx.digits(end)
		if end < len(lx.src) && lx.src[end] == '.' {
			end = lx.digits(end + 1)
		}
		if end < len(lx.src) && lx.src[end]|0x20 == 'e' {
			exp := end + 1
			if exp < len(lx.src) && (lx.src[exp] == '+' || lx.src[exp] == '-') {
				exp++
			}
			if exp < len(lx.src) && isDigit(lx.src[exp]) {
				end = lx.digits(exp)
			}
		}
	}
	if end < len(lx.src) && (isIdentPart(lx.src[end]) || lx.src[end] == '.' || lx.src[end] == '(') {
		return lx.fail(Unexpected, "a number that runs into a name")
	}
	if lx.dialect == tenant.MySQL && strings.IndexByte(lx.src[lx.pos:end], '_') >= 0 {
		return lx.fail(Unexpected, "a number with _, which MySQL takes for a name")
	}
	lx.emit(Number, end)
	return nil
}

// numberBases are the digits after 0x, 0o and 0b, in lower case; 0x20 keeps
// digits as they are and makes an underscore 0x7f.
var numberBases = map[byte]string{'x': "0123456789abcdef\x7f", 'o': "01234567\x7f", 'b': "01\x7f"}

func (lx *lexer) digits(i int) int {
	for i < len(lx.src) && (isDigit(lx.src[i]) || lx.src[i] == '_') {
		i++
	}
	return i
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
