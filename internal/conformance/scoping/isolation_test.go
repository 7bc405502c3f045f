package scoping

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

// statement is one line of the oracle: the text, with ? for placeholders, the
// arguments, and the engines it is for ("" is all).
type statement struct {
	text string
	args []any
	only string
}

func (s statement) runsOn(e engines.Engine) bool {
	return s.only == "" || strings.Contains(s.only, e.Dialect.String())
}

var queries = []statement{
	{text: "SELECT id, name FROM contacts"},
	{text: "SELECT * FROM contacts ORDER BY id"},
	{text: "SELECT c.* FROM contacts c WHERE c.id = ?", args: []any{2}},
	{text: "SELECT c.*, n.body FROM contacts AS c JOIN notes n ON n.contact_id = c.id"},
	{text: "SELECT * FROM contacts c, companies o WHERE c.company_id = o.id"},
	{text: "SELECT id FROM contacts WHERE id = 1 OR 1 = 1"},
	{text: "SELECT id FROM contacts WHERE id = ? OR name LIKE ? OR score > ?", args: []any{1, "c2%", 0}},
	{text: "SELECT id FROM contacts WHERE id = 1 -- the end"},
	{text: "SELECT id FROM contacts -- the end"},
	{text: "SELECT id FROM contacts /* nothing */ ;"},
	{text: "SELECT c.id, o.name FROM contacts c LEFT JOIN companies o ON o.id = c.company_id OR o.name = 'Same'"},
	{text: "SELECT c.id, o.name FROM contacts c LEFT JOIN companies o ON o.id = c.company_id WHERE o.id IS NULL OR c.id = 1"},
	{text: "SELECT o.name, c.id FROM companies o LEFT JOIN contacts c ON c.company_id = o.id LEFT JOIN notes n ON n.contact_id = c.id"},
	{text: "SELECT o.name, c.id FROM companies o LEFT JOIN (contacts c JOIN notes n ON n.contact_id = c.id) ON c.company_id = o.id"},
	{text: "SELECT c.id, o.name FROM companies o RIGHT JOIN contacts c ON o.id = c.company_id"},
	{text: "SELECT c.id, o.name, n.body FROM companies o RIGHT JOIN contacts c ON o.id = c.company_id LEFT JOIN notes n ON n.contact_id = c.id"},
	{text: "SELECT c.id, o.name FROM contacts c CROSS JOIN companies o"},
	{text: "SELECT c.id, n.id AS nid FROM contacts c JOIN notes n USING (id)"},
	{text: "SELECT id FROM contacts c NATURAL JOIN notes n"},
	{text: "SELECT c.id, (SELECT count(*) FROM notes n WHERE n.contact_id = c.id) AS k FROM contacts c"},
	{text: "SELECT (SELECT max(id) FROM contacts) AS a, (SELECT count(*) FROM notes) AS b"},
	{text: "SELECT id FROM contacts WHERE id IN (SELECT contact_id FROM notes WHERE body IS NOT NULL)"},
	{text: "SELECT id FROM contacts WHERE id NOT IN (SELECT contact_id FROM notes WHERE contact_id IS NOT NULL)"},
	{text: "SELECT id FROM contacts c WHERE EXISTS (SELECT * FROM notes n WHERE n.contact_id = c.id AND n.id > ?)", args: []any{1}},
	{text: "SELECT EXISTS (SELECT 1 FROM contacts WHERE id = 5) AS there"},
	{text: "SELECT id FROM contacts WHERE coalesce((SELECT max(n.id) FROM notes n WHERE n.contact_id = contacts.id), 0) > 1"},
	{text: "SELECT country, count(*) AS k FROM contacts GROUP BY country HAVING count(*) >= (SELECT count(*) FROM companies) - 1"},
	{text: "SELECT id FROM contacts ORDER BY (SELECT count(*) FROM notes n WHERE n.contact_id = contacts.id) DESC, id LIMIT 3"},
	{text: "SELECT id FROM contacts ORDER BY id LIMIT 2 OFFSET 1"},
	{text: "SELECT count(*) AS k, sum(score) AS s FROM contacts"},
	{text: "SELECT DISTINCT country FROM contacts"},
	{text: "SELECT id FROM contacts UNION SELECT id FROM notes"},
	{text: "SELECT 1 AS id UNION ALL SELECT id FROM contacts WHERE id > ? UNION ALL SELECT id FROM notes", args: []any{2}},
	{text: "SELECT id FROM contacts EXCEPT SELECT contact_id FROM notes"},
	{text: "SELECT x.id, x.name FROM (SELECT * FROM contacts WHERE score > 5) AS x WHERE x.id < 4"},
	{text: "SELECT x.* FROM (SELECT c.* FROM contacts c) x"},
	{text: "SELECT * FROM (SELECT * FROM contacts) AS contacts"},
	{text: "WITH c AS (SELECT * FROM contacts WHERE id < 4) SELECT c.id, n.body FROM c JOIN notes n ON n.contact_id = c.id"},
	{text: "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT r.n + 1 FROM r WHERE r.n < 3) SELECT r.n, c.name FROM r JOIN contacts c ON c.id = r.n"},
	{text: "WITH a AS (SELECT id FROM contacts), b AS (SELECT id FROM a WHERE id > 1) SELECT count(*) AS k FROM b"},
	{text: "WITH contacts AS (SELECT id FROM contacts WHERE id = 1) SELECT id FROM contacts", only: "postgres"},
	{text: "SELECT c.name, k.title FROM contacts c LEFT JOIN countries k ON k.code = c.country"},
	{text: "SELECT k.title, count(c.id) AS n FROM countries k LEFT JOIN contacts c ON c.country = k.code GROUP BY k.title"},
	{text: "SELECT title FROM countries WHERE code NOT IN (SELECT country FROM contacts WHERE country IS NOT NULL)"},
	{text: "SELECT id, title FROM templates"},
	{text: "SELECT t.id, c.id AS cid FROM templates t LEFT JOIN contacts c ON c.id = t.id"},
	{text: "SELECT c.id, t.title FROM contacts c LEFT JOIN templates t ON t.id >= c.id"},
	{text: "SELECT label FROM loose"},
	{text: "SELECT * FROM loose, clicks"},
	{text: "SELECT id, row_number() OVER (PARTITION BY country ORDER BY id) AS rn FROM contacts"},
	{text: "SELECT CASE WHEN EXISTS (SELECT 1 FROM notes WHERE notes.contact_id = c.id) THEN 'y' ELSE 'n' END AS f, c.id FROM contacts c"},
	{text: "SELECT name AS \"from\" FROM contacts", only: "postgres sqlite"},
	{text: "SELECT name AS from FROM contacts", only: "postgres"},
	{text: "SELECT name AS as FROM contacts", only: "postgres"},
	{text: "SELECT \"Name\".\"id\" FROM contacts AS \"Name\"", only: "postgres sqlite"},
	{text: "SELECT `k`.`id` FROM `contacts` AS `k`", only: "mysql sqlite"},
	{text: "SELECT id FROM [contacts]", only: "sqlite"},
	{text: "SELECT id FROM main.contacts", only: "sqlite"},
	{text: "SELECT id FROM public.contacts", only: "postgres"},
	{text: "SELECT Id FROM CONTACTS", only: "postgres sqlite"},
	{text: "SELECT id FROM ONLY contacts", only: "postgres"},
	{text: "SELECT DISTINCT ON (country) country, id FROM contacts ORDER BY country, id", only: "postgres"},
	{text: "SELECT count(*) FILTER (WHERE id IN (SELECT contact_id FROM notes)) AS k FROM contacts", only: "postgres sqlite"},
	{text: "SELECT c.id, x.body FROM contacts c, LATERAL (SELECT n.body FROM notes n WHERE n.contact_id = c.id ORDER BY n.id LIMIT 1) x", only: "postgres"},
	{text: "SELECT c.id, x.k FROM contacts c LEFT JOIN LATERAL (SELECT count(*) AS k FROM notes n WHERE n.contact_id = c.id) x ON true", only: "postgres"},
	{text: "SELECT a.id, b.id AS b, c.id AS c FROM contacts a LEFT JOIN companies b LEFT JOIN notes c ON c.id = b.id ON b.id = a.company_id", only: "postgres"},
	{text: "SELECT id FROM contacts WHERE country IS DISTINCT FROM 'de'", only: "postgres"},
	{text: "SELECT country, company_id, count(*) AS k FROM contacts GROUP BY GROUPING SETS ((country), (company_id))", only: "postgres"},
	{text: "SELECT id FROM contacts ORDER BY id FETCH FIRST 2 ROWS ONLY", only: "postgres"},
	{text: "SELECT id FROM contacts ORDER BY id LIMIT 1 FOR UPDATE", only: "postgres mysql"},
	{text: "SELECT c.id FROM contacts c ORDER BY c.id FOR UPDATE OF c SKIP LOCKED", only: "postgres"},
	{text: "SELECT id FROM contacts USE INDEX (PRIMARY) WHERE id = 2", only: "mysql"},
	{text: "SELECT c.id FROM contacts c STRAIGHT_JOIN notes n ON n.contact_id = c.id", only: "mysql"},
	{text: "SELECT GROUP_CONCAT(DISTINCT name ORDER BY name SEPARATOR ';') AS names FROM contacts", only: "mysql"},
	{text: "SELECT id FROM contacts WHERE id BETWEEN ? AND ? AND name LIKE ?", args: []any{1, 3, "c%"}},
	{text: "SELECT ? AS a, id FROM contacts WHERE score > ? ORDER BY id LIMIT ?", args: []any{"x", 5, 2}, only: "sqlite mysql"},
	{text: "SELECT n.id FROM notes n WHERE n.contact_id IN (SELECT c.id FROM contacts c WHERE c.company_id IN (SELECT o.id FROM companies o WHERE o.name LIKE ?))", args: []any{"%Ltd"}},
	{text: "(SELECT id FROM contacts) UNION ALL (SELECT id FROM notes WHERE id > 2)", only: "postgres mysql"},
	{text: "SELECT id FROM ((SELECT id FROM contacts) UNION ALL (SELECT id FROM notes)) x", only: "postgres mysql"},
	{text: "SELECT v.x, c.name FROM (VALUES (1), (2)) AS v(x) JOIN contacts c ON c.id = v.x", only: "postgres"},
	{text: "SELECT extract(year from now()) > 2000 AS y, substring(name from 1 for 2) AS s FROM contacts", only: "postgres"},
}

// TestQueries is the oracle for reading: each statement, as each tenant.
func TestQueries(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		for _, s := range queries {
			if !s.runsOn(e) {
				continue
			}
			for _, id := range tenants {
				ctx := context.Background()
				want, err := w.answer(ctx, w.only(t, id), s.text, s.args...)
				require.NoError(t, err, "the original: %s", s.text)
				got, err := w.answer(tenant.WithID(ctx, id), w.scoped, s.text, s.args...)
				require.NoError(t, err, "%s as %s", s.text, id)
				require.Equal(t, want, got, "%s as %s", s.text, id)
			}
		}
	})
}

var writes = []statement{
	{text: "INSERT INTO contacts (id, name) VALUES (50, 'new')"},
	{text: "INSERT INTO contacts (id, name) VALUES (?, ?), (?, ?)", args: []any{50, "a", 51, "b"}},
	{text: "INSERT INTO contacts VALUES (50, 'n', 1, 'de', 5)"},
	{text: "INSERT INTO contacts VALUES (50, 'n', 1, 'de', 5), (?, 'm', 1, 'de', coalesce(?, (SELECT max(score) FROM contacts)))", args: []any{51, nil}, only: "sqlite mysql"},
	{text: "INSERT INTO contacts (id, name) SELECT id + 100, name FROM contacts WHERE id < ?", args: []any{3}},
	{text: "INSERT INTO contacts (id, name) SELECT id + 100, name FROM contacts UNION ALL SELECT id + 200, body FROM notes ORDER BY 1"},
	{text: "INSERT INTO contacts (id, score) SELECT c.id + 100, count(*) FROM contacts c JOIN notes n ON n.contact_id = c.id GROUP BY c.id"},
	{text: "INSERT INTO contacts (id) WITH x AS (SELECT max(id) AS m FROM contacts) SELECT m + 1 FROM x"},
	{text: "INSERT INTO loose (id, label) VALUES (7, (SELECT min(name) FROM companies))"},
	{text: "INSERT INTO templates (id, title) VALUES (11, 'mine')"},
	{text: "INSERT INTO clicks (id, label) VALUES (3, 'c')"},
	{text: "UPDATE contacts SET name = 'x'"},
	{text: "UPDATE contacts SET name = 'x' WHERE id = 1 OR 1 = 1"},
	{text: "UPDATE contacts SET score = score + ?, name = ? WHERE id IN (SELECT contact_id FROM notes WHERE id > ?)", args: []any{1, "z", 1}},
	{text: "UPDATE contacts SET score = (SELECT count(*) FROM notes n WHERE n.contact_id = contacts.id)"},
	{text: "UPDATE contacts SET score = (SELECT max(id) FROM companies) WHERE id = 2 -- end"},
	{text: "UPDATE clicks SET label = (SELECT min(name) FROM companies)"},
	{text: "UPDATE templates SET title = 'changed' WHERE id = 10"},
	{text: "DELETE FROM contacts"},
	{text: "DELETE FROM contacts WHERE id = 1 OR 1 = 1"},
	{text: "DELETE FROM contacts WHERE id IN (SELECT contact_id FROM notes)"},
	{text: "DELETE FROM notes WHERE NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = notes.contact_id)"},
	{text: "DELETE FROM loose"},
	{text: "UPDATE contacts AS c SET name = 'y' WHERE c.id > 2"},
	{text: "UPDATE contacts SET name = o.name FROM companies o WHERE o.id = contacts.company_id", only: "postgres sqlite"},
	{text: "UPDATE contacts c SET name = o.name FROM companies o, notes n WHERE o.id = c.company_id AND n.id = c.id", only: "postgres"},
	{text: "UPDATE contacts x SET name = y.name FROM contacts y WHERE y.id = x.id + 1", only: "postgres"},
	{text: "DELETE FROM contacts c USING notes n WHERE n.contact_id = c.id", only: "postgres"},
	{text: "DELETE FROM contacts x USING contacts y WHERE y.id = x.id + 1", only: "postgres"},
	{text: "UPDATE contacts SET name = 'l' ORDER BY id LIMIT 2", only: "mysql"},
	{text: "DELETE FROM contacts ORDER BY id DESC LIMIT 1", only: "mysql"},
	{text: "WITH d AS (DELETE FROM notes WHERE id > 1 RETURNING contact_id) UPDATE contacts SET name = 'gone' WHERE id IN (SELECT contact_id FROM d)", only: "postgres"},
	{text: "WITH x AS (SELECT id FROM contacts WHERE id > 2) DELETE FROM notes WHERE contact_id IN (SELECT id FROM x)", only: "postgres sqlite"},
}

// TestWrites is the oracle for writing: the tenant's rows become what they
// become alone, and every other row stays byte for byte.
func TestWrites(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		for _, s := range writes {
			if !s.runsOn(e) {
				continue
			}
			for _, id := range tenants {
				w.compareWrite(t, s, id)
			}
		}
	})
}

func (w *world) compareWrite(t *testing.T, s statement, id tenant.ID) {
	t.Helper()
	ctx := context.Background()
	before := map[string]string{}
	for _, tab := range tables {
		if tab.tenant != "" {
			before[tab.name] = w.dump(t, w.shared, tab.name, id, true, true)
		}
	}
	alone, err := w.only(t, id).BeginTx(ctx, nil)
	require.NoError(t, err)
	defer alone.Rollback()
	want, err := alone.ExecContext(ctx, w.bind(s.text), s.args...)
	require.NoError(t, err, "the original: %s", s.text)

	owner := tenant.WithID(ctx, id)
	scoped, err := w.scoped.BeginTx(owner, nil)
	require.NoError(t, err)
	defer scoped.Rollback()
	got, err := scoped.ExecContext(owner, w.bind(s.text), s.args...)
	require.NoError(t, err, "%s as %s", s.text, id)
	wantN, _ := want.RowsAffected()
	gotN, _ := got.RowsAffected()
	require.Equal(t, wantN, gotN, "rows affected: %s as %s", s.text, id)

	// To look at all rows inside the transaction takes a crossing, which a
	// transaction of one tenant refuses; so commit, look, and put it back.
	require.NoError(t, scoped.Commit())
	for _, tab := range tables {
		require.Equal(t, w.dump(t, alone, tab.name, id, false, false), w.dump(t, w.shared, tab.name, id, true, false), "%s as %s: %s", s.text, id, tab.name)
		if tab.tenant != "" {
			require.Equal(t, before[tab.name], w.dump(t, w.shared, tab.name, id, true, true), "others' rows: %s as %s: %s", s.text, id, tab.name)
		}
	}
	w.restore(t)
}

// restore brings the shared database back to its first state.
func (w *world) restore(t *testing.T) {
	t.Helper()
	for _, tab := range tables {
		w.must(t, w.shared, "DELETE FROM "+tab.name)
		for _, row := range common[tab.name] {
			if tab.tenant != "" {
				row += ", NULL"
			}
			w.must(t, w.shared, "INSERT INTO "+tab.name+" VALUES ("+row+")")
		}
		for _, id := range tenants {
			for _, row := range rows(id)[tab.name] {
				w.must(t, w.shared, "INSERT INTO "+tab.name+" VALUES ("+row+", '"+string(id)+"')")
			}
		}
	}
}

// TestReturning compares what INSERT, UPDATE and DELETE give back.
func TestReturning(t *testing.T) {
	list := []statement{
		{text: "INSERT INTO contacts (id, name) VALUES (50, 'new') RETURNING *"},
		{text: "INSERT INTO contacts (id, name) VALUES (50, 'new') RETURNING id, (SELECT count(*) FROM companies) AS k"},
		{text: "DELETE FROM contacts WHERE id < 3 RETURNING *"},
		{text: "UPDATE contacts SET name = 'r' WHERE id > 1 RETURNING *", only: "postgres sqlite"},
		{text: "UPDATE contacts c SET name = 'r' WHERE id > 1 RETURNING c.*", only: "postgres"},
		{text: "UPDATE contacts c SET name = o.name FROM companies o WHERE o.id = c.company_id RETURNING *", only: "postgres"},
	}
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		for _, s := range list {
			if !s.runsOn(e) {
				continue
			}
			for _, id := range tenants {
				ctx := context.Background()
				alone, err := w.only(t, id).BeginTx(ctx, nil)
				require.NoError(t, err)
				want, err := w.answer(ctx, alone, s.text, s.args...)
				require.NoError(t, err, "the original: %s", s.text)
				require.NoError(t, alone.Rollback())
				owner := tenant.WithID(ctx, id)
				tx, err := w.scoped.BeginTx(owner, nil)
				require.NoError(t, err)
				got, err := w.answer(owner, tx, s.text, s.args...)
				require.NoError(t, err, s.text)
				require.NoError(t, tx.Rollback())
				require.Equal(t, want, got, "%s as %s", s.text, id)
			}
		}
	})
}
