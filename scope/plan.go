package scope

import (
	"strings"
	"sync"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// plan is a statement ready to be bound: its final text, and where its
// arguments come from. It depends on the text, the mode and the number of
// tenants, never on which tenants they are, so it serves all of them.
type plan struct {
	text    string
	binds   []int32      // of each placeholder: the index of the argument, or -1-k for the k-th tenant; nil if the arguments stay as they are
	args    int          // how many arguments the application has to give, or -1 where it is not known
	extra   int          // how many tenants are appended after the arguments
	kind    valueKind    // how the tenant is bound
	length  int          // the longest id that the tenant columns hold, 0 for any
	given   []givenValue // arguments that must equal the tenant
	writes  bool
	selects bool // its structure was read, and it writes nothing
	noID    bool // of SQLite: the connection's last id is not that of this statement
	ddl     bool
	library bool // of one of our own stores
	exposes bool // it reads a table that the policy exposes
	named   bool // the tenants are appended under names
	opaque  bool // only its verb was read
	wide    bool // it has letters outside ASCII, so that the connection's character set matters

	savepoint bool // only allowed in a transaction
	shadow    *shadow
}

// givenValue is an argument that the application gave for the tenant column.
type givenValue struct {
	arg    int
	offset int
	table  string
}

// planner turns the structure of one statement into a plan for one mode.
type planner struct {
	*sqlscan.Stmt              // stmt
	stmt, again   sqlscan.Stmt // what is planned, and what came of it, see verify

	rules  *rules
	schema *schema // nil if there is no catalogue
	mode   carry.Mode
	n      int // how many tenants the mode has

	editor
	owned    []ownership // by reference
	exposes  bool        // a table that it reads is exposed
	site     []int       // see together
	kept     []segment   // what the edits left in place
	out      []byte      // the finished text
	given    []givenValue
	words    words
	plain    []bool   // by token: it is a name that is no expression, see names
	refNames []string // see refsNamed
	byName   map[string][]int32
	found    []int32
	expanded int     // columns that stars stood for
	looks    int     // comparisons of names, see spendOn
	args     []int32 // by token: the index of a placeholder's argument, see argOf
}

// ownership is what the policy says about one reference. The zero value is a
// reference that needs nothing.
type ownership struct {
	rule
	table *knownTable // nil where the catalogue does not say
	value columnValue // of the tenant column, where table is known

	clause  sqlscan.Clause // the condition that its predicate goes into; Kw is -1 for a WHERE that has to be made
	at      int32          // after this token
	wrapped bool           // a query takes its place, see wrap.go
	written bool           // its predicate is
}

// filtered reports whether rows of this reference need a predicate.
func (o *ownership) filtered() bool {
	return (o.class == PerTenant || o.class == Mixed) && !o.exposed
}

// planOf makes the plan of a text for one mode. It is pure: the same arguments
// give the same plan.
func planOf(r *rules, sch *schema, mode carry.Mode, n int, modes sqlscan.Modes, text string) (*plan, error) {
	pl, err := analysed(r, sch, mode, n, modes, text)
	if err != nil {
		return nil, err
	}
	defer pl.release()
	if pl.Kind == sqlscan.Savepoint {
		return &plan{text: text, savepoint: true}, nil
	}
	out, err := pl.splice()
	if err != nil {
		return nil, err
	}
	return out, pl.verify(out)
}

// analysed decides what has to change in a text, without changing it. The
// caller releases the planner.
func analysed(r *rules, sch *schema, mode carry.Mode, n int, modes sqlscan.Modes, text string) (*planner, error) {
	pl := planners.Get().(*planner)
	if err := pl.stmt.Parse(r.Dialect, modes, text); err != nil {
		planners.Put(pl)
		return nil, refusedBy(err)
	}
	pl.Stmt, pl.rules, pl.schema, pl.mode, pl.n = &pl.stmt, r, sch, mode, n
	if err := pl.analyse(); err != nil {
		pl.release()
		return nil, err
	}
	return pl, nil
}

// planners keeps the memory of planners from one statement to the next.
var planners = sync.Pool{New: func() any { return new(planner) }}

// release gives the planner and its statement to others.
func (pl *planner) release() {
	big := len(pl.Text) > 1<<16
	pl.Stmt.Release()
	if big {
		return
	}
	clear(pl.owned)
	clear(pl.refNames)
	*pl = planner{
		editor: editor{pl.edits[:0], pl.texts[:0]}, owned: pl.owned[:0], site: pl.site[:0], kept: pl.kept[:0],
		plain: pl.plain[:0], refNames: pl.refNames[:0], found: pl.found[:0], out: pl.out[:0],
	}
	planners.Put(pl)
}

// sized returns n zero elements, in the memory of s if it is large enough.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

func (pl *planner) analyse() error {
	if pl.Kind == sqlscan.CreateTable || pl.Kind == sqlscan.CreateIndex {
		return pl.refuse(ReasonUnsupported, "CREATE statement", 0, "", "run DDL in a context made by tenant.AcrossAll")
	}
	for _, step := range []func() error{
		pl.targets, pl.classify, pl.functions, pl.identifiers, pl.assignments,
		pl.places, pl.stars, pl.inserts, pl.predicates, pl.nameItems,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// refuse returns a refusal about the token at.
func (pl *planner) refuse(why Reason, construct string, at int32, table, hint string) error {
	return &RefusedError{Reason: why, Construct: construct, Offset: int(pl.Toks[at].Start), Table: table, Hint: hint}
}

// distinctNames refuses two tables of the same name in one FROM clause, because
// a predicate could then speak of the wrong one.
func (pl *planner) distinctNames() error {
	for i := range pl.Refs {
		a := &pl.Refs[i]
		if !pl.owned[i].filtered() || a.Node < 0 {
			continue
		}
		for j := range pl.Refs {
			b := &pl.Refs[j]
			if i == j || a.Block != b.Block || b.Node < 0 || b.Kind == sqlscan.DerivedRef && b.Alias < 0 {
				continue
			}
			if strings.EqualFold(pl.qualifierName(a), pl.qualifierName(b)) {
				return pl.refuse(ReasonUnsupported, "two tables under one name", max(a.Tok, b.Tok), a.Name.Table, "give them different aliases")
			}
		}
	}
	return nil
}

// qualifierName returns the name by which columns of ref are addressed, folded.
func (pl *planner) qualifierName(ref *sqlscan.Ref) string {
	if ref.Alias >= 0 {
		return pl.Fold(ref.Alias)
	}
	return pl.Fold(ref.Tok)
}

// functions refuses calls that neither the review nor the policy allows.
func (pl *planner) functions() error {
	for _, c := range pl.Calls {
		if ok, name, hint := pl.rules.allows(pl.Stmt, c); !ok {
			return pl.refuse(ReasonUnknownFunc, name+"()", c.First, "", hint)
		}
	}
	return nil
}

// isColumn reports whether token t writes the name of that column. Case is
// ignored everywhere: to see a tenant column where there is none only refuses.
func (pl *planner) isColumn(t int32, column string) bool {
	k := pl.Toks[t].Kind
	return (k == sqlscan.Word || k == sqlscan.QuotedName || k == sqlscan.String) &&
		strings.EqualFold(strings.Trim(pl.Word(t), "\"'`[]"), column)
}

// isRowID reports whether token t writes one of SQLite's names for the integer
// key of a table, which may be the tenant column.
func (pl *planner) isRowID(t int32) bool {
	return pl.Dialect == SQLite && (pl.isColumn(t, "rowid") || pl.isColumn(t, "oid") || pl.isColumn(t, "_rowid_"))
}

// names marks the tokens that are names without being expressions: those of
// tables and aliases, what SET assigns to, and lists such as USING (...).
func (pl *planner) names() []bool {
	if len(pl.plain) > 0 {
		return pl.plain
	}
	pl.plain = sized(pl.plain, len(pl.Toks))
	span := func(first, end int32) {
		for t := first; t < end; t++ {
			pl.plain[t] = true
		}
	}
	for i := range pl.Refs {
		ref := &pl.Refs[i]
		if ref.Tok >= 0 {
			span(ref.First, ref.Tok+1)
		}
		if ref.Alias >= 0 {
			span(ref.Alias, ref.Alias+1)
		}
	}
	for _, set := range pl.Sets {
		span(set.Target.First, set.Target.End)
	}
	for _, s := range pl.Plain {
		span(s.First, s.End)
	}
	return pl.plain
}
