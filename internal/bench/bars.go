package main

// bar is one promise about speed or size, kept or not.
//
// Absolute times are not stable from machine to machine, so a bar compares two
// sub-benchmarks of one run, Benchmark<Bench>/<Over> and Benchmark<Bench>/ours:
// the floor, which is what no implementation can do without, or a peer. A bar
// without Over takes the value of ours as it is, for allocations and bytes.
type bar struct {
	Package string // folder of the benchmark
	Name    string // what is printed, unique
	Bench   string
	Over    string // "floor", a peer's name, or ""
	Unit    string // "ns/op", "allocs/op", "B/op" or one of b.ReportMetric
	Limit   float64
	AtLeast bool // the measured value must reach the limit, not keep to it: Over / ours
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
	// point read on the fastest engine against the predicate written by hand.
	{Package: "scope", Name: "scope-hit-ns", Bench: "Hit", Unit: "ns/op", Limit: 200},
	{Package: "scope", Name: "scope-hit-allocs", Bench: "Hit", Unit: "allocs/op", Limit: 1},
	{Package: "scope", Name: "scope-miss-one-table-ns", Bench: "Miss/one-table", Unit: "ns/op", Limit: 3000},
	{Package: "scope", Name: "scope-miss-q21-ns", Bench: "Miss/q21", Unit: "ns/op", Limit: 15000},
	{Package: "scope", Name: "scope-sqlite-point-read", Bench: "SQLite", Over: "floor", Unit: "ns/op", Limit: 1.1},
}
