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
	*sqlscan.Stmt
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
	stmt, err := sqlscan.Parse(r.Dialect, modes, text)
	if err != nil {
		return nil, refusedBy(err)
	}
	pl := planners.Get().(*planner)
	pl.Stmt, pl.rules, pl.schema, pl.mode, pl.n = stmt, r, sch, mode, n
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

// classify finds the rule of every table the statement names, and refuses
// those the mode does not reach.
func (pl *planner) classify() error {
	pl.owned = sized(pl.owned, len(pl.Refs))
	for i := range pl.Refs {
		ref := &pl.Refs[i]
		if ref.Kind == sqlscan.CTERef && pl.Dialect == MySQL && pl.hides(ref.Name.Table) {
			// MySQL and MariaDB do not agree on where the name of a WITH query
			// hides a table, so it had better not.
			return pl.refuse(ReasonUnsupported, "a WITH query named like a tenant's table", ref.Tok, ref.Name.Table, "give it a name of its own")
		}
		if ref.Kind != sqlscan.TableRef {
			continue
		}
		o, err := pl.lookup(ref)
		if err != nil {
			return err
		}
		o.exposed = o.exposed && !ref.Target // it is only exposed to readers
		pl.exposes = pl.exposes || o.exposed
		if err := pl.reachable(ref, &o); err != nil {
			return err
		}
		pl.owned[i] = o
	}
	return pl.distinctNames()
}

// hides reports whether a table of this name may have tenants' rows.
func (pl *planner) hides(table string) bool {
	u, declared := pl.rules.tables[table]
	if !declared && pl.schema.table(table) != nil {
		u.class = pl.rules.Default
	}
	for name, other := range pl.rules.tables { // of whichever schema
		if strings.HasSuffix(name, "."+table) && (other.class == PerTenant || other.class == Mixed) {
			return true
		}
	}
	return u.class == PerTenant || u.class == Mixed
}

// lookup finds what policy and catalogue say about a table.
func (pl *planner) lookup(ref *sqlscan.Ref) (ownership, error) {
	name, d := ref.Name, pl.Dialect
	full := name.Table
	if strings.Contains(name.Table, ".") || strings.Contains(name.Schema, ".") {
		return ownership{}, pl.refuse(ReasonUnknownTable, "a name with a dot in it", ref.Tok, full, "rename the table")
	}
	if d == SQLite && name.Schema == "main" {
		name.Schema = ""
	}
	if name.Schema != "" {
		full = name.Schema + "." + name.Table
	}
	known := pl.schema.table(full)
	u, declared := pl.rules.tables[full]
	if !declared && known != nil && known.Schema != "" {
		if name.Schema == "" {
			u, declared = pl.rules.tables[known.Schema+"."+name.Table]
		} else if plain := pl.schema.table(name.Table); plain != nil && plain.Schema == name.Schema {
			u, declared = pl.rules.tables[name.Table]
		}
	}
	switch {
	case systemTable(d, name):
		return ownership{}, pl.refuse(ReasonUnknownTable, "a table of the server", ref.Tok, full, "what it tells is about all tenants; read it in a context made by tenant.AcrossAll")
	case isLibrary(name.Table) && !declared:
		return ownership{}, pl.refuse(ReasonUnknownTable, "a table of this library", ref.Tok, full, "declare it Shared in the policy to read it")
	case !declared && known == nil:
		return ownership{}, pl.refuse(ReasonUnknownTable, "a table that neither the policy nor the catalogue knows", ref.Tok, full, "add it to Policy.Tables")
	case !declared && known.View:
		return ownership{}, pl.refuse(ReasonUnknownTable, "a view that the policy does not declare", ref.Tok, full, "add it to Policy.Tables; what it reads is not looked at")
	case !declared:
		u = pl.rules.others
		if _, has := known.column(u.column); has && u.class == Shared {
			return ownership{}, pl.refuse(ReasonUnknownTable, "a table with the tenant column that the policy does not classify", ref.Tok, full, "add it to Policy.Tables")
		}
	}
	var value columnValue
	if known == nil && (u.class == PerTenant || u.class == Mixed) {
		// Two ids may be one value in a column of some types: 7 and 07.
		return ownership{}, pl.refuse(ReasonNeedsCatalogue, "a tenant's table that the catalogue does not know", ref.Tok, full, "without it the type of the tenant column is not known; see Policy.Catalogue and ReadCatalogue")
	}
	if known != nil && (u.class == PerTenant || u.class == Mixed) {
		c, has := known.column(u.column)
		if !has {
			return ownership{}, pl.refuse(ReasonTenantColumn, "a "+u.class.String()+" table without the column "+u.column, ref.Tok, full, "add the column, or classify the table")
		}
		if value = known.values[c]; value.kind == otherValue {
			return ownership{}, pl.refuse(ReasonTenantColumn, "a tenant column of type "+known.Columns[c].Type, ref.Tok, full, "use a text, integer or uuid type: others hold one id for several")
		}
	}
	return ownership{rule: u, table: known, value: value}, nil
}

// systemTable reports whether a name is one of the server's catalogues and
// views of its state. The rule for them: tenant.AcrossAll reads them, nobody
// else does.
func systemTable(d Dialect, name sqlscan.Name) bool {
	schema, table := strings.ToLower(name.Schema), strings.ToLower(name.Table)
	switch d {
	case Postgres:
		return strings.HasPrefix(table, "pg_") || strings.HasPrefix(schema, "pg_") || schema == "information_schema"
	case MySQL:
		return schema == "information_schema" || schema == "performance_schema" || schema == "mysql" || schema == "sys"
	default:
		return strings.HasPrefix(table, "sqlite_") || strings.HasPrefix(table, "pragma_") || schema == "temp"
	}
}

// reachable applies the mode table of package tenant to one reference.
func (pl *planner) reachable(ref *sqlscan.Ref, o *ownership) error {
	table := ref.Name.Table
	switch {
	case pl.mode == carry.Global && o.class == PerTenant && !o.exposed:
		return pl.refuse(ReasonMode, "a tenant's table in global mode", ref.Tok, table, "use a tenant's context, or tenant.Across with a reason")
	case !ref.Target:
		return nil
	case isLibrary(table):
		return pl.refuse(ReasonReadOnly, "a write to a table of this library", ref.Tok, table, "")
	case o.table != nil && o.table.View:
		return pl.refuse(ReasonReadOnly, "a write to a view", ref.Tok, table, "write to its tables")
	case pl.mode == carry.Across:
		return pl.refuse(ReasonMode, "a write across tenants", ref.Tok, table, "write in one tenant's context, or with tenant.AcrossAll")
	case pl.mode == carry.Tenant && o.class == Shared:
		return pl.refuse(ReasonReadOnly, "a write to a shared table", ref.Tok, table, "write it in a context made by tenant.Global, or classify it SharedWritable")
	}
	return nil
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

// targets finds the tables that MySQL's UPDATE of a join writes to: those that
// SET names, and where it names a column only, those that may have it.
func (pl *planner) targets() error {
	for k := range pl.Sets {
		set := &pl.Sets[k]
		if block := &pl.Blocks[set.Block]; !block.Several {
			continue
		}
		n := set.Target.End - set.Target.First
		if n != 1 && n != 3 {
			return pl.refuse(ReasonUnsupported, "a schema in front of a column that is set", set.Target.First, "", "use the table's alias")
		}
		column, found := pl.Fold(set.Target.End-1), n == 1
		for i := range pl.Refs {
			ref := &pl.Refs[i]
			if ref.Block != set.Block || ref.Kind != sqlscan.TableRef {
				continue
			}
			if n == 3 {
				is := strings.EqualFold(pl.qualifierName(ref), pl.Fold(set.Target.First))
				ref.Target, found = ref.Target || is, found || is
				continue
			}
			o, err := pl.lookup(ref)
			if err != nil {
				return err
			}
			has := o.table == nil
			if !has {
				_, has = o.table.column(column)
			}
			ref.Target = ref.Target || has
		}
		if !found {
			return pl.refuse(ReasonNotUnderstood, "a column of something that is no table of the join", set.Target.First, "", "")
		}
	}
	return nil
}

// assignments refuses to move a row to another tenant, and to give a row a
// value that another tenant's row may have in a key.
func (pl *planner) assignments() error {
	for k := range pl.Sets {
		set := &pl.Sets[k]
		if pl.givesRow(k) {
			continue
		}
		for i := range pl.Refs {
			o := &pl.owned[i]
			if pl.Refs[i].Block != set.Block || !pl.Refs[i].Target || !o.filtered() {
				continue
			}
			for t := set.Target.First; t < set.Target.End; t++ {
				if pl.isColumn(t, o.column) || pl.isRowID(t) {
					return pl.refuse(ReasonTenantColumn, "an assignment to the tenant column", t, pl.Refs[i].Name.Table, "rows never change tenant")
				}
			}
			loose, err := pl.looseKeys(i, set.Target.First, func(column string) bool { return pl.setsColumn(set, column) })
			if err != nil {
				return err
			}
			for _, key := range loose {
				if key.Replaces && key.given {
					return pl.refuse(ReasonUniqueKey, "a new value for a key whose duplicates are deleted", set.Target.First, pl.Refs[i].Name.Table, "it could delete another tenant's row")
				}
			}
		}
	}
	return nil
}

// givesRow reports whether assignment k is one of INSERT ... SET, which makes a
// row rather than changing one.
func (pl *planner) givesRow(k int) bool {
	for i := range pl.Inserts {
		if a := pl.Inserts[i].Assigned; int32(k) >= a.First && int32(k) < a.End {
			return true
		}
	}
	return false
}

func (pl *planner) setsColumn(set *sqlscan.Assignment, column string) bool {
	if pl.keepsColumn(set, column) {
		return false
	}
	for t := set.Target.First; t < set.Target.End; t++ {
		if pl.isColumn(t, column) {
			return true
		}
	}
	return false
}

// keepsColumn reports whether an upsert sets the column to what it is, perhaps
// by way of MySQL's LAST_INSERT_ID(x), as libraries do to learn the row's id.
func (pl *planner) keepsColumn(set *sqlscan.Assignment, column string) bool {
	if pl.Blocks[set.Block].Kind != sqlscan.InsertBlock || set.Target.End-set.Target.First != 1 || !pl.isColumn(set.Target.First, column) {
		return false
	}
	value := set.Value
	if strings.EqualFold(pl.Word(value.First), "LAST_INSERT_ID") && pl.Toks[value.First+1].Kind == sqlscan.LParen && pl.Toks[value.First+1].Match == value.End-1 {
		value = sqlscan.Span{First: value.First + 2, End: value.End - 1}
	}
	if value.Empty() || !pl.isIdent(value.End-1) || !pl.isColumn(value.End-1, column) {
		return false
	}
	switch value.End - value.First {
	case 1:
		return true
	case 3:
		for i := range pl.Refs {
			if ref := &pl.Refs[i]; ref.Block == set.Block && ref.Target && pl.Toks[value.First+1].Kind == sqlscan.Dot {
				return pl.isIdent(value.First) && pl.Fold(value.First) == pl.qualifierName(ref)
			}
		}
	}
	return false
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

// column returns the tenant column of a reference, addressed and quoted.
func (pl *planner) column(i int) string {
	return pl.Qualifier(&pl.Refs[i]) + "." + pl.owned[i].quoted
}
