package scope

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
)

// Description is a live schema with what the policy of a pool says about it:
// whose each table is, and how the tables hang together. [Describe] makes it, for
// packages that treat all rows of a tenant alike, such as scope/transfer, and for
// tools that draw or document a schema.
type Description struct {
	Dialect Dialect
	Tables  []DescribedTable // by name; without the tables of this library, and without sequences
}

// DescribedTable is one table or view.
type DescribedTable struct {
	Name     string // as the policy names it: with its schema only where one is needed
	Schema   string // where it lives; "" in SQLite
	Class    Class  // with nothing left to inherit
	Declared bool   // the policy names it
	Tenant   string // its tenant column as the schema has it; "" where the class has none, or the table

	// Kind is "" for a plain table, and else what it is: "view", "partition",
	// "child" (by inheritance), "foreign table", "virtual table", "shadow table".
	Kind string

	Columns     []DescribedColumn // in the order of the schema
	Keys        []DescribedKey    // by name
	ForeignKeys []ForeignKey      // by name and columns

	// Runs is what the server runs by itself when rows of the table change, as
	// far as the schema tells: "trigger audit", "rule r".
	Runs []string
}

// DescribedColumn is one column.
type DescribedColumn struct {
	CatalogueColumn

	// Sequence is what numbers the column in PostgreSQL, quoted and with its
	// schema, whether by serial, identity or a default; "" for none.
	Sequence string

	// Always: GENERATED ALWAYS AS IDENTITY, which takes a value only from an INSERT
	// with OVERRIDING SYSTEM VALUE.
	Always bool
}

// DescribedKey is a primary key or a unique one.
type DescribedKey struct {
	CatalogueKey
	Tenant   bool // the tenant column is part of it
	Declared bool // the policy declares it GloballyUnique
}

// ForeignKey is one foreign key.
type ForeignKey struct {
	Name       string   // "" in SQLite
	Columns    []string // of the table that refers
	Table      string   // that it refers to, as the policy names it
	References []string // the columns there, in the order of Columns
	OnDelete   string   // the action that changes rows: "CASCADE", "SET NULL", "SET DEFAULT", or ""
	OnUpdate   string   // the same
	Deferred   bool     // checked when the transaction commits; known of PostgreSQL only
	Tenant     bool     // it pairs the tenant columns of both tables
}

// What Describe asks PostgreSQL beyond a check.
const (
	postgresNumbers = `SELECT n.nspname::text, c.relname::text, a.attname::text, pg_catalog.quote_ident(sn.nspname) || '.' || pg_catalog.quote_ident(s.relname),
	CASE WHEN a.attidentity = 'a' THEN 'always' ELSE '' END
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attrdef x ON x.adrelid = a.attrelid AND x.adnum = a.attnum
JOIN pg_catalog.pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = x.oid AND d.refclassid = 'pg_class'::regclass
	OR a.attidentity <> '' AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid = a.attnum AND d.deptype = 'i'
JOIN pg_catalog.pg_class s ON s.relkind = 'S' AND s.oid = CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid ELSE d.refobjid END
JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
WHERE NOT a.attisdropped`

	postgresDeferred = `SELECT n.nspname::text, c.relname::text, k.conname::text
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.condeferred`
)

// Describe reads the live schema of a pool that this package opened, and lays
// the pool's policy over it. Like [Check] it reads the server's own tables on one
// connection, looks at no row, and is not scoped, so the context needs no tenant.
// The result is the caller's own.
func Describe(ctx context.Context, db interface {
	Conn(context.Context) (*sql.Conn, error)
}) (*Description, error) {
	var out *Description
	err := onConn(ctx, db, func(c driver.Conn, p *pool) (err error) {
		if p == nil {
			return fmt.Errorf("scope: Describe needs a pool that Connect, Open or OpenDB of this package made, because its policy is what the tables are described by")
		}
		s := newSurvey(c, p.rules)
		if err := s.readSchema(ctx); err != nil {
			return fmt.Errorf("scope: describing the schema: %w", err)
		}
		out, err = s.describe(ctx)
		return err
	})
	return out, err
}

func (s *survey) describe(ctx context.Context) (*Description, error) {
	out := &Description{Dialect: s.rules.Dialect}
	at := map[tableName]int{}
	for _, t := range s.all {
		if t.kind == "sequence" || isLibrary(t.at.table) {
			continue
		}
		at[t.at] = len(out.Tables)
		out.Tables = append(out.Tables, s.describeTable(t))
	}
	for i := range s.links {
		l := &s.links[i]
		child, parent := s.tables[l.child], s.tables[l.parent]
		k, ok := at[l.child]
		if !ok || parent == nil {
			continue // SQLite takes a foreign key to a table that is not there
		}
		f := ForeignKey{Name: l.name, Columns: l.columns, Table: parent.name, References: l.refs, OnDelete: action(l.delete), OnUpdate: action(l.update)}
		for i, c := range l.columns {
			f.Tenant = f.Tenant || child.filtered() && parent.filtered() && s.is(c, child.column) && i < len(l.refs) && s.is(l.refs[i], parent.column)
		}
		out.Tables[k].ForeignKeys = append(out.Tables[k].ForeignKeys, f)
	}
	for _, r := range s.runs {
		if k, ok := at[r.at]; ok && (r.code == "trigger" || r.code == "rule") {
			out.Tables[k].Runs = append(out.Tables[k].Runs, r.what)
		}
	}
	if s.rules.Dialect == Postgres {
		if err := s.describePostgres(ctx, out, at); err != nil {
			return nil, fmt.Errorf("scope: describing the schema: %w", err)
		}
	}
	for i := range out.Tables {
		slices.Sort(out.Tables[i].Runs)
		slices.SortFunc(out.Tables[i].ForeignKeys, func(a, b ForeignKey) int {
			return slices.Compare(append([]string{a.Name, a.Table}, a.Columns...), append([]string{b.Name, b.Table}, b.Columns...))
		})
	}
	return out, nil
}

func (s *survey) describeTable(t *surveyed) DescribedTable {
	d := DescribedTable{Name: t.name, Schema: t.cat.Schema, Class: t.class, Declared: t.declared, Kind: t.kind}
	switch {
	case d.Kind != "":
	case t.cat.View:
		d.Kind = "view"
	case len(t.parents) > 0:
		d.Kind = "child"
	}
	for _, c := range t.cat.Columns {
		d.Columns = append(d.Columns, DescribedColumn{CatalogueColumn: c})
	}
	if c := s.tenantColumn(t); c != nil && t.filtered() {
		d.Tenant = c.Name
	}
	for _, k := range t.cat.Keys {
		d.Keys = append(d.Keys, DescribedKey{CatalogueKey: k, Tenant: t.filtered() && s.has(k.Columns, t.column), Declared: s.rules.globallyUnique(t.rule, &k)})
	}
	return d
}

// describePostgres adds what only PostgreSQL tells: what numbers a column, and
// which foreign keys wait for the end of the transaction.
func (s *survey) describePostgres(ctx context.Context, out *Description, at map[tableName]int) error {
	rows, err := s.ask(ctx, postgresNumbers)
	if err != nil {
		return err
	}
	for _, r := range rows {
		k, ok := at[tableName{r[0], r[1]}]
		if !ok {
			continue
		}
		columns := out.Tables[k].Columns
		if i := slices.IndexFunc(columns, func(c DescribedColumn) bool { return c.Name == r[2] }); i >= 0 {
			columns[i].Sequence, columns[i].Always = r[3], r[4] != ""
		}
	}
	if rows, err = s.ask(ctx, postgresDeferred); err != nil {
		return err
	}
	for _, r := range rows {
		k, ok := at[tableName{r[0], r[1]}]
		if !ok {
			continue
		}
		links := out.Tables[k].ForeignKeys
		for i := range links {
			links[i].Deferred = links[i].Deferred || links[i].Name == r[2]
		}
	}
	return nil
}

// Find returns the table of that name, as the policy names it, or nil.
func (d *Description) Find(name string) *DescribedTable {
	i := slices.IndexFunc(d.Tables, func(t DescribedTable) bool { return t.Name == name })
	if i < 0 && d.Dialect == SQLite {
		i = slices.IndexFunc(d.Tables, func(t DescribedTable) bool { return strings.EqualFold(t.Name, name) })
	}
	if i < 0 {
		return nil
	}
	return &d.Tables[i]
}
