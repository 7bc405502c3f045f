package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// run reads an expression that stands outside parentheses: up to the next
// comma, clause keyword, closing parenthesis or end. It is not parsed, but
// every parenthesis in it is entered. A run that is empty, or that ends where
// an operand should follow, has been cut in the wrong place and is refused.
func (p *parser) run(what string) (Span, error) {
	first, cases := p.i, 0
	for !p.ends(first) && (cases > 0 || !p.until.has(p.kw())) {
		switch p.kw() {
		case KwCase:
			cases++
		case KwEnd:
			cases--
		}
		if err := p.step(first); err != nil {
			return Span{}, err
		}
	}
	if p.i == first {
		return Span{}, p.unexpected(what)
	}
	if last := &p.Toks[p.i-1]; !endsOperand(last) || dangling.has(last.Kw) && !p.isLabel(p.i-1, first) {
		return Span{}, p.unexpected("an operand")
	}
	return Span{first, p.i}, nil
}

func endsOperand(t *Token) bool {
	switch t.Kind {
	case Op, Asterisk, Equals, Dot, Comma:
		return false
	}
	return true
}

// isLabel reports whether token i is an identifier whatever its spelling:
// after a dot, or after AS - unless that AS is itself such an identifier, as
// the second one in SELECT a AS as FROM t.
func (p *parser) isLabel(i, first int32) bool {
	j := i - 1
	for j >= first && p.Toks[j].Kw == KwAs {
		j--
	}
	afterDot := j >= first && p.Toks[j].Kind == Dot
	run := i - 1 - j
	if afterDot {
		return run%2 == 0
	}
	return run%2 == 1
}

// ends reports whether the current token is past the run that began at first.
func (p *parser) ends(first int32) bool {
	t := p.tok()
	switch t.Kind {
	case EOF, Comma, RParen, RBracket, Semicolon:
		return true
	case Word:
		return p.stops() && !p.isLabel(p.i, first) && !p.innocent(first)
	}
	return false
}

// stops reports whether the current word begins a clause in this dialect.
func (p *parser) stops() bool {
	k := p.kw()
	if k == KwLock || k == KwProcedure {
		return p.Dialect == tenant.MySQL
	}
	return stops.has(k)
}

// innocent picks the clause keywords that are part of an expression.
func (p *parser) innocent(first int32) bool {
	switch p.kw() {
	case KwLeft, KwRight: // functions
		return p.peek(1).Kind == LParen
	case KwFrom: // IS [NOT] DISTINCT FROM
		return p.was(1, KwDistinct, first) && (p.was(2, KwIs, first) || p.was(2, KwNot, first) && p.was(3, KwIs, first))
	case KwGroup: // WITHIN GROUP (ORDER BY ...)
		return p.was(1, KwWithin, first) && p.i-2 >= first && p.Toks[p.i-2].Kind == RParen && p.peek(1).Kind == LParen
	case KwValues: // VALUES(col) in ON DUPLICATE KEY UPDATE
		return p.Dialect == tenant.MySQL && p.peek(1).Kind == LParen
	case KwSet: // CHARACTER SET
		return p.Dialect == tenant.MySQL && p.i > first && strings.EqualFold(p.wordAt(p.i-1), "CHARACTER") && !p.isLabel(p.i-1, first)
	}
	return false
}

// was reports whether the token n places back is that keyword, and no name that
// is spelled like it.
func (p *parser) was(n int32, k Kw, first int32) bool {
	i := p.i - n
	return i >= first && p.Toks[i].Kind == Word && p.Toks[i].Kw == k && !p.isLabel(i, first)
}

// step reads one token of an expression, or one pair of parentheses.
func (p *parser) step(first int32) error {
	t := p.tok()
	switch t.Kind {
	case LParen:
		return p.paren()
	case LBracket:
		open := p.i
		p.i++
		return p.operands(open, t.Match)
	case Asterisk:
		return p.star(first)
	case Word, QuotedName:
		if t.Kw == KwAs || !p.isLabel(p.i, first) {
			if err := p.keywordInside(); err != nil {
				return err
			}
			if p.stray(first) {
				return p.unexpected("an operator or a clause")
			}
		}
		if p.peek(1).Kind == LParen && p.isCall(first) {
			p.call(first)
		}
	case Dot:
		if p.i > first {
			switch p.Toks[p.i-1].Kind {
			case RParen, RBracket, Param, String:
				// PostgreSQL calls the function x for (value).x.
				return p.unsupported("a field of a value")
			}
		}
	}
	p.i++
	return nil
}

// isCall reports whether the current word, which a parenthesis follows, calls a
// function. A keyword does not if it stands in its own place.
func (p *parser) isCall(first int32) bool {
	if p.afterDot(first) {
		return true
	}
	if p.afterAs(first) || !notCalls.has(p.kw()) || p.tok().Kind != Word {
		return !p.afterAs(first)
	}
	switch before := &p.Toks[max(p.i-1, 0)]; p.kw() {
	case KwFilter, KwOver: // after an aggregate, or RESPECT NULLS
		return before.Kind != RParen && !strings.EqualFold(p.wordAt(p.i-1), "NULLS")
	case KwBy: // PARTITION BY and ORDER BY of a window or aggregate
		return !p.was(1, KwPartition, first) && !p.was(1, KwOrder, first)
	case KwAny, KwSome, KwRow:
		return p.Dialect == tenant.SQLite // which has no such keywords
	case KwEscape, KwLike, KwIlike, KwIs: // operators, and functions where an operand should be
		at := p.i
		if p.was(1, KwNot, first) {
			at--
		}
		return !p.operandBefore(at, first)
	}
	return false
}

// operandBefore reports whether an operand ends right before token i.
func (p *parser) operandBefore(i, first int32) bool {
	if i <= first {
		return false
	}
	t := &p.Toks[i-1]
	switch {
	case t.Kind == LParen, t.Kind == LBracket, !endsOperand(t):
		return false
	}
	return !dangling.has(t.Kw) || p.isLabel(i-1, first)
}

func (p *parser) afterDot(first int32) bool { return p.i > first && p.Toks[p.i-1].Kind == Dot }

// afterAs: CAST(x AS numeric(10, 2)) names a type. A window w AS (...) and a
// table's alias never come here.
func (p *parser) afterAs(first int32) bool { return p.i > first && p.Toks[p.i-1].Kw == KwAs }

// star tells a multiplication and count(*) from a star that stands for columns.
func (p *parser) star(first int32) error {
	var before *Token
	if p.i > 0 {
		before = &p.Toks[p.i-1]
	}
	switch {
	case before != nil && before.Kind == LParen && p.peek(1).Kind == RParen:
	case p.i > first && before.Kind == Dot:
		return p.unsupported("a row as a value: t.* inside an expression")
	case p.i > first && endsOperand(before) && before.Kind != LParen:
	default:
		return p.unsupported("* in this place")
	}
	p.i++
	return nil
}

// keywordInside refuses the words that begin a query where none can begin.
func (p *parser) keywordInside() error {
	t := p.tok()
	switch t.Kw {
	case KwSelect, KwDelete, KwUpdate, KwTable, KwCreate, KwInto:
		return p.unexpected("an expression")
	case KwInsert, KwReplace: // also functions, and names
		if k := p.peek(1).Kind; k != LParen && k != Dot {
			return p.unexpected("an expression")
		}
	case KwWith: // ... TIME ZONE, GROUP BY ... WITH ROLLUP, FETCH ... WITH TIES
		switch strings.ToUpper(p.wordAt(p.i + 1)) {
		case "TIME", "ROLLUP", "TIES":
		default:
			return p.unexpected("an expression")
		}
	case KwIndexed, KwTablesample:
		return p.unexpected("an expression")
	case KwAs:
		if p.i >= 2 && p.Toks[p.i-1].Kw == KwAs && p.Toks[p.i-2].Kw == KwAs {
			return p.unexpected("a name") // bounds the walk of isLabel
		}
	case KwIn:
		if p.Dialect == tenant.SQLite && p.peek(1).Kind != LParen {
			return p.unsupported("IN without parentheses, which reads a table")
		}
	}
	return nil
}

// stray reports whether the current word stands between two operands and is no
// word of an expression that we know. It may be a keyword to the server that we
// have never heard of, and what follows it a table.
func (p *parser) stray(first int32) bool {
	t, next := p.tok(), p.peek(1)
	if t.Kind != Word || t.Kw != KwNone || p.i == first {
		return false
	}
	switch next.Kind {
	case QuotedName, String:
	case Word:
		if next.Kw != KwNone || glue[strings.ToUpper(p.Word(p.i+1))] {
			return false
		}
	default:
		return false
	}
	switch before := &p.Toks[p.i-1]; before.Kind {
	case QuotedName, String, Number, Param, RParen, RBracket:
	case Word:
		if p.isLabel(p.i-1, first) {
			break // a name, whatever its spelling
		}
		if before.Kw != KwNone && before.Kw != KwEnd && before.Kw != KwNull || glue[strings.ToUpper(p.Word(p.i-1))] {
			return false
		}
	default:
		return false
	}
	return !glue[strings.ToUpper(p.Word(p.i))]
}

// glue are the words without a structure of their own that stand between
// operands: operators in letters, parts of types, of literals and of windows.
var glue = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`
		DIV MOD XOR REGEXP RLIKE GLOB MATCH SIMILAR TO SOUNDS OVERLAPS ISNULL NOTNULL OPERATOR SYMMETRIC ASYMMETRIC
		AT LOCAL ZONE WITHOUT PRECISION VARYING CHARACTER CHARSET UNSIGNED SIGNED NATIONAL
		DATE DATETIME TIMESTAMP TIMESTAMPTZ TIME INTERVAL BINARY
		YEAR QUARTER MONTH WEEK DAY HOUR MINUTE SECOND MICROSECOND
		ASC DESC NULLS FIRST LAST NEXT ONLY TIES SEPARATOR RESPECT IGNORE
		RANGE GROUPS UNBOUNDED PRECEDING FOLLOWING CURRENT EXCLUDE OTHERS NO
		BOOLEAN LANGUAGE MODE QUERY EXPANSION NATURAL BOTH LEADING TRAILING PLACING FORMAT UNKNOWN TRUE FALSE`) {
		m[w] = true
	}
	return m
}()

func (p *parser) wordAt(i int32) string {
	if int(i) < len(p.Toks) && p.Toks[i].Kind == Word {
		return p.Word(i)
	}
	return ""
}

// call notes the function whose name ends at the current token.
func (p *parser) call(first int32) {
	c := Call{Tok: p.i, First: p.i}
	for c.First-2 >= first && p.Toks[c.First-1].Kind == Dot {
		c.First -= 2
	}
	p.Calls = append(p.Calls, c)
}

// paren reads a pair of parentheses of an expression: a query, or operands.
func (p *parser) paren() error {
	open := p.i
	match := p.tok().Match
	p.i++
	if !p.startsQuery() || p.operandFirst(match) {
		return p.operands(open, match)
	}
	if err := p.query(nil); err != nil {
		return err
	}
	if p.i == match {
		p.i++
		return nil
	}
	if p.Toks[open+1].Kind != LParen {
		return p.unexpected("a closing parenthesis")
	}
	return p.operands(open, match) // f((SELECT ..) ORDER BY x SEPARATOR ',')
}

// operandFirst reports whether the parentheses that end at match, of which the
// current token is the first one inside, begin with a value in parentheses of
// its own, rather than with one side of a query: what follows those is no part
// of a query, as in ((SELECT 1) + 1). Where nothing follows them it is the same.
func (p *parser) operandFirst(match int32) bool {
	if p.tok().Kind != LParen {
		return false
	}
	after := p.tok().Match + 1
	return after == match || !continues.has(p.Toks[after].Kw)
}

// operands reads what is left between the tokens open and match, and goes past
// match. Clause keywords are part of the expression here, as in an aggregate's
// ORDER BY, if they are one of a few; the others would mean that we have lost
// our way.
func (p *parser) operands(open, match int32) error {
	for p.i < match {
		t := p.tok()
		if t.Kind == Comma {
			p.i++
			continue
		}
		if t.Kind == Word && p.stops() && !p.isLabel(p.i, open+1) && !p.innocent(open+1) {
			if !p.allowedInside(open) {
				return p.unexpected("an expression")
			}
			p.i++
			continue
		}
		if err := p.step(open + 1); err != nil {
			return err
		}
	}
	p.i = match + 1
	return nil
}

// allowedInside picks the clause keywords that some function or window takes
// between its parentheses.
func (p *parser) allowedInside(open int32) bool {
	name := ""
	if open > 0 {
		name = strings.ToUpper(p.wordAt(open - 1))
	}
	switch p.kw() {
	case KwOrder, KwLimit: // aggregates, windows, GROUP_CONCAT
		return true
	case KwUsing: // CONVERT(x USING utf8mb4)
		return name == "CONVERT"
	case KwWhere: // FILTER (WHERE ...)
		return name == "FILTER"
	case KwFrom, KwFor: // SUBSTRING(x FROM 1 FOR 2) and its like
		switch name {
		case "EXTRACT", "TRIM", "SUBSTRING", "SUBSTR", "OVERLAY", "MID":
			return true
		}
	}
	return false
}
