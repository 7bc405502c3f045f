package scope

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// What a check asks SQLite beyond the catalogue.
const (
	sqliteSettings = `SELECT foreign_keys FROM pragma_foreign_keys`

	sqliteKinds = `SELECT name, type FROM pragma_table_list WHERE schema = 'main'`

	sqliteColumns = `SELECT m.name, p.name, CASE WHEN p.dflt_value IS NULL OR upper(p.dflt_value) = 'NULL' THEN '' ELSE 'default' END,
	p.pk, CASE WHEN lower(s.sql) LIKE '%collate%' THEN 'collate' ELSE '' END
FROM pragma_table_list m JOIN pragma_table_xinfo(m.name, 'main') p JOIN main.sqlite_schema s ON s.type = 'table' AND s.name = m.name
WHERE m.schema = 'main' AND m.type = 'table'
ORDER BY p.pk`

	sqliteIndexes = `SELECT m.name, x.name
FROM pragma_table_list m JOIN pragma_index_list(m.name, 'main') l JOIN pragma_index_xinfo(l.name, 'main') x
WHERE m.schema = 'main' AND m.type = 'table' AND x.seqno = 0 AND NOT l.partial AND x.name IS NOT NULL`

	sqliteLinks = `SELECT m.name, f.id, f."table", f."from", COALESCE(f."to", ''), f.on_delete, f.on_update
FROM pragma_table_list m JOIN pragma_foreign_key_list(m.name, 'main') f
WHERE m.schema = 'main' AND m.type = 'table'
ORDER BY m.name, f.id, f.seq`

	sqliteTexts = `SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE type IN ('table', 'view', 'trigger') AND sql IS NOT NULL`

	sqliteOwnFunctions = `SELECT DISTINCT name FROM pragma_function_list WHERE NOT builtin`
)

func (s *survey) sqliteModes(ctx context.Context) error {
	r, err := s.askOne(ctx, sqliteSettings)
	if err == nil && r[0] == "0" {
		s.add(SeverityInfo, "foreign-keys-off", "", "foreign keys are not checked on this connection; set PRAGMA foreign_keys in the data source name if the application counts on them")
	}
	return err
}

func (s *survey) readSQLite(ctx context.Context) error {
	own := map[string][]string{} // primary keys
	for _, step := range []struct {
		query string
		each  func(r []string)
	}{
		{sqliteKinds, func(r []string) {
			if t := s.table("", r[0]); t != nil && (r[1] == "virtual" || r[1] == "shadow") {
				t.kind, t.opaque = r[1]+" table", "its module decides"
			}
		}},
		{sqliteColumns, func(r []string) { s.sqliteColumn(r, own) }},
		{sqliteIndexes, func(r []string) {
			if t := s.table("", r[0]); t != nil {
				t.leads = append(t.leads, r[1])
			}
		}},
		{sqliteLinks, s.sqliteLink(own)},
	} {
		rows, err := s.ask(ctx, step.query)
		if err != nil {
			return err
		}
		for _, r := range rows {
			step.each(r)
		}
	}
	return s.sqliteTextsOf(ctx)
}

func (s *survey) sqliteColumn(r []string, own map[string][]string) {
	t := s.table("", r[0])
	if t == nil {
		return
	}
	t.defaults[r[1]] = r[2] != ""
	if r[3] != "0" {
		own[t.at.table] = append(own[t.at.table], r[1])
	}
	if r[4] != "" {
		t.collations[r[1]] = "%s" // its own, which a query over the column has
	}
}

// sqliteLink collects the columns of each foreign key, which come one by one.
// One that names no columns of its parent means the primary key.
func (s *survey) sqliteLink(own map[string][]string) func(r []string) {
	last := ""
	return func(r []string) {
		child, parent := sqlscan.Fold(SQLite, r[0]), sqlscan.Fold(SQLite, r[2])
		if id := r[0] + "." + r[1]; id != last {
			s.links = append(s.links, link{child: tableName{"", child}, parent: tableName{"", parent}, delete: r[5], update: r[6]})
			last = id
		}
		l := &s.links[len(s.links)-1]
		if r[4] == "" && len(l.columns) < len(own[parent]) {
			r[4] = own[parent][len(l.columns)]
		}
		l.columns, l.refs, l.sets = append(l.columns, r[3]), append(l.refs, r[4]), append(l.sets, r[3])
	}
}

// sqliteTextsOf looks at the texts of the schema, for what only they say.
func (s *survey) sqliteTextsOf(ctx context.Context) error {
	rows, err := s.ask(ctx, sqliteOwnFunctions)
	if err != nil {
		return err
	}
	var own []*regexp.Regexp // calls of functions that the application registered
	var names []string
	for _, r := range rows {
		if !isBuiltIn(SQLite, r[0]) && !s.reviewed("", r[0]) {
			own, names = append(own, regexp.MustCompile(`(?i)\b`+regexp.QuoteMeta(r[0])+`["'\x60\]]?\s*\(`)), append(names, r[0])
		}
	}
	if rows, err = s.ask(ctx, sqliteTexts); err != nil {
		return err
	}
	for _, r := range rows {
		t := s.table("", r[2])
		switch {
		case r[0] == "trigger":
			s.runs = append(s.runs, side{code: "trigger", at: tableName{"", sqlscan.Fold(SQLite, r[2])}, what: "trigger " + r[1]})
		case t == nil:
		case r[0] == "view":
			query, ok := s.viewQuery(r[3])
			if !ok {
				t.opaque = "its text is not understood"
				continue
			}
			s.readsOf(t, query)
		case !strings.HasPrefix(strings.ToUpper(r[3]), "CREATE VIRTUAL"):
			for i, call := range own {
				if call.MatchString(r[3]) {
					s.runs = append(s.runs, side{code: "function", at: t.at, what: fmt.Sprintf("a default, generated column or CHECK calls %s", names[i])})
				}
			}
		}
	}
	return nil
}
