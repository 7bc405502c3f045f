package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// round is what one run of a package's benchmarks measured: by benchmark, by
// unit.
type round map[string]map[string]float64

// procs is the suffix that go test gives a name on several processors.
var procs = regexp.MustCompile(`-\d+$`)

// parse reads the lines "BenchmarkX/y-2  100  12.3 ns/op  0 B/op ...".
func parse(output string) round {
	r := round{}
	for _, line := range strings.Split(output, "\n") {
		words := strings.Fields(line)
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		name := procs.ReplaceAllString(strings.TrimPrefix(words[0], "Benchmark"), "")
		units := map[string]float64{}
		for i := 2; i+1 < len(words); i += 2 {
			if value, err := strconv.ParseFloat(words[i], 64); err == nil {
				units[words[i+1]] = value
			}
		}
		r[name] = units
	}
	return r
}

// verdict returns the line of a bar, or an error if it was not measured.
func (b bar) verdict(all []round) (string, error) {
	var values []float64
	for _, r := range all {
		value, ok := r[b.Bench+"/ours"][b.Unit]
		if !ok {
			return "", fmt.Errorf("bar %s: Benchmark%s/ours did not report %s", b.Name, b.Bench, b.Unit)
		}
		if b.Over != "" {
			over, ok := r[b.Bench+"/"+b.Over][b.Unit]
			if !ok || over == 0 || value == 0 {
				return "", fmt.Errorf("bar %s: Benchmark%s/%s and ours give no ratio of %s", b.Name, b.Bench, b.Over, b.Unit)
			}
			if value /= over; b.AtLeast {
				value = 1 / value
			}
		}
		values = append(values, value)
	}
	measured := median(values)
	verdict := "short"
	if b.AtLeast && measured >= b.Limit || !b.AtLeast && measured <= b.Limit {
		verdict = "ok"
	}
	return fmt.Sprintf("BAR %s %.2f %g %s", b.Name, measured, b.Limit, verdict), nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}
