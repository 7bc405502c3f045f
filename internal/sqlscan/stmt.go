package sqlscan

import "github.com/gotenancy/tenancy/tenant"

// StmtKind is what a statement does.
type StmtKind uint8

// The kinds of statements that Parse understands.
const (
	Select StmtKind = iota + 1 // also VALUES and set operations
	Insert
	Update
	Delete
	Merge
	CreateTable // only the name is read
	CreateIndex // only the table's name is read
	Savepoint   // also RELEASE, and ROLLBACK TO
)

// Stmt is the structure of one statement. Indexes into its slices are int32;
// -1 means none. Token indexes point into Toks.
type Stmt struct {
	Dialect  tenant.Dialect
	Modes    Modes // with which the text was split
	Text     string
	Toks     []Token // the last one is EOF
	Kind     StmtKind
	Params   ParamStyle
	MaxParam int // the largest number, or the count where they are ordinal

	Blocks  []Block
	Nodes   []Node
	Refs    []Ref
	Stars   []Star
	Calls   []Call
	Inserts []InsertInto
	Sets    []Assignment
	Items   []Item // what select lists consist of; not for PostgreSQL, which does not name columns by their text
	Plain   []Span // lists of names that are no expressions: USING (..), FOR UPDATE OF .., INSERT columns, the names WITH and aliases give

	memory *memory // in which the lists lie, see Release
}

// Span is a run of tokens, End excluded.
type Span struct{ First, End int32 }

// Empty reports whether the span holds no token.
func (s Span) Empty() bool { return s.First >= s.End }

// Clause is a keyword and the condition after it.
type Clause struct {
	Kw   int32 // the keyword's token, or -1 where there is no such clause
	Body Span
}

// BlockKind is the sort of a query block.
type BlockKind uint8

// The kinds of blocks. Each SELECT of a set operation is a block of its own.
const (
	SelectBlock BlockKind = iota + 1
	ValuesBlock
	UpdateBlock
	DeleteBlock
	InsertBlock
	MergeBlock // a right join of the target and the source, which keeps every row of the source
)

// Block is one query block: a FROM clause with its condition.
type Block struct {
	Kind  BlockKind
	All   Span   // every token of the block
	List  Span   // of a SelectBlock: the select list; empty for TABLE t
	Rows  []Span // of a ValuesBlock: the tokens between the parentheses of each row
	Root  int32  // the root of the join tree, or -1
	Where Clause // where there is none, a WHERE may be put after token WhereAt
	// WhereAt is the last token before the place of a WHERE clause.
	WhereAt int32
	Locks   bool // FOR UPDATE and its like follow it
	Several bool // MySQL's UPDATE and DELETE over a join: SET says which tables are written to
}

// JoinType says which side of a join may be filled with NULLs.
type JoinType uint8

// The join types. A comma is an inner join.
const (
	Inner JoinType = iota + 1
	Left
	Right
	Full
)

// Node is a node of a join tree: a leaf with a Ref, or a join of two nodes.
type Node struct {
	Parent      int32
	Ref         int32 // of a leaf, or the JoinRef of a join; -1 for a join without an alias
	Left, Right int32 // of a join
	Type        JoinType
	On          Clause
	Merges      bool // USING or NATURAL: there is no ON, and columns merge
	Natural     bool
	Block       int32
}

// RefKind says what stands in a FROM clause.
type RefKind uint8

// The kinds of references.
const (
	TableRef   RefKind = iota + 1 // a table or view, known by name
	CTERef                        // a name from a WITH clause in scope
	DerivedRef                    // a query in parentheses
	FuncRef                       // a table function
	DualRef                       // DUAL in MySQL: no table at all
	JoinRef                       // a join in parentheses that has an alias, which hides what it joins
)

// Ref is one reference to a table, or to what stands in a table's place.
type Ref struct {
	Kind    RefKind
	Name    Name  // of a TableRef and a CTERef
	Tok     int32 // the token of its last name part
	First   int32 // the token of its first name part
	Start   int32 // the first token of its entry in FROM: ONLY, or that of its name
	Last    int32 // the last token of its entry in FROM, but for the columns of its alias
	Alias   int32 // the token of its alias, or -1
	Columns bool  // the alias renames columns
	Target  bool  // it is written to
	Block   int32
	Node    int32 // its leaf, or -1 for the target of an INSERT
}

// Name is a name as the server compares it: folded and without quotes.
type Name struct {
	Schema string // "" where the text gives none
	Table  string
}

// Star is a * that stands for columns, in a select list or RETURNING.
type Star struct {
	Block     int32
	Tok       int32 // the * itself
	Qualifier Span  // the tokens before its dot; empty for a bare *
	Returning bool
	Table     bool // there is no star: Tok is the first token of TABLE t, which means SELECT * FROM t
}

// Item is one item of a select list.
type Item struct {
	Block int32
	Span  Span
}

// Call is a function call.
type Call struct {
	Tok    int32 // the function's name
	First  int32 // the first part of the name, where it is qualified
	FromAt bool  // it stands in a FROM clause
}

// InsertInto is the part of an INSERT, or of an INSERT inside MERGE, that says
// what goes where.
type InsertInto struct {
	Block    int32
	Ref      int32
	Columns  Span     // the tokens between the parentheses of the column list
	HasCols  bool     // there is a column list, even an empty one
	Rows     []Span   // VALUES: the tokens between the parentheses of each row
	Arms     []int32  // INSERT ... SELECT: the blocks whose rows go in
	Assigned Span     // INSERT ... SET: indexes into Sets
	Default  int32    // DEFAULT VALUES: its first token, or -1
	Upserts  []Upsert // ON CONFLICT, of which SQLite takes several, or ON DUPLICATE KEY UPDATE
	Or       int32    // OR REPLACE and the like, IGNORE: its token, or -1
	Replace  bool     // REPLACE INTO, or OR REPLACE
	InsertAt int32    // the last token before the place of a column list
	End      int32    // the last token of the rows or the query, before any upsert
}

// Upsert is what an INSERT does where a row is in its way.
type Upsert struct {
	Tok        int32 // ON
	Duplicate  bool  // ON DUPLICATE KEY UPDATE: whichever key it is
	Target     Span  // ON CONFLICT (...): the tokens between the parentheses
	HasTarget  bool
	Constraint int32  // ON CONSTRAINT: the token of its name, or -1
	Nothing    bool   // DO NOTHING
	Sets       Span   // DO UPDATE SET: indexes into Sets
	Where      Clause // DO UPDATE ... WHERE
	End        int32  // its last token
}

// Assignment is one SET item.
type Assignment struct {
	Block  int32
	Target Span // names, dots, and parentheses of a row of names
	Value  Span
}

// Word returns the text of token i.
func (s *Stmt) Word(i int32) string { return s.Text[s.Toks[i].Start:s.Toks[i].End] }

// Fold returns the name that token i writes, as the server compares it.
func (s *Stmt) Fold(i int32) string {
	if s.Toks[i].Kw != KwNone && s.Dialect != tenant.MySQL {
		_, lower := keyword(s.Word(i)) // the most frequent words cost no new string
		return lower
	}
	return fold(s.Dialect, s.Toks[i].Kind == QuotedName, s.Word(i))
}

// qualifier returns the token by which the columns of r are addressed.
func (s *Stmt) qualifier(r *Ref) int32 {
	if r.Alias >= 0 {
		return r.Alias
	}
	return r.Tok
}

// Qualifier returns how the columns of reference r are addressed, as written:
// its alias, or the last part of its name.
func (s *Stmt) Qualifier(r *Ref) string { return s.Word(s.qualifier(r)) }
