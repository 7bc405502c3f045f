package difftest

import (
	"context"
	"testing"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// Completed is what a text is about that a server does not accept, until we have
// put our predicates into it: then our parser and the server's have read
// different things.
const Completed = "made valid by the rewriting"

// Rewritten is what package scope sends in place of a text, for a tenant to whom
// every table belongs in part. ok is false where it refuses the text.
func Rewritten(t *testing.T, d tenant.Dialect, text string) (out string, ok bool) {
	w, err := scope.NewRewriter(scope.Policy{Dialect: d, Column: "tenant_id", Default: scope.PerTenant})
	if err != nil {
		t.Fatal(err)
	}
	e := w.Explain(tenant.WithID(context.Background(), "acme"), text)
	return e.Text, e.Refused == nil
}

// splice gives a text that the peer refuses to package scope, and what comes
// out to the peer. It returns 1 if something comes out, or else 0.
func (ty *tally) splice(t *testing.T, peer Peer, text string) int {
	out, ok := Rewritten(t, peer.Dialect, text)
	if !ok {
		return 0
	}
	if _, err := ty.read(peer, out); err == nil {
		if ty.differences[Completed]++; ty.differences[Completed] <= shown {
			t.Errorf("%s:\n\t%q\n\t%q", Completed, text, out)
		}
	}
	return 1
}
