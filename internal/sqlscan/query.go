package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// startsQuery reports whether the current token begins a query, looking past
// opening parentheses.
func (p *parser) startsQuery() bool {
	i := p.i
	for p.Toks[i].Kind == LParen {
		i++
	}
	switch p.Toks[i].Kw {
	case KwSelect, KwWith:
		return true
	case KwTable:
		return p.Dialect != tenant.SQLite
	case KwValues:
		// In MySQL VALUES(col) is also a function.
		return p.Dialect != tenant.MySQL || p.Toks[i+1].Kw == KwRow
	}
	return false
}

// query reads [WITH] a { UNION b } [ORDER BY] [LIMIT] [FOR UPDATE]. Where arms
// is not nil it collects the blocks whose rows are the query's result.
func (p *parser) query(arms *[]int32) error {
	if err := p.enter(); err != nil {
		return err
	}
	defer p.leave()
	scope := len(p.ctes)
	defer func() { p.ctes = p.ctes[:scope] }()
	if p.kw() == KwWith {
		if err := p.with(); err != nil {
			return err
		}
	}
	first := len(p.Blocks)
	for {
		if err := p.arm(arms); err != nil {
			return err
		}
		switch p.kw() {
		case KwUnion, KwIntersect, KwExcept:
			p.i++
			if !p.accept(KwAll) {
				p.accept(KwDistinct)
			}
			continue
		}
		one := len(p.Blocks) > first && p.Blocks[first].All.End == p.i
		if err := p.queryTail(first); err != nil {
			return err
		}
		if one { // ORDER BY sees the tables of the only SELECT before it
			p.Blocks[first].All.End = p.i
		}
		return nil
	}
}

// arm reads one side of a set operation.
func (p *parser) arm(arms *[]int32) error {
	if p.tok().Kind == LParen {
		p.i++
		if !p.startsQuery() {
			return p.unexpected("a query")
		}
		if err := p.query(arms); err != nil {
			return err
		}
		return p.expect(RParen, "a closing parenthesis")
	}
	block := int32(len(p.Blocks))
	if arms != nil {
		*arms = append(*arms, block)
	}
	switch p.kw() {
	case KwSelect:
		defer p.closeBlock(p.newBlock(SelectBlock))
		return p.selectCore(block)
	case KwValues:
		defer p.closeBlock(p.newBlock(ValuesBlock))
		p.i++
		rows, err := p.rows()
		p.Blocks[block].Rows = rows
		return err
	case KwTable:
		defer p.closeBlock(p.newBlock(SelectBlock))
		return p.tableCommand(block)
	}
	return p.unexpected("SELECT")
}

// tableCommand reads TABLE t, which is short for SELECT * FROM t.
func (p *parser) tableCommand(block int32) error {
	p.Stars = append(p.Stars, Star{Block: block, Tok: p.i, Table: true})
	p.i++
	start := p.i
	if p.kw() == KwOnly && p.Dialect == tenant.Postgres {
		p.i++
	}
	if !p.isName() {
		return p.unexpected("a table")
	}
	ref, err := p.tableName(block)
	if err != nil {
		return err
	}
	if p.tok().Kind == Asterisk && p.Dialect == tenant.Postgres {
		p.i++
	}
	ref.Start = start
	p.Blocks[block].Root = p.leaf(ref)
	p.Blocks[block].WhereAt = p.i - 1
	return nil
}

// newBlock begins a block at the current token.
func (p *parser) newBlock(kind BlockKind) int32 {
	p.Blocks = append(p.Blocks, Block{Kind: kind, All: Span{First: p.i}, Root: -1, Where: Clause{Kw: -1}})
	return int32(len(p.Blocks) - 1)
}

// closeBlock ends a block before the current token.
func (p *parser) closeBlock(block int32) { p.Blocks[block].All.End = p.i }

func (p *parser) selectCore(block int32) error {
	p.i++ // SELECT
	if err := p.modifiers(); err != nil {
		return err
	}
	if p.emptyList(block) {
		p.Blocks[block].List = Span{p.i, p.i}
	} else {
		list, err := p.list(block, false)
		if err != nil {
			return err
		}
		p.Blocks[block].List = list
	}
	if p.kw() == KwInto {
		return p.unsupported("SELECT ... INTO")
	}
	if p.accept(KwFrom) {
		root, err := p.fromList(block)
		if err != nil {
			return err
		}
		p.Blocks[block].Root = root
	}
	if err := p.where(block); err != nil {
		return err
	}
	if p.accept(KwGroup) {
		if err := p.byList("GROUP BY"); err != nil {
			return err
		}
	}
	if p.accept(KwHaving) {
		if _, err := p.run("a condition"); err != nil {
			return err
		}
	}
	if p.kw() == KwWindow {
		return p.windows()
	}
	return nil
}

// emptyList reports whether the list is left out, as in EXISTS (SELECT FROM t), which
// PostgreSQL takes. Elsewhere a query without columns is of no use, and is refused.
func (p *parser) emptyList(block int32) bool {
	open := p.Blocks[block].All.First - 1
	return p.Dialect == tenant.Postgres && p.kw() == KwFrom && p.i == open+2 && open >= 1 && p.Toks[open].Kind == LParen &&
		p.Toks[open-1].Kw == KwExists && (open < 2 || p.Toks[open-2].Kind != Dot)
}

// windows reads WINDOW name AS (...). To SQLite the word is also an identifier,
// and what follows is then no window.
func (p *parser) windows() error {
	for {
		p.i++ // WINDOW, or the comma
		if !p.isName() || p.peek(1).Kw != KwAs || p.peek(2).Kind != LParen {
			return p.unexpected("a window's name, AS and a parenthesis")
		}
		p.i += 2
		if err := p.paren(); err != nil {
			return err
		}
		if p.tok().Kind != Comma {
			return nil
		}
	}
}

// modifiers goes past what may stand between SELECT and its list.
func (p *parser) modifiers() error {
	for {
		switch p.kw() {
		case KwAll:
			p.i++
		case KwDistinctRow, KwHighPriority, KwStraightJoin:
			if p.Dialect != tenant.MySQL {
				return nil // a column
			}
			p.i++
		case KwDistinct:
			p.i++
			if p.Dialect == tenant.Postgres && p.kw() == KwOn {
				p.i++
				if p.tok().Kind != LParen {
					return p.unexpected("a parenthesis")
				}
				if err := p.paren(); err != nil {
					return err
				}
			}
		default:
			return nil
		}
	}
}

// list reads a select list, or that of RETURNING, and notes its stars.
func (p *parser) list(block int32, returning bool) (Span, error) {
	first := p.i
	for {
		if err := p.listItem(block, returning); err != nil {
			return Span{}, err
		}
		if p.tok().Kind != Comma {
			return Span{first, p.i}, nil
		}
		p.i++
	}
}

func (p *parser) listItem(block int32, returning bool) error {
	at := p.i
	for (p.tok().Kind == Word || p.tok().Kind == QuotedName) && p.peek(1).Kind == Dot {
		p.i += 2
	}
	if p.tok().Kind != Asterisk {
		p.i = at
		item, err := p.run("an expression")
		if p.Dialect != tenant.Postgres {
			p.Items = append(p.Items, Item{block, item})
		}
		return err
	}
	p.Stars = append(p.Stars, Star{Block: block, Tok: p.i, Qualifier: Span{at, max(at, p.i-1)}, Returning: returning})
	p.i++
	switch t := p.tok(); {
	case t.Kind == Comma, t.Kind == RParen, t.Kind == EOF, t.Kind == Semicolon, p.stops():
		return nil
	}
	return p.unexpected("a comma or FROM")
}

// where reads WHERE, or notes where it would have to stand: here.
func (p *parser) where(block int32) error {
	p.Blocks[block].WhereAt = p.i - 1
	if p.kw() != KwWhere {
		return nil
	}
	c, err := p.clause()
	p.Blocks[block].Where = c
	return err
}

// clause reads the current keyword and the condition after it.
func (p *parser) clause() (Clause, error) {
	kw := p.i
	p.i++
	body, err := p.run("a condition")
	return Clause{kw, body}, err
}

// byList reads BY and a list of expressions.
func (p *parser) byList(what string) error {
	if !p.accept(KwBy) {
		return p.unexpected("BY")
	}
	if what == "GROUP BY" && !p.accept(KwAll) {
		p.accept(KwDistinct)
	}
	return p.runs("an expression")
}

// runs reads runs with commas between them.
func (p *parser) runs(what string) error {
	for {
		if _, err := p.run(what); err != nil {
			return err
		}
		if p.tok().Kind != Comma {
			return nil
		}
		p.i++
	}
}

// names reads plain names with commas between them.
func (p *parser) names() error {
	first := p.i
	defer func() { p.Plain = append(p.Plain, Span{first, p.i}) }()
	for {
		if !p.isName() {
			return p.unexpected("a name")
		}
		p.i++
		if p.tok().Kind != Comma {
			return nil
		}
		p.i++
	}
}

// namesIn reads plain names in parentheses.
func (p *parser) namesIn() error {
	if err := p.expect(LParen, "a parenthesis"); err != nil {
		return err
	}
	if err := p.names(); err != nil {
		return err
	}
	return p.expect(RParen, "a closing parenthesis")
}

// isName reports whether the current token can be an identifier here.
func (p *parser) isName() bool {
	t := p.tok()
	return t.Kind == QuotedName || t.Kind == Word && !reserved.has(t.Kw)
}

// words goes past exactly these words.
func (p *parser) words(words ...string) error {
	for _, w := range words {
		if p.tok().Kind != Word || !strings.EqualFold(p.Word(p.i), w) {
			return p.unexpected(w)
		}
		p.i++
	}
	return nil
}

// rows reads the rows of VALUES.
func (p *parser) rows() ([]Span, error) {
	var rows []Span
	for {
		if p.Dialect == tenant.MySQL {
			p.accept(KwRow)
		}
		if p.tok().Kind != LParen {
			return nil, p.unexpected("a row in parentheses")
		}
		open := p.i
		if err := p.paren(); err != nil {
			return nil, err
		}
		rows = append(rows, Span{open + 1, p.i - 1})
		if p.tok().Kind != Comma {
			return rows, nil
		}
		p.i++
	}
}
