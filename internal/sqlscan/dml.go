package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// insert reads INSERT in all its forms, and REPLACE.
func (p *parser) insert() error {
	block := p.newBlock(InsertBlock)
	defer p.closeBlock(block)
	ins := InsertInto{Block: block, Default: -1, Conflict: -1, Or: -1, Replace: p.kw() == KwReplace}
	p.i++
	if p.kw() == KwOr && p.Dialect == tenant.SQLite {
		p.i++
		if p.tok().Kind != Word {
			return p.unexpected("a conflict action")
		}
		ins.Or = p.i
		p.i++
	}
	for p.kw() == KwLowPriority || p.kw() == KwDelayed || p.kw() == KwHighPriority {
		p.i++
	}
	if p.kw() == KwIgnore {
		ins.Or = p.i
		p.i++
	}
	if !p.accept(KwInto) && p.Dialect != tenant.MySQL {
		return p.unexpected("INTO")
	}
	ref, err := p.target(block)
	if err != nil {
		return err
	}
	ref.Kind = TableRef // a WITH name can not be written to, so this is a table
	if p.kw() == KwPartition {
		return p.unsupported("PARTITION")
	}
	if p.accept(KwAs) {
		if !p.isName() {
			return p.unexpected("an alias")
		}
		ref.Alias = p.i
		p.i++
	}
	ins.InsertAt = p.i - 1
	ins.Ref = int32(len(p.Refs))
	p.Refs = append(p.Refs, ref)
	if p.tok().Kind == LParen && !p.startsQuery() {
		ins.HasCols = true
		ins.Columns = Span{p.i + 1, p.tok().Match}
		if ins.Columns.Empty() {
			p.i += 2
		} else if err := p.namesIn(); err != nil {
			return err
		}
	}
	if p.kw() == KwOverriding {
		p.i++
		if w := p.wordAt(p.i); !strings.EqualFold(w, "SYSTEM") && !strings.EqualFold(w, "USER") {
			return p.unexpected("SYSTEM or USER")
		}
		p.i++
		if !p.accept(KwValue) {
			return p.unexpected("VALUE")
		}
	}
	if err := p.source(&ins); err != nil {
		return err
	}
	p.block = block
	if err := p.upsert(&ins); err != nil {
		return err
	}
	if p.kw() == KwAs && p.Dialect == tenant.MySQL {
		return p.unsupported("an alias for the new row")
	}
	p.Inserts = append(p.Inserts, ins)
	return p.returning(block)
}

// target reads the name of a table that is written to.
func (p *parser) target(block int32) (Ref, error) {
	if !p.isName() {
		return Ref{}, p.unexpected("a table")
	}
	ref, err := p.tableName(block)
	ref.Target = true
	return ref, err
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
		return p.unsupported("INSERT ... SET")
	case p.startsQuery():
		return p.query(&ins.Arms)
	}
	return p.unexpected("VALUES or a query")
}

// upsert reads ON CONFLICT and ON DUPLICATE KEY UPDATE.
func (p *parser) upsert(ins *InsertInto) error {
	if p.kw() != KwOn {
		return nil
	}
	ins.Conflict = p.i
	p.i++
	if p.kw() == KwDuplicate && p.Dialect == tenant.MySQL {
		if err := p.words("DUPLICATE", "KEY", "UPDATE"); err != nil {
			return err
		}
		return p.assignments(ins.Block)
	}
	if !p.accept(KwConflict) {
		return p.unexpected("CONFLICT")
	}
	switch {
	case p.tok().Kind == LParen:
		if err := p.paren(); err != nil {
			return err
		}
		if p.kw() == KwWhere {
			if _, err := p.clause(); err != nil {
				return err
			}
		}
	case p.kw() == KwOn:
		if err := p.words("ON", "CONSTRAINT"); err != nil {
			return err
		}
		if !p.isName() {
			return p.unexpected("a constraint")
		}
		p.i++
	}
	if !p.accept(KwDo) {
		return p.unexpected("DO")
	}
	if p.accept(KwNothing) {
		return nil
	}
	if err := p.words("UPDATE", "SET"); err != nil {
		return err
	}
	if err := p.assignments(ins.Block); err != nil {
		return err
	}
	if p.kw() == KwWhere {
		_, err := p.clause()
		return err
	}
	return nil
}

func (p *parser) returning(block int32) error {
	if !p.accept(KwReturning) {
		return nil
	}
	_, err := p.list(block, true)
	return err
}

// assignments reads the items after SET and notes what they assign to.
func (p *parser) assignments(block int32) error {
	for {
		first := p.i
		if p.tok().Kind == LParen {
			if err := p.namesIn(); err != nil {
				return err
			}
		} else {
			for p.tok().Kind == Word || p.tok().Kind == QuotedName || p.tok().Kind == Dot {
				p.i++
			}
			if p.tok().Kind == LBracket {
				return p.unsupported("assignment to an element")
			}
		}
		if p.i == first {
			return p.unexpected("a column")
		}
		p.Sets = append(p.Sets, Assignment{Block: block, Target: Span{first, p.i}})
		if err := p.expect(Equals, "="); err != nil {
			return err
		}
		if _, err := p.run("an expression"); err != nil {
			return err
		}
		if p.tok().Kind != Comma {
			return nil
		}
		p.i++
	}
}

// update reads UPDATE of one table, with FROM.
func (p *parser) update() error {
	block := p.newBlock(UpdateBlock)
	defer p.closeBlock(block)
	p.i++
	switch {
	case p.kw() == KwOr && p.Dialect == tenant.SQLite:
		return p.unsupported("UPDATE OR")
	case p.kw() == KwIgnore && p.Dialect == tenant.MySQL:
		return p.unsupported("UPDATE IGNORE")
	}
	p.accept(KwLowPriority)
	root, err := p.written(block)
	if err != nil {
		return err
	}
	if !p.accept(KwSet) {
		if t := p.tok(); t.Kind == Comma || stops.has(t.Kw) {
			return p.unsupported("UPDATE of several tables")
		}
		return p.unexpected("SET")
	}
	if err := p.assignments(block); err != nil {
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

// delete reads DELETE from one table, with USING.
func (p *parser) delete() error {
	block := p.newBlock(DeleteBlock)
	defer p.closeBlock(block)
	p.i++
	for p.kw() == KwLowPriority || p.kw() == KwQuick {
		p.i++
	}
	if p.kw() == KwIgnore {
		return p.unsupported("DELETE IGNORE")
	}
	if !p.accept(KwFrom) {
		if p.Dialect == tenant.MySQL {
			return p.unsupported("DELETE from several tables")
		}
		return p.unexpected("FROM")
	}
	root, err := p.written(block)
	if err != nil {
		return err
	}
	switch {
	case p.kw() == KwUsing && p.Dialect == tenant.Postgres:
		p.i++
		if root, err = p.beside(block, root); err != nil {
			return err
		}
	case p.kw() == KwUsing, p.tok().Kind == Comma, p.tok().Kind == Dot, p.kw() == KwFrom:
		return p.unsupported("DELETE from several tables")
	}
	return p.writeTail(block, root)
}

// written reads the table that an UPDATE or DELETE writes to, as a leaf.
func (p *parser) written(block int32) (int32, error) {
	if p.kw() == KwOnly && p.Dialect == tenant.Postgres {
		p.i++
	}
	ref, err := p.target(block)
	if err != nil {
		return -1, err
	}
	if ref.Kind == CTERef {
		return -1, p.unsupportedAt("a WITH query as the target", ref.Tok)
	}
	if p.tok().Kind == Asterisk && p.Dialect == tenant.Postgres {
		p.i++
	}
	if err := p.tableOptions(); err != nil {
		return -1, err
	}
	if p.kw() == KwFor {
		return -1, p.unsupported("FOR PORTION OF")
	}
	if err := p.alias(&ref); err != nil {
		return -1, err
	}
	return p.leaf(ref), p.tableOptions()
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

// create reads as much of CREATE TABLE and CREATE INDEX as says which table it
// is about. The rest is not read, so nobody but the migrations of this module
// may act on it.
func (p *parser) create() error {
	p.i++
	p.Kind = CreateTable
	if p.accept(KwUnique) || p.kw() == KwIndex {
		p.Kind = CreateIndex
	}
	verb := "TABLE"
	if p.Kind == CreateIndex {
		verb = "INDEX"
	}
	if p.tok().Kind != Word || !strings.EqualFold(p.Word(p.i), verb) {
		return p.unsupportedAt("CREATE "+strings.ToUpper(clip(p.wordAt(p.i)))+" statement", 0)
	}
	p.i++
	if p.tok().Kind == Word && strings.EqualFold(p.Word(p.i), "IF") {
		if err := p.words("IF", "NOT", "EXISTS"); err != nil {
			return err
		}
	}
	if p.Kind == CreateIndex {
		if err := p.names(); err != nil {
			return err
		}
		if !p.accept(KwOn) {
			return p.unexpected("ON")
		}
	}
	ref, err := p.target(-1)
	if err != nil {
		return err
	}
	p.Refs = append(p.Refs, ref)
	for k := p.tok().Kind; k != EOF && k != Semicolon; k = p.tok().Kind {
		query := p.kw() == KwSelect || p.kw() == KwAs && !strings.EqualFold(p.wordAt(p.i+1), "IDENTITY") // GENERATED ... AS IDENTITY
		if query || strings.EqualFold(p.wordAt(p.i), "REFERENCES") || strings.EqualFold(p.wordAt(p.i), "LIKE") {
			return p.unsupported("CREATE with another table in it")
		}
		p.i++
	}
	return nil
}
