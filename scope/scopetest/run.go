package scopetest

import (
	"context"
	"fmt"
	"testing"
)

// reseeds is how often [Run] asks again with other rows of the other tenants.
const reseeds = 3

// Run holds statements to both oracles, in worlds whose other tenants' rows are
// made up anew three times. A statement that is refused fails the test, since the
// application could not send it, and so does one that the engine does not run,
// since it shows nothing. What fails is made smaller before it is reported.
func Run(t *testing.T, c Config, statements ...Statement) {
	t.Helper()
	w, ctx := open(t, c)
	failed := make([]bool, len(statements))
	for round := range reseeds {
		for i, s := range statements {
			if failed[i] {
				continue
			}
			failed[i] = !t.Run(fmt.Sprintf("%d/%.40s", round, s.Text), func(t *testing.T) { w.hold(ctx, t, s) })
		}
		if err := w.Reseed(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// open makes a world for a test, and a context that outlives that of the test: the
// databases are dropped when it has ended.
func open(t *testing.T, c Config) (*World, context.Context) {
	t.Helper()
	ctx := context.Background()
	w, err := NewWorld(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w, ctx
}

func (w *World) hold(ctx context.Context, t *testing.T, s Statement) {
	t.Helper()
	v, err := w.Check(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	switch v.Outcome {
	case Agrees:
	case Refused, NotRun:
		t.Error(v)
	default:
		f, err := w.Shrink(ctx, v)
		if err != nil {
			t.Log(err)
		}
		t.Error(f)
	}
}
