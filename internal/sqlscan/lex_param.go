package sqlscan

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
	if end < len(lx.src) && isNamePart(lx.src[end]) {
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
