package difftest

import (
	"strconv"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// Own is how package sqlscan reads a statement. ok is false where it reads no
// more than the first name, as it does of CREATE and SAVEPOINT: package scope
// lets them through for its own migrations, or has nothing to add to them.
func Own(d tenant.Dialect, m sqlscan.Modes, text string) (r Reading, ok bool, err error) {
	s, err := sqlscan.Parse(d, m, text)
	if err != nil {
		return r, false, err
	}
	switch s.Kind {
	case sqlscan.CreateTable, sqlscan.CreateIndex, sqlscan.Savepoint:
		return r, false, nil
	}
	r.Extents = map[Clause][]Extent{}
	for i := range s.Refs {
		if t, ok := ownTable(s, &s.Refs[i]); ok {
			r.Tables = append(r.Tables, t)
		}
	}
	for i := range s.Blocks {
		r.ownBlock(s, &s.Blocks[i])
	}
	for i := range s.Nodes {
		r.add(s, On, s.Nodes[i].On.Kw, s.Nodes[i].On.Body)
	}
	for i := range s.Inserts {
		ins := &s.Inserts[i]
		if !ins.Columns.Empty() {
			r.add(s, Columns, 0, ins.Columns)
		}
		for _, row := range ins.Rows {
			r.add(s, Row, 0, row)
		}
		for _, u := range ins.Upserts {
			r.add(s, Upserts, u.Where.Kw, u.Where.Body)
		}
	}
	for _, set := range s.Sets {
		r.add(s, Value, 0, set.Value)
	}
	for _, c := range s.Calls {
		r.Calls = append(r.Calls, Call{int(s.Toks[c.First].Start), s.Word(c.Tok)})
	}
	for i := range s.Toks[:len(s.Toks)-1] {
		r.Tokens = append(r.Tokens, Token{int(s.Toks[i].Start), int(s.Toks[i].End)})
	}
	return r, true, nil
}

func ownTable(s *sqlscan.Stmt, ref *sqlscan.Ref) (Table, bool) {
	if ref.Kind != sqlscan.TableRef && ref.Kind != sqlscan.CTERef {
		return Table{}, false
	}
	t := Table{
		Offset: int(s.Toks[ref.First].Start), Schema: ref.Name.Schema, Name: ref.Name.Table,
		CTE: ref.Kind == sqlscan.CTERef, Target: ref.Target,
	}
	if ref.Alias >= 0 {
		t.Alias = s.Fold(ref.Alias)
	}
	return t, true
}

func (r *Reading) ownBlock(s *sqlscan.Stmt, b *sqlscan.Block) {
	r.add(s, Where, b.Where.Kw, b.Where.Body)
	for _, row := range b.Rows {
		r.add(s, Row, 0, row)
	}
	// TABLE t has no list; that of EXISTS (SELECT FROM t) ends where it begins.
	if b.Kind == sqlscan.SelectBlock && b.List.First > 0 {
		if !b.List.Empty() {
			r.add(s, List, 0, b.List)
		}
		if b.Root >= 0 && ownTree(s, b.Root) != "" {
			// The keyword stands right behind the list. Before WHERE comes nothing
			// but the tables.
			r.add(s, From, 0, sqlscan.Span{First: b.List.End + 1, End: b.WhereAt + 1})
		}
	}
	if b.Root >= 0 {
		if tree := ownTree(s, b.Root); tree != "" {
			r.Trees = append(r.Trees, tree)
		}
	}
}

// add appends an extent, unless kw says that there is no such clause.
func (r *Reading) add(s *sqlscan.Stmt, clause Clause, kw int32, span sqlscan.Span) {
	if kw < 0 {
		return
	}
	e := Extent{Start: int(s.Toks[span.First].Start)}
	e.End = e.Start
	if !span.Empty() {
		e.End = int(s.Toks[span.End-1].End)
	}
	r.Extents[clause] = append(r.Extents[clause], e)
}

var joinWords = map[sqlscan.JoinType]string{sqlscan.Inner: "INNER", sqlscan.Left: "LEFT", sqlscan.Right: "RIGHT", sqlscan.Full: "FULL"}

// ownTree writes a tree of joins. DUAL is no table, and a tree of it is empty.
func ownTree(s *sqlscan.Stmt, node int32) string {
	n := &s.Nodes[node]
	if n.Left < 0 {
		switch ref := &s.Refs[n.Ref]; ref.Kind {
		case sqlscan.DerivedRef:
			return Query
		case sqlscan.FuncRef:
			return Function
		case sqlscan.DualRef:
			return ""
		default:
			return strconv.Itoa(int(s.Toks[ref.First].Start))
		}
	}
	how := ""
	switch {
	case n.On.Kw >= 0:
		how = "ON"
	case n.Natural:
		how = "NATURAL"
	case n.Merges:
		how = "USING"
	}
	tree := Joined(ownTree(s, n.Left), joinWords[n.Type], ownTree(s, n.Right), how)
	if n.Ref >= 0 {
		return Aliased(tree)
	}
	return tree
}
