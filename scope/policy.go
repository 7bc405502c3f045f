package scope

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// Dialect is the SQL a database speaks; see [tenant.Dialect].
type Dialect = tenant.Dialect

// The dialects.
const (
	Postgres = tenant.Postgres
	MySQL    = tenant.MySQL
	SQLite   = tenant.SQLite
)

// Policy says whose rows each table holds. It is data: print it, diff it,
// review it. The zero Policy opens nothing.
//
//	scope.Policy{
//		Dialect: scope.Postgres,
//		Column:  "tenant_id",
//		Default: scope.PerTenant,
//		Tables: map[string]scope.Table{
//			"countries": {Class: scope.Shared},
//		},
//	}
type Policy struct {
	Dialect Dialect `json:"dialect"`

	// Column is the tenant column of every table that does not name another.
	// Its type may be text, integer or uuid.
	Column string `json:"column"`

	// Default is the class of a table that inherits and names no module, and
	// of a table that the catalogue knows and Tables does not name: PerTenant
	// or Shared. With Shared, an unnamed table that has the tenant column is
	// refused nevertheless, since somebody forgot to classify it.
	Default Class `json:"default"`

	// Tables holds what differs from Default, by name as the schema has it:
	// "contacts" for a table that needs no schema in front of it, or
	// "billing.invoices". A table that neither this map nor the catalogue
	// knows is refused. Views have to stand here to be used, because what a
	// view reads is not looked at.
	Tables map[string]Table `json:"tables,omitempty"`

	// GloballyUnique lists unique keys that lack the tenant column on purpose,
	// because their values are told apart across tenants anyway: surrogate and
	// UUID keys. Each entry is the columns of one key with commas between them,
	// "id" or "country,code", or the name of a key that has an expression in it.
	// The entries count for every table. A duplicate in such a key may tell that
	// somebody has the value; a value for a key without the tenant that is not
	// listed is refused.
	GloballyUnique []string `json:"globallyUnique,omitempty"`

	// Exposed opens named tables across tenants, for the handle of one consumer.
	Exposed *Exposed `json:"exposed,omitempty"`

	// Modules are what tables name in Table.Module.
	Modules []tenant.Module `json:"modules,omitempty"`

	// Functions are the application's own functions that a statement may call,
	// by name as the schema has it. A function sees all rows, whatever the
	// policy says: declare only those that read no tenant's table. An entry also
	// permits a built-in function that is refused, such as nextval where tenants
	// may share the sequence. The built-in ones that are allowed are known by
	// name: a function of the application's own under such a name passes as well.
	Functions []string `json:"functions,omitempty"`

	// Catalogue describes the live schema. Where it is nil, pools that this
	// package opened read it from the database, and a [Rewriter] does without:
	// it then knows the named tables only and expands no star.
	Catalogue *Catalogue `json:"-"`
}

// Table is the policy for one table. The zero value inherits everything.
type Table struct {
	Class  Class  `json:"class"`
	Column string `json:"column,omitempty"` // its tenant column, if not Policy.Column
	Module string `json:"module,omitempty"` // the name of one of Policy.Modules

	// GloballyUnique adds keys of this table to Policy.GloballyUnique.
	GloballyUnique []string `json:"globallyUnique,omitempty"`
}

// rule is what a policy says about one table, with nothing left to inherit.
type rule struct {
	class   Class
	column  string
	quoted  string   // column in the dialect's quotes
	unique  []string // of Table.GloballyUnique
	exposed bool     // it is one of Policy.Exposed
}

// rules is a checked policy.
type rules struct {
	Policy
	tables map[string]rule
	others rule // of a table that only the catalogue knows
	funcs  map[string]bool
	review *review
}

// check returns the policy ready for use, or an error that names what is wrong.
func (p Policy) check() (*rules, error) {
	if p.Dialect < Postgres || p.Dialect > SQLite {
		return nil, fmt.Errorf("scope: Policy.Dialect is not set; use scope.Postgres, scope.MySQL or scope.SQLite")
	}
	if p.Column == "" {
		return nil, fmt.Errorf("scope: Policy.Column is not set: the name of the tenant column")
	}
	if p.Default != PerTenant && p.Default != Shared {
		return nil, fmt.Errorf("scope: Policy.Default must be PerTenant or Shared, not %v", p.Default)
	}
	if err := p.checkUnique("Policy.GloballyUnique", p.GloballyUnique, p.Column); err != nil {
		return nil, err
	}
	modules := make(map[string]tenant.Module, len(p.Modules))
	for _, m := range p.Modules {
		if _, twice := modules[m.Name]; twice || m.Name == "" {
			return nil, fmt.Errorf("scope: module %q is listed twice or has no name", m.Name)
		}
		modules[m.Name] = m
	}
	r := &rules{Policy: p, tables: make(map[string]rule, len(p.Tables)), funcs: make(map[string]bool, len(p.Functions)), review: reviews[p.Dialect]()}
	for name, t := range p.Tables {
		u, err := p.resolve(name, t, modules)
		if err != nil {
			return nil, err
		}
		r.tables[r.key(name)] = u
	}
	r.others = rule{class: p.Default, column: p.Column, quoted: sqlscan.Quote(p.Dialect, p.Column)}
	if err := r.expose(p.Exposed); err != nil {
		return nil, err
	}
	for _, f := range p.Functions {
		r.funcs[sqlscan.Fold(SQLite, f)] = true
	}
	return r, nil
}

func (p Policy) resolve(name string, t Table, modules map[string]tenant.Module) (rule, error) {
	if name == "" || strings.Count(name, ".") > 1 {
		return rule{}, fmt.Errorf("scope: %q is no table name; write table or schema.table", name)
	}
	if t.Class > Mixed {
		return rule{}, fmt.Errorf("scope: table %s: %v does not exist", name, t.Class)
	}
	if isLibrary(name) && t.Class != Shared {
		return rule{}, fmt.Errorf("scope: table %s belongs to this library; it can be declared Shared, to be read, and nothing else", name)
	}
	u := rule{class: t.Class, column: t.Column, unique: t.GloballyUnique}
	if t.Module != "" {
		m, ok := modules[t.Module]
		if !ok {
			return rule{}, fmt.Errorf("scope: table %s names module %q, which is not in Policy.Modules", name, t.Module)
		}
		if u.class == Inherit {
			u.class = ClassOf(m.Isolation)
		}
	}
	if u.class == Inherit {
		u.class = p.Default
	}
	if u.column == "" {
		u.column = p.Column
	}
	u.quoted = sqlscan.Quote(p.Dialect, u.column)
	return u, p.checkUnique("table "+name+": GloballyUnique", u.unique, u.column)
}

// key returns the name of a table as this policy's maps hold it.
func (r *rules) key(name string) string {
	if r.Dialect == SQLite {
		return sqlscan.Fold(SQLite, name)
	}
	return name
}

// isLibrary reports whether a table belongs to the stores of this module.
func isLibrary(table string) bool {
	const prefix = "tenancy_"
	return len(table) >= len(prefix) && strings.EqualFold(table[:len(prefix)], prefix)
}

// globallyUnique reports whether the policy declares key of a table under rule
// u to be unique across tenants. The order of columns does not matter.
func (r *rules) globallyUnique(u rule, key *CatalogueKey) bool {
	declared := func(entry string) bool {
		if slices.Contains(key.Columns, "") {
			return key.Name != "" && entry == key.Name
		}
		names := strings.Split(entry, ",")
		return len(names) == len(key.Columns) && !slices.ContainsFunc(names, func(n string) bool {
			return !slices.ContainsFunc(key.Columns, func(c string) bool {
				return c == strings.TrimSpace(n) || r.Dialect != Postgres && strings.EqualFold(c, strings.TrimSpace(n))
			})
		})
	}
	return slices.ContainsFunc(r.GloballyUnique, declared) || slices.ContainsFunc(u.unique, declared)
}
