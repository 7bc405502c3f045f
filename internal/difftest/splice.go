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

// splice gives a text that the peer refuses to package scope, and what comes
// out to the peer. It returns 1 if something comes out, or else 0.
func (ty *tally) splice(t *testing.T, peer Peer, text string) int {
	w, err := scope.NewRewriter(scope.Policy{Dialect: peer.Dialect, Column: "tenant_id", Default: scope.PerTenant})
	if err != nil {
		t.Fatal(err)
	}
	out := w.Explain(tenant.WithID(context.Background(), "acme"), text)
	if out.Refused != nil {
		return 0
	}
	if _, err := ty.read(peer, out.Text); err == nil {
		if ty.differences[Completed]++; ty.differences[Completed] <= shown {
			t.Errorf("%s:\n\t%q\n\t%q", Completed, text, out.Text)
		}
	}
	return 1
}
