package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// quoted reads a text in quotes whose opening quote is at open; a doubled quote
// is part of the text. The token begins at the current position.
func (lx *lexer) quoted(k Kind, open int, quote byte, esc escapes) error {
	src, i := lx.src, open+1
	for i < len(src) {
		c := src[i]
		switch {
		case c == quote:
			if i+1 < len(src) && src[i+1] == quote {
				i += 2
				continue
			}
			if k == QuotedName {
				if err := lx.longName(i - open - 1); err != nil {
					return err
				}
			}
			if n := len(lx.toks); n > 0 && lx.toks[n-1].Kind == Param {
				return lx.fail(Unexpected, "a string behind a placeholder")
			}
			lx.emit(k, i+1)
			lx.last = esc
			return nil
		case c != '\\' || esc == plain:
			i++
		case esc == backslash:
			i += 2
		default:
			run := i
			for i < len(src) && src[i] == '\\' {
				i++
			}
			if i < len(src) && src[i] == quote && (i-run)%2 == 1 {
				lx.pos = run
				return lx.fail(Ambiguous, "a backslash before a quote; double the quote instead, or bind the value")
			}
		}
	}
	return lx.fail(Unbalanced, "a quote that is never closed")
}

// prefixed reads literals such as E'..', X'..' and U&'..', which have one
// letter before the quote or the &. done is false if the letter is just a word
// before a quote.
func (lx *lexer) prefixed(next byte) (done bool, err error) {
	switch prefix := lx.src[lx.pos] | 0x20; {
	case next == '&':
		if q := lx.at(2); prefix == 'u' && lx.dialect == tenant.Postgres && (q == '\'' || q == '"') {
			return true, lx.fail(Unsupported, "Unicode escape U&")
		}
		return false, nil
	case prefix == 'x' || prefix == 'b' && lx.dialect != tenant.SQLite:
		return true, lx.bits()
	case prefix == 'e' && lx.dialect == tenant.Postgres:
		return true, lx.quoted(String, lx.pos+1, '\'', backslash)
	case prefix == 'n' && lx.dialect != tenant.SQLite:
		return true, lx.quoted(String, lx.pos+1, '\'', lx.strings)
	}
	return false, nil
}

// bits reads X'1f' and B'01'. They hold digits and nothing else; no server
// takes a doubled quote in them, or puts two of them together.
func (lx *lexer) bits() error {
	end := lx.pos + 2
	for end < len(lx.src) && (isDigit(lx.src[end]) || lx.src[end]|0x20 >= 'a' && lx.src[end]|0x20 <= 'f') {
		end++
	}
	if end >= len(lx.src) {
		return lx.fail(Unbalanced, "a quote that is never closed")
	}
	if lx.src[end] != '\'' || end+1 < len(lx.src) && lx.src[end+1] == '\'' {
		return lx.fail(NotSQL, "something that is no digit in X'' or B''")
	}
	lx.emit(String, end+1)
	return nil
}

// number reads a numeric literal. One that runs into a name is read in
// different ways by different servers and versions.
func (lx *lexer) number() error {
	if n := len(lx.toks); lx.src[lx.pos] == '.' && n > 0 {
		if p := lx.toks[n-1]; int(p.End) == lx.pos && (p.Kind == Word || p.Kind == QuotedName) {
			return lx.fail(Unexpected, "a number after a dot")
		}
	}
	end := lx.numberEnd()
	if end < len(lx.src) && (isNamePart(lx.src[end]) || lx.src[end] == '.' || lx.src[end] == '(') {
		return lx.fail(Unexpected, "a number that runs into a name")
	}
	if lx.dialect == tenant.MySQL && strings.IndexByte(lx.src[lx.pos:end], '_') >= 0 {
		return lx.fail(Unexpected, "a number with _, which MySQL takes for a name")
	}
	lx.emit(Number, end)
	return nil
}

func (lx *lexer) numberEnd() int {
	src, end := lx.src, lx.pos
	if base := baseDigits(lx.at(1)); base != "" && src[end] == '0' {
		for end += 2; end < len(src) && strings.IndexByte(base, src[end]|0x20) >= 0; {
			end++
		}
		return end
	}
	end = digits(src, end)
	if end < len(src) && src[end] == '.' {
		end = digits(src, end+1)
	}
	if end < len(src) && src[end]|0x20 == 'e' {
		exp := end + 1
		if exp < len(src) && (src[exp] == '+' || src[exp] == '-') {
			exp++
		}
		if exp < len(src) && isDigit(src[exp]) {
			end = digits(src, exp)
		}
	}
	return end
}

// baseDigits are the digits after 0x, 0o and 0b, in lower case; 0x20 keeps
// digits as they are and makes an underscore 0x7f.
func baseDigits(c byte) string {
	switch c | 0x20 {
	case 'x':
		return "0123456789abcdef\x7f"
	case 'o':
		return "01234567\x7f"
	case 'b':
		return "01\x7f"
	}
	return ""
}

func digits(src string, i int) int {
	for i < len(src) && (isDigit(src[i]) || src[i] == '_') {
		i++
	}
	return i
}
