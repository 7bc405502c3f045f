package settings_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

// TestRaces has ten thousand changes on the four engines together, each while
// others read: two processes, whose caches have no room for all tenants and hear
// of changes late, twice and in no order. No read returns an older version than
// one that had been returned before it began, or another tenant's value.
func TestRaces(t *testing.T) {
	t.Parallel()
	changes := map[string]int{"sqlite": 1_500, "sqlite-cgo": 4_000, "postgres": 3_500, "mysql": 1_000} // by how fast they commit
	if !engines.Cgo {
		changes["sqlite"] += changes["sqlite-cgo"]
	}
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		s := newStorm(t, e, 2, func(db *sql.DB) tenant.DBTX { return db })
		s.run(2, 2, changes[e.Name])
		s.settle()
		require.EqualValues(t, changes[e.Name], s.writes.Load())
		require.Greater(t, s.reads.Load(), s.writes.Load(), "every change is read by its writer, and others read too")
		require.Positive(t, s.own.Load())
		require.Positive(t, s.shared.Load())
	})
}
