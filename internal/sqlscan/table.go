package sqlscan

import "github.com/gotenancy/tenancy/tenant"

// tableName reads a name of up to three parts, and decides whether it is one
// of a WITH clause.
func (p *parser) tableName(block int32) (Ref, error) {
	ref := Ref{Kind: TableRef, Tok: p.i, First: p.i, Alias: -1, Block: block, Node: -1}
	p.i++
	for p.tok().Kind == Dot {
		p.i++
		if k := p.tok().Kind; k != Word && k != QuotedName {
			return ref, p.unexpected("a name")
		}
		ref.Tok = p.i
		p.i++
	}
	ref.Name.Table = p.Fold(ref.Tok)
	switch ref.Tok - ref.First {
	case 0:
		return ref, p.resolve(&ref)
	case 2:
		ref.Name.Schema = p.Fold(ref.First)
		return ref, nil
	}
	return ref, p.unsupportedAt("a name of more than two parts", ref.First)
}

// resolve marks an unqualified name that is a WITH name, or DUAL.
func (p *parser) resolve(ref *Ref) error {
	name := ref.Name.Table
	for i := len(p.ctes) - 1; i >= 0; i-- {
		c := &p.ctes[i]
		switch {
		case c.name == name && c.state == cteVisible:
			ref.Kind = CTERef
			return nil
		case c.name == name && c.state == cteUndecided,
			c.name != name && p.Dialect == tenant.MySQL && lowerASCII(c.name) == lowerASCII(name):
			return p.unsupportedAt("a table named like a WITH query that is not clearly in scope", ref.Tok)
		}
	}
	if p.Dialect == tenant.MySQL && p.Toks[ref.Tok].Kind == Word && lowerASCII(name) == "dual" {
		ref.Kind = DualRef
	}
	return nil
}

// alias reads [AS] name [(columns)].
func (p *parser) alias(ref *Ref) error {
	if p.accept(KwAs) {
		if ref.Kind == FuncRef && p.tok().Kind == LParen {
			return p.columnNames(ref)
		}
		if !p.isName() {
			return p.unexpected("an alias")
		}
	} else if !p.isName() {
		return nil
	}
	ref.Alias = p.i
	p.i++
	if p.tok().Kind == LParen {
		return p.columnNames(ref)
	}
	return nil
}

// columnNames reads the column list of an alias. A function's may hold types.
func (p *parser) columnNames(ref *Ref) error {
	ref.Columns = true
	if ref.Kind == FuncRef {
		calls := len(p.Calls)
		err := p.paren()
		p.Calls = p.Calls[:calls] // numeric(10, 2) is a type here
		return err
	}
	return p.namesIn()
}

// tableOptions reads index hints; what would change the set of rows is refused.
func (p *parser) tableOptions() error {
	for {
		switch p.kw() {
		case KwTablesample:
			return p.unsupported("TABLESAMPLE")
		case KwPartition:
			return p.unsupported("PARTITION")
		case KwUse, KwForce, KwIgnore:
			if p.Dialect != tenant.MySQL {
				return nil
			}
			if err := p.indexHint(); err != nil {
				return err
			}
		case KwIndexed:
			if p.Dialect != tenant.SQLite {
				return nil
			}
			p.i++
			if !p.accept(KwBy) || !p.isName() {
				return p.unexpected("BY and an index")
			}
			p.i++
		case KwNot:
			return p.words("NOT", "INDEXED")
		default:
			return nil
		}
	}
}

// indexHint reads USE INDEX [FOR JOIN] (a, b) and its like.
func (p *parser) indexHint() error {
	p.i++
	if !p.accept(KwIndex) && !p.accept(KwKey) {
		return p.unexpected("INDEX")
	}
	if p.kw() == KwFor {
		return p.unsupported("an index hint with FOR")
	}
	if p.tok().Kind == LParen && p.peek(1).Kind == RParen {
		p.i += 2
		return nil
	}
	return p.namesIn()
}
