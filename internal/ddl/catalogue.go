package ddl

import (
	"strings"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// Catalogue returns the schema as package scope reads it from a live database,
// as far as the statements tell: collations, row ids and defaults of the server
// are not in them.
func (s *Schema) Catalogue() *scope.Catalogue {
	cat := &scope.Catalogue{Tables: map[string]scope.CatalogueTable{}}
	home := map[tenant.Dialect]string{tenant.Postgres: "public", tenant.MySQL: "app"}[s.Dialect]
	for _, t := range s.Tables {
		out := scope.CatalogueTable{Schema: t.Schema}
		if out.Schema == "" {
			out.Schema = home
		}
		for _, c := range t.Columns {
			out.Columns = append(out.Columns, scope.CatalogueColumn{Name: c.Name, Type: serverType(s.Dialect, c.Type),
				Generated: c.Generated, Nullable: !c.NotNull, Numbered: c.Numbered && s.Dialect != tenant.Postgres})
		}
		for _, k := range t.Keys {
			out.Keys = append(out.Keys, scope.CatalogueKey{Name: k.Name, Columns: k.Columns, Partial: k.Partial})
		}
		if t.Schema == "" || t.Schema == home || t.Schema == "main" {
			cat.Tables[t.Name] = out
		}
		if out.Schema != "" {
			cat.Tables[out.Schema+"."+t.Name] = out
		}
	}
	for _, v := range s.Views {
		cat.Tables[v] = scope.CatalogueTable{Schema: home, View: true}
	}
	return cat
}

// serverType is a type as the server calls it.
func serverType(d tenant.Dialect, typ string) string {
	typ = strings.ToLower(typ)
	if d == tenant.Postgres {
		switch typ {
		case "bigserial", "serial8":
			return "bigint"
		case "serial", "serial4":
			return "integer"
		case "smallserial", "serial2":
			return "smallint"
		}
	}
	return typ
}
