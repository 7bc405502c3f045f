package sqlscan

import "github.com/gotenancy/tenancy/tenant"

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
	if lx.touches(end) {
		return lx.fail(Unexpected, "a placeholder that runs into its neighbour; put a space between them")
	}
	lx.emit(Param, end)
	return nil
}

// touches reports whether a placeholder from the current position to end stands
// close to what a value in its place could grow together with: drivers that
// fill in the values themselves would make one token of the two. PostgreSQL
// also reads a string on after a line feed, so next to one a placeholder is
// never good.
func (lx *lexer) touches(end int) bool {
	if end < len(lx.src) {
		switch c := lx.src[end]; {
		case isNamePart(c), c == '\'', c == '"', c == '`', c == '.', c == '(', c == '?' && lx.dialect != tenant.Postgres:
			return true
		}
	}
	n := len(lx.toks)
	if n == 0 {
		return false
	}
	switch before := &lx.toks[n-1]; before.Kind {
	case String:
		return true
	case Word, QuotedName, Number, Param, Dot:
		return int(before.End) == lx.pos
	}
	return false
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
