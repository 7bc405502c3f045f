package sqlscan

import "github.com/gotenancy/tenancy/tenant"

// merge reads PostgreSQL's MERGE. Target and source become a right join: a row
// of the source is never lost, and where the condition finds no row of the
// target it counts as not matched.
// https://www.postgresql.org/docs/current/sql-merge.html
func (p *parser) merge() error {
	if p.Dialect != tenant.Postgres {
		return p.unsupported("MERGE statement")
	}
	block := p.newBlock(MergeBlock)
	defer p.closeBlock(block)
	p.i++
	if !p.accept(KwInto) {
		return p.unexpected("INTO")
	}
	target, err := p.written(block)
	if err != nil {
		return err
	}
	if !p.accept(KwUsing) {
		return p.unexpected("USING")
	}
	source, err := p.item(block)
	if err != nil {
		return err
	}
	if p.kw() != KwOn {
		return p.unexpected("ON")
	}
	p.until = setOf(KwWhen, KwThen)
	defer func() { p.until = kwSet{} }()
	on, err := p.clause()
	if err != nil {
		return err
	}
	p.Blocks[block].WhereAt = p.i - 1
	p.Blocks[block].Root = p.join(block, Node{Left: target, Right: source, Type: Right, On: on})
	for p.kw() == KwWhen {
		if err := p.mergeWhen(block, p.Nodes[target].Ref); err != nil {
			return err
		}
	}
	if p.kw() == KwReturning {
		return p.unsupported("RETURNING of MERGE")
	}
	return nil
}

// mergeWhen reads WHEN [NOT] MATCHED [AND condition] THEN action.
func (p *parser) mergeWhen(block, target int32) error {
	p.i++
	p.accept(KwNot)
	if !p.accept(KwMatched) {
		return p.unexpected("MATCHED")
	}
	if p.kw() == KwBy {
		// BY SOURCE would act on rows of the target that ON has kept out, which
		// are all rows of the other tenants.
		return p.unsupported("MATCHED BY")
	}
	if p.accept(KwAnd) {
		if _, err := p.run("a condition"); err != nil {
			return err
		}
	}
	if !p.accept(KwThen) {
		return p.unexpected("THEN")
	}
	switch p.kw() {
	case KwUpdate:
		if err := p.words("UPDATE", "SET"); err != nil {
			return err
		}
		_, err := p.assignments(block)
		return err
	case KwDelete:
		p.i++
		return nil
	case KwDo:
		return p.words("DO", "NOTHING")
	case KwInsert:
		return p.mergeInsert(block, target)
	}
	return p.unexpected("an action")
}

func (p *parser) mergeInsert(block, target int32) error {
	ins := InsertInto{Block: block, Ref: target, Default: -1, Or: -1, InsertAt: p.i}
	p.i++
	if p.tok().Kind == LParen {
		if err := p.insertColumns(&ins); err != nil {
			return err
		}
	}
	if err := p.overriding(); err != nil {
		return err
	}
	switch p.kw() {
	case KwDefault:
		ins.Default = p.i
		if err := p.words("DEFAULT", "VALUES"); err != nil {
			return err
		}
	case KwValues:
		p.i++
		rows, err := p.rows()
		if err != nil {
			return err
		}
		if len(rows) != 1 {
			return p.unexpected("one row")
		}
		ins.Rows = rows
	default:
		return p.unexpected("VALUES")
	}
	ins.End = p.i - 1
	p.Inserts = append(p.Inserts, ins)
	return nil
}
