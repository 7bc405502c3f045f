package scopetest

import (
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/gotenancy/tenancy/internal/sqlgen"
)

// Random is a statement that was made up.
type Random struct {
	Statement
	Productions []string // the names of what in the grammar it is made of

	// Tells: an expression in it fails on some values, or it gives a value for a key
	// that all tenants share. [ErrorTells] is a known limit then.
	Tells bool

	Mutant bool // it is of [World.Mutants]
}

// Random returns statements without end that are made up for the schema: every
// kind of join, sub-query, set operation, WITH, window, INSERT, upsert, UPDATE,
// DELETE and MERGE that the dialect has, and about one in five with something
// hostile in it. The same seed gives the same statements.
func (w *World) Random(seed uint64) iter.Seq[Random] {
	return func(yield func(Random) bool) {
		g := sqlgen.New(w.schema, w.config.Policy, seed)
		for {
			s := g.Statement()
			r := Random{Statement: Statement{Text: s.Text, Args: s.Args, Ordered: s.Ordered}, Productions: s.Productions,
				Tells: slices.Contains(s.Productions, sqlgen.Partial) || slices.Contains(s.Productions, sqlgen.GlobalKey)}
			if !yield(r) {
				return
			}
		}
	}
}

// Mutants returns statements without end that are made of others by changing
// words: most are no SQL, and what runs nevertheless is what nobody would have
// written. The texts have no placeholders. What a mutant gives may have no one
// answer, so only a [Leak] means something, and of texts with a row limit, a clock
// or a random number not even that.
func (w *World) Mutants(texts []string, seed uint64) iter.Seq[Random] {
	return func(yield func(Random) bool) {
		m := sqlgen.NewMutator(w.schema.Dialect, texts, seed)
		for {
			text := m.Statement()
			if text == "" || !yield(Random{Statement: Statement{Text: text}, Tells: true, Mutant: true}) {
				return
			}
		}
	}
}

// RunRandom holds n made-up statements to both oracles, on your schema under your
// policy. Unlike [Run] it is content with statements that are refused or do not
// run, and logs how many there were.
func RunRandom(t *testing.T, c Config, n int) {
	t.Helper()
	w, ctx := open(t, c)
	counts := map[Outcome]int{}
	for s := range w.Random(c.Seed) {
		if n--; n < 0 {
			break
		}
		v, err := w.Check(ctx, s.Statement)
		if err != nil {
			t.Fatal(fmt.Errorf("%q: %w", s.Text, err))
		}
		counts[v.Outcome]++
		if v.Outcome >= Difference && !(v.Outcome == ErrorTells && s.Tells) {
			f, err := w.Shrink(ctx, v)
			if err != nil {
				t.Log(err)
			}
			t.Error(f)
		}
		if n%500 == 0 {
			if err := w.Reseed(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%v", counts)
}
