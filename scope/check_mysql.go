package scope

import (
	"context"
	"strings"
)

// What a check asks MySQL and MariaDB beyond the catalogue. Defaults and
// generated columns can call no stored function there.
const (
	mysqlSettings = `SELECT @@sql_mode, @@lower_case_table_names, @@character_set_client`

	mysqlKinds = `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`

	// In MariaDB a default of NULL is that word.
	mysqlColumns = `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COALESCE(CHARACTER_SET_NAME, ''), COALESCE(COLLATION_NAME, ''),
	CASE WHEN COLUMN_DEFAULT IS NULL OR COLUMN_DEFAULT = 'NULL' THEN CASE WHEN EXTRA LIKE '%auto_increment%' THEN 'default' ELSE '' END ELSE 'default' END
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()`

	mysqlIndexes = `SELECT TABLE_SCHEMA, TABLE_NAME, COALESCE(COLUMN_NAME, '') FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = DATABASE() AND SEQ_IN_INDEX = 1 AND INDEX_TYPE NOT IN ('FULLTEXT', 'SPATIAL')`

	mysqlLinkColumns = `SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, COLUMN_NAME, REFERENCED_COLUMN_NAME
FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL
ORDER BY ORDINAL_POSITION`

	mysqlLinkRules = `SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE
FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()`

	mysqlViews = `SELECT TABLE_SCHEMA, TABLE_NAME, COALESCE(VIEW_DEFINITION, '') FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()`

	mysqlTriggers = `SELECT EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE, TRIGGER_NAME FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE()`
)

// splitting are the modes that decide where a quoted text ends.
var splitting = []string{"NO_BACKSLASH_ESCAPES", "ANSI_QUOTES"}

func (s *survey) mysqlModes(ctx context.Context) (bool, error) {
	r, err := s.askOne(ctx, mysqlSettings)
	if err != nil {
		return false, err
	}
	modes := strings.Split(r[0], ",")
	for _, m := range modes {
		switch m {
		case splitting[0], splitting[1]:
			s.add(SeverityWarning, "server-mode", "", "sql_mode has %s, so that quotes or backslashes mean something else than usual; take it out of sql_mode", m)
		case "PIPES_AS_CONCAT":
			s.add(SeverityInfo, "server-mode", "", "sql_mode has PIPES_AS_CONCAT: || joins texts, which changes no predicate")
		}
	}
	if r[1] != "0" {
		s.add(SeverityInfo, "server-names", "", "lower_case_table_names is %s: the server ignores the case of table names, the policy does not; write names in statements and in the policy as the schema has them", r[1])
	}
	if !safeCharset(r[2]) {
		s.add(SeverityError, "server-charset", "", "character_set_client is %s, in which a letter can hide a quote or a backslash; use utf8mb4", r[2])
		return false, nil
	}
	return true, nil
}

func (s *survey) readMySQL(ctx context.Context) error {
	links := map[tableName]map[string]*link{}
	for _, step := range []struct {
		query string
		each  func(r []string)
	}{
		{mysqlKinds, func(r []string) {
			if t := s.table(r[0], r[1]); t != nil && r[2] == "SEQUENCE" {
				t.kind = "sequence"
			}
		}},
		{mysqlColumns, s.mysqlColumn},
		{mysqlIndexes, func(r []string) {
			if t := s.table(r[0], r[1]); t != nil {
				t.leads = append(t.leads, r[2])
			}
		}},
		{mysqlLinkColumns, func(r []string) {
			at := tableName{r[0], r[1]}
			if links[at] == nil {
				links[at] = map[string]*link{}
			}
			l := links[at][r[2]]
			if l == nil {
				l = &link{name: r[2], child: at, parent: tableName{r[3], r[4]}}
				links[at][r[2]] = l
			}
			l.columns, l.refs, l.sets = append(l.columns, r[5]), append(l.refs, r[6]), append(l.sets, r[5])
		}},
		{mysqlLinkRules, func(r []string) {
			if l := links[tableName{r[0], r[1]}][r[2]]; l != nil {
				l.delete, l.update = r[3], r[4]
			}
		}},
		{mysqlViews, func(r []string) {
			if t := s.table(r[0], r[1]); t != nil {
				s.readsOf(t, r[2])
			}
		}},
		{mysqlTriggers, func(r []string) {
			s.runs = append(s.runs, side{code: "trigger", at: tableName{r[0], r[1]}, what: "trigger " + r[2]})
		}},
	} {
		rows, err := s.ask(ctx, step.query)
		if err != nil {
			return err
		}
		for _, r := range rows {
			step.each(r)
		}
	}
	for _, named := range links {
		for _, l := range named {
			s.links = append(s.links, *l)
		}
	}
	return nil
}

func (s *survey) mysqlColumn(r []string) {
	t := s.table(r[0], r[1])
	if t == nil {
		return
	}
	t.defaults[r[2]] = r[5] != ""
	// Names of character sets and collations are words; nothing else is sent.
	if plainWord(r[3]) && plainWord(r[4]) {
		t.collations[r[2]] = "CONVERT(%s USING " + r[3] + ") COLLATE " + r[4]
	}
}

func plainWord(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
