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
	modes   Modes
	strings escapes // what a backslash means in '...', but for SQLite
	last    escapes // what it meant in the last quoted text
	toks    []Token
	open    []int32 // indexes of the parentheses and brackets not yet closed
	given   int     // the end of the signs that PostgreSQL's last operator gave back
	params  ParamStyle
	max     int // the largest numbered parameter, or the count of ordinal ones
}

// lex splits src into tokens, the last of which is EOF. Parentheses and
// brackets balance and know their partners. The tokens lie in mem.
func (mem *memory) lex(d tenant.Dialect, m Modes, src string) (lexer, error) {
	lx := lexer{src: src, dialect: d, modes: m, strings: m.escapes(), toks: mem.toks[:0], open: mem.open[:0]}
	err := readable(src)
	if err == nil {
		err = lx.run()
	}
	mem.toks, mem.open = lx.toks[:0], lx.open[:0]
	return lx, err
}

// readable refuses the texts that no server and driver agree on.
func readable(src string) error {
	switch {
	case len(src) > MaxText:
		return &Error{TooLong, "the text", 0}
	case strings.IndexByte(src, 0) >= 0:
		return &Error{NotSQL, "a NUL byte", strings.IndexByte(src, 0)}
	case !IsASCII(src) && !utf8.ValidString(src):
		return &Error{NotSQL, "text that is not UTF-8", invalidUTF8(src)}
	}
	return nil
}

// IsASCII reports whether src has no byte above 0x7f.
func IsASCII(src string) bool {
	for ; len(src) >= 8; src = src[8:] {
		first := uint32(src[0]) | uint32(src[1])<<8 | uint32(src[2])<<16 | uint32(src[3])<<24
		second := uint32(src[4]) | uint32(src[5])<<8 | uint32(src[6])<<16 | uint32(src[7])<<24
		if (first|second)&0x80808080 != 0 {
			return false
		}
	}
	for i := range len(src) {
		if src[i] >= 0x80 {
			return false
		}
	}
	return true
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

// begins says what a byte begins, as far as the dialects agree. EOF stands for
// what they do not agree on.
var begins = func() (t [256]Kind) {
	for c := range t {
		switch c := byte(c); {
		case isNameStart(c):
			t[c] = Word
		case isDigit(c):
			t[c] = Number
		}
	}
	// A vertical tab is white space to some versions of some servers only, so
	// it is left to fail as a token.
	for _, c := range []byte(" \n\t\r\f") {
		t[c] = blank
	}
	t['('], t[')'], t[','], t[';'], t['.'], t['='], t['*'] = LParen, RParen, Comma, Semicolon, Dot, Equals, Asterisk
	t['-'], t['/'], t['#'] = dash, slash, hash
	return t
}()

// Kinds that no token has: what begins white space, and what may begin a
// comment.
const (
	blank Kind = 255 - iota
	dash
	slash
	hash
)

// run reads the tokens of the whole text.
func (lx *lexer) run() (err error) {
	for lx.pos < len(lx.src) {
		c := lx.src[lx.pos]
		switch k := begins[c]; k {
		case blank:
			lx.pos++
		case Word:
			err = lx.word()
		case Number:
			err = lx.number()
		case LParen:
			err = lx.opening(k)
		case RParen:
			err = lx.closing(k)
		case Comma, Semicolon:
			lx.emit(k, lx.pos+1)
		case Equals, Asterisk:
			if operatorParts[lx.at(1)] == 0 {
				lx.emit(k, lx.pos+1)
			} else {
				err = lx.special(c)
			}
		case Dot:
			if isDigit(lx.at(1)) {
				err = lx.number()
			} else {
				lx.emit(k, lx.pos+1)
			}
		default:
			if lx.atComment(k) {
				err = lx.skipComment(k)
			} else {
				err = lx.special(c)
			}
		}
		if err != nil {
			return err
		}
	}
	if n := len(lx.open); n > 0 {
		lx.pos = int(lx.toks[lx.open[n-1]].Start)
		return lx.fail(Unbalanced, "a parenthesis that is never closed")
	}
	lx.emit(EOF, len(lx.src))
	return nil
}

// special reads a token that not all dialects have.
func (lx *lexer) special(c byte) error {
	switch lx.dialect {
	case tenant.Postgres:
		return lx.nextPostgres(c)
	case tenant.MySQL:
		return lx.nextMySQL(c)
	default:
		return lx.nextSQLite(c)
	}
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

// word reads an unquoted name or keyword, or a literal with a letter before
// its quote.
func (lx *lexer) word() error {
	rest, n, parts := lx.src[lx.pos:], 0, namePart(0)
	for n < len(rest) {
		part := nameParts[rest[n]]
		if part == 0 {
			break
		}
		parts |= part
		n++
	}
	if parts > namePlain || n > maxName {
		if err := lx.oddName(rest[:n], parts); err != nil {
			return err
		}
	}
	if n == 1 && len(rest) > 1 && (rest[1] == '\'' || rest[1] == '&') {
		if done, err := lx.prefixed(rest[1]); done || err != nil {
			return err
		}
	}
	kw, _ := keyword(rest[:n])
	if kw != KwNone && lx.dialect == tenant.MySQL && n+1 < len(rest) && rest[n] == '.' && isNamePart(rest[n+1]) {
		kw = KwNone // SELECT.a is a column of a table named SELECT to the server
	}
	lx.toks = append(lx.toks, Token{Start: int32(lx.pos), End: int32(lx.pos + n), Kind: Word, Kw: kw})
	lx.pos += n
	return nil
}

// oddName refuses unquoted names that servers and drivers read in different
// ways.
func (lx *lexer) oddName(name string, parts namePart) error {
	if err := lx.longName(len(name)); err != nil {
		return err
	}
	if parts&nameDollar != 0 && lx.dialect == tenant.Postgres {
		// The server reads it as part of the name. pgx, which fills in the
		// values itself in its simple protocol, reads a dollar quote.
		return lx.fail(Unsupported, "a $ in a name; quote the name")
	}
	if parts&nameHigh != 0 && !isLetters(name) {
		return lx.fail(NotSQL, "a character that is no letter in an unquoted name")
	}
	return nil
}

// maxName is how many bytes of a name PostgreSQL reads: two that differ behind
// them are one to the server.
const maxName = 63

func (lx *lexer) longName(bytes int) error {
	if bytes > maxName && lx.dialect == tenant.Postgres {
		return lx.fail(Unsupported, "a name of more than 63 bytes, which the server cuts")
	}
	return nil
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

// namePart is what a byte is in an unquoted name.
type namePart uint8

const (
	namePlain  namePart = 1 << iota // an ASCII letter, a digit or _
	nameDollar                      // $
	nameHigh                        // a byte of another letter
)

// nameParts says it of every byte; 0 is no part of a name.
var nameParts = func() (t [256]namePart) {
	for c := range t {
		switch c := byte(c); {
		case c >= 0x80:
			t[c] = nameHigh
		case isNameStart(c), isDigit(c):
			t[c] = namePlain
		}
	}
	t['$'] = nameDollar
	return t
}()

func isNamePart(c byte) bool { return nameParts[c] != 0 }

func isNameStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

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
