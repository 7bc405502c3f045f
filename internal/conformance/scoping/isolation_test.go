package scoping

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

// Test_D04_Queries is the oracle for reading: each statement, simple or raw and as it
// is, as each tenant.
func Test_D04_Queries(t *testing.T) {
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

// Test_D04_Writes is the oracle for writing: the tenant's rows become what they
// become alone, and every other row stays byte for byte.
func Test_D04_Writes(t *testing.T) {
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

// restore brings the shared database back to its first state, in one
// transaction: a server that syncs each commit would take its time.
func (w *world) restore(t *testing.T) {
	t.Helper()
	tx, err := w.shared.BeginTx(context.Background(), nil)
	require.NoError(t, err)
	must := func(query string) {
		_, err := tx.ExecContext(context.Background(), query)
		require.NoError(t, err, query)
	}
	for _, tab := range tables {
		must("DELETE FROM " + tab.name)
		for _, row := range common[tab.name] {
			if tab.tenant != "" {
				row += ", NULL"
			}
			must("INSERT INTO " + tab.name + " VALUES (" + row + ")")
		}
		for _, id := range tenants {
			for _, row := range rows(id)[tab.name] {
				must("INSERT INTO " + tab.name + " VALUES (" + row + ", '" + string(id) + "')")
			}
		}
	}
	require.NoError(t, tx.Commit())
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

// TestOthersDuplicate: an upsert that meets another tenant's row by a key that all
// tenants share neither changes it nor shows it.
func TestOthersDuplicate(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		before := w.dump(t, w.shared, "tickets", "acme", true, true)
		texts := []string{
			"INSERT INTO tickets (id, number, title) VALUES (200, 77, 'planted') ON CONFLICT (id) DO UPDATE SET title = 'taken', number = 1e0 RETURNING *",
			"INSERT INTO tickets (id, number, title) VALUES (200, 77, 'planted') ON CONFLICT (id) DO NOTHING RETURNING *",
		}
		if e.Dialect == tenant.MySQL {
			texts = []string{
				"INSERT INTO tickets (id, number, title) VALUES (200, 77, 'planted') ON DUPLICATE KEY UPDATE title = 'taken', number = 1e0 RETURNING *",
				"INSERT INTO tickets (id, number, title) VALUES (200, 77, 'planted') ON DUPLICATE KEY UPDATE title = title RETURNING id, title",
				"INSERT INTO tickets (id, number) SELECT 200, 77 ON DUPLICATE KEY UPDATE title = 'taken'",
				"INSERT IGNORE INTO tickets (id, number) VALUES (200, 77) RETURNING *",
			}
		}
		for _, text := range texts {
			out, err := w.answer(tenant.WithID(context.Background(), "acme"), w.scoped, text)
			if err == nil {
				require.NotContains(t, out, "BOLT", text)
				require.NotContains(t, out, "200", text)
			}
			require.Equal(t, before, w.dump(t, w.shared, "tickets", "acme", true, true), text)
		}
	})
}
