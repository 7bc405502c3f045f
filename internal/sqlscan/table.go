package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

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

// bareFunctions are what PostgreSQL calls by its name alone. None of them is the
// name of a table unless it is in quotes.
var bareFunctions = map[string]bool{
	"current_catalog": true, "current_date": true, "current_role": true, "current_schema": true, "current_time": true,
	"current_timestamp": true, "current_user": true, "localtime": true, "localtimestamp": true, "session_user": true,
	"system_user": true, "user": true,
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
	if p.tok().Kind == LParen && (p.Dialect == tenant.Postgres || p.Dialect == tenant.MySQL && ref.Kind == DerivedRef) {
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

// tableOptions reads what may stand behind a table's name or alias: index
// hints, partitions, and a sample. None of them adds rows.
func (p *parser) tableOptions(ref *Ref) error {
	for {
		var err error
		switch k := p.kw(); {
		case k == KwTablesample:
			err = p.sample(ref)
		case k == KwPartition && p.Dialect == tenant.MySQL:
			err = p.partitions()
		case (k == KwUse || k == KwForce || k == KwIgnore) && p.Dialect == tenant.MySQL:
			err = p.indexHint()
		case k == KwIndexed && p.Dialect == tenant.SQLite:
			p.i++
			if !p.accept(KwBy) || !p.isName() {
				return p.unexpected("BY and an index")
			}
			p.Plain = append(p.Plain, Span{p.i, p.i + 1})
			p.i++
		case k == KwNot:
			return p.words("NOT", "INDEXED")
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// sample reads TABLESAMPLE BERNOULLI (10) REPEATABLE (1). Other methods are
// extensions, which may do anything.
func (p *parser) sample(ref *Ref) error {
	if p.Dialect != tenant.Postgres || ref.Kind != TableRef || ref.Columns {
		return p.unsupported("TABLESAMPLE")
	}
	p.i++
	if m := p.wordAt(p.i); !strings.EqualFold(m, "BERNOULLI") && !strings.EqualFold(m, "SYSTEM") {
		return p.unexpected("BERNOULLI or SYSTEM")
	}
	p.i++
	if p.tok().Kind != LParen {
		return p.unexpected("a parenthesis")
	}
	if err := p.paren(); err != nil {
		return err
	}
	if !strings.EqualFold(p.wordAt(p.i), "REPEATABLE") {
		return nil
	}
	p.i++
	if p.tok().Kind != LParen {
		return p.unexpected("a parenthesis")
	}
	return p.paren()
}

// partitions reads MySQL's PARTITION (p0, p1).
func (p *parser) partitions() error {
	p.i++
	return p.namesIn()
}

// indexHint reads USE INDEX [FOR JOIN] (a, b) and its like. The parentheses
// hold names only, PRIMARY among them.
func (p *parser) indexHint() error {
	p.i++
	if !p.accept(KwIndex) && !p.accept(KwKey) {
		return p.unexpected("INDEX")
	}
	if p.accept(KwFor) {
		if !p.accept(KwJoin) {
			if !p.accept(KwOrder) && !p.accept(KwGroup) {
				return p.unexpected("JOIN, ORDER BY or GROUP BY")
			}
			if !p.accept(KwBy) {
				return p.unexpected("BY")
			}
		}
	}
	if p.tok().Kind == LParen && p.peek(1).Kind == RParen {
		p.i += 2
		return nil
	}
	return p.namesIn()
}
