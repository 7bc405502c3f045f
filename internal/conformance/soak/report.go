package soak

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/internal/sqlgen"
	"github.com/gotenancy/tenancy/scope/scopetest"
)

var quoted = regexp.MustCompile("\"[^\"]*\"|'[^']*'|`[^`]*`|\\b[0-9]+\\b")

// Line is the result in one line.
func (r *Result) Line() string {
	took := time.Since(r.Began)
	return fmt.Sprintf("%s: %d statements in %d worlds, %v (%.0f/s): %d agree, %d refused, %d not run, %d errors tell (%d by a partial expression), %d differences, %d leaks, %d wrong answers of the server's own, %d crashes of it; %d mutants, of which %d agree; %d queries for two tenants agree, %d leak",
		r.Engine, r.Checked, r.Worlds, took.Round(time.Second/10), float64(r.Checked)/took.Seconds(), r.Outcomes[scopetest.Agrees], r.Outcomes[scopetest.Refused],
		r.Outcomes[scopetest.NotRun], r.Outcomes[scopetest.ErrorTells], r.Tolerated, r.Outcomes[scopetest.Difference], r.Outcomes[scopetest.Leak], len(r.Faults), len(r.Crashes), r.mutants(), r.Mutants[scopetest.Agrees], r.Across[scopetest.Agrees], r.Across[scopetest.Leak])
}

func (r *Result) mutants() (n int64) {
	for _, k := range r.Mutants {
		n += k
	}
	return n
}

// Write prints the result: the productions with how often they were accepted, the
// most frequent refusals and errors, and the failures.
func (r *Result) Write(w io.Writer, floor int64) {
	fmt.Fprintf(w, "%s\n\n%v\n", r.Line(), r.Coverage)
	if rare := r.Rare(floor); len(rare) > 0 {
		fmt.Fprintf(w, "accepted less than %d times: %s\n", floor, strings.Join(rare, ", "))
	}
	most(w, "refused", r.Refusals)
	most(w, "not run", r.Errors)
	for _, crash := range r.Crashes {
		fmt.Fprintf(w, "\nthe server crashed: %.1000s\n", crash)
	}
	for _, f := range r.Faults {
		fmt.Fprintf(w, "\n==== the server's own: %v\n", f)
	}
	for _, f := range r.Failures {
		fmt.Fprintf(w, "\n==== %v\n", f)
	}
}

// Rare returns the productions that were accepted less often than floor.
func (r *Result) Rare(floor int64) []string {
	var out []string
	for _, name := range sqlgen.Productions(r.Dialect) {
		if _, n := r.Coverage.Of(name); int64(n) < floor {
			out = append(out, name)
		}
	}
	return out
}

// Passed returns the productions that are refused in every statement and were accepted
// in one.
func (r *Result) Passed() []string {
	var out []string
	for _, name := range sqlgen.Refusals(r.Dialect) {
		if _, n := r.Coverage.Of(name); n > 0 {
			out = append(out, name)
		}
	}
	return out
}

// most prints the most frequent of what was counted.
func most(w io.Writer, what string, counts map[string]int64) {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	fmt.Fprintf(w, "\n%s, most often:\n", what)
	for _, name := range names[:min(len(names), 25)] {
		fmt.Fprintf(w, "%9d  %.150s\n", counts[name], name)
	}
}
