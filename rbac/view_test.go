package rbac

import (
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// What a model keeps about one subject answers for no other, were they different in
// one thing only.
func TestViewIsNobodyElses(t *testing.T) {
	t.Parallel()
	c, roles, top, role := seatWorld(t)
	c.settings.wall = Shared
	require.NoError(t, roles.SetSiteAdmin(tenant.AcrossAll(t.Context(), "test"), "ann", true))
	q, m, err := c.asked(inAcme("ann"), top.ID)
	require.NoError(t, err)
	answers := func(q question) (all []bool) {
		for _, node := range []int64{ctxtree.SystemID, top.ID} {
			for i := range 8 {
				want := m.evaluate(q.scene, q.subject, stormName(i), node).Allowed
				require.Equal(t, want, m.answer(q, stormName(i), node), "%+v: %d at %d", q.subject, i, node)
				all = append(all, want)
			}
		}
		return all
	}
	administrators := answers(q)
	elsewhere, err := c.question(tenant.WithActor(tenant.WithID(t.Context(), "bolt"), tenant.Actor{ID: "ann"}))
	require.NoError(t, err)
	for name, change := range map[string]func(q *question){
		"user":      func(q *question) { q.subject.user = "bob" },
		"elsewhere": func(q *question) { q.scene = elsewhere.scene },
		"member":    func(q *question) { q.subject.home = "acme" },
		"guest":     func(q *question) { q.subject.guest = true },
		"anonymous": func(q *question) { q.subject.anonymous = true },
		"unknown":   func(q *question) { q.subject.unknown = true },
		"bound":     func(q *question) { q.subject.session.Bound = top.ID },
		"no bypass": func(q *question) { q.subject.session.NoBypass = true },
		"switched":  func(q *question) { q.subject.session.Switched = []Switch{{role, top.ID}} },
	} {
		other := q
		change(&other)
		require.NotEqual(t, administrators, answers(other), name)
		require.Equal(t, administrators, answers(q), name)
	}
}
