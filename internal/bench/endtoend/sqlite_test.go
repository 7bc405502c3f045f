package endtoend_test

import (
	"context"
	"database/sql"
	"slices"
	"testing"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// BenchmarkSQLite keeps the database in memory, where the engine is fastest and
// what is added weighs most: SQLite in Go.
func BenchmarkSQLite(b *testing.B) { inMemory(b, "sqlite") }

// BenchmarkSQLiteCgo is [BenchmarkSQLite] on SQLite in C.
func BenchmarkSQLiteCgo(b *testing.B) { inMemory(b, "sqlite3") }

// inMemory gives each pool a database of its own, on the one connection that
// can see it.
func inMemory(b *testing.B, driver string) {
	if !slices.Contains(sql.Drivers(), driver) {
		b.Skip("LEFT OUT: SQLite in C: there is no C compiler")
	}
	plain, err := sql.Open(driver, ":memory:")
	if err != nil {
		b.Fatal(err)
	}
	defer plain.Close()
	plain.SetMaxOpenConns(1)
	fill(b, context.Background(), plain)

	scoped, err := scope.Open(driver, ":memory:", policy(tenant.SQLite), scope.OnCrossing(func(context.Context, scope.Crossing) {}))
	if err != nil {
		b.Fatal(err)
	}
	defer scoped.Close()
	scoped.SetMaxOpenConns(1)
	fill(b, tenant.AcrossAll(context.Background(), "set up the benchmark"), scoped.DB)

	for _, s := range statements {
		b.Run(s.name+"/ours", func(b *testing.B) {
			compare(b, tenant.SQLite, plain, scoped.DB, s.hand, s.scoped, s.tenants, s.args, s.rows)
		})
	}
}
