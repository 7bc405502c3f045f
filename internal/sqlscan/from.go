package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// fromList reads the items of a FROM clause, and the commas between them, into
// one join tree. The current token is the one after FROM. A comma binds less
// than JOIN does, but in SQLite they bind alike: there a, b RIGHT JOIN c fills
// up a as well.
func (p *parser) fromList(block int32) (int32, error) {
	root, err := p.joined(block)
	for err == nil && p.tok().Kind == Comma {
		p.i++
		var right int32
		if p.Dialect == tenant.SQLite {
			right, err = p.item(block)
		} else {
			right, err = p.joined(block)
		}
		if err != nil {
			break
		}
		root = p.join(block, Node{Left: root, Right: right, Type: Inner, On: Clause{Kw: -1}})
		if p.Dialect == tenant.SQLite {
			root, err = p.joinTail(block, root)
		}
	}
	return root, err
}

// joined reads one item and the joins that follow it.
func (p *parser) joined(block int32) (int32, error) {
	left, err := p.item(block)
	if err != nil {
		return -1, err
	}
	return p.joinTail(block, left)
}

// join appends a join of two nodes and makes it their parent.
func (p *parser) join(block int32, n Node) int32 {
	at := int32(len(p.Nodes))
	n.Parent, n.Ref, n.Block = -1, -1, block
	p.Nodes = append(p.Nodes, n)
	p.Nodes[n.Left].Parent, p.Nodes[n.Right].Parent = at, at
	return at
}

// joinTail reads the joins that follow left. The condition of a join may come
// after the joins of its right side: a LEFT JOIN b LEFT JOIN c ON .. ON ..
func (p *parser) joinTail(block, left int32) (int32, error) {
	if err := p.enter(); err != nil {
		return -1, err
	}
	defer p.leave()
	bare := false // an inner join without a condition came before
	for {
		op, ok, err := p.joinOperator()
		if err != nil || !ok {
			return left, err
		}
		if bare && op.typ == Right && p.Dialect == tenant.MySQL {
			// Which tables are on its left, and so may be filled with NULLs, is
			// up to the server here.
			return -1, p.unsupported("RIGHT JOIN after a JOIN without ON")
		}
		right, err := p.item(block)
		if err != nil {
			return -1, err
		}
		n := Node{Left: left, Right: right, Type: op.typ, On: Clause{Kw: -1}, Merges: op.natural, Natural: op.natural}
		if op.condition {
			if p.Dialect == tenant.Postgres && p.kw() != KwOn && p.kw() != KwUsing {
				if n.Right, err = p.joinTail(block, right); err != nil {
					return -1, err
				}
			}
			if bare, err = p.condition(&n, bare); err != nil {
				return -1, err
			}
		}
		left = p.join(block, n)
	}
}

// condition reads ON or USING into n. Only MySQL and SQLite let an inner join
// go without.
func (p *parser) condition(n *Node, bare bool) (bool, error) {
	switch p.kw() {
	case KwOn:
		c, err := p.clause()
		n.On = c
		return bare, err
	case KwUsing:
		n.Merges = true
		p.i++
		if err := p.namesIn(); err != nil {
			return bare, err
		}
		if p.kw() == KwAs {
			return bare, p.unsupported("an alias for USING")
		}
		return bare, nil
	}
	if n.Type == Inner && p.Dialect != tenant.Postgres {
		return true, nil
	}
	return bare, p.unexpected("ON or USING")
}

type joinOp struct {
	typ       JoinType
	natural   bool
	condition bool // ON or USING may follow
}

// joinOperator reads [NATURAL] [INNER | CROSS | LEFT | RIGHT | FULL] [OUTER]
// JOIN, or MySQL's STRAIGHT_JOIN.
func (p *parser) joinOperator() (op joinOp, ok bool, err error) {
	op = joinOp{typ: Inner, condition: true}
	if p.accept(KwNatural) {
		op.natural, op.condition = true, false
	}
	switch p.kw() {
	case KwStraightJoin:
		if op.natural || p.Dialect != tenant.MySQL {
			return op, false, p.unexpected("JOIN")
		}
		p.i++
		return op, true, nil
	case KwJoin:
		p.i++
		return op, true, nil
	case KwInner:
	case KwCross:
		if op.natural {
			return op, false, p.unexpected("JOIN")
		}
		// MySQL and SQLite let a CROSS JOIN have a condition.
		op.condition = p.Dialect != tenant.Postgres
	case KwLeft:
		op.typ = Left
	case KwRight:
		op.typ = Right
	case KwFull:
		if p.Dialect == tenant.MySQL {
			// FULL is an alias there, and the join an inner one.
			return op, false, p.unsupported("FULL JOIN")
		}
		op.typ = Full
	default:
		if op.natural {
			return op, false, p.unexpected("JOIN")
		}
		return op, false, nil
	}
	p.i++
	if op.typ != Inner {
		p.accept(KwOuter)
	}
	if !p.accept(KwJoin) {
		return op, false, p.unexpected("JOIN")
	}
	return op, true, nil
}

// item reads one entry of a FROM clause: a table, a function, a query or a
// join in parentheses.
func (p *parser) item(block int32) (int32, error) {
	start := p.i
	lateral := p.accept(KwLateral)
	switch {
	case p.tok().Kind == LParen:
		return p.parenItem(block, lateral)
	case p.kw() == KwRows && p.peek(1).Kw == KwFrom && p.Dialect == tenant.Postgres:
		return p.rowsFrom(block)
	case p.kw() == KwOnly && p.Dialect == tenant.Postgres:
		if lateral {
			return -1, p.unexpected("a function or a query")
		}
		p.i++
		if !p.isName() {
			return -1, p.unexpected("a table")
		}
	case !p.isName():
		return -1, p.unexpected("a table")
	}
	if len(p.Refs) >= MaxRefs {
		return -1, &Error{TooLong, "too many tables", int(p.tok().Start)}
	}
	if p.Dialect == tenant.Postgres && bareFunctions[lowerASCII(p.wordAt(p.i))] {
		return -1, p.unsupported("a function without parentheses in FROM")
	}
	ref, err := p.tableName(block)
	if err != nil {
		return -1, err
	}
	ref.Start = start
	if p.tok().Kind == LParen {
		if err := p.tableFunction(&ref); err != nil {
			return -1, err
		}
	} else if lateral {
		return -1, p.unexpected("a function or a query")
	}
	if p.tok().Kind == Asterisk && p.Dialect == tenant.Postgres && ref.Kind == TableRef {
		p.i++ // t * says that child tables are read, which is the default
	}
	if err := p.tableOptions(&ref); err != nil {
		return -1, err
	}
	if err := p.alias(&ref); err != nil {
		return -1, err
	}
	if err := p.tableOptions(&ref); err != nil {
		return -1, err
	}
	return p.leaf(ref), nil
}

// tableFunction reads the arguments of a function in FROM.
func (p *parser) tableFunction(ref *Ref) error {
	ref.Kind = FuncRef
	p.Calls = append(p.Calls, Call{Tok: ref.Tok, First: ref.First, FromAt: true})
	if ref.Tok == ref.First && strings.EqualFold(p.Word(ref.Tok), "JSON_TABLE") {
		if err := p.jsonTable(); err != nil {
			return err
		}
	} else if err := p.paren(); err != nil {
		return err
	}
	if p.kw() == KwWith {
		return p.words("WITH", "ORDINALITY")
	}
	return nil
}

// jsonTable reads JSON_TABLE(value, path COLUMNS (...)). The value is an
// expression; what follows holds names, types and literals only, so that a
// keyword which begins a query or a clause there means that we are lost.
func (p *parser) jsonTable() error {
	if p.Dialect != tenant.MySQL {
		return p.unsupportedAt("JSON_TABLE", p.i-1) // PostgreSQL takes expressions in all of it
	}
	match := p.tok().Match
	p.i++
	if _, err := p.run("an expression"); err != nil {
		return err
	}
	for ; p.i < match; p.i++ {
		switch t := p.tok(); {
		case t.Kw == KwSelect, t.Kw == KwWith, t.Kw == KwTable, t.Kw == KwFrom, t.Kw == KwJoin, t.Kw == KwValues, t.Kind == Param:
			return p.unexpected("the columns of JSON_TABLE")
		case t.Kind == LParen && p.Toks[p.i-1].Kind == RParen:
			return p.unexpected("the columns of JSON_TABLE")
		}
	}
	p.i++
	return nil
}

// rowsFrom reads PostgreSQL's ROWS FROM (f(..), g(..)), whose functions stand
// side by side. Their definitions of columns are refused.
func (p *parser) rowsFrom(block int32) (int32, error) {
	ref := Ref{Kind: FuncRef, Start: p.i, First: p.i, Tok: p.i, Alias: -1, Block: block}
	p.i += 2
	if err := p.expect(LParen, "a parenthesis"); err != nil {
		return -1, err
	}
	for {
		f, err := p.tableName(block)
		if err != nil {
			return -1, err
		}
		if p.tok().Kind != LParen {
			return -1, p.unexpected("the arguments of a function")
		}
		p.Calls = append(p.Calls, Call{Tok: f.Tok, First: f.First, FromAt: true})
		if err := p.paren(); err != nil {
			return -1, err
		}
		if p.tok().Kind != Comma {
			break
		}
		p.i++
	}
	if err := p.expect(RParen, "a closing parenthesis"); err != nil {
		return -1, err
	}
	if p.kw() == KwWith {
		if err := p.words("WITH", "ORDINALITY"); err != nil {
			return -1, err
		}
	}
	if err := p.alias(&ref); err != nil {
		return -1, err
	}
	return p.leaf(ref), nil
}

func (p *parser) leaf(ref Ref) int32 {
	at := int32(len(p.Nodes))
	ref.Node = at
	ref.Last = p.i - 1
	if ref.Columns && ref.Kind != FuncRef {
		ref.Last = ref.Alias
	}
	p.Nodes = append(p.Nodes, Node{Parent: -1, Ref: int32(len(p.Refs)), Left: -1, Right: -1, On: Clause{Kw: -1}, Block: ref.Block})
	p.Refs = append(p.Refs, ref)
	return at
}

// parenItem reads what stands in parentheses in a FROM clause. What it is
// shows only after the first item inside: ((SELECT 1) UNION SELECT 2) is a
// query, ((SELECT 1) a JOIN b ON ..) is a join.
func (p *parser) parenItem(block int32, lateral bool) (int32, error) {
	open := p.i
	values := p.peek(1).Kw == KwValues // in FROM this is no function in MySQL either
	if (p.startsQuery() || values) && !p.joinInside() {
		p.i++
		if err := p.query(nil); err != nil {
			return -1, err
		}
		if err := p.expect(RParen, "a closing parenthesis"); err != nil {
			return -1, err
		}
		ref := Ref{Kind: DerivedRef, Tok: -1, First: -1, Start: open, Alias: -1, Block: block}
		if err := p.alias(&ref); err != nil {
			return -1, err
		}
		return p.leaf(ref), nil
	}
	if lateral {
		return -1, p.unexpected("a function or a query")
	}
	p.i++
	items := p.fromList // MySQL and SQLite: (a, b)
	if p.Dialect == tenant.Postgres {
		items = p.joined
	}
	node, err := items(block)
	if err != nil {
		return -1, err
	}
	if err := p.expect(RParen, "a closing parenthesis"); err != nil {
		return -1, err
	}
	if p.kw() != KwAs && !p.isName() {
		return node, nil
	}
	if p.Dialect == tenant.MySQL || p.Nodes[node].Ref >= 0 {
		return -1, p.unexpected("a join operator or a clause")
	}
	ref := Ref{Kind: JoinRef, Tok: -1, First: -1, Start: open, Alias: -1, Block: block, Node: node}
	if err := p.alias(&ref); err != nil {
		return -1, err
	}
	ref.Last = p.i - 1
	p.Nodes[node].Ref = int32(len(p.Refs))
	p.Refs = append(p.Refs, ref)
	return node, nil
}

// joinInside reports whether the parentheses at the current token hold a join
// whose first item is a query in parentheses: the token after that query is an
// alias or a join operator rather than part of a query.
func (p *parser) joinInside() bool {
	i := p.i + 1
	if p.Toks[i].Kind != LParen {
		return false
	}
	next := p.Toks[p.Toks[i].Match+1]
	if continues.has(next.Kw) {
		return false
	}
	if next.Kind == RParen {
		// ((...)): the same question one level further in.
		at := p.i
		p.i = i
		defer func() { p.i = at }()
		return p.joinInside()
	}
	return true
}
