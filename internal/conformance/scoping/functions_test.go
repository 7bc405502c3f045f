package scoping

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// builtIns ask a server which functions it has. MariaDB lists most of them in
// a table, and all of them in the manual that it and MySQL carry along.
var builtIns = map[tenant.Dialect][]string{
	tenant.Postgres: {`SELECT DISTINCT 'pg_catalog.' || proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace`},
	tenant.MySQL: {`SELECT function FROM information_schema.sql_functions`,
		`SELECT t.name FROM mysql.help_topic t JOIN mysql.help_category c USING (help_category_id)
			WHERE t.name <> 'Parentheses' AND (c.name LIKE '%Function%' OR c.name LIKE '%Geo%' OR c.name LIKE '%MBR%' OR c.name LIKE '%WK%')`},
	tenant.SQLite: {`SELECT DISTINCT name FROM pragma_function_list WHERE name GLOB '[a-z]*'`, `SELECT name FROM pragma_module_list`},
}

// TestEveryBuiltInIsReviewed: each function of the server is allowed, or refused
// with a reason of its own. A name that fails here is new: read what the
// function does, and put it into scope/functions.
func TestEveryBuiltInIsReviewed(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		_, db := e.NewDatabase(t)
		r, err := scope.NewRewriter(policy(e.Dialect))
		require.NoError(t, err)
		call := func(name string) *scope.RefusedError {
			_, _, err := r.Rewrite(tenant.WithID(context.Background(), "acme"), "SELECT "+name+"()", nil)
			var refused *scope.RefusedError
			if err != nil {
				require.True(t, errors.As(err, &refused), "%s: %v", name, err)
			}
			return refused
		}
		unknown := call("nobody_has_seen_this").Hint
		names := map[string]bool{}
		for _, query := range builtIns[e.Dialect] {
			for name := range column(t, db, query) {
				// The manual writes REPEAT Function, and ST\_X.
				name = strings.TrimSuffix(strings.ReplaceAll(strings.ToLower(name), `\`, ""), " function")
				if regexp.MustCompile(`^[a-z_0-9.]+$`).MatchString(name) {
					names[name] = true
				}
			}
		}
		var unseen []string
		for name := range names {
			refused := call(name)
			if e.Dialect == tenant.Postgres && refused != nil {
				require.Equal(t, scope.ReasonUnknownFunc, refused.Reason, name)
			}
			if refused != nil && refused.Reason == scope.ReasonUnknownFunc && refused.Hint == unknown {
				unseen = append(unseen, name)
			}
		}
		require.Empty(t, unseen, "functions of this server that nobody has reviewed")
		require.Greater(t, len(names), map[tenant.Dialect]int{tenant.Postgres: 2500, tenant.MySQL: 200, tenant.SQLite: 90}[e.Dialect])
	})
}

// column returns what a query of one column gives, or nothing where this server
// has no such table.
func column(t *testing.T, db *sql.DB, query string) map[string]bool {
	t.Helper()
	values := map[string]bool{}
	rows, err := db.QueryContext(t.Context(), query)
	var missing *mysql.MySQLError
	if errors.As(err, &missing) && missing.Number == 1109 {
		return values
	}
	require.NoError(t, err, query)
	defer rows.Close()
	for rows.Next() {
		var v string
		require.NoError(t, rows.Scan(&v))
		values[v] = true
	}
	require.NoError(t, rows.Err())
	return values
}

// allowed reads the names that the review of a dialect allows, and whether each
// is one that some servers do not have: newer ones, and the first paragraph,
// which is about no functions.
func allowed(t *testing.T, d tenant.Dialect) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../../../scope/functions/" + d.String() + ".txt")
	require.NoError(t, err)
	names := map[string]bool{}
	title := ""
	for line := range strings.Lines(string(text)) {
		if line[0] != '\t' {
			title = line
		} else if strings.HasPrefix(title, "allow") {
			for _, name := range strings.Fields(line) {
				names[name] = strings.HasPrefix(title, "allow newer") || strings.HasPrefix(title, "allow: clauses")
			}
		}
	}
	require.Greater(t, len(names), 100)
	return names
}

// TestAllowedInPostgres holds the allowed functions to what the server says of
// them, in all their overloads. One that is volatile, or not safe in a parallel
// worker, has a state or an effect; one that takes or gives a value of the
// system catalogue is a way around the refusal of those types.
func TestAllowedInPostgres(t *testing.T) {
	_, db := engines.Get(t, "postgres").NewDatabase(t)
	rows, err := db.QueryContext(t.Context(), `SELECT proname, bool_or(provolatile = 'v'), bool_or(proparallel <> 's'),
			bool_or(EXISTS (SELECT FROM pg_type t WHERE (t.oid = prorettype OR t.oid = ANY (proargtypes))
				AND (typname ~ '^_?reg' AND typname !~ '^_?reg(config|dictionary)$' OR typname IN ('aclitem', 'xid', 'xid8', 'pg_snapshot', 'txid_snapshot', 'refcursor', 'internal'))))
		FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace GROUP BY proname`)
	require.NoError(t, err)
	defer rows.Close()
	type property struct{ volatile, unsafe, catalogue bool }
	server := map[string]property{}
	for rows.Next() {
		var name string
		var p property
		require.NoError(t, rows.Scan(&name, &p.volatile, &p.unsafe, &p.catalogue))
		server[name] = p
	}
	require.NoError(t, rows.Err())
	known := map[string]property{
		"age":             {unsafe: true, catalogue: true}, // of an xid, which no statement can make
		"max":             {catalogue: true},               // of xid8, the same
		"min":             {catalogue: true},
		"clock_timestamp": {volatile: true}, // the clock
		"timeofday":       {volatile: true},
		"random":          {volatile: true, unsafe: true}, // chance
		"random_normal":   {volatile: true, unsafe: true},
		"gen_random_uuid": {volatile: true},
		"uuidv4":          {volatile: true},
		"uuidv7":          {volatile: true},
		"array_sample":    {volatile: true},
		"array_shuffle":   {volatile: true},
		"current_schema":  {unsafe: true}, // a fact of the pool
	}
	var missing []string
	for name, optional := range allowed(t, tenant.Postgres) {
		got, is := server[name]
		if is {
			require.Equal(t, known[name], got, name)
		} else if !optional {
			missing = append(missing, name)
		}
	}
	require.Empty(t, missing, "allowed, and no functions of this server")
}

// TestAllowedInMariaDB: an allowed name is one of a built-in function. For any
// other name, and for some with a space before the parenthesis, the server
// looks for a stored function.
func TestAllowedInMariaDB(t *testing.T) {
	_, db := engines.Get(t, "mysql").NewDatabase(t)
	var version string
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT version()`).Scan(&version))
	if !strings.Contains(version, "MariaDB") {
		t.Skipf("LEFT OUT: the list of what is newer is MariaDB's, and this is MySQL %s", version)
	}
	r, err := scope.NewRewriter(policy(tenant.MySQL))
	require.NoError(t, err)
	stored := func(call string) bool {
		err := db.QueryRowContext(t.Context(), "SELECT "+call).Scan(new(any))
		var said *mysql.MySQLError
		return errors.As(err, &said) && (said.Number == 1305 || said.Number == 1630) // FUNCTION does not exist
	}
	require.True(t, stored("nobody_has_seen_this(1)"))
	require.True(t, stored("max (1)"))
	var missing []string
	for name, optional := range allowed(t, tenant.MySQL) {
		if strings.Contains(name, "/") || name == "json_table" { // it stands in FROM only
			continue
		}
		switch {
		case optional:
		case stored(name+"(1)") && stored(name+"(1, 2)"):
			missing = append(missing, name)
		case stored(name+" (1)") && stored(name+" (1, 2)"):
			_, _, err := r.Rewrite(tenant.WithID(context.Background(), "acme"), "SELECT "+name+" (1)", nil)
			require.ErrorIs(t, err, scope.ErrRefused, "%s with a space", name)
		}
	}
	require.Empty(t, missing, "allowed, and no functions of this server")
}

// TestAllowedInSQLite: SQLite marks as innocuous what has no side effect and
// gives away nothing but its arguments.
func TestAllowedInSQLite(t *testing.T) {
	known := map[string]bool{"match": true, "highlight": true, "offsets": true, "snippet": true, "fts5_get_locale": true} // of the row of a text search
	names := allowed(t, tenant.SQLite)
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		if e.Dialect != tenant.SQLite {
			return
		}
		_, db := e.NewDatabase(t)
		suspect := column(t, db, `SELECT name FROM pragma_function_list WHERE flags & 0x200000 = 0`)
		require.True(t, suspect["load_extension"])
		for name := range suspect {
			_, is := names[name]
			require.True(t, !is || known[name], name)
		}
	})
}

// TestScoresCountEverybody is why the review refuses the scores of full-text
// search: a row's own text and condition stay the same, and another tenant's
// row changes its score.
func TestScoresCountEverybody(t *testing.T) {
	for name, s := range map[string]struct{ create, score string }{
		"sqlite": {`CREATE VIRTUAL TABLE docs USING fts5(tenant_id UNINDEXED, body)`, `SELECT bm25(docs) FROM docs WHERE docs MATCH 'alpha' AND tenant_id = 'acme'`},
		"mysql":  {`CREATE TABLE docs (tenant_id VARCHAR(63), body TEXT, FULLTEXT (body))`, `SELECT MATCH (body) AGAINST ('alpha') FROM docs WHERE tenant_id = 'acme' AND body LIKE 'alpha%'`},
	} {
		t.Run(name, func(t *testing.T) {
			_, db := engines.Get(t, name).NewDatabase(t)
			do := func(query string) {
				_, err := db.ExecContext(t.Context(), query)
				require.NoError(t, err, query)
			}
			score := func() (v float64) {
				require.NoError(t, db.QueryRowContext(t.Context(), s.score).Scan(&v))
				return v
			}
			do(s.create)
			do(`INSERT INTO docs VALUES ('acme', 'alpha beta'), ('acme', 'beta gamma'), ('acme', 'delta')`)
			alone := score()
			require.NotZero(t, alone)
			do(`INSERT INTO docs VALUES ('bolt', 'zeta'), ('bolt', 'zeta eta')`)
			require.NotEqual(t, alone, score())
		})
	}
}

// TestFunctionsRun: statements with reviewed functions, and with words that look
// like functions, give on the shared database what they give alone.
func TestFunctionsRun(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		for _, s := range []statement{
			{text: "SELECT upper(name) AS u, coalesce(country, '-') AS c, abs(score - 20) AS d FROM contacts ORDER BY id"},
			{text: "SELECT id, lag(score) OVER (ORDER BY id) AS previous, sum(score) OVER (PARTITION BY country) AS s FROM contacts ORDER BY id"},
			{text: "SELECT id, score::numeric(10,2) AS n, name::character varying(3) AS v, '[1,2]'::json AS j FROM contacts", only: "postgres"},
			{text: "SELECT country, company_id, grouping(country) AS g, count(*) AS n FROM contacts GROUP BY GROUPING SETS ((country), (company_id)), ROLLUP (country)", only: "postgres"},
			{text: "SELECT x.a, c.name FROM jsonb_to_recordset('[{\"a\": 1}, {\"a\": 2}]') AS x(a int) JOIN contacts c ON c.id = x.a", only: "postgres"},
			{text: "SELECT c.name, s.part FROM contacts c, regexp_split_to_table(c.name, ' ') AS s(part)", only: "postgres"},
			{text: "SELECT id, ts_rank(to_tsvector('simple', body), plainto_tsquery('simple', 'note')) AS r FROM notes WHERE to_tsvector('simple', body) @@ plainto_tsquery('simple', 'note')", only: "postgres"},
			{text: "SELECT jsonb_agg(jsonb_build_object('id', id, 'name', name) ORDER BY id) AS all_of_them, percentile_cont(0.5) WITHIN GROUP (ORDER BY score) AS half FROM contacts", only: "postgres"},
			{text: "SELECT extract(epoch FROM timestamp '2020-01-01' AT TIME ZONE ('utc')) AS e, name SIMILAR TO ('c1%') AS y FROM contacts", only: "postgres"},
			{text: "SELECT json_arrayagg(name ORDER BY id) AS a, group_concat(id ORDER BY id SEPARATOR '-') AS g, date_add('2020-01-31', INTERVAL (1) MONTH) AS d FROM contacts", only: "mysql"},
			{text: "SELECT id, score DIV (7) AS d, score MOD (7) AS m, convert(score, DECIMAL(10,2)) AS n, st_x(point(score, 2)) AS x, rank() OVER (ORDER BY score) AS r FROM contacts", only: "mysql"},
			{text: "SELECT id, name GLOB ('c1*') AS g, iif(score > 20, 'y', 'n') AS i, strftime('%Y', '2020-01-01') AS y FROM contacts", only: "sqlite"},
			{text: "SELECT c.id, j.value FROM contacts c, json_each(json_array(c.id, c.name)) j", only: "sqlite"},
		} {
			if !s.runsOn(e) {
				continue
			}
			for _, id := range tenants {
				want, err := w.answer(context.Background(), w.only(t, id), s.text)
				require.NoError(t, err, "the original: %s", s.text)
				got, err := w.answer(tenant.WithID(context.Background(), id), w.scoped, s.text)
				require.NoError(t, err, s.text)
				require.Equal(t, want, got, "%s as %s", s.text, id)
			}
		}
	})
}
