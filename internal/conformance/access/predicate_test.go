package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbactest"
	"github.com/gotenancy/tenancy/tenant"
)

// The rows that the predicate selects are those of the nodes for which Check
// says yes, which Filter and WhereCan return: in random worlds, in every mode,
// for everybody, and after moves with a warm checker.
func TestPredicate(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		d := open(t, e)
		for seed := range uint64(2) {
			world := rbactest.NewRandom(t, seed, stores(t))
			cfg := world.Config
			cfg.Wall = []rbac.Wall{rbac.Strict, rbac.Shared}[seed%2]
			checker, err := rbac.NewChecker(cfg)
			require.NoError(t, err)
			compare(t, d, world, checker)
			world.Move()
			compare(t, d, world, checker)
		}
	})
}

func compare(t *testing.T, d *database, world *rbactest.Random, checker *rbac.Checker) {
	t.Helper()
	nodes := world.Nodes()
	d.fill(t, nodes)
	all := make([]int64, len(nodes))
	for i, n := range nodes {
		all[i] = n.ID
	}
	some := 0
	for i, actor := range world.Actors {
		session := world.Session()
		for j, c := range world.Contexts(actor) {
			ctx := rbac.WithSession(c, session)
			capability := world.Capabilities()[(i+j)%len(world.Capabilities())]
			what := fmt.Sprintf("%q of %q in mode %s, session %+v: %s", actor.ID, actor.Tenant, c.Mode, session, capability)
			want, err := checker.Filter(ctx, capability, all)
			require.NoError(t, err)
			slices.Sort(want)
			some += len(want)
			for _, n := range nodes {
				require.Equal(t, slices.Contains(want, n.ID), checker.Can(ctx, capability, n.ID), what)
			}
			for _, cols := range columns(d.Dialect) {
				p, err := checker.Predicate(ctx, capability, cols)
				if c.Mode == "across all" {
					require.ErrorIs(t, err, rbac.ErrAllTenants)
					require.Equal(t, rbac.Predicate{SQL: "(1 = 0)"}, p)
					continue
				}
				require.NoError(t, err)
				q := `SELECT node_id FROM docs WHERE node_id <> 0 AND ` + p.SQL
				require.Equal(t, want, selected(t, t.Context(), d.bare, d.rebind(q), p.Args), "%s\n%s\n%v", what, q, p.Args)

				// Through the scoper, in the application's own context.
				cols.NullTenant = true
				p, err = checker.Predicate(ctx, capability, cols)
				require.NoError(t, err)
				if j%2 == 0 && d.Dialect == tenant.Postgres {
					p = p.Numbered(2)
					q = `SELECT node_id FROM mixed_docs docs WHERE node_id <> $1 AND ` + p.SQL
				} else {
					q = d.rebind(`SELECT node_id FROM mixed_docs docs WHERE node_id <> ? AND ` + p.SQL)
				}
				require.Equal(t, want, selected(t, ctx, d.scoped, q, append([]any{0}, p.Args...)), "%s\n%s\n%v", what, q, p.Args)
			}
		}
	}
	require.NotZero(t, some, "nobody can do anything")
}

// An answer with more ranges than fit is given as a list of numbers, or without
// a column for them as ranges up to what a statement can have.
func TestPredicateScattered(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		d := open(t, e)
		s := stores(t)
		acme := tenant.WithID(t.Context(), "acme")
		top, err := s.Tree.Create(acme, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: "acme"})
		require.NoError(t, err)
		global := tenant.Global(t.Context())
		role, err := s.Roles.DefineRole(global, rbac.Role{Name: "reader"})
		require.NoError(t, err)
		require.NoError(t, s.Roles.SetPermission(global, ctxtree.Node{ID: ctxtree.SystemID}, role.ID, "view", rbac.Allow))
		system, _, err := s.Tree.Node(global, ctxtree.SystemID)
		require.NoError(t, err)
		nodes := []ctxtree.Node{system, top}
		var want []int64
		for i := range 1200 {
			n, err := s.Tree.Create(acme, ctxtree.Spec{Parent: top.ID, Level: "category", Instance: fmt.Sprint(i)})
			require.NoError(t, err)
			nodes = append(nodes, n)
			if i%2 == 0 {
				require.NoError(t, s.Roles.Assign(acme, n, rbac.Assignment{User: "ann", Role: role.ID}))
				want = append(want, n.ID)
			}
		}
		d.fill(t, nodes)
		checker, err := rbac.NewChecker(rbac.Config{Tree: s.Tree, Store: s.Roles, Capabilities: []rbac.Capability{{Name: "view", Kind: rbac.Read}}})
		require.NoError(t, err)
		ann := tenant.WithActor(acme, tenant.Actor{ID: "ann", Tenant: "acme"})
		for i, cols := range columns(d.Dialect) {
			p, err := checker.Predicate(ann, "view", cols)
			require.NoError(t, err)
			require.Equal(t, i == 0, len(p.Args) > 1000, "%d values", len(p.Args))
			require.Equal(t, i == 0, strings.Count(p.SQL, " OR ") > 500)
			q := d.rebind(`SELECT node_id FROM docs WHERE ` + p.SQL)
			require.Equal(t, want, selected(t, t.Context(), d.bare, q, p.Args))
			q = d.rebind(`SELECT node_id FROM mixed_docs docs WHERE ` + p.SQL)
			require.Equal(t, want, selected(t, ann, d.scoped, q, p.Args))
		}
	})
}
