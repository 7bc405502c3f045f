package main

import (
	"cmp"
	"testing"

	"github.com/stretchr/testify/require"
)

const output = `goos: linux
pkg: example
BenchmarkGet/depth=5/floor-2         	100	        10.0 ns/op	       0 B/op	       0 allocs/op
BenchmarkGet/depth=5/ours-2          	100	        15.0 ns/op	      16 B/op	       1 allocs/op	 7.5 hits/op
BenchmarkGet/depth=5/viper-2         	100	        90 ns/op
BenchmarkServer
    engine.go:74: LEFT OUT: server: nobody answers
--- SKIP: BenchmarkServer
PASS
`

func TestVerdict(t *testing.T) {
	t.Parallel()
	// The machine was slow in the second round and something disturbed the third.
	all := []round{
		parse(output),
		{"Get/depth=5/floor": {"ns/op": 100}, "Get/depth=5/ours": {"ns/op": 160, "B/op": 16, "hits/op": 7.5}, "Get/depth=5/viper": {"ns/op": 800}},
		{"Get/depth=5/floor": {"ns/op": 10}, "Get/depth=5/ours": {"ns/op": 90, "B/op": 16, "hits/op": 7.5}, "Get/depth=5/viper": {"ns/op": 90}},
	}
	tests := []struct {
		name    string
		bar     bar
		want    string
		wantErr string
	}{
		{"kept", bar{Over: "floor", Unit: "ns/op", Limit: 1.6}, "BAR get 1.60 1.6 ok", ""},
		{"broken", bar{Over: "floor", Unit: "ns/op", Limit: 1.5}, "BAR get 1.60 1.5 short", ""},
		{"reached", bar{Over: "viper", Unit: "ns/op", Limit: 5, AtLeast: true}, "BAR get 5.00 5 ok", ""},
		{"not reached", bar{Over: "viper", Unit: "ns/op", Limit: 6, AtLeast: true}, "BAR get 5.00 6 short", ""},
		{"as it is", bar{Unit: "B/op", Limit: 0}, "BAR get 16.00 0 short", ""},
		{"a metric of its own", bar{Unit: "hits/op", Limit: 8}, "BAR get 7.50 8 ok", ""},
		{"the least of the rounds", bar{Unit: "ns/op", Limit: 15}, "BAR get 15.00 15 ok", ""},
		{"reached without a peer", bar{Unit: "hits/op", Limit: 7.5, AtLeast: true}, "BAR get 7.50 7.5 ok", ""},
		{"reported", bar{Over: "floor", Unit: "ns/op", Report: true}, "REPORT get 1.60 ns/op", ""},
		{"no server", bar{Bench: "Server/point", Unit: "ratio", Limit: 1}, "LEFT OUT: get", ""},
		{"no such unit", bar{Unit: "MB/s"}, "", "did not report MB/s"},
		{"no such peer", bar{Over: "koanf", Unit: "ns/op"}, "", "give no ratio"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.bar.Name, tt.bar.Bench = "get", cmp.Or(tt.bar.Bench, "Get/depth=5")
			line, err := tt.bar.verdict(all)
			require.Equal(t, tt.want, line)
			if tt.wantErr == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tt.wantErr)
			}
		})
	}
}

func TestRatioIsNotRoundedToItsLimit(t *testing.T) {
	t.Parallel()
	all := []round{{"Point/ours": {"ratio": 1.034}}}
	line, err := bar{Name: "point", Bench: "Point", Unit: "ratio", Limit: 1.03}.verdict(all)
	require.NoError(t, err)
	require.Equal(t, "BAR point 1.034 1.03 short", line)
}

func TestPackageLeftOut(t *testing.T) {
	t.Parallel()
	line, err := bar{Name: "parser", Bench: "Parser", Unit: "ratio"}.verdict([]round{{"": {leftOut: 1}}})
	require.NoError(t, err)
	require.Equal(t, "LEFT OUT: parser", line)
}
