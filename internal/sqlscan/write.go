package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// target reads the name of a table that is written to.
func (p *parser) target(block int32) (Ref, error) {
	if !p.isName() {
		return Ref{}, p.unexpected("a table")
	}
	ref, err := p.tableName(block)
	ref.Target = true
	return ref, err
}

// update reads UPDATE of one table, with FROM, or MySQL's of a join.
func (p *parser) update() error {
	block := p.newBlock(UpdateBlock)
	defer p.closeBlock(block)
	p.i++
	root, err := p.updated(block)
	if err != nil {
		return err
	}
	if !p.accept(KwSet) {
		if t := p.tok(); t.Kind == Comma || stops.has(t.Kw) {
			return p.unsupported("UPDATE of several tables")
		}
		return p.unexpected("SET")
	}
	if _, err := p.assignments(block); err != nil {
		return err
	}
	if p.kw() == KwFrom {
		if p.Dialect == tenant.MySQL {
			return p.unexpected("WHERE")
		}
		p.i++
		if root, err = p.beside(block, root); err != nil {
			return err
		}
	}
	return p.writeTail(block, root)
}

// updated reads what stands between UPDATE and SET.
func (p *parser) updated(block int32) (int32, error) {
	switch p.Dialect {
	case tenant.SQLite:
		or, err := p.orAction()
		if err != nil {
			return -1, err
		}
		if or >= 0 && p.Toks[or].Kw == KwReplace {
			// Which rows go is up to keys that the statement does not name.
			return -1, p.unsupportedAt("UPDATE OR REPLACE", or)
		}
	case tenant.MySQL:
		p.accept(KwLowPriority)
		p.accept(KwIgnore)
		root, err := p.fromList(block)
		if err != nil {
			return -1, err
		}
		p.Blocks[block].Several = p.Nodes[root].Left >= 0
		if !p.Blocks[block].Several {
			return root, p.writable(&p.Refs[p.Nodes[root].Ref])
		}
		return root, nil
	}
	return p.written(block)
}

// writable marks a reference as the one that is written to.
func (p *parser) writable(ref *Ref) error {
	switch ref.Kind {
	case TableRef:
		ref.Target = true
		return nil
	case CTERef:
		return p.unsupportedAt("a WITH query as the target", ref.Tok)
	}
	return &Error{Unexpected, "something that is no table where a table should be", int(p.Toks[ref.Start].Start)}
}

// delete reads DELETE from one table, with USING, or MySQL's from several.
func (p *parser) delete() error {
	block := p.newBlock(DeleteBlock)
	defer p.closeBlock(block)
	p.i++
	for p.Dialect == tenant.MySQL && (p.kw() == KwLowPriority || p.kw() == KwQuick || p.kw() == KwIgnore) {
		p.i++
	}
	if p.deletesSeveral() {
		return p.deleteSeveral(block)
	}
	if !p.accept(KwFrom) {
		return p.unexpected("FROM")
	}
	root, err := p.written(block)
	if err != nil {
		return err
	}
	if p.kw() == KwUsing && p.Dialect == tenant.Postgres {
		p.i++
		if root, err = p.beside(block, root); err != nil {
			return err
		}
	}
	return p.writeTail(block, root)
}

// deletesSeveral looks ahead for MySQL's DELETE a, b FROM ... and
// DELETE FROM a, b USING ...
func (p *parser) deletesSeveral() bool {
	if p.Dialect != tenant.MySQL {
		return false
	}
	if p.kw() != KwFrom {
		return true
	}
	for i := p.i + 1; ; i++ {
		switch t := &p.Toks[i]; {
		case t.Kind == Comma, t.Kw == KwUsing:
			return true
		case t.Kind == Word && reserved.has(t.Kw), t.Kind != Word && t.Kind != QuotedName && t.Kind != Dot && t.Kind != Asterisk:
			return false
		}
	}
}

// deleteSeveral reads the names of the tables whose rows go, and the join that
// says which. The names are those by which the join knows its tables.
func (p *parser) deleteSeveral(block int32) error {
	begin := KwFrom
	if p.accept(KwFrom) {
		begin = KwUsing
	}
	first := p.i
	var targets []int32
	for {
		if !p.isName() {
			return p.unexpected("a table")
		}
		if targets = append(targets, p.i); len(targets) > MaxRefs {
			return &Error{TooLong, "too many tables", int(p.tok().Start)}
		}
		p.i++
		if p.tok().Kind == Dot {
			if p.i++; p.tok().Kind != Asterisk {
				return p.unsupported("a schema in front of a table that rows are deleted from")
			}
			p.i++
		}
		if p.tok().Kind != Comma {
			break
		}
		p.i++
	}
	p.Plain = append(p.Plain, Span{first, p.i})
	if !p.accept(begin) {
		return p.unexpected("FROM or USING")
	}
	refs := int32(len(p.Refs))
	root, err := p.fromList(block)
	if err != nil {
		return err
	}
	for _, t := range targets {
		if err := p.markTarget(refs, block, t); err != nil {
			return err
		}
	}
	return p.writeTail(block, root)
}

// markTarget marks the reference that name token t means. Whether case counts
// is up to the server; to mark one more only refuses more.
func (p *parser) markTarget(from, block, t int32) error {
	found := false
	for i := int(from); i < len(p.Refs); i++ {
		ref := &p.Refs[i]
		if ref.Block != block || ref.Kind == DerivedRef || !strings.EqualFold(p.Fold(p.qualifier(ref)), p.Fold(t)) {
			continue
		}
		if err := p.writable(ref); err != nil {
			return err
		}
		found = true
	}
	if !found {
		return &Error{Unexpected, "a table to delete from that the join does not have: " + clip(p.Word(t)), int(p.Toks[t].Start)}
	}
	return nil
}

// written reads the table that an UPDATE or DELETE writes to, as a leaf.
func (p *parser) written(block int32) (int32, error) {
	start := p.i
	if p.kw() == KwOnly && p.Dialect == tenant.Postgres {
		p.i++
	}
	ref, err := p.target(block)
	if err != nil {
		return -1, err
	}
	ref.Start = start
	if err := p.writable(&ref); err != nil {
		return -1, err
	}
	if p.tok().Kind == Asterisk && p.Dialect == tenant.Postgres {
		p.i++
	}
	if err := p.tableOptions(&ref); err != nil {
		return -1, err
	}
	if p.kw() == KwFor {
		return -1, p.unsupported("FOR PORTION OF")
	}
	if err := p.alias(&ref); err != nil {
		return -1, err
	}
	if err := p.tableOptions(&ref); err != nil {
		return -1, err
	}
	return p.leaf(ref), nil
}

// beside reads the tables of FROM or USING, which are joined to the target.
func (p *parser) beside(block, target int32) (int32, error) {
	others, err := p.fromList(block)
	if err != nil {
		return -1, err
	}
	return p.join(block, Node{Left: target, Right: others, Type: Inner, On: Clause{Kw: -1}}), nil
}

// writeTail reads WHERE, ORDER BY, LIMIT and RETURNING.
func (p *parser) writeTail(block, root int32) error {
	p.Blocks[block].Root = root
	if p.kw() == KwWhere && strings.EqualFold(p.wordAt(p.i+1), "CURRENT") && strings.EqualFold(p.wordAt(p.i+2), "OF") {
		return p.unsupported("WHERE CURRENT OF")
	}
	if err := p.where(block); err != nil {
		return err
	}
	for limited := false; ; {
		var err error
		switch p.kw() {
		case KwOrder:
			p.i++
			err = p.byList("ORDER BY")
		case KwLimit, KwOffset:
			err = p.rowLimit(&limited)
		case KwReturning:
			if err := p.returning(block); err != nil {
				return err
			}
			if p.kw() == KwOrder || p.kw() == KwLimit { // SQLite has them last
				continue
			}
			return nil
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}
