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

	// Every request passes the middleware.
	{Package: "tenant", Name: "tenant-middleware-ns", Bench: "Middleware/bare", Unit: "over-ns", Limit: 600},
	{Package: "tenant", Name: "tenant-middleware-allocs", Bench: "Middleware/bare", Unit: "over-allocs", Limit: 5},
	{Package: "tenant", Name: "tenant-middleware-floor", Bench: "Middleware/floor", Unit: "ratio", Report: true},

	// A million tenants fit into memory, and a request's host is found there
	// without a lock.
	{Package: "tenant", Name: "registry-bytes-a-tenant", Bench: "RegistryMemory", Unit: "B/tenant", Limit: 640},
	{Package: "tenant", Name: "registry-hit-ns", Bench: "RegistryHit/one", Unit: "ns/op", Limit: 100},
	{Package: "tenant", Name: "registry-hit", Bench: "RegistryHit/one", Over: "floor", Unit: "ns/op", Limit: 3},
	{Package: "tenant", Name: "registry-hit-random", Bench: "RegistryHit/random", Over: "floor", Unit: "ns/op", Limit: 2},
	{Package: "tenant", Name: "registry-hit-parallel", Bench: "RegistryHit/parallel", Over: "floor", Unit: "ns/op", Limit: 3},
	{Package: "tenant", Name: "registry-hit-allocs", Bench: "RegistryHit/random", Unit: "allocs/op", Limit: 0},

	// A run over a hundred thousand tenants holds a page of them, and a cache
	// key is one string.
	{Package: "tenant", Name: "tenant-each-heap-mib", Bench: "Each", Unit: "heap-MiB", Limit: 8},
	{Package: "tenant", Name: "tenant-key-allocs", Bench: "Key", Unit: "allocs/op", Limit: 1},

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

	// What a tenant has set itself is kept sparsely over what all share.
	{Package: "config", Name: "config-bytes-of-5-overrides", Bench: "Memory", Unit: "own-B/tenant", Limit: 256},
	{Package: "config", Name: "config-growth-after-a-million", Bench: "Memory", Unit: "growth", Limit: 1.2},
	{Package: "config", Name: "config-bytes-a-tenant", Bench: "Memory", Unit: "B/tenant", Report: true},
	{Package: "config", Name: "config-bytes-without-overrides", Bench: "Memory", Unit: "empty-B/tenant", Report: true},

	// Readers do not hinder one another, nor does a writer: two gain as much as
	// two that share nothing.
	{Package: "config", Name: "config-parallel-of-floor", Bench: "Parallel", Unit: "of-floor", Limit: 0.9, AtLeast: true},
	{Package: "config", Name: "config-parallel-2", Bench: "Parallel", Unit: "times", Report: true},

	// A question about access costs less than the query that it guards by so much
	// that nobody has to think about it: asked again by the same user, by any of
	// ten thousand, by a new request of a known user, and by a user of whom nothing
	// is known yet.
	{Package: "rbac", Name: "rbac-hot-ns", Bench: "Hot", Unit: "best-ns", Limit: 25},
	{Package: "rbac", Name: "rbac-hot-allocs", Bench: "Hot", Unit: "allocs/op", Limit: 0},
	{Package: "rbac", Name: "rbac-random-ns", Bench: "Random", Unit: "best-ns", Limit: 100},
	{Package: "rbac", Name: "rbac-random-of-floor", Bench: "OfFloor", Unit: "ratio", Limit: 1.75},
	{Package: "rbac", Name: "rbac-random-allocs", Bench: "Random", Unit: "allocs/op", Limit: 0},
	{Package: "rbac", Name: "rbac-request-ns", Bench: "Request", Unit: "best-ns", Report: true},
	{Package: "rbac", Name: "rbac-compile-ns", Bench: "First", Unit: "best-ns", Limit: 50_000},

	{Package: "rbac", Name: "rbac-filter-10000-ns", Bench: "Filter", Unit: "best-ns", Limit: 150_000},

	// A tenant whose rules change all the time holds up nobody else.
	{Package: "rbac", Name: "rbac-neighbour-p99", Bench: "Neighbour", Unit: "p99-ratio", Limit: 1.2},
	{Package: "rbac", Name: "rbac-neighbour-p99-ns", Bench: "Neighbour", Unit: "p99-ns", Report: true},

	// A million assignments fit into memory, and so do those who ask.
	{Package: "rbac", Name: "rbac-bytes-a-subject", Bench: "First", Unit: "B/subject", Limit: 2048},
	{Package: "rbac", Name: "rbac-bytes-an-assignment", Bench: "Memory", Unit: "B/assignment", Limit: 64},
	{Package: "rbac", Name: "rbac-bytes-a-node", Bench: "Memory", Unit: "B/node", Report: true},

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

	// A predicate about ten subtrees among a million nodes, against the tenant
	// as the only condition.
	{Package: "rbacsql", Name: "rbac-predicate-only-ten", Bench: "Predicate/only-ten", Unit: "ratio", Limit: 2},
	{Package: "rbacsql", Name: "rbac-predicate-all-but-ten", Bench: "Predicate/all-but-ten", Unit: "ratio", Limit: 4},

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

	// A question about access, against libraries for authorization.
	{Package: "testdata/peers/access", Name: "rbac-casbin", Bench: "Casbin", Unit: "times", Limit: 50, AtLeast: true},
	{Package: "testdata/peers/access", Name: "rbac-casbin-cached", Bench: "CasbinCached", Unit: "times", Limit: 5, AtLeast: true},
	{Package: "testdata/peers/access", Name: "rbac-cedar", Bench: "Cedar", Unit: "times", Limit: 50, AtLeast: true},

	// An application's library with a tenant filter of its own, against the same
	// without it on a scoped pool.
	{Package: "testdata/peers/orms", Name: "scope-gorm-filter-point", Bench: "GORM/point", Unit: "ratio", Report: true},
	{Package: "testdata/peers/orms", Name: "scope-ent-filter-point", Bench: "Ent/point", Unit: "ratio", Report: true},
}
