package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// insert reads INSERT in all its forms, and REPLACE.
func (p *parser) insert() error {
	block := p.newBlock(InsertBlock)
	defer p.closeBlock(block)
	ins := InsertInto{Block: block, Default: -1, Or: -1, Replace: p.kw() == KwReplace}
	p.i++
	if err := p.insertModifiers(&ins); err != nil {
		return err
	}
	if !p.accept(KwInto) && p.Dialect != tenant.MySQL {
		return p.unexpected("INTO")
	}
	ref, err := p.target(block)
	if err != nil {
		return err
	}
	ref.Kind = TableRef // a WITH name can not be written to, so this is a table
	if p.kw() == KwPartition && p.Dialect == tenant.MySQL {
		if err := p.partitions(); err != nil {
			return err
		}
	}
	if p.kw() == KwAs && p.Dialect != tenant.MySQL {
		p.i++
		if !p.isName() {
			return p.unexpected("an alias")
		}
		ref.Alias = p.i
		p.i++
	}
	ins.InsertAt = p.i - 1
	ref.Last = ins.InsertAt
	ins.Ref = int32(len(p.Refs))
	p.Refs = append(p.Refs, ref)
	if p.tok().Kind == LParen && !p.startsQuery() {
		if err := p.insertColumns(&ins); err != nil {
			return err
		}
	}
	if err := p.overriding(); err != nil {
		return err
	}
	if err := p.source(&ins); err != nil {
		return err
	}
	ins.End = p.i - 1
	if p.kw() == KwAs && p.Dialect == tenant.MySQL {
		if err := p.newRowAlias(); err != nil {
			return err
		}
	}
	if err := p.upserts(&ins); err != nil {
		return err
	}
	p.Inserts = append(p.Inserts, ins)
	return p.returning(block)
}

// insertModifiers reads what stands between INSERT and INTO.
func (p *parser) insertModifiers(ins *InsertInto) error {
	switch p.Dialect {
	case tenant.SQLite:
		or, err := p.orAction()
		ins.Or, ins.Replace = or, ins.Replace || or >= 0 && p.Toks[or].Kw == KwReplace
		return err
	case tenant.MySQL:
		for p.kw() == KwLowPriority || p.kw() == KwDelayed || p.kw() == KwHighPriority {
			p.i++
		}
		if p.kw() == KwIgnore {
			ins.Or = p.i
			p.i++
		}
	}
	return nil
}

// orAction reads SQLite's OR with its conflict action, and returns the token of
// the action, or -1.
func (p *parser) orAction() (int32, error) {
	if p.kw() != KwOr {
		return -1, nil
	}
	p.i++
	switch strings.ToUpper(p.wordAt(p.i)) {
	case "REPLACE", "IGNORE", "ABORT", "FAIL":
		p.i++
		return p.i - 1, nil
	case "ROLLBACK":
		// The transaction would end behind the back of database/sql.
		return -1, p.unsupported("OR ROLLBACK")
	}
	return -1, p.unexpected("a conflict action")
}

func (p *parser) insertColumns(ins *InsertInto) error {
	ins.HasCols = true
	ins.Columns = Span{p.i + 1, p.tok().Match}
	if ins.Columns.Empty() {
		p.i += 2
		return nil
	}
	return p.namesIn()
}

func (p *parser) overriding() error {
	if !p.accept(KwOverriding) {
		return nil
	}
	if w := p.wordAt(p.i); !strings.EqualFold(w, "SYSTEM") && !strings.EqualFold(w, "USER") {
		return p.unexpected("SYSTEM or USER")
	}
	p.i++
	if !p.accept(KwValue) {
		return p.unexpected("VALUE")
	}
	return nil
}

// source reads where the rows of an INSERT come from.
func (p *parser) source(ins *InsertInto) error {
	switch {
	case p.kw() == KwDefault:
		ins.Default = p.i
		p.i++
		return p.words("VALUES")
	case p.kw() == KwValues || p.kw() == KwValue && p.Dialect == tenant.MySQL:
		p.i++
		rows, err := p.rows()
		ins.Rows = rows
		return err
	case p.kw() == KwSet && p.Dialect == tenant.MySQL:
		p.i++
		var err error
		p.until = setOf(KwAs) // AS new
		ins.Assigned, err = p.assignments(ins.Block)
		p.until = kwSet{}
		return err
	case p.startsQuery():
		return p.query(&ins.Arms)
	}
	return p.unexpected("VALUES or a query")
}

// newRowAlias reads MySQL's AS new, by which ON DUPLICATE KEY UPDATE speaks of
// the row that was to be inserted. Its columns could be renamed too, but then
// one more would have to be named.
func (p *parser) newRowAlias() error {
	p.i++
	if !p.isName() {
		return p.unexpected("an alias")
	}
	p.Plain = append(p.Plain, Span{p.i, p.i + 1})
	p.i++
	if p.tok().Kind == LParen {
		return p.unsupported("an alias for the columns of the new row")
	}
	return nil
}

// upserts reads ON CONFLICT and ON DUPLICATE KEY UPDATE.
func (p *parser) upserts(ins *InsertInto) error {
	for p.kw() == KwOn {
		u := Upsert{Tok: p.i, Constraint: -1, Where: Clause{Kw: -1}}
		p.i++
		var err error
		if p.Dialect == tenant.MySQL {
			err = p.onDuplicate(ins, &u)
		} else {
			err = p.onConflict(ins, &u)
		}
		if err != nil {
			return err
		}
		u.End = p.i - 1
		ins.Upserts = append(ins.Upserts, u)
		if p.Dialect != tenant.SQLite {
			return nil
		}
	}
	return nil
}

func (p *parser) onDuplicate(ins *InsertInto, u *Upsert) error {
	if err := p.words("DUPLICATE", "KEY", "UPDATE"); err != nil {
		return err
	}
	var err error
	u.Duplicate = true
	u.Sets, err = p.assignments(ins.Block)
	return err
}

func (p *parser) onConflict(ins *InsertInto, u *Upsert) error {
	if !p.accept(KwConflict) {
		return p.unexpected("CONFLICT")
	}
	switch {
	case p.tok().Kind == LParen:
		u.HasTarget, u.Target = true, Span{p.i + 1, p.tok().Match}
		if err := p.paren(); err != nil {
			return err
		}
		if p.kw() == KwWhere {
			until := p.until
			p.until = setOf(KwDo)
			_, err := p.clause()
			if p.until = until; err != nil {
				return err
			}
		}
	case p.kw() == KwOn && p.Dialect == tenant.Postgres:
		if err := p.words("ON", "CONSTRAINT"); err != nil {
			return err
		}
		if !p.isName() {
			return p.unexpected("a constraint")
		}
		u.Constraint = p.i
		p.Plain = append(p.Plain, Span{p.i, p.i + 1})
		p.i++
	}
	if !p.accept(KwDo) {
		return p.unexpected("DO")
	}
	if p.accept(KwNothing) {
		u.Nothing = true
		return nil
	}
	if err := p.words("UPDATE", "SET"); err != nil {
		return err
	}
	var err error
	if u.Sets, err = p.assignments(ins.Block); err != nil {
		return err
	}
	if p.kw() == KwWhere {
		u.Where, err = p.clause()
	}
	return err
}

func (p *parser) returning(block int32) error {
	if !p.accept(KwReturning) {
		return nil
	}
	_, err := p.list(block, true)
	return err
}

// assignments reads the items after SET and returns which of Sets they are.
func (p *parser) assignments(block int32) (Span, error) {
	from := int32(len(p.Sets))
	for {
		first := p.i
		if p.tok().Kind == LParen {
			if err := p.namesIn(); err != nil {
				return Span{}, err
			}
		} else {
			for p.tok().Kind == Word || p.tok().Kind == QuotedName || p.tok().Kind == Dot {
				p.i++
			}
			if p.tok().Kind == LBracket {
				return Span{}, p.unsupported("assignment to an element")
			}
		}
		if p.i == first {
			return Span{}, p.unexpected("a column")
		}
		set := Assignment{Block: block, Target: Span{first, p.i}}
		if err := p.expect(Equals, "="); err != nil {
			return Span{}, err
		}
		var err error
		if set.Value, err = p.run("an expression"); err != nil {
			return Span{}, err
		}
		p.Sets = append(p.Sets, set)
		if p.tok().Kind != Comma {
			return Span{from, int32(len(p.Sets))}, nil
		}
		p.i++
	}
}
