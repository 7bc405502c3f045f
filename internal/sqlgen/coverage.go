package sqlgen

import (
	"fmt"
	"sort"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// Productions returns the names of the productions of the dialect that the scoper
// accepts, at least in some statements, in order.
func Productions(d tenant.Dialect) []string { return names(d, false) }

// Refusals returns the names of the productions of the dialect that the scoper
// refuses in every statement.
func Refusals(d tenant.Dialect) []string { return names(d, true) }

func names(d tenant.Dialect, refused bool) []string {
	var out []string
	for p := range grammar {
		if prod(p) != pNone && grammar[p].in&dialectSet(d) != 0 && grammar[p].refused == refused {
			out = append(out, grammar[p].name)
		}
	}
	return out
}

// Coverage counts the statements that each production was in, and those of them
// that were accepted. It is not safe for concurrent use.
type Coverage struct {
	dialect             tenant.Dialect
	generated, accepted int
	by                  map[string]*[2]int
}

// NewCoverage returns an empty count for the productions of the dialect.
func NewCoverage(d tenant.Dialect) *Coverage {
	c := &Coverage{dialect: d, by: map[string]*[2]int{}}
	for _, name := range Productions(d) {
		c.by[name] = new([2]int)
	}
	return c
}

// Add counts one statement.
func (c *Coverage) Add(s Statement, accepted bool) {
	c.generated++
	if accepted {
		c.accepted++
	}
	for _, name := range s.Productions {
		n := c.by[name]
		if n == nil {
			n = new([2]int)
			c.by[name] = n
		}
		n[0]++
		if accepted {
			n[1]++
		}
	}
}

// Merge adds the counts of another goroutine's.
func (c *Coverage) Merge(o *Coverage) {
	c.generated += o.generated
	c.accepted += o.accepted
	for name, n := range o.by {
		if c.by[name] == nil {
			c.by[name] = new([2]int)
		}
		c.by[name][0] += n[0]
		c.by[name][1] += n[1]
	}
}

// Generated returns how many statements were counted.
func (c *Coverage) Generated() int { return c.generated }

// Accepted returns how many of them were accepted.
func (c *Coverage) Accepted() int { return c.accepted }

// Of returns how many statements a production was in, and how many of them were
// accepted.
func (c *Coverage) Of(production string) (generated, accepted int) {
	if n := c.by[production]; n != nil {
		return n[0], n[1]
	}
	return 0, 0
}

// Below returns the productions that fewer statements than this were accepted
// with, the rarest first.
func (c *Coverage) Below(accepted int) []string {
	var out []string
	for name, n := range c.by {
		if n[1] < accepted {
			out = append(out, name)
		}
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := c.by[out[i]][1], c.by[out[j]][1]
		return a < b || a == b && out[i] < out[j]
	})
	return out
}

// String returns a table of all productions, the rarest first.
func (c *Coverage) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d statements generated, %d accepted (%.1f %%)\n", c.dialect, c.generated, c.accepted, percentOf(c.accepted, c.generated))
	fmt.Fprintf(&b, "%10s %10s %7s %9s  %s\n", "generated", "accepted", "%", "1 in", "production")
	for _, name := range c.Below(c.accepted + 1) {
		n := c.by[name]
		every := "never"
		if n[1] > 0 {
			every = fmt.Sprint((c.generated + n[1] - 1) / n[1])
		}
		fmt.Fprintf(&b, "%10d %10d %7.1f %9s  %s\n", n[0], n[1], percentOf(n[1], n[0]), every, name)
	}
	return b.String()
}

func percentOf(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return 100 * float64(n) / float64(of)
}
