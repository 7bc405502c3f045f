package scope

import (
	"fmt"
	"strings"

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
	opaque  bool // only its verb was read
	wide    bool // it has letters outside ASCII, so that the connection's character set matters
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
	rules *rules
	cat   *Catalogue // nil if there is none
	mode  carry.Mode
	n     int // how many tenants the mode has

	owned    []ownership // by reference
	edits    []edit
	kept     []segment // what the edits left in place
	given    []givenValue
	words    words
	plain    []bool  // by token: it is a name that is no expression, see names
	expanded int     // columns that stars stood for
	args     []int32 // by token: the index of a placeholder's argument, see argOf
}

// ownership is what the policy says about one reference. The zero value is a
// reference that needs nothing.
type ownership struct {
	rule
	table *CatalogueTable // nil where the catalogue does not say
}

// filtered reports whether rows of this reference need a predicate.
func (o *ownership) filtered() bool { return o.class == PerTenant || o.class == Mixed }

// planOf analyses text for one mode. It is pure: the same arguments give the
// same plan.
func planOf(r *rules, cat *Catalogue, mode carry.Mode, n int, modes sqlscan.Modes, text string) (*plan, error) {
	stmt, err := sqlscan.Parse(r.Dialect, modes, text)
	if err != nil {
		return nil, refusedBy(err)
	}
	defer stmt.Release()
	pl := &planner{Stmt: stmt, rules: r, cat: cat, mode: mode, n: n}
	if err := pl.analyse(); err != nil {
		return nil, err
	}
	out, err := pl.splice()
	if err != nil {
		return nil, err
	}
	return out, pl.verify(out)
}

func (pl *planner) analyse() error {
	if pl.Kind == sqlscan.CreateTable || pl.Kind == sqlscan.CreateIndex {
		return pl.refuse(ReasonUnsupported, "CREATE statement", 0, "", "run DDL in a context made by tenant.AcrossAll")
	}
	for _, step := range []func() error{pl.classify, pl.functions, pl.fields, pl.strayTables, pl.assignments, pl.inserts, pl.stars, pl.rowValues, pl.predicates} {
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
	pl.owned = make([]ownership, len(pl.Refs))
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
		if err := pl.reachable(ref, &o); err != nil {
			return err
		}
		if o.filtered() && ref.Columns {
			return pl.refuse(ReasonUnsupported, "an alias that renames the columns of a tenant's table", ref.Tok, ref.Name.Table, "give aliases to the columns in the select list")
		}
		pl.owned[i] = o
	}
	return pl.distinctNames()
}

// hides reports whether a table of this name may have tenants' rows.
func (pl *planner) hides(table string) bool {
	u, declared := pl.rules.tables[table]
	if !declared && pl.cat != nil {
		if _, known := pl.cat.Tables[table]; known {
			u.class = pl.rules.Default
		}
	}
	return u.class == PerTenant || u.class == Mixed
}

// lookup finds what policy and catalogue say about a table.
func (pl *planner) lookup(ref *sqlscan.Ref) (ownership, error) {
	name, d := ref.Name, pl.Dialect
	full := name.Table
	if d == SQLite && name.Schema == "main" {
		name.Schema = ""
	}
	if name.Schema != "" {
		full = name.Schema + "." + name.Table
	}
	var known *CatalogueTable
	if pl.cat != nil {
		if t, ok := pl.cat.Tables[full]; ok {
			known = &t
		}
	}
	u, declared := pl.rules.tables[full]
	if !declared && known != nil && known.Schema != "" {
		if name.Schema == "" {
			u, declared = pl.rules.tables[known.Schema+"."+name.Table]
		} else if plain, ok := pl.cat.Tables[name.Table]; ok && plain.Schema == name.Schema {
			u, declared = pl.rules.tables[name.Table]
		}
	}
	switch {
	case d == Postgres && strings.HasPrefix(name.Table, "pg_"), d == SQLite && strings.HasPrefix(name.Table, "sqlite_"):
		return ownership{}, pl.refuse(ReasonUnknownTable, "a system table", ref.Tok, full, "")
	case isLibrary(name.Table) && !declared:
		return ownership{}, pl.refuse(ReasonUnknownTable, "a table of this library", ref.Tok, full, "declare it Shared in the policy to read it")
	case !declared && known == nil:
		return ownership{}, pl.refuse(ReasonUnknownTable, "a table that neither the policy nor the catalogue knows", ref.Tok, full, "add it to Policy.Tables")
	case !declared && known.View:
		return ownership{}, pl.refuse(ReasonUnknownTable, "a view that the policy does not declare", ref.Tok, full, "add it to Policy.Tables; what it reads is not looked at")
	case !declared:
		u = rule{class: pl.rules.Default, column: pl.rules.Column}
		if _, has := known.column(d, u.column); has && u.class == Shared {
			return ownership{}, pl.refuse(ReasonUnknownTable, "a table with the tenant column that the policy does not classify", ref.Tok, full, "add it to Policy.Tables")
		}
	}
	if known != nil && (u.class == PerTenant || u.class == Mixed) {
		c, has := known.column(d, u.column)
		if !has {
			return ownership{}, pl.refuse(ReasonTenantColumn, "a "+u.class.String()+" table without the column "+u.column, ref.Tok, full, "add the column, or classify the table")
		}
		if kind, _ := kindOf(d, c.Type); kind == otherValue {
			return ownership{}, pl.refuse(ReasonTenantColumn, "a tenant column of type "+c.Type, ref.Tok, full, "use a text, integer or uuid type: others hold one id for several")
		}
	}
	return ownership{rule: u, table: known}, nil
}

// reachable applies the mode table of package tenant to one reference.
func (pl *planner) reachable(ref *sqlscan.Ref, o *ownership) error {
	table := ref.Name.Table
	switch {
	case pl.mode == carry.Global && o.class == PerTenant:
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

// functions refuses calls that neither the reviewed list nor the policy has.
func (pl *planner) functions() error {
	for _, c := range pl.Calls {
		if ok, name, hint := pl.rules.allows(pl.Stmt, c); !ok {
			return pl.refuse(ReasonUnknownFunc, name+"()", c.First, "", hint)
		}
	}
	return nil
}

// assignments refuses to move a row to another tenant.
func (pl *planner) assignments() error {
	for _, set := range pl.Sets {
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

// rowValues refuses a tenant's table used as a value in PostgreSQL: SELECT t
// FROM t returns the whole row, hidden column included.
func (pl *planner) rowValues() error {
	if pl.Dialect != Postgres {
		return nil
	}
	names := map[string]string{}
	for i := range pl.Refs {
		if pl.owned[i].filtered() {
			names[pl.qualifierName(&pl.Refs[i])] = pl.Refs[i].Name.Table
		}
	}
	for t := int32(0); len(names) > 0 && pl.Toks[t].Kind != sqlscan.EOF; t++ {
		if k := pl.Toks[t].Kind; k != sqlscan.Word && k != sqlscan.QuotedName {
			continue
		}
		name := pl.Fold(t)
		if table, ok := names[name]; ok && pl.isRowValue(t, name) {
			return pl.refuse(ReasonUnsupported, "a row as a value", t, table, "name the columns")
		}
	}
	return nil
}

func (pl *planner) isRowValue(t int32, name string) bool {
	if k := pl.Toks[t+1].Kind; k == sqlscan.Dot || k == sqlscan.LParen {
		// (t).* and t.* are caught where stars are; t.x is a column.
		return false
	}
	if pl.names()[t] || t > 0 && (pl.Toks[t-1].Kind == sqlscan.Dot || pl.Toks[t-1].Kw == sqlscan.KwAs) {
		return false
	}
	for i := range pl.Refs {
		ref, tab := &pl.Refs[i], pl.owned[i].table
		if tab == nil || ref.Block < 0 || t < pl.Blocks[ref.Block].All.First || t >= pl.Blocks[ref.Block].All.End {
			continue
		}
		if _, is := tab.column(pl.Dialect, name); is {
			return false
		}
	}
	return true
}

// names marks the tokens that are names without being expressions: those of
// tables and aliases, what SET assigns to, and lists such as USING (...).
func (pl *planner) names() []bool {
	if pl.plain != nil {
		return pl.plain
	}
	pl.plain = make([]bool, len(pl.Toks))
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
	return fmt.Sprintf("%s.%s", pl.Qualifier(&pl.Refs[i]), sqlscan.Quote(pl.Dialect, pl.owned[i].column))
}
