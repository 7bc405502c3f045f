package sqlgen

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

var each = []tenant.Dialect{tenant.Postgres, tenant.MySQL, tenant.SQLite}

// onRandom returns a generator on a random schema.
func onRandom(t testing.TB, d tenant.Dialect, seed uint64) (*Generator, *ddl.Schema, scope.Policy) {
	texts, p := RandomSchema(d, seed)
	s, err := ddl.Read(d, texts)
	require.NoError(t, err)
	return New(s, p, seed), s, p
}

func TestSeed(t *testing.T) {
	for _, d := range each {
		a, _, _ := onRandom(t, d, 7)
		b, _, _ := onRandom(t, d, 7)
		other, _, _ := onRandom(t, d, 8)
		differs := false
		for range 500 {
			x := a.Statement()
			require.Equal(t, x, b.Statement(), d)
			differs = differs || x.Text != other.Statement().Text
		}
		require.True(t, differs, "another seed, the same statements")
	}
}

func TestSchemas(t *testing.T) {
	for _, d := range each {
		classes := map[scope.Class]int{}
		named, global, keyless := 0, 0, 0
		for seed := range uint64(200) {
			texts, p := RandomSchema(d, seed)
			again, q := RandomSchema(d, seed)
			require.Equal(t, texts, again)
			require.Equal(t, p, q)
			_, err := scope.NewRewriter(p)
			require.NoError(t, err)
			s, err := ddl.Read(d, texts)
			require.NoError(t, err)
			require.NotEmpty(t, s.Tables)
			require.LessOrEqual(t, len(s.Tables), 8)
			for _, tab := range s.Tables {
				entry, err := p.Effective(tab.Name)
				require.NoError(t, err)
				class := entry.Class
				classes[class]++
				own := newTable(tab, p)
				require.NotNil(t, own, "seed %d: %s without its tenant column", seed, tab.Name)
				if entry.Column != "" {
					named++
				}
				global += len(entry.GloballyUnique)
				if len(tab.Keys) == 0 {
					keyless++
				}
				for _, k := range own.keys {
					if k.global {
						require.Contains(t, entry.GloballyUnique, own.cols[k.cols[0]].name, "seed %d: %s", seed, tab.Name)
					}
				}
			}
		}
		for _, c := range []scope.Class{scope.PerTenant, scope.Shared, scope.SharedWritable, scope.Mixed} {
			require.Greater(t, classes[c], 50, "%s: %s", d, c)
		}
		require.Greater(t, classes[scope.PerTenant], classes[scope.Shared]+classes[scope.SharedWritable]+classes[scope.Mixed])
		require.Greater(t, named, 20)
		require.Greater(t, global, 20)
		require.Greater(t, keyless, 20)
	}
}

// Each production has to come, in its dialects and in no other, and often enough
// for a bar of a thousand accepted in 100,000.
func TestProductions(t *testing.T) {
	for _, d := range each {
		c := NewCoverage(d)
		for seed := range uint64(60) {
			g, _, _ := onRandom(t, d, seed)
			for range 200 {
				c.Add(g.Statement(), true)
			}
		}
		known := map[string]bool{}
		for _, name := range Productions(d) {
			known[name] = true
			n, _ := c.Of(name)
			require.Greater(t, n, c.Generated()/100, "%s: %s", d, name)
		}
		for _, name := range Refusals(d) {
			known[name] = true
			n, _ := c.Of(name)
			require.Positive(t, n, "%s: %s", d, name)
		}
		for name := range c.by {
			require.True(t, known[name], "%s has no %s", d, name)
		}
		hostile, _ := c.Of("hostile")
		require.InDelta(t, 0.22, float64(hostile)/float64(c.Generated()), 0.08)
	}
}

// What is in the text: as many placeholders as arguments, and the marks in place.
func TestPlaceholders(t *testing.T) {
	for _, d := range each {
		g, _, _ := onRandom(t, d, 3)
		for range 3000 {
			s := g.Statement()
			require.NotContains(t, s.Text, "\x00")
			toks, err := sqlscan.Tokens(d, sqlscan.Known|sqlscan.Backslashes, s.Text)
			if d == tenant.Postgres {
				toks, err = sqlscan.Tokens(d, sqlscan.Known, s.Text)
			}
			if err != nil {
				continue // hostile quotes
			}
			distinct, n := map[string]bool{}, 0
			for _, tok := range toks {
				if tok.Kind == sqlscan.Param {
					n++
					distinct[s.Text[tok.Start:tok.End]] = true
				}
			}
			if distinct["?"] {
				require.Len(t, s.Args, n, s.Text)
			} else {
				require.Len(t, s.Args, len(distinct), s.Text)
			}
		}
	}
}

func TestCoverage(t *testing.T) {
	c := NewCoverage(tenant.SQLite)
	c.Add(Statement{Productions: []string{"select", "where"}}, true)
	c.Add(Statement{Productions: []string{"select"}}, false)
	o := NewCoverage(tenant.SQLite)
	o.Add(Statement{Productions: []string{"select"}}, true)
	c.Merge(o)
	require.Equal(t, 3, c.Generated())
	require.Equal(t, 2, c.Accepted())
	n, ok := c.Of("select")
	require.Equal(t, []int{3, 2}, []int{n, ok})
	require.NotContains(t, c.Below(1), "where")
	require.Contains(t, c.Below(1), "join: inner")
	require.Contains(t, c.Below(2), "where")
	require.Contains(t, c.String(), "66.7 %")
	require.Contains(t, c.String(), "never  join: inner")
}

func BenchmarkStatement(b *testing.B) {
	for _, d := range each {
		b.Run(d.String(), func(b *testing.B) {
			g, _, _ := onRandom(b, d, 1)
			for b.Loop() {
				g.Statement()
			}
		})
	}
}
