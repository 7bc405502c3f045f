package orms

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// The bars: what share of the libraries' distinct texts has to be accepted,
// without and with the probes: the steps that send what a tenant must not.
const (
	acceptanceBar = 0.95
	probedBar     = 0.90
)

// tally counts the distinct texts of the libraries on one engine.
type tally struct {
	accepted map[string]bool
	refused  map[string]string // with the reason
	probes   map[string]string // refused as the step says
}

func newTally() *tally {
	return &tally{accepted: map[string]bool{}, refused: map[string]string{}, probes: map[string]string{}}
}

// explain notes what the scoped pool makes of texts that a library sent where
// the tenant is alone: the same that it sends there.
func (w *world) explain(t *testing.T, id tenant.ID, texts []string) {
	t.Helper()
	for _, text := range texts {
		if w.tally.accepted[text] {
			continue
		}
		x, err := scope.Explain(tenant.WithID(t.Context(), id), w.scoped, text)
		require.NoError(t, err, text)
		if x.Refused != nil {
			w.tally.refused[text] = x.Refused.Error()
			continue
		}
		w.tally.accepted[text] = true
	}
}

// probe counts a text that the scoped pool refused a library, as it should. It
// did not run where the tenant is alone, so all there is of it is the place in
// the error.
func (l *tally) probe(err *scope.RefusedError) {
	l.probes[fmt.Sprintf("%+v", err)] = err.Error()
}

// check holds the shares to their bars, and lists what was refused.
func (l *tally) check(t *testing.T) {
	t.Helper()
	for _, of := range []map[string]string{l.refused, l.probes} {
		for _, text := range slices.Sorted(maps.Keys(of)) {
			t.Logf("REFUSED %s\n\t%s", of[text], text)
		}
	}
	n, sent := len(l.accepted), len(l.accepted)+len(l.refused)
	require.NotZero(t, sent)
	rate, probed := float64(n)/float64(sent), float64(n)/float64(sent+len(l.probes))
	t.Logf("ACCEPTED %d of %d distinct texts, %.1f %%; %.1f %% with the %d probes", n, sent, 100*rate, 100*probed, len(l.probes))
	require.GreaterOrEqual(t, rate, acceptanceBar)
	require.GreaterOrEqual(t, probed, probedBar)
}
