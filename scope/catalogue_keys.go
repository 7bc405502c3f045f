package scope

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// The key queries return one row a column of a key: schema, table, what tells
// the keys of the table apart, the key's name, the column or nothing for an
// expression, and marks for a condition, for REPLACE and for a primary key.
//
// A column counts as one only where two tenants' ids can not be one value in
// it: under a collation, a prefix or an operator that takes several ids for
// one, a key with the tenant column would not keep tenants apart, so such a
// part is an expression here.
const (
	// An index that is not valid yet, or was left over by CREATE INDEX
	// CONCURRENTLY, raises duplicates as soon as it is ready. A partition may
	// have keys of its own, which an INSERT into its parents meets.
	// https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
	postgresKeys = `SELECT n.nspname::text, c.relname::text, i.oid::text, i.relname::text,
	CASE WHEN COALESCE(l.collisdeterministic, true) AND (k.conexclop IS NULL OR o.oprname = '=' AND o.oprnamespace = 'pg_catalog'::regnamespace)
		THEN COALESCE(a.attname::text, '') ELSE '' END,
	CASE WHEN x.indpred IS NULL THEN '' ELSE 'partial' END, '', ''
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_class own ON own.oid = x.indrelid
CROSS JOIN LATERAL (SELECT own.oid AS rel UNION ALL SELECT u.relid::oid FROM pg_catalog.pg_partition_ancestors(own.oid) u
	WHERE own.relispartition AND NOT i.relispartition AND u.relid <> own.oid) t
JOIN pg_catalog.pg_class c ON c.oid = t.rel
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.oid AND k.contype IN ('p', 'u', 'x')
CROSS JOIN LATERAL pg_catalog.unnest(x.indkey::int2[]) WITH ORDINALITY p(attnum, pos)
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = p.attnum
LEFT JOIN pg_catalog.pg_collation l ON l.oid = x.indcollation[p.pos - 1]
LEFT JOIN pg_catalog.pg_operator o ON o.oid = k.conexclop[p.pos]
WHERE p.pos <= x.indnkeyatts AND (x.indisunique OR x.indisexclusion) AND x.indislive AND x.indisready
	AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
ORDER BY p.pos`

	// 63 is the length of the longest tenant id: a prefix of that length holds
	// it. MySQL has no column name for a part that is an expression.
	mysqlKeys = `SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, INDEX_NAME,
	CASE WHEN SUB_PART < 63 THEN '' ELSE COALESCE(COLUMN_NAME, '') END, '', '', ''
FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 0
ORDER BY SEQ_IN_INDEX`

	// ON CONFLICT REPLACE belongs to one constraint, of which only the text of
	// the table knows; it is taken to belong to all of them.
	sqliteKeys = `SELECT '', m.name, l.name, l.name,
	CASE WHEN x.coll IN ('BINARY', 'NOCASE', 'RTRIM') THEN COALESCE(x.name, '') ELSE '' END,
	CASE WHEN l.partial THEN 'partial' ELSE '' END,
	CASE WHEN l.origin <> 'c' AND lower(s.sql) LIKE '%conflict%replace%' THEN 'replaces' ELSE '' END,
	CASE WHEN l.origin = 'pk' THEN 'primary' ELSE '' END
FROM pragma_table_list m JOIN pragma_index_list(m.name, 'main') l JOIN pragma_index_xinfo(l.name, 'main') x
JOIN main.sqlite_schema s ON s.type = 'table' AND s.name = m.name
WHERE m.schema = 'main' AND m.type = 'table' AND l."unique" AND x.key
ORDER BY x.seqno`

	// The primary key of one INTEGER column is the row id and has no index, so
	// it is no row of the query above.
	sqliteRowIDs = `SELECT m.name, max(p.name), CASE WHEN lower(s.sql) LIKE '%conflict%replace%' THEN 'replaces' ELSE '' END
FROM pragma_table_list m JOIN pragma_table_xinfo(m.name, 'main') p
JOIN main.sqlite_schema s ON s.type = 'table' AND s.name = m.name
WHERE m.schema = 'main' AND m.type = 'table' AND NOT m.wr AND p.pk
GROUP BY m.name HAVING count(*) = 1`
)

// tableName is a table as the server has it.
type tableName struct{ schema, table string }

// readKeys fills the keys of a catalogue that has its tables and columns.
func readKeys(ctx context.Context, c driver.Conn, d Dialect, cat *Catalogue) error {
	rows, err := queryText(ctx, c, map[Dialect]string{Postgres: postgresKeys, MySQL: mysqlKeys, SQLite: sqliteKeys}[d])
	if err != nil {
		return fmt.Errorf("scope: reading the keys of the catalogue: %w", err)
	}
	type id struct {
		tableName
		key string
	}
	keys, primary := map[id]*CatalogueKey{}, map[tableName]bool{}
	for _, r := range rows {
		of := tableName{r[0], sqliteFold(d, r[1])}
		k := keys[id{of, r[2]}]
		if k == nil {
			k = &CatalogueKey{Name: r[3], Partial: r[5] != "", Replaces: r[6] != ""}
			keys[id{of, r[2]}] = k
		}
		k.Columns = append(k.Columns, r[4])
		primary[of] = primary[of] || r[7] != ""
	}
	byTable := map[tableName][]CatalogueKey{}
	for at, k := range keys {
		byTable[at.tableName] = append(byTable[at.tableName], *k)
	}
	if d == SQLite {
		rows, err := queryText(ctx, c, sqliteRowIDs)
		if err != nil {
			return fmt.Errorf("scope: reading the keys of the catalogue: %w", err)
		}
		for _, r := range rows {
			if of := (tableName{"", sqliteFold(d, r[0])}); !primary[of] {
				byTable[of] = append(byTable[of], CatalogueKey{Columns: []string{r[1]}, Replaces: r[2] != ""})
				cat.rowID(of.table, r[1])
			}
		}
	}
	for of, ks := range byTable {
		// An unchanged schema has to give an equal catalogue.
		slices.SortFunc(ks, func(a, b CatalogueKey) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), slices.Compare(a.Columns, b.Columns))
		})
		for _, name := range []string{of.table, of.schema + "." + of.table} {
			if t, ok := cat.Tables[name]; ok && t.Schema == of.schema {
				t.Keys = ks
				cat.Tables[name] = t
			}
		}
	}
	return nil
}

// rowID corrects a column that SQLite calls nullable although it is the row id,
// which never is, and which the server numbers.
func (cat *Catalogue) rowID(table, column string) {
	columns := cat.Tables[table].Columns
	for i := range columns {
		if strings.EqualFold(columns[i].Name, column) {
			columns[i].Nullable, columns[i].Numbered = false, true
		}
	}
}

// sqliteFold folds a table's name as the maps of a catalogue have it.
func sqliteFold(d Dialect, name string) string {
	if d == SQLite {
		return sqlscan.Fold(SQLite, name)
	}
	return name
}

// addressable reports whether a name can be a key of a catalogue's map: with a
// dot in it, it could pass for the table of a schema.
func addressable(name string) bool { return !strings.Contains(name, ".") }

// The parents of PostgreSQL's inheritance, and their children.
const postgresChildren = `SELECT pn.nspname::text, p.relname::text, cn.nspname || '.' || c.relname
FROM pg_catalog.pg_inherits i
JOIN pg_catalog.pg_class p ON p.oid = i.inhparent JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
WHERE p.relkind IN ('r', 'p', 'f') ORDER BY 1, 2, 3`

// readChildren fills the children of a catalogue that has its tables.
func readChildren(ctx context.Context, c driver.Conn, d Dialect, cat *Catalogue) error {
	if d != Postgres {
		return nil
	}
	rows, err := queryText(ctx, c, postgresChildren)
	if err != nil {
		return fmt.Errorf("scope: reading the inheritance of the catalogue: %w", err)
	}
	for _, r := range rows {
		for _, name := range []string{r[1], r[0] + "." + r[1]} {
			if t, ok := cat.Tables[name]; ok && t.Schema == r[0] {
				t.Children = append(slices.Clip(t.Children), r[2])
				cat.Tables[name] = t
			}
		}
	}
	return nil
}
