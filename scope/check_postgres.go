package scope

import (
	"context"
	"fmt"
	"strings"
)

// What a check asks PostgreSQL beyond the catalogue, all as text.
const (
	postgresSettings = `SELECT pg_catalog.current_setting('standard_conforming_strings'), pg_catalog.current_setting('client_encoding')`

	postgresRelations = `SELECT n.nspname::text, c.relname::text,
	CASE WHEN c.relispartition THEN 'partition' WHEN c.relkind = 'm' THEN 'materialized view' WHEN c.relkind = 'f' THEN 'foreign table' ELSE '' END,
	CASE WHEN c.relrowsecurity THEN 'on' ELSE '' END,
	COALESCE((SELECT e.extname::text FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
		WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'), ''),
	COALESCE(pn.nspname::text, ''), COALESCE(p.relname::text, '')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid
LEFT JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')`

	postgresColumns = `SELECT n.nspname::text, c.relname::text, a.attname::text,
	CASE WHEN a.attidentity <> '' THEN 'identity' ELSE COALESCE(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') END
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f')
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
WHERE a.attnum > 0 AND NOT a.attisdropped AND (d.oid IS NOT NULL OR a.attidentity <> '')`

	postgresIndexes = `SELECT n.nspname::text, c.relname::text, a.attname::text
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
WHERE x.indisvalid AND x.indpred IS NULL`

	// The columns that ON DELETE SET NULL sets can be named since PostgreSQL 15.
	postgresLinks = `SELECT k.oid::text, k.conname::text, n.nspname::text, c.relname::text, pn.nspname::text, p.relname::text,
	a.attname::text, pa.attname::text, k.confdeltype::text, k.confupdtype::text,
	CASE WHEN COALESCE(pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(k) -> 'confdelsetcols'), 'null') = 'null'
		OR pg_catalog.to_jsonb(k) -> 'confdelsetcols' @> pg_catalog.to_jsonb(k.conkey[u.pos]) THEN 'set' ELSE '' END
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
CROSS JOIN LATERAL pg_catalog.generate_subscripts(k.conkey, 1) u(pos)
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[u.pos]
JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = k.confkey[u.pos]
WHERE k.contype = 'f' AND k.conparentid = 0
ORDER BY k.oid, u.pos`

	postgresViews = `SELECT DISTINCT vn.nspname::text, v.relname::text, CASE WHEN r.oid IS NULL THEN 'function' ELSE 'relation' END,
	COALESCE(rn.nspname, fn.nspname)::text, COALESCE(r.relname, f.proname)::text
FROM pg_catalog.pg_rewrite w
JOIN pg_catalog.pg_class v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm')
JOIN pg_catalog.pg_namespace vn ON vn.oid = v.relnamespace
JOIN pg_catalog.pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
LEFT JOIN pg_catalog.pg_class r ON d.refclassid = 'pg_class'::regclass AND r.oid = d.refobjid AND r.oid <> v.oid AND r.relkind IN ('r', 'p', 'v', 'm', 'f')
LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
LEFT JOIN pg_catalog.pg_proc f ON d.refclassid = 'pg_proc'::regclass AND f.oid = d.refobjid
LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace
WHERE r.oid IS NOT NULL OR fn.nspname <> 'pg_catalog'`

	// Triggers and rules, functions that columns and constraints call, and what
	// calls a function without its name: all but what an extension brings.
	postgresRuns = `WITH proc AS (
	SELECT p.oid, p.proname, n.nspname FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
	WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend e
		WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e'))
SELECT 'trigger', n.nspname::text, c.relname::text, '', t.tgname::text
FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgenabled <> 'D'
UNION ALL
SELECT 'rule', n.nspname::text, c.relname::text, '', w.rulename::text
FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class c ON c.oid = w.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE w.rulename <> '_RETURN' AND w.ev_enabled <> 'D' AND n.nspname <> 'pg_catalog'
UNION ALL
SELECT 'function', n.nspname::text, c.relname::text, proc.nspname::text, proc.proname::text
FROM pg_catalog.pg_depend d JOIN proc ON d.refclassid = 'pg_proc'::regclass AND proc.oid = d.refobjid
LEFT JOIN pg_catalog.pg_attrdef x ON d.classid = 'pg_attrdef'::regclass AND x.oid = d.objid
LEFT JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid AND k.contype = 'c'
JOIN pg_catalog.pg_class c ON c.oid = COALESCE(x.adrelid, k.conrelid) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
UNION ALL
SELECT 'function-hides-builtin', '', '', proc.nspname::text, proc.proname::text FROM proc WHERE pg_catalog.pg_function_is_visible(proc.oid)
UNION ALL
SELECT 'operator', '', '', proc.nspname::text, o.oprname::text FROM pg_catalog.pg_operator o JOIN proc ON proc.oid = o.oprcode
UNION ALL
SELECT 'cast', '', '', proc.nspname::text, pg_catalog.format_type(k.castsource, NULL) || ' to ' || pg_catalog.format_type(k.casttarget, NULL)
FROM pg_catalog.pg_cast k JOIN proc ON proc.oid = k.castfunc`
)

func (s *survey) postgresModes(ctx context.Context) (bool, error) {
	r, err := s.askOne(ctx, postgresSettings)
	if err != nil {
		return false, err
	}
	if r[0] != "on" {
		s.add(SeverityWarning, "server-mode", "", "standard_conforming_strings is off, so that a backslash in a string means something else than usual; switch it on")
	}
	if _, err := modesOf(Postgres, r[0], r[1]); err != nil {
		s.add(SeverityError, "server-charset", "", "client_encoding is %s, and nothing is sent on such a connection; use UTF8", r[1])
		return false, nil
	}
	return true, nil
}

func (s *survey) readPostgres(ctx context.Context) error {
	for _, step := range []struct {
		query string
		each  func(r []string)
	}{
		{postgresRelations, s.postgresRelation},
		{postgresColumns, func(r []string) {
			if t := s.table(r[0], r[1]); t != nil {
				t.defaults[r[2]] = !strings.HasPrefix(r[3], "NULL")
			}
		}},
		{postgresIndexes, func(r []string) {
			if t := s.table(r[0], r[1]); t != nil {
				t.leads = append(t.leads, r[2])
			}
		}},
		{postgresLinks, s.postgresLink()},
		{postgresViews, s.postgresView},
		{postgresRuns, s.postgresRun},
	} {
		rows, err := s.ask(ctx, step.query)
		if err != nil {
			return err
		}
		for _, r := range rows {
			step.each(r)
		}
	}
	return nil
}

func (s *survey) postgresRelation(r []string) {
	t := s.table(r[0], r[1])
	if t == nil {
		return
	}
	t.kind, t.security, t.extension = r[2], r[3] != "", r[4]
	if r[6] != "" {
		t.parents = append(t.parents, tableName{r[5], r[6]})
	}
}

// postgresLink collects the columns of each foreign key, which come one by one.
func (s *survey) postgresLink() func(r []string) {
	last := ""
	actions := map[string]string{"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
	return func(r []string) {
		if r[0] != last {
			s.links = append(s.links, link{name: r[1], child: tableName{r[2], r[3]}, parent: tableName{r[4], r[5]}, delete: actions[r[8]], update: actions[r[9]]})
			last = r[0]
		}
		l := &s.links[len(s.links)-1]
		l.columns, l.refs = append(l.columns, r[6]), append(l.refs, r[7])
		if r[10] != "" {
			l.sets = append(l.sets, r[6])
		}
	}
}

func (s *survey) postgresView(r []string) {
	t := s.table(r[0], r[1])
	switch {
	case t == nil:
	case r[2] == "relation":
		t.reads = append(t.reads, tableName{r[3], r[4]})
	case !s.reviewed(r[3], r[4]):
		t.opaque = "it calls " + r[3] + "." + r[4]
	}
}

func (s *survey) postgresRun(r []string) {
	out := side{code: r[0], at: tableName{r[1], r[2]}}
	switch r[0] {
	case "trigger", "rule", "operator":
		out.what = r[0] + " " + r[4]
	case "cast":
		out.what = "the cast of " + r[4]
	case "function":
		if s.reviewed(r[3], r[4]) {
			return
		}
		out.what = fmt.Sprintf("a default, generated column or CHECK calls %s.%s", r[3], r[4])
	default:
		if !isBuiltIn(Postgres, r[4]) || s.reviewed(r[3], r[4]) {
			return
		}
		out.what = fmt.Sprintf("the function %s.%s", r[3], r[4])
	}
	s.runs = append(s.runs, out)
}
