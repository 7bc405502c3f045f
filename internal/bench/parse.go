package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/internal/bench/turns"
)

// round is what one run of a package's benchmarks measured: by benchmark, by
// unit. A benchmark that was left out has the unit leftOut, and so has the
// name "" if the whole package was.
type round map[string]map[string]float64

const leftOut = "left out"

// without reports whether the round went without a benchmark.
func (r round) without(bench string) bool {
	top, _, _ := strings.Cut(bench, "/")
	return r[top][leftOut] != 0 || r[""][leftOut] != 0
}

// procs is the suffix that go test gives a name on several processors.
var procs = regexp.MustCompile(`-\d+$`)

// skipped is the line of a benchmark that has no server to run on.
var skipped = regexp.MustCompile(`^--- SKIP: Benchmark(\S+)`)

// parse reads the lines "BenchmarkX/y-2  100  12.3 ns/op  0 B/op ...".
func parse(output string) round {
	r := round{}
	for _, line := range strings.Split(output, "\n") {
		if m := skipped.FindStringSubmatch(line); m != nil {
			r[procs.ReplaceAllString(m[1], "")] = map[string]float64{leftOut: 1}
		}
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
		if r.without(b.Bench) {
			return "LEFT OUT: " + b.Name, nil
		}
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
	measured := b.of(values)
	verdict := "short"
	switch {
	case b.Report:
		return fmt.Sprintf("REPORT %s %.2f %s", b.Name, measured, b.Unit), nil
	case b.AtLeast && measured >= b.Limit, !b.AtLeast && measured <= b.Limit:
		verdict = "ok"
	}
	return fmt.Sprintf("BAR %s %.*f %g %s", b.Name, b.decimals(), measured, b.Limit, verdict), nil
}

// of returns the value of all rounds: the median, and of a time by itself the
// least, since others on the machine can only add to it.
func (b bar) of(rounds []float64) float64 {
	if b.Over == "" && b.Unit == "ns/op" {
		return slices.Min(rounds)
	}
	return turns.Median(rounds)
}

// decimals: a limit of 1.03 is not kept by 1.034.
func (b bar) decimals() int {
	if b.Unit == "ratio" {
		return 3
	}
	return 2
}
