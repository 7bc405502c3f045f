package sqlscan

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

var dialects = []tenant.Dialect{tenant.Postgres, tenant.MySQL, tenant.SQLite}

// describe writes a structure on one line: the references in the order of the
// text, each with its kind, alias and block, then the clauses' texts.
func describe(s *Stmt) string {
	var parts []string
	for i := range s.Refs {
		r := &s.Refs[i]
		kind := map[RefKind]string{TableRef: "", CTERef: "cte ", DerivedRef: "query", FuncRef: "function ", DualRef: "dual "}[r.Kind]
		text := kind + r.Name.Table
		if r.Name.Schema != "" {
			text = r.Name.Schema + "." + text
		}
		if r.Alias >= 0 {
			text += " as " + s.Fold(r.Alias)
		}
		if r.Target {
			text += " written"
		}
		parts = append(parts, fmt.Sprintf("%s@%d", text, r.Block))
	}
	for i := range s.Blocks {
		if w := s.Blocks[i].Where; w.Kw >= 0 {
			parts = append(parts, fmt.Sprintf("where@%d:%s", i, s.text(w.Body)))
		}
	}
	for i := range s.Nodes {
		if n := &s.Nodes[i]; n.On.Kw >= 0 {
			parts = append(parts, fmt.Sprintf("on:%s", s.text(n.On.Body)))
		}
	}
	return strings.Join(parts, "; ")
}

func (s *Stmt) text(sp Span) string { return s.Text[s.Toks[sp.First].Start:s.Toks[sp.End-1].End] }

// TestStructure holds what is found in statements whose shape is easy to get
// wrong. The dialects are by their first letters.
func TestStructure(t *testing.T) {
	for _, c := range []struct{ in, query, want string }{
		{"pms", "SELECT a FROM t", "t@0"},
		{"pms", "SELECT a FROM t WHERE b OR c -- d", "t@0; where@0:b OR c"},
		{"pms", "SELECT a FROM t x, u AS y JOIN v ON v.a = y.a WHERE 1 = 1", "t as x@0; u as y@0; v@0; where@0:1 = 1; on:v.a = y.a"},
		{"pms", "SELECT (SELECT a FROM u) FROM t WHERE x IN (SELECT y FROM v WHERE z)", "u@1; t@0; v@2; where@0:x IN (SELECT y FROM v WHERE z); where@2:z"},
		{"pms", "SELECT f(1, (SELECT 1 FROM u WHERE k)) FROM t", "u@1; t@0; where@1:k"},
		{"pms", "SELECT 1 FROM t GROUP BY (SELECT a FROM u) HAVING (SELECT b FROM v) ORDER BY (SELECT c FROM w) LIMIT (SELECT d FROM x)", "t@0; u@1; v@2; w@3; x@4"},
		{"pms", "SELECT a -- b\r\nFROM t", "t@0"},
		{"pms", "SELECT straße, \u540d\u524d FROM t", "t@0"},
		{"pm", "SELECT CAST(a AS double precision) b, interval '1' day, a COLLATE x, x DIV y z FROM t", "t@0"},
		{"pms", "SELECT a FROM t UNION SELECT b FROM u WHERE c", "t@0; u@1; where@1:c"},
		{"pms", "WITH c AS (SELECT a FROM t) SELECT a FROM c, u", "t@0; cte c@1; u@1"},
		{"ps", "WITH RECURSIVE c AS (SELECT a FROM t UNION ALL SELECT a FROM c) SELECT a FROM c", "t@0; cte c@1; cte c@2"},
		{"pm", "WITH c AS (SELECT a FROM c) SELECT a FROM c", "c@0; cte c@1"},
		{"s", "WITH c AS (SELECT a FROM c) SELECT a FROM c", "cte c@0; cte c@1"},
		{"p", "WITH a AS (SELECT 1 FROM b), b AS (SELECT 2) SELECT 1 FROM a, b", "b@0; cte a@2; cte b@2"},
		{"p", "WITH RECURSIVE a AS (SELECT 1 FROM b), b AS (SELECT 2) SELECT 1 FROM a", "cte b@0; cte a@2"},
		{"s", "WITH a AS (SELECT 1 FROM b), b AS (SELECT 2) SELECT 1 FROM a", "cte b@0; cte a@2"},
		{"m", "WITH c AS (SELECT 1) SELECT 1 FROM (WITH x AS (SELECT 1) SELECT 1 FROM x, c) d", "cte x@3; cte c@3; query as d@1"},
		{"ps", "WITH c AS (SELECT 1) SELECT 1 FROM (WITH x AS (SELECT 1 FROM c) SELECT 1 FROM x) d", "cte c@2; cte x@3; query as d@1"},
		{"pms", "WITH a AS (WITH b AS (SELECT 1 FROM t) SELECT 1 FROM b) SELECT 1 FROM b", "t@0; cte b@1; b@2"},
		{"pms", "WITH c AS (SELECT 1) SELECT 1 FROM x.c", "x.c@1"},
		{"pms", "SELECT 1 FROM (SELECT 1 FROM t) AS t", "t@1; query as t@0"},
		{"pms", "SELECT 1 FROM ((SELECT 1 FROM t) UNION ALL SELECT 1 FROM u) x", "t@1; u@2; query as x@0"},
		{"pms", "SELECT 1 FROM ((SELECT 1 FROM t) x JOIN u ON x.a = u.a)", "t@1; query as x@0; u@0; on:x.a = u.a"},
		{"p", "SELECT a AS from FROM t", "t@0"},
		{"p", "SELECT a AS as FROM t", "t@0"},
		{"p", "SELECT t.from, t.where FROM t", "t@0"},
		{"pms", "SELECT extract(year FROM x), trim(both 'a' FROM b) FROM t", "t@0"},
		{"p", "SELECT a IS NOT DISTINCT FROM b FROM t", "t@0"},
		{"p", "SELECT count(*) FILTER (WHERE a IN (SELECT 1 FROM u)) FROM t", "u@1; t@0"},
		{"p", "SELECT a FROM t CROSS JOIN LATERAL (SELECT 1 FROM u WHERE u.a = t.a) x", "t@0; u@1; query as x@0; where@1:u.a = t.a"},
		{"p", "SELECT a FROM t LEFT JOIN u LEFT JOIN v ON v.a = u.a ON u.a = t.a", "t@0; u@0; v@0; on:v.a = u.a; on:u.a = t.a"},
		{"p", "SELECT a FROM ONLY t, generate_series(1, 2) AS g(x)", "t@0; function generate_series as g@0"},
		{"p", `SELECT a FROM "T" AS "X", Public.T`, "T as X@0; public.t@0"},
		{"s", `SELECT a FROM "T", [U v], ` + "`w`", "t@0; u v@0; w@0"},
		{"m", "SELECT a FROM `T`, Dual, `dual`", "T@0; dual Dual@0; dual@0"},
		{"m", "SELECT a FROM t # c\nWHERE b", "t@0; where@0:b"},
		{"m", "SELECT 5--1 FROM t", "t@0"},
		{"ps", "SELECT 5--1\nFROM t", "t@0"},
		{"p", "SELECT $x$ FROM u $x$ FROM t", "t@0"},
		{"p", `SELECT E'\' FROM u ' FROM t`, "t@0"},
		{"p", `SELECT E'\' FROM u -- ' FROM t`, "t@0"},
		{"p", "SELECT 'a' /* ' /* nested */ */ FROM t", "t@0"},
		{"ms", "SELECT 'it''s FROM u' FROM t", "t@0"},
		{"pms", "INSERT INTO t (a) SELECT b FROM u WHERE c", "t written@0; u@1; where@1:c"},
		{"pms", "UPDATE t SET a = (SELECT b FROM u), c = 1 WHERE d", "t written@0; u@1; where@0:d"},
		{"ps", "UPDATE t AS x SET a = 1 FROM u WHERE d", "t as x written@0; u@0; where@0:d"},
		{"p", "DELETE FROM t USING u WHERE d RETURNING (SELECT 1 FROM v)", "t written@0; u@0; v@1; where@0:d"},
		{"p", "WITH d AS (DELETE FROM t WHERE a RETURNING b) INSERT INTO u (c) SELECT b FROM d", "t written@0; u written@1; cte d@2; where@0:a"},
		{"p", "INSERT INTO t (a) VALUES ((SELECT 1 FROM u)) ON CONFLICT (a) DO UPDATE SET b = (SELECT 1 FROM v) WHERE c RETURNING a", "t written@0; u@1; v@2"},
		{"s", "SELECT a FROM t FULL OUTER JOIN u ON b", "t@0; u@0; on:b"},
		{"m", "SELECT (SELECT.a), DISTINCT.b FROM t JOIN u ON LEFT.c = t.END", "t@0; u@0; on:LEFT.c = t.END"},
		{"p", `SELECT a FROM "user"`, "user@0"},
		{"ms", "SELECT a FROM user", "user@0"},
		{"ps", "SELECT high_priority a, distinctrow FROM t", "t@0"},
		{"p", "CREATE TABLE IF NOT EXISTS t (id BIGINT GENERATED BY DEFAULT AS IDENTITY)", "t written@-1"},
		{"pms", "CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a)", "t written@-1"},
		// What begins with two parentheses and a query is a query or a value.
		{"pms", "SELECT 1 FROM t WHERE ((SELECT a FROM u) > 0 OR b IN (SELECT c FROM v))", "t@0; u@1; v@2; where@0:((SELECT a FROM u) > 0 OR b IN (SELECT c FROM v))"},
		{"pms", "SELECT 1 FROM t WHERE (((SELECT a FROM u) > 0 OR (SELECT b FROM v) < 1))", "t@0; u@1; v@2; where@0:(((SELECT a FROM u) > 0 OR (SELECT b FROM v) < 1))"},
		{"pms", "SELECT (((SELECT a FROM t) + 1) + (SELECT b FROM u))", "t@1; u@2"},
		{"pms", "SELECT ((((SELECT a FROM t) UNION (SELECT b FROM u)) + 1) + 1)", "t@1; u@2"},
		{"pms", "SELECT ((((SELECT a FROM t))) + (((SELECT b FROM u))))", "t@1; u@2"},
		{"pms", "SELECT ((SELECT a FROM t) UNION (SELECT b FROM u WHERE c))", "t@1; u@2; where@2:c"},
		{"pms", "SELECT (((SELECT a FROM t) UNION (SELECT b FROM u WHERE c)) UNION SELECT d FROM v)", "t@1; u@2; v@3; where@2:c"},
		{"pms", "SELECT ((SELECT a FROM t) ORDER BY (SELECT b FROM u) LIMIT 1), (((SELECT c FROM v) LIMIT (SELECT d FROM w)))", "t@1; u@2; v@3; w@4"},
		{"pm", "SELECT ((SELECT a FROM t) FOR UPDATE) + 1", "t@1"},
		{"m", "SELECT ((SELECT a FROM t) LOCK IN SHARE MODE) + 1 FROM ((SELECT a FROM u) LOCK IN SHARE MODE) x", "t@1; u@2; query as x@0"},
		{"pms", "SELECT 1 FROM t WHERE ((SELECT a FROM u)) = b AND (((SELECT c FROM v), 2) = (d, (SELECT e FROM w)))", "t@0; u@1; v@2; w@3; where@0:((SELECT a FROM u)) = b AND (((SELECT c FROM v), 2) = (d, (SELECT e FROM w)))"},
		{"pms", "SELECT 1 FROM t WHERE a IN ((SELECT b FROM u), (((SELECT c FROM v) + 1)), 2) AND ((SELECT d FROM w) IS NULL)", "t@0; u@1; v@2; w@3; where@0:a IN ((SELECT b FROM u), (((SELECT c FROM v) + 1)), 2) AND ((SELECT d FROM w) IS NULL)"},
		{"pms", "SELECT 1 FROM (((SELECT a FROM t) x JOIN u ON ((SELECT b FROM v) = 1 OR 1 = 1)) JOIN w ON c)", "t@1; query as x@0; u@0; v@2; w@0; on:((SELECT b FROM v) = 1 OR 1 = 1); on:c"},
		{"pms", "SELECT 1 GROUP BY (((SELECT a FROM t) + 1)) HAVING ((SELECT b FROM u) > 0 OR 1 = 1) ORDER BY (((SELECT c FROM v) + 1) + 1) LIMIT ((SELECT d FROM w) + 1)", "t@1; u@2; v@3; w@4"},
		{"pms", "SELECT CASE WHEN ((SELECT a FROM t) = 1 OR b) THEN (((SELECT c FROM u) + 1) + 1) END, f(((SELECT d FROM v) + 1), (SELECT e FROM w))", "t@1; u@2; v@3; w@4"},
		{"pms", "SELECT ((WITH c AS (SELECT a FROM t) SELECT a FROM c) + (SELECT a FROM c))", "t@1; cte c@2; c@3"},
		{"p", "SELECT ((TABLE t) + (VALUES ((SELECT a FROM u))))", "t@1; u@3"},
		{"pms", "INSERT INTO t (a) VALUES (((SELECT b FROM u) + 1)), ((SELECT c FROM v))", "t written@0; u@1; v@2"},
		{"pms", "UPDATE t SET a = (((SELECT b FROM u) + 1) + 1) WHERE ((SELECT c FROM v) = 1 OR d)", "t written@0; u@1; v@2; where@0:((SELECT c FROM v) = 1 OR d)"},
		{"p", "SELECT string_agg((SELECT a FROM t), ',' ORDER BY ((SELECT b FROM u) + 1)), substring((SELECT c FROM v) FROM 1 FOR 2)", "t@1; u@2; v@3"},
		{"m", "INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE b = VALUES(b) + (SELECT 1 FROM v)", "t written@0; v@1"},
	} {
		for _, d := range dialects {
			if !strings.Contains(c.in, d.String()[:1]) {
				continue
			}
			s, err := Parse(d, 0, c.query)
			require.NoError(t, err, "%v: %s", d, c.query)
			require.Equal(t, c.want, describe(s), "%v: %s", d, c.query)
		}
	}
}

// TestRefused holds texts that must not be understood.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		in     string
		query  string
		reason Reason
	}{
		{"pms", "", Unexpected},
		{"pms", "  -- nothing", Unexpected},
		{"pms", "SELECT 1; SELECT 2", SecondStmt},
		{"pms", "SELECT 1;;", SecondStmt},
		{"pms", "SELECT a FROM t OUTER LEFT JOIN u ON b", Unexpected},             // to SQLite no alias, but a word of the join
		{"pms", "SELECT a FROM t JOIN u ON b OUTER LEFT JOIN v ON c", Unexpected}, // the same, and no part of the condition
		{"p", "SELECT a FROM t, current_schema AS p", Unsupported},
		{"p", "SELECT * FROM User", Unsupported},
		{"ps", "SELECT a FROM t JOIN u ON LEFT.c = t.d", Unexpected},
		{"m", "SELECT a FROM t WHERE.b = 1", Unexpected},          // WHERE is no keyword before a dot and a name
		{"m", "UPDATE (SELECT a FROM t) x SET a = 1", Unexpected}, // t is not what is written to
		{"pms", "SELECT a FROM t WHERE a=1) OR (1=1", Unbalanced},
		{"pms", "SELECT (a FROM t", Unbalanced},
		{"p", "SELECT a[1) FROM t", Unbalanced},
		{"pms", "SELECT 'a FROM t", Unbalanced},
		{"pms", "SELECT a /* FROM t", Unbalanced},
		{"p", "SELECT $a$ FROM t", Unbalanced},
		{"p", `SELECT 'a\' FROM t`, Ambiguous},
		{"p", `SELECT 'a\'' FROM t`, Ambiguous},
		{"m", `SELECT 'a\'' FROM t`, Ambiguous},
		{"m", `SELECT "a" FROM t`, Ambiguous},
		{"p", `SELECT U&"a" FROM t`, Unsupported},
		{"m", "SELECT a /*!50000 FROM t */", Unsupported},
		{"m", "SELECT a /*M!100000 FROM t */", Unsupported},
		{"m", "SELECT @a FROM t", Unsupported},
		{"s", "SELECT 1 IN t", Unsupported},
		{"s", "SELECT 1 FROM 't'", Unexpected},
		{"p", "SELECT a$b FROM t", Unsupported},
		{"m", "WITH c AS (SELECT 1) SELECT 1 FROM (WITH x AS (SELECT 1 FROM c) SELECT 1 FROM x) d", Unsupported},
		{"pms", "SELECT a FROM t WHERE", Unexpected},
		{"pms", "SELECT a FROM t WHERE AND", Unexpected},
		{"pms", "SELECT a + FROM t", Unexpected},
		{"s", "SELECT 1 FROM t JOIN u ON a=RIGHT JOIN v", Unexpected},
		{"pms", "SELECT f(SELECT FROM t) FROM u", Unexpected},
		{"pms", "SELECT f(a FROM t) FROM u", Unexpected},
		{"pms", "SELECT f(1, SELECT a FROM t) FROM u", Unexpected},
		{"pms", "SELECT ((SELECT a FROM t) SELECT b FROM u)", Unexpected},
		{"pms", "SELECT ((SELECT a FROM t) FROM u)", Unexpected},
		{"pms", "SELECT ((SELECT a FROM t), SELECT b FROM u)", Unexpected},
		{"pms", "SELECT ((SELECT a FROM t) MINUS SELECT b FROM u)", Unexpected},
		{"pms", "SELECT (((SELECT a FROM t) + 1) UNION SELECT b FROM u)", Unexpected},
		{"pms", "SELECT 1 UNION (((SELECT a FROM t) + 1))", Unexpected},
		{"pms", "SELECT 1 FROM (((SELECT a FROM t) + 1)) x", Unexpected},
		{"pms", "((SELECT a FROM t) + 1)", Unexpected},
		{"pms", "SELECT a FROM t JOIN", Unexpected},
		{"pms", "SELECT a FROM t LEFT JOIN u", Unexpected},
		{"pms", "SELECT a INTO b FROM t", Unsupported},
		{"pms", "DROP TABLE t", Unsupported},
		{"pms", "EXPLAIN SELECT 1", Unsupported},
		{"pms", "CREATE TABLE t AS SELECT 1", Unsupported},
		{"pms", "CREATE TABLE t (a INTEGER REFERENCES u (a))", Unsupported},
		{"pms", "CREATE VIEW t AS SELECT 1", Unsupported},
		{"pms", "SELECT 12abc FROM t", Unexpected},
		{"pms", "SELECT t.5 FROM t", Unexpected},
		{"pms", "SELECT a\x00 FROM t", NotSQL},
		{"pms", "SELECT 'a\xff' FROM t", NotSQL},
		{"pms", "SELECT a\v FROM t", NotSQL},
		{"pms", "SELECT a --\r FROM t\n, u", Unsupported},
		{"pms", "SELECT a -- \r", Unsupported},
		{"m", "SELECT a # \r FROM t", Unsupported},
		{"pms", "SELECT a \uFEFFFROM t", NotSQL},
		{"pms", "SELECT a\u00a0FROM t", NotSQL},
		{"pms", "SELECT a \u200bFROM t", NotSQL},
		{"pms", "SELECT a UNHEARDOF t", Unexpected},
		{"pms", "SELECT f(a) UNHEARDOF t WHERE a = 1", Unexpected},
		{"pms", "SELECT 1 FROM t WHERE a = 1 UNHEARDOF b", Unexpected},
		{"p", "SELECT $0 FROM t", NotSQL},
		{"p", "SELECT $99999999999 FROM t", NotSQL},
		{"pms", "SELECT " + strings.Repeat("(", 100000) + "1" + strings.Repeat(")", 100000), TooDeep},
		{"p", "SELECT 1 FROM a" + strings.Repeat(" JOIN a", 1000), TooDeep},
	} {
		for _, d := range dialects {
			if !strings.Contains(c.in, d.String()[:1]) {
				continue
			}
			_, err := Parse(d, 0, c.query)
			var e *Error
			require.ErrorAs(t, err, &e, "%v: %.60s", d, c.query)
			require.Equal(t, c.reason, e.Reason, "%v: %.60s: %v", d, c.query, e)
			require.LessOrEqual(t, e.Offset, len(c.query))
		}
	}
}

// TestVerb: a trigger of SQLite is one statement, and what follows it is another.
func TestVerb(t *testing.T) {
	const trigger = "CREATE TRIGGER x AFTER INSERT ON t BEGIN UPDATE t SET a = CASE WHEN b THEN 1 END; DELETE FROM u WHERE 'end' = a; END"
	for _, c := range []struct{ in, text, want string }{
		{"pms", "DROP TABLE t;", "DROP"},
		{"pms", "((SELECT 1))", "SELECT"},
		{"pms", "DROP TABLE t; DROP TABLE u", ""},
		{"pms", "CREATE TEMP TABLE t (a INTEGER)", "CREATE TEMPORARY"},
		{"s", trigger, "CREATE"},
		{"s", trigger + ";", "CREATE"},
		{"s", trigger + "; -- the end", "CREATE"},
		{"s", "create trigger if not exists x before delete on t when old.a > 1 begin select 1 ; end", "CREATE"},
		{"pm", trigger, ""},
		{"s", trigger + "; DROP TABLE t", ""},
		{"s", trigger + ";;", ""},
		{"s", trigger + " DROP TABLE t", ""},
		{"s", trigger + "; DROP TABLE t; END", ""},
		{"s", trigger + "; " + trigger, ""},
		{"s", "CREATE TRIGGER x; DROP TABLE t; DROP TABLE u", ""},
		{"s", "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; \"END\"; DROP TABLE t", ""},
		{"s", "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END x; DROP TABLE t; END", ""},
		{"s", "CREATE TABLE trigger (a); END; DROP TABLE t; END", ""},
		{"s", "SELECT 1; END", ""},
		{"s", "CREATE", "CREATE"},
		{"s", "CREATE TRIGGER", "CREATE"},
		{"s", "CREATE TRIGGER;", "CREATE"},
		{"s", "CREATE TRIGGER;END", "CREATE"}, // nothing to the server
	} {
		for _, d := range dialects {
			if !strings.Contains(c.in, d.String()[:1]) {
				continue
			}
			got, err := Verb(d, 0, c.text)
			require.Equal(t, c.want == "", err != nil, "%v: %s: %v", d, c.text, err)
			require.Equal(t, c.want, got, "%v: %s", d, c.text)
			if e := (*Error)(nil); c.want == "" {
				require.ErrorAs(t, err, &e)
				require.Equal(t, SecondStmt, e.Reason)
			}
		}
	}
}

// TestBigTexts: the work grows with the length of the text and no faster; a
// quadratic step would not come back from these.
func TestBigTexts(t *testing.T) {
	big := 2 << 20
	for _, query := range []string{
		"SELECT " + strings.Repeat("a, ", big/3) + "a FROM t",
		"SELECT '" + strings.Repeat("x", big) + "' FROM t",
		"SELECT a FROM t WHERE a IN (" + strings.Repeat("?, ", big/3) + "?)",
		"SELECT a FROM t " + strings.Repeat("/**/", big/4),
		"SELECT a FROM " + strings.Repeat("t, ", big/3) + "t",
		strings.Repeat("(", big), strings.Repeat("'", big|1), strings.Repeat("\\", big), strings.Repeat("/*", big/2),
		"SELECT '" + strings.Repeat("\\", big) + "' FROM t",
	} {
		for _, d := range dialects {
			_, _ = Parse(d, 0, query) // an answer or an error; what matters is that it comes
		}
	}
}

// FuzzParse: no text makes the parser panic, tokens never overlap, spans stay
// inside the text, and what was accepted is accepted again.
func FuzzParse(f *testing.F) {
	for _, q := range []string{
		"SELECT a, b.* FROM t x LEFT JOIN (u JOIN v USING (a)) ON x.a = u.a WHERE a = ? OR b IN (SELECT 1 FROM w) ORDER BY 1 LIMIT 2",
		"WITH RECURSIVE c AS (SELECT 1 UNION SELECT a FROM c) INSERT INTO t (a) SELECT a FROM c ON CONFLICT (a) DO NOTHING RETURNING *",
		"UPDATE t SET (a, b) = (1, 2), c = $1 FROM u WHERE $$x$$ = 'y' -- z", "DELETE FROM [t] WHERE `a` = \"b\"", "SELECT E'\\'' /* /* */ */ FROM t;",
	} {
		for d := range dialects {
			f.Add(uint8(d), q)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		d := dialects[int(which)%len(dialects)]
		s, err := Parse(d, 0, query)
		if err != nil {
			if e := (*Error)(nil); !errors.As(err, &e) {
				t.Fatalf("not an *Error: %v", err)
			}
			return
		}
		end := int32(0)
		for i, tok := range s.Toks {
			if tok.Start < end || tok.End < tok.Start || int(tok.End) > len(query) {
				t.Fatalf("token %d overlaps or leaves the text", i)
			}
			end = tok.End
		}
		check := func(sp Span) {
			if sp.First < 0 || sp.First > sp.End || int(sp.End) > len(s.Toks) {
				t.Fatalf("span %v of %d tokens", sp, len(s.Toks))
			}
		}
		for i := range s.Blocks {
			check(s.Blocks[i].List)
			check(s.Blocks[i].Where.Body)
		}
		for i := range s.Nodes {
			if n := &s.Nodes[i]; n.Ref < 0 && (s.Nodes[n.Left].Parent != int32(i) || s.Nodes[n.Right].Parent != int32(i)) {
				t.Fatalf("node %d is not the parent of its children", i)
			}
		}
		if _, err := Parse(d, 0, query+" "); err != nil {
			t.Fatalf("a space at the end: %v", err)
		}
	})
}

// TestCalls: a word may be an operator in one place and in another the name of a
// function, which whoever reads the list wants to know of.
func TestCalls(t *testing.T) {
	for _, c := range []struct {
		in, query string
		want      []string
	}{
		{"pms", "SELECT f(a), b LIKE (c), d NOT LIKE (e), g IS (NULL) FROM t WHERE NOT h(i)", []string{"f", "h"}},
		{"ps", "SELECT like(a), 1 + like(b) FROM t WHERE like(c) AND like(d) OR NOT like(e)", []string{"like", "like", "like", "like", "like"}},
		{"p", "SELECT ilike(a), is(b) FROM t WHERE (ilike(c))", []string{"ilike", "is", "ilike"}},
		{"p", "SELECT a = any (b), a = some (c), row (d) FROM t", nil},
		{"s", "SELECT any(a), some(b), row(c) FROM t", []string{"any", "some", "row"}},
	} {
		for _, d := range dialects {
			if !strings.Contains(c.in, d.String()[:1]) {
				continue
			}
			s, err := Parse(d, 0, c.query)
			require.NoError(t, err, "%v: %s", d, c.query)
			var got []string
			for _, call := range s.Calls {
				got = append(got, s.Word(call.Tok))
			}
			require.Equal(t, c.want, got, "%v: %s", d, c.query)
		}
	}
}
