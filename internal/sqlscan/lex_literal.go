package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

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
