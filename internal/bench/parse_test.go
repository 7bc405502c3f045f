package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const output = `goos: linux
pkg: example
BenchmarkGet/depth=5/floor-2         	100	        10.0 ns/op	       0 B/op	       0 allocs/op
BenchmarkGet/depth=5/ours-2          	100	        15.0 ns/op	      16 B/op	       1 allocs/op	 7.5 hits/op
BenchmarkGet/depth=5/viper-2         	100	        90 ns/op
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
		{"no such unit", bar{Unit: "MB/s"}, "", "did not report MB/s"},
		{"no such peer", bar{Over: "koanf", Unit: "ns/op"}, "", "give no ratio"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.bar.Name, tt.bar.Bench = "get", "Get/depth=5"
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
