package scope

import (
	"strings"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
)

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
		if ref.Kind == sqlscan.FuncRef && ref.Alias < 0 && pl.Dialect == Postgres && isFunctionSyntax(pl.Fold(ref.Tok)) {
			return pl.refuse(ReasonUnsupported, "a table function that the server calls by another name", ref.First, "", "give it an alias")
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

// isFunctionSyntax reports whether a word in the place of a table function in
// PostgreSQL is part of its grammar. The server makes something else of it, whose
// name its columns then bear.
// https://www.postgresql.org/docs/current/sql-keywords-appendix.html
func isFunctionSyntax(word string) bool {
	switch word {
	case "rows", "cast", "treat", "trim", "substring", "position", "overlay", "extract", "normalize", "collation",
		"coalesce", "greatest", "least", "nullif", "merge_action", "json", "json_array", "json_object", "json_scalar", "json_serialize",
		"json_query", "json_exists", "json_value", "json_table", "json_arrayagg", "json_objectagg":
		return true
	}
	return strings.HasPrefix(word, "xml") || strings.HasPrefix(word, "current_") || strings.HasPrefix(word, "local")
}

// hides reports whether a table of this name, with or without its schema, may
// have tenants' rows.
func (pl *planner) hides(table string) bool {
	u, declared := pl.rules.tables[table]
	if schema, plain, ok := strings.Cut(table, "."); ok && !declared {
		if t := pl.schema.table(plain); t != nil && t.Schema == schema {
			u, declared = pl.rules.tables[plain]
		}
	}
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
		if known.Columns[c].Loose {
			return ownership{}, pl.refuse(ReasonTenantColumn, "a tenant column whose collation takes two ids for one", ref.Tok, full, "give the column a binary collation")
		}
		if value = known.values[c]; value.kind == otherValue {
			return ownership{}, pl.refuse(ReasonTenantColumn, "a tenant column of type "+known.Columns[c].Type, ref.Tok, full, "use a text, integer or uuid type: others hold one id for several")
		}
	}
	if known != nil && (u.class == Shared || u.class == SharedWritable) {
		for _, child := range known.Children {
			if pl.hides(child) {
				return ownership{}, pl.refuse(ReasonUnknownTable, "a shared table from which a tenant's table inherits", ref.Tok, full, "a query of it reads "+child+" too; classify it as that one")
			}
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
