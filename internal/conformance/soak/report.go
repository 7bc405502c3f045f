package soak

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/gotenancy/tenancy/internal/sqlgen"
	"github.com/gotenancy/tenancy/scope/scopetest"
)

var quoted = regexp.MustCompile("\"[^\"]*\"|'[^']*'|`[^`]*`|\\b[0-9]+\\b")

// Line is the result in one line.
func (r *Result) Line() string {
	took := time.Since(r.Began)
	return fmt.Sprintf("%s: %d statements in %d worlds, %v (%.0f/s): %d agree, %d refused, %d not run, %d errors tell (%d by a partial expression), %d differences, %d leaks, %d crashes of the server",
		r.Engine, r.Checked, r.Worlds, took.Round(time.Second/10), float64(r.Checked)/took.Seconds(), r.Outcomes[scopetest.Agrees], r.Outcomes[scopetest.Refused],
		r.Outcomes[scopetest.NotRun], r.Outcomes[scopetest.ErrorTells], r.Tolerated, r.Outcomes[scopetest.Difference], r.Outcomes[scopetest.Leak], len(r.Crashes))
}

// Write prints the result: the productions with how often they were accepted, the
// most frequent refusals and errors, and the failures.
func (r *Result) Write(w io.Writer, floor int64) {
	fmt.Fprintf(w, "%s\n\naccepted statements by production:\n", r.Line())
	names := slices.Clone(sqlgen.Productions(r.Dialect))
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(r.Accepted[a], r.Accepted[b]) })
	for _, name := range names {
		mark := ""
		if r.Accepted[name] < floor {
			mark = fmt.Sprintf("  below %d", floor)
		}
		fmt.Fprintf(w, "%9d  %s%s\n", r.Accepted[name], name, mark)
	}
	most(w, "refused", r.Refusals)
	most(w, "not run", r.Errors)
	for _, crash := range r.Crashes {
		fmt.Fprintf(w, "\nthe server crashed: %.1000s\n", crash)
	}
	for _, f := range r.Failures {
		fmt.Fprintf(w, "\n==== %v\n", f)
	}
}

// Rare returns the productions that were accepted less often than floor.
func (r *Result) Rare(floor int64) []string {
	var out []string
	for _, name := range sqlgen.Productions(r.Dialect) {
		if r.Accepted[name] < floor {
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
