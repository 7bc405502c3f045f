package scoping

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// sessions are settings that say where a quoted text ends, as the drivers take
// them in a data source name, and ways of the drivers to fill in values that
// depend on it.
var sessions = map[string][]string{
	"mysql": {
		"sql_mode=%27STRICT_TRANS_TABLES%27",
		"sql_mode=%27ANSI_QUOTES%27",
		"sql_mode=%27NO_BACKSLASH_ESCAPES%27",
		"sql_mode=%27ANSI,NO_BACKSLASH_ESCAPES,HIGH_NOT_PRECEDENCE%27",
		"sql_mode=%27MSSQL%27",
		"sql_mode=%27STRICT_TRANS_TABLES%27&interpolateParams=true",
		"sql_mode=%27NO_BACKSLASH_ESCAPES%27&interpolateParams=true",
	},
	"postgres": {
		"standard_conforming_strings=on",
		"standard_conforming_strings=off",
		"default_query_exec_mode=simple_protocol",
	},
	"sqlite": {""},
}

func withSession(dsn, setting string) string {
	switch {
	case setting == "":
		return dsn
	case strings.Contains(setting, "sql_mode"): // there are other settings before it
		return dsn + "&" + setting
	case strings.Contains(dsn, "://") && strings.Contains(dsn, "?"):
		return dsn + "&" + setting
	case strings.Contains(dsn, "://"):
		return dsn + "?" + setting
	}
	return dsn + " " + setting
}

// eachSession runs f on every engine that has such settings.
func eachSession(t *testing.T, f func(t *testing.T, e engines.Engine, settings []string)) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		if sessions[e.Name] != nil { // SQLite in C is as SQLite in Go
			f(t, e, sessions[e.Name])
		}
	})
}

// mixed is a connector whose connections have one setting after the other.
type mixed struct {
	driver.Connector
	all  []driver.Connector
	next atomic.Int32
}

func (m *mixed) Connect(ctx context.Context) (driver.Conn, error) {
	return m.all[int(m.next.Add(1)-1)%len(m.all)].Connect(ctx)
}

// quoting are statements whose meaning depends on the session. Under some
// settings they do not parse.
var quoting = []statement{
	{text: `SELECT id FROM contacts WHERE name = "c1 ACME" OR id = 2`},
	{text: `SELECT "id" FROM contacts`},
	{text: `SELECT "c"."id" FROM "contacts" AS "c" WHERE "c"."id" > ?`, args: []any{1}},
	{text: `SELECT id FROM contacts WHERE name LIKE "c%" OR "name" = 'c2 BOLT'`},
	{text: `SELECT "a\"b" AS v FROM contacts`},
	{text: `SELECT 'it\'s' AS v, id FROM contacts`},
	{text: `SELECT 'it\\' AS v, id FROM contacts WHERE id > ? OR 1 = 1`, args: []any{0}},
	{text: `SELECT id FROM contacts WHERE name LIKE '%\%' ESCAPE '\' OR id = ?`, args: []any{1}},
	{text: `SELECT id FROM contacts WHERE name LIKE '%\\%' ESCAPE '\\' OR id = ?`, args: []any{1}},
	// One string under one setting, and a read of another table under another.
	{text: `SELECT 'a\' AS v FROM notes UNION SELECT name FROM contacts -- ' AS v FROM contacts`},
	{text: `SELECT "a\" AS v FROM notes UNION SELECT name FROM contacts -- " AS v FROM contacts`},
	{text: `SELECT name FROM contacts WHERE name = 'x\' OR id IN (SELECT contact_id FROM notes) -- '`},
	{text: `SELECT name FROM contacts WHERE name = 'x\' UNION SELECT body FROM notes -- '`},
	{text: `SELECT name FROM contacts WHERE name = "x\" UNION SELECT body FROM notes -- "`},
	{text: `SELECT name FROM contacts WHERE name = 'x\'' UNION SELECT body FROM notes -- '`},
	{text: `SELECT 1 AS v, '\' AS name, id FROM contacts WHERE name = '\' OR 1 = 1`},
	{text: "SELECT \"` FROM contacts -- \" AS a, id AS `b\" FROM contacts", only: "mysql"},
	{text: `SELECT _utf8mb4'it\'s' AS v, n'it\'s' AS w FROM contacts`, only: "mysql"},
	{text: `SELECT 'a' "b" 'c\'' AS v FROM contacts`, only: "mysql"},
	{text: "SELECT E'it\\'s' AS v, E'a'\n'b' AS w, 'c'\n'd\\' AS x FROM contacts", only: "postgres"},
	{text: `SELECT id FROM contacts WHERE name LIKE 'c%' OR name = 'Zoë "Žižek"' OR name = '名\\'`},
	{text: `SELECT id AS "é\", name FROM contacts`, only: "postgres sqlite"},
	{text: `SELECT NOT id = 1 AS v, 'a' || 'b' AS w FROM contacts WHERE NOT id = 1 OR 'a' || 'b'`, only: "mysql"},
	{text: `SELECT 'x' FROM contacts WHERE NOT id BETWEEN 2 AND 3 AND name <> "x"`, only: "mysql"},
}

// compare requires the same answer, or none, on the shared database through the
// scoper as on the tenant's own.
func (w *world) compare(t *testing.T, own, scoped querier, id tenant.ID, s statement, where string) (ran bool) {
	t.Helper()
	ctx := context.Background()
	want, wantErr := w.answer(ctx, own, s.text, s.args...)
	got, gotErr := w.answer(tenant.WithID(ctx, id), scoped, s.text, s.args...)
	if wantErr == nil {
		require.NoError(t, gotErr, "%s as %s, %s", s.text, id, where)
		require.Equal(t, want, got, "%s as %s, %s", s.text, id, where)
	}
	require.Equal(t, wantErr == nil, gotErr == nil, "%s as %s, %s: %v, %v", s.text, id, where, wantErr, gotErr)
	return wantErr == nil
}

// TestSessions is the oracle for reading under settings of the session, with
// all of them in one pool.
func TestSessions(t *testing.T) {
	eachSession(t, func(t *testing.T, e engines.Engine, settings []string) {
		w := newWorld(t, e)
		ctx := context.Background()
		pool, ran := &mixed{}, 0
		for _, setting := range settings {
			pool.all = append(pool.all, e.Connector(t, withSession(w.dsn, setting)))
		}
		pool.Connector = pool.all[0]
		db, err := scope.OpenDB(pool, policy(e.Dialect))
		require.NoError(t, err)
		t.Cleanup(func() { db.Close() })
		var scoped []*sql.Conn // the i-th has the i-th setting
		for range settings {
			c, err := db.Conn(ctx)
			require.NoError(t, err)
			t.Cleanup(func() { c.Close() })
			scoped = append(scoped, c)
		}
		for _, id := range tenants {
			dsn, plain := e.NewDatabase(t)
			w.fill(t, plain, false, id)
			for i, setting := range settings {
				own := e.Pool(t, withSession(dsn, setting))
				for _, s := range quoting {
					if s.runsOn(e) && w.compare(t, own, scoped[i], id, s, setting) {
						ran++
					}
				}
			}
		}
		require.Greater(t, ran, len(settings)*len(tenants)*5)
	})
}

// TestSessionWrites is the oracle for writing under one setting at a time.
func TestSessionWrites(t *testing.T) {
	eachSession(t, func(t *testing.T, e engines.Engine, settings []string) {
		w := newWorld(t, e)
		dsn, plain := e.NewDatabase(t)
		w.fill(t, plain, false, "bolt")
		for _, setting := range settings {
			db, err := scope.OpenDB(e.Connector(t, withSession(w.dsn, setting)), policy(e.Dialect))
			require.NoError(t, err)
			t.Cleanup(func() { db.Close() })
			own := e.Pool(t, withSession(dsn, setting))
			w.scoped, w.alone["bolt"] = db, own
			for _, s := range []statement{
				{text: `UPDATE contacts SET name = 'a\' WHERE id = 1 -- '`},
				{text: `UPDATE contacts SET name = "a" WHERE "id" = 1`},
				{text: `DELETE FROM contacts WHERE name = 'x\' OR id IN (SELECT contact_id FROM notes) -- '`},
				{text: `INSERT INTO contacts (id, name) VALUES (50, 'it\\'), (51, ?)`, args: []any{`it's \' "`}},
				{text: `INSERT INTO contacts (id, name) VALUES (50, "x"), (51, 'y')`},
				{text: `INSERT INTO contacts ("id", name) VALUES (50, 'ë\\')`},
			} {
				tx, err := own.Begin()
				require.NoError(t, err)
				_, err = tx.Exec(w.bind(s.text), s.args...)
				require.NoError(t, tx.Rollback())
				if err == nil {
					w.compareWrite(t, s, "bolt")
					continue
				}
				_, err = db.ExecContext(tenant.WithID(context.Background(), "bolt"), w.bind(s.text), s.args...)
				require.Error(t, err, "%s, %s", s.text, setting)
			}
		}
	})
}

// TestSessionsRefused: an Oracle mode and a character set with quotes inside of
// letters are refused as soon as the connection is used.
func TestSessionsRefused(t *testing.T) {
	for name, list := range map[string][]string{
		"mysql":    {"sql_mode=%27ORACLE%27", "charset=gbk&sql_mode=%27%27"},
		"postgres": {"client_encoding=SJIS", "client_encoding=GBK"},
	} {
		t.Run(name, func(t *testing.T) {
			e := engines.Get(t, name)
			w := newWorld(t, e)
			for _, setting := range list {
				db, err := scope.OpenDB(e.Connector(t, withSession(w.dsn, setting)), policy(e.Dialect))
				require.NoError(t, err)
				_, err = db.ExecContext(tenant.WithID(context.Background(), "acme"), "SELECT name FROM contacts")
				require.ErrorContains(t, err, "connection", setting)
				require.NoError(t, db.Close())
			}
		})
	}
}

// TestSessionsRefusedWithCatalogue: so they are where the policy brings its
// catalogue along, and only a later connection has the setting. In gbk a driver
// that fills arguments into the text ends a string too early.
func TestSessionsRefusedWithCatalogue(t *testing.T) {
	e := engines.Get(t, "mysql")
	dsn, plain := e.NewDatabase(t)
	run(t, plain, append([]string{"CREATE TABLE stats (email VARCHAR(40))"}, changingTables...)...)
	p := changingPolicy
	p.Dialect, p.Column = e.Dialect, "tenant_id"
	ctx := tenant.WithID(context.Background(), "acme")
	cat, err := scope.ReadCatalogue(ctx, plain, e.Dialect)
	require.NoError(t, err)
	for _, p.Catalogue = range []*scope.Catalogue{nil, cat} {
		for _, setting := range []string{"sql_mode=%27ORACLE%27", "sql_mode=%27%27&interpolateParams=true&charset=gbk"} {
			pool := &mixed{all: []driver.Connector{e.Connector(t, dsn), e.Connector(t, withSession(dsn, setting))}}
			pool.Connector = pool.all[0]
			db, err := scope.OpenDB(pool, p)
			require.NoError(t, err)
			first, err := db.Conn(ctx)
			require.NoError(t, err)
			defer first.Close()
			second, err := db.Conn(ctx)
			require.NoError(t, err)
			defer second.Close()
			const query, argument = "SELECT email FROM stats WHERE email = ?", "\xbf' UNION SELECT email FROM contacts -- "
			rows, err := first.QueryContext(ctx, query, "x")
			require.NoError(t, err)
			require.NoError(t, rows.Close())
			if rows, err = second.QueryContext(ctx, query, argument); err == nil {
				require.NoError(t, rows.Close())
			}
			require.ErrorContains(t, err, "connection", setting)
			_, err = second.PrepareContext(ctx, query)
			require.ErrorContains(t, err, "connection", setting)
			require.NoError(t, second.Close())
			require.NoError(t, first.Close())
			require.NoError(t, db.Close())
		}
	}
}

// TestIntegerIsNotCutShort: without strict mode the server stores the largest
// number that fits, which may be another tenant.
func TestIntegerIsNotCutShort(t *testing.T) {
	e := engines.Get(t, "mysql")
	w := newWorld(t, e)
	w.must(t, w.shared, "CREATE TABLE numbered (id INTEGER, tenant_id SMALLINT)")
	db, err := scope.OpenDB(e.Connector(t, withSession(w.dsn, "sql_mode=%27%27")), policy(e.Dialect))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	ctx := context.Background()
	_, err = db.ExecContext(tenant.WithID(ctx, "99999"), "INSERT INTO numbered (id) VALUES (1)")
	require.ErrorIs(t, err, scope.ErrRefused)
	var n int
	require.NoError(t, db.QueryRowContext(tenant.WithID(ctx, "32767"), "SELECT count(*) FROM numbered").Scan(&n))
	require.Zero(t, n)
}

// TestSessionIsPinned: PostgreSQL takes over a changed configuration in running
// sessions, but not where the session has set the value itself.
func TestSessionIsPinned(t *testing.T) {
	e := engines.Get(t, "postgres")
	w := newWorld(t, e)
	w.scoped.SetMaxOpenConns(1)
	ctx := tenant.WithID(context.Background(), "acme")
	source := func() (setting, source string) {
		require.NoError(t, w.scoped.QueryRowContext(tenant.AcrossAll(context.Background(), "test"),
			`SELECT setting, source FROM pg_settings WHERE name = 'standard_conforming_strings'`).Scan(&setting, &source))
		return setting, source
	}
	_, was := source()
	require.NotEqual(t, "session", was)
	var n int
	require.NoError(t, w.scoped.QueryRowContext(ctx, `SELECT count(*) FROM contacts WHERE name <> '\'`).Scan(&n))
	require.Equal(t, 4, n)
	setting, now := source()
	require.Equal(t, "on", setting)
	require.Equal(t, "session", now)
}

// quotes are what TestQuoteMutants puts into texts.
var quotes = []string{`'`, `"`, "`", `\`, `\'`, `\"`, `''`, `""`, `'x'`, `"x"`, `'\'`, " -- ", "--", "#", "/*", "*/", "\n", "$$", "$a$", "E'", "n'", "x'", "_utf8mb4'",
	" UNION SELECT name FROM contacts ", " OR 1 = 1 ", " OR id IN (SELECT contact_id FROM notes) ", ",", ";", "ë", "名", " "}

// TestQuoteMutants is the oracle of non-interference on texts whose quotes are
// in the wrong places, under all settings: whatever runs must give the same
// answer on the shared database as on one that holds acme's rows only.
//
// TENANCY_MUTANTS is how many to try under each setting, TENANCY_SEED which ones.
func TestQuoteMutants(t *testing.T) {
	count := func(name string, n int) int {
		if s := os.Getenv(name); s != "" {
			var err error
			n, err = strconv.Atoi(s)
			require.NoError(t, err)
		}
		return n
	}
	eachSession(t, func(t *testing.T, e engines.Engine, settings []string) {
		w := newWorld(t, e)
		dsn, plain := e.NewDatabase(t)
		w.fill(t, plain, true, "acme")
		n, rnd := count("TENANCY_MUTANTS", 600), rand.New(rand.NewPCG(uint64(count("TENANCY_SEED", 1)), 11))
		var texts []string
		for _, s := range quoting {
			if s.runsOn(e) && s.args == nil {
				texts = append(texts, s.text)
			}
		}
		for _, setting := range settings {
			scoped, err := scope.OpenDB(e.Connector(t, withSession(w.dsn, setting)), policy(e.Dialect))
			require.NoError(t, err)
			t.Cleanup(func() { scoped.Close() })
			own, err := scope.OpenDB(e.Connector(t, withSession(dsn, setting)), policy(e.Dialect))
			require.NoError(t, err)
			t.Cleanup(func() { own.Close() })
			ran := 0
			for range n {
				text := texts[rnd.IntN(len(texts))]
				for range 1 + rnd.IntN(4) {
					from := rnd.IntN(len(text) + 1)
					to := min(len(text), from+rnd.IntN(2)*rnd.IntN(4))
					text = text[:from] + quotes[rnd.IntN(len(quotes))] + text[to:]
				}
				got, gotErr := w.attempt(scoped, text)
				want, wantErr := w.attempt(own, text)
				require.Equal(t, wantErr == nil, gotErr == nil, "%s\n%s\nshared: %v\nalone: %v", setting, text, gotErr, wantErr)
				require.Equal(t, want, got, "%s\n%s", setting, text)
				require.Equal(t, errors.Is(wantErr, scope.ErrRefused), errors.Is(gotErr, scope.ErrRefused), text)
				if gotErr == nil {
					ran++
				}
			}
			t.Logf("%s: %d of %d ran", setting, ran, n)
			require.Greater(t, ran, n/100, "too few mutants ran to mean anything")
		}
	})
}
