package main

// bar is one promise about speed or size, kept or not.
//
// Absolute times are not stable from machine to machine, so a bar compares two
// sub-benchmarks of one run, Benchmark<Bench>/<Over> and Benchmark<Bench>/ours:
// the floor, which is what no implementation can do without, or a peer. A bar
// without Over takes the value of ours as it is: allocations, bytes, and the
// ratio of a benchmark that measures both sides in turns.
type bar struct {
	Package string // folder of the benchmark, in this module or in one below it
	Name    string // what is printed, unique
	Bench   string
	Over    string // "floor", a peer's name, or ""
	Unit    string // "ns/op", "allocs/op", "B/op" or one of b.ReportMetric
	Limit   float64
	AtLeast bool // the measured value must reach the limit, not keep to it; with Over it is Over / ours
	Report  bool // measured for people, against no limit
}

// bars are printed in this order.
var bars = []bar{
	// Every package of ours reads the tenant with one ctx.Value, so that is
	// what it may cost.
	{Package: "tenant", Name: "tenant-id-depth-1", Bench: "IDFromContext/depth=1", Over: "floor", Unit: "ns/op", Limit: 2},
	{Package: "tenant", Name: "tenant-id-depth-5", Bench: "IDFromContext/depth=5", Over: "floor", Unit: "ns/op", Limit: 1.3},
	{Package: "tenant", Name: "tenant-id-allocs", Bench: "IDFromContext/depth=5", Unit: "allocs/op", Limit: 0},

	// A setting must be nearly as fast as a global variable behind a map.
	{Package: "config", Name: "config-key-depth-1", Bench: "KeyGet/depth=1", Over: "floor", Unit: "ns/op", Limit: 2.2},
	{Package: "config", Name: "config-key-depth-5", Bench: "KeyGet/depth=5", Over: "floor", Unit: "ns/op", Limit: 1.6},
	{Package: "config", Name: "config-key-depth-10", Bench: "KeyGet/depth=10", Over: "floor", Unit: "ns/op", Limit: 1.6},
	{Package: "config", Name: "config-get-depth-1", Bench: "Get/depth=1", Over: "floor", Unit: "ns/op", Limit: 2.2},
	{Package: "config", Name: "config-get-depth-5", Bench: "Get/depth=5", Over: "floor", Unit: "ns/op", Limit: 2.2},
	{Package: "config", Name: "config-get-depth-10", Bench: "Get/depth=10", Over: "floor", Unit: "ns/op", Limit: 2.2},
	{Package: "config", Name: "config-get-allocs", Bench: "Get/depth=5", Unit: "allocs/op", Limit: 0},
	{Package: "config", Name: "config-key-allocs", Bench: "KeyGet/depth=5", Unit: "allocs/op", Limit: 0},
	{Package: "config", Name: "config-get-viper", Bench: "Get/depth=5", Over: "viper", Unit: "ns/op", Limit: 5, AtLeast: true},
	{Package: "config", Name: "config-get-koanf", Bench: "Get/depth=5", Over: "koanf", Unit: "ns/op", Limit: 2, AtLeast: true},

	// Scoping a statement that has been seen before, one that has not, and a
	// stream of texts that never come twice.
	{Package: "scope", Name: "scope-hit-ns", Bench: "Hit", Unit: "ns/op", Limit: 200},
	{Package: "scope", Name: "scope-hit-allocs", Bench: "Hit", Unit: "allocs/op", Limit: 1},
	{Package: "scope", Name: "scope-miss-one-table-ns", Bench: "Miss/one-table", Unit: "ns/op", Limit: 3000},
	{Package: "scope", Name: "scope-miss-q21-ns", Bench: "Miss/q21", Unit: "ns/op", Limit: 15000},
	{Package: "scope", Name: "scope-cache-growth", Bench: "Unique", Unit: "growth", Limit: 1.05},
	{Package: "scope", Name: "scope-cache-mib", Bench: "Unique", Unit: "heap-MiB", Limit: 20},

	// A statement on the way to the database and back, against the predicate
	// written by hand.
	{Package: "endtoend", Name: "scope-postgres-point", Bench: "Postgres/point", Unit: "ratio", Limit: 1.03},
	{Package: "endtoend", Name: "scope-postgres-join", Bench: "Postgres/join", Unit: "ratio", Limit: 1.03},
	{Package: "endtoend", Name: "scope-mysql-point", Bench: "MySQL/point", Unit: "ratio", Limit: 1.03},
	{Package: "endtoend", Name: "scope-mysql-join", Bench: "MySQL/join", Unit: "ratio", Limit: 1.03},
	{Package: "endtoend", Name: "scope-sqlite-point", Bench: "SQLite/point", Unit: "ratio", Limit: 1.1},
	{Package: "endtoend", Name: "scope-sqlite-join", Bench: "SQLite/join", Unit: "ratio", Limit: 1.1},
	{Package: "endtoend", Name: "scope-sqlite-cgo-point", Bench: "SQLiteCgo/point", Unit: "ratio", Report: true},
	{Package: "endtoend", Name: "scope-sqlite-cgo-join", Bench: "SQLiteCgo/join", Unit: "ratio", Report: true},
	{Package: "endtoend", Name: "scope-row-security-point", Bench: "RowSecurity/point", Unit: "ratio", Report: true},
	{Package: "endtoend", Name: "scope-row-security-join", Bench: "RowSecurity/join", Unit: "ratio", Report: true},

	// Analysis alone, against parsers that build a tree.
	{Package: "testdata/peers/parsers", Name: "sqlscan-postgres-point", Bench: "Postgres/point", Unit: "times", Limit: 5, AtLeast: true},
	{Package: "testdata/peers/parsers", Name: "sqlscan-postgres-joins", Bench: "Postgres/joins", Unit: "times", Limit: 5, AtLeast: true},
	{Package: "testdata/peers/parsers", Name: "sqlscan-postgres-q21", Bench: "Postgres/q21", Unit: "times", Limit: 5, AtLeast: true},
	{Package: "testdata/peers/parsers", Name: "sqlscan-mysql-point", Bench: "MySQL/point", Unit: "times", Limit: 4, AtLeast: true},
	{Package: "testdata/peers/parsers", Name: "sqlscan-mysql-joins", Bench: "MySQL/joins", Unit: "times", Limit: 4, AtLeast: true},
	{Package: "testdata/peers/parsers", Name: "sqlscan-mysql-q21", Bench: "MySQL/q21", Unit: "times", Limit: 4, AtLeast: true},
	{Package: "testdata/peers/parsers", Name: "sqlscan-sqlite-point", Bench: "SQLite/point", Unit: "times", Limit: 2, AtLeast: true},
	{Package: "testdata/peers/parsers", Name: "sqlscan-sqlite-joins", Bench: "SQLite/joins", Unit: "times", Limit: 2, AtLeast: true},
	{Package: "testdata/peers/parsers", Name: "sqlscan-sqlite-q21", Bench: "SQLite/q21", Unit: "times", Limit: 2, AtLeast: true},

	// An application's library with a tenant filter of its own, against the same
	// without it on a scoped pool.
	{Package: "testdata/peers/orms", Name: "scope-gorm-filter-point", Bench: "GORM/point", Unit: "ratio", Report: true},
	{Package: "testdata/peers/orms", Name: "scope-ent-filter-point", Bench: "Ent/point", Unit: "ratio", Report: true},
}
