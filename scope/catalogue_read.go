package scope

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The catalogue queries return one row a column: schema, table, kind, whether
// the table needs no schema in front of it, column, type, and marks for hidden,
// generated (or numbered) and nullable columns, and for collations that take two
// ids for one. All of them as text, so that drivers agree.
const (
	postgresCatalogue = `SELECT n.nspname::text, c.relname::text, CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END,
	CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN 'plain' ELSE '' END,
	a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), '', CASE WHEN a.attgenerated <> '' THEN 'generated' ELSE '' END,
	CASE WHEN a.attnotnull THEN '' ELSE 'nullable' END, CASE WHEN l.collisdeterministic THEN '' WHEN l.oid IS NULL THEN '' ELSE 'loose' END
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
ORDER BY 1, 2, a.attnum`

	// MariaDB joins the tables of information_schema by filling the inner one
	// again for each row; with a list it fills each of them once.
	mysqlCatalogue = `SELECT TABLE_SCHEMA, TABLE_NAME,
	CASE WHEN CAST(TABLE_NAME AS BINARY) IN (SELECT CAST(v.TABLE_NAME AS BINARY) FROM information_schema.TABLES v
		WHERE v.TABLE_SCHEMA = DATABASE() AND v.TABLE_TYPE LIKE '%VIEW%') THEN 'view' ELSE 'table' END, 'plain',
	COLUMN_NAME, COLUMN_TYPE, CASE WHEN EXTRA LIKE '%INVISIBLE%' THEN 'hidden' ELSE '' END,
	CASE WHEN EXTRA LIKE '%auto_increment%' THEN 'numbered' WHEN EXTRA LIKE '%GENERATED%' AND EXTRA NOT LIKE '%DEFAULT_GENERATED%' THEN 'generated' ELSE '' END,
	CASE WHEN IS_NULLABLE = 'YES' THEN 'nullable' ELSE '' END,
	CASE WHEN COLLATION_NAME RLIKE 'macce[_]general|lithuanian|[_]roman[_]|[_]l[at][_]0900' THEN 'loose' ELSE '' END
FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = DATABASE()
ORDER BY TABLE_NAME, ORDINAL_POSITION`

	// A virtual table and its shadow tables count as views: what they read, and
	// what a write to them does, is up to their module.
	sqliteCatalogue = `SELECT '', m.name, CASE WHEN m.type <> 'table' THEN 'view' WHEN m.wr THEN 'keyed' ELSE 'table' END, 'plain', p.name, p.type,
	CASE p.hidden WHEN 1 THEN 'hidden' ELSE '' END, CASE WHEN p.hidden > 1 THEN 'generated' ELSE '' END,
	CASE WHEN p."notnull" THEN '' ELSE 'nullable' END, ''
FROM pragma_table_list m JOIN pragma_table_xinfo(m.name, 'main') p
WHERE m.schema = 'main' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY m.name, p.cid`
)

// readCatalogue reads the live schema through one connection of the inner
// driver.
func readCatalogue(ctx context.Context, c driver.Conn, d Dialect) (*Catalogue, error) {
	query := map[Dialect]string{Postgres: postgresCatalogue, MySQL: mysqlCatalogue, SQLite: sqliteCatalogue}[d]
	if _, err := readSession(ctx, c, d, false); err != nil {
		return nil, err
	}
	rows, err := queryText(ctx, c, query)
	if err != nil {
		return nil, fmt.Errorf("scope: reading the catalogue: %w", err)
	}
	cat := &Catalogue{Tables: map[string]CatalogueTable{}}
	add := func(key string, r []string) {
		t := cat.Tables[key]
		t.Schema, t.View, t.NoRowID = r[0], r[2] == "view", r[2] == "keyed"
		t.Columns = append(t.Columns, CatalogueColumn{Name: r[4], Type: r[5], Hidden: r[6] != "", Generated: r[7] == "generated", Numbered: r[7] == "numbered", Nullable: r[8] != "", Loose: r[9] != ""})
		cat.Tables[key] = t
	}
	for _, r := range rows {
		name := sqliteFold(d, r[1])
		if !addressable(name) {
			continue
		}
		if r[3] == "plain" {
			add(name, r)
		}
		if r[0] != "" {
			add(r[0]+"."+name, r)
		}
	}
	if err := readKeys(ctx, c, d, cat); err != nil {
		return nil, err
	}
	return cat, readChildren(ctx, c, d, cat)
}

// queryText runs a query without arguments and returns all its rows as text.
func queryText(ctx context.Context, c driver.Conn, query string) (out [][]string, err error) {
	rows, err := queryConn(ctx, c, query, nil)
	if errors.Is(err, driver.ErrSkip) {
		var st driver.Stmt
		if st, err = prepareConn(ctx, c, query); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, st.Close()) }()
		rows, err = queryStmt(ctx, st, nil)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	vals := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(vals); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		}
		line := make([]string, len(vals))
		for i, v := range vals {
			switch x := v.(type) {
			case string:
				line[i] = strings.Clone(x)
			case []byte:
				line[i] = string(x)
			case nil:
			default:
				line[i] = fmt.Sprint(x)
			}
		}
		out = append(out, line)
	}
}
