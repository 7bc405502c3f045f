package acceptance

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/corpora"
	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// The bars: what share of the statements has to be accepted.
const (
	standardBar = 0.95 // TPC-C and TPC-H
	ownBar      = 0.90
)

// unfit are accepted statements that the shared database can not prepare, with
// the limit of package scope that says so.
var unfit = map[string]string{
	"SELECT f.id, f.title, max(e.published_at) AS newest FROM feeds f LEFT JOIN entries e ON e.feed_id = f.id WHERE f.user_id = $1 GROUP BY f.id HAVING max(e.published_at) < now() - interval '90 days' OR max(e.published_at) IS NULL": "GROUP BY a key that has become (tenant, key)",
}

func TestCorpora(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		for _, c := range corpora.All() {
			if c.Dialect == e.Dialect {
				t.Run(c.Name, func(t *testing.T) { accept(t, e, c) })
			}
		}
	})
}

// accept has the engine read every statement twice: as the application sends it
// where a tenant is alone, and as it is sent to the shared database.
func accept(t *testing.T, e engines.Engine, c corpora.Corpus) {
	ctx := t.Context()
	schema, err := ddl.Read(c.Dialect, c.Schema)
	require.NoError(t, err)
	single, err := schema.Alone(columnOf(t, c.Policy))
	require.NoError(t, err)
	alone, shared := load(t, e, single), load(t, e, c.Schema)
	catalogue, err := scope.ReadCatalogue(ctx, shared, c.Dialect)
	require.NoError(t, err)
	policy := c.Policy
	policy.Catalogue = catalogue
	w, err := scope.NewRewriter(policy)
	require.NoError(t, err)

	accepted := 0
	for _, statement := range c.Statements {
		if err := prepare(ctx, alone, statement); err != nil {
			t.Errorf("no statement of %s: %v\n%s", e.Name, err, statement)
			continue
		}
		x := w.Explain(tenant.WithID(ctx, "acme"), statement)
		if x.Refused != nil {
			t.Logf("REFUSED %v\n\t%s", x.Refused, statement)
			continue
		}
		accepted++
		err := prepare(ctx, shared, x.Text)
		switch limit := unfit[statement]; {
		case limit == "" && err != nil:
			t.Errorf("%v\noriginal %s\nscoped   %s", err, statement, x.Text)
		case limit != "" && err == nil:
			t.Errorf("no longer unfit: %s", statement)
		}
	}
	rate, bar := float64(accepted)/float64(len(c.Statements)), ownBar
	if c.Standard() {
		bar = standardBar
	}
	t.Logf("ACCEPTED %s on %s: %d of %d, %.1f %%", c.Name, e.Name, accepted, len(c.Statements), 100*rate)
	require.GreaterOrEqual(t, rate, bar)
}

func columnOf(t *testing.T, p scope.Policy) func(string) string {
	return func(table string) string {
		effective, err := p.Effective(table)
		require.NoError(t, err)
		if effective.Class == scope.PerTenant || effective.Class == scope.Mixed {
			return effective.Column
		}
		return ""
	}
}

func load(t *testing.T, e engines.Engine, texts []string) *sql.DB {
	t.Helper()
	_, db := e.NewDatabase(t)
	for _, text := range texts {
		_, err := db.ExecContext(t.Context(), text)
		require.NoError(t, err, text)
	}
	return db
}

func prepare(ctx context.Context, db *sql.DB, text string) error {
	stmt, err := db.PrepareContext(ctx, text)
	if err != nil {
		return err
	}
	return stmt.Close()
}
