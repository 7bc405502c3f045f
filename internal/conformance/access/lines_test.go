package access_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbacsql"
	"github.com/gotenancy/tenancy/tenant"
)

// school is an installation with two tenants, each with a top category, a
// course and a member, and a category that belongs to nobody.
type school struct {
	*testing.T
	dialect tenant.Dialect
	tree    *ctxtreesql.Store
	roles   *rbacsql.Store
	checker *rbac.Checker

	top, category, course map[tenant.ID]ctxtree.Node
	global                ctxtree.Node
	teacher, manager      rbac.RoleID
}

const (
	acme tenant.ID = "acme"
	bolt tenant.ID = "bolt"
)

var (
	teacherOfAcme = tenant.Actor{ID: "tess", Tenant: acme}
	bossOfAcme    = tenant.Actor{ID: "max", Tenant: acme}
	memberOfBolt  = tenant.Actor{ID: "bob", Tenant: bolt}
	staff         = tenant.Actor{ID: "sue"} // of the platform
	guest         = tenant.Actor{ID: "guest", Guest: true}
)

func newSchool(t *testing.T, e engines.Engine) *school {
	t.Helper()
	_, db := placeOf(t, e)
	levels, err := ctxtree.NewLevels(
		ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelSystem, ctxtree.LevelTenant, "category"}},
		ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{"category"}},
		ctxtree.LevelRule{Level: "cohort", Under: []ctxtree.Level{ctxtree.LevelTenant, "category"}})
	require.NoError(t, err)
	s := &school{
		T: t, dialect: e.Dialect, tree: ctxtreesql.New(db, e.Dialect, levels), roles: rbacsql.New(db, e.Dialect),
		top: map[tenant.ID]ctxtree.Node{}, category: map[tenant.ID]ctxtree.Node{}, course: map[tenant.ID]ctxtree.Node{},
	}
	s.checker, err = rbac.NewChecker(rbac.Config{Tree: s.tree, Store: s.roles, Capabilities: []rbac.Capability{
		{Name: "course:view", Kind: rbac.Read}, {Name: "course:edit"},
		{Name: "settings:site", Risks: rbac.RiskConfig}, {Name: "role:assign", Risks: rbac.RiskManageTrust},
	}})
	require.NoError(t, err)
	for _, id := range []tenant.ID{acme, bolt} {
		s.top[id] = s.node(in(id), ctxtree.SystemID, ctxtree.LevelTenant, string(id))
		s.category[id] = s.node(in(id), s.top[id].ID, "category", "1")
		s.course[id] = s.node(in(id), s.category[id].ID, "course", "7")
	}
	s.global = s.node(tenant.Global(t.Context()), ctxtree.SystemID, "category", "1")
	s.teacher = s.role("teacher", "course:view", "course:edit")
	s.manager = s.role("manager", "course:view", "course:edit", "role:assign", "settings:site")
	s.assign(acme, s.course[acme], s.teacher, teacherOfAcme.ID)
	s.assign(acme, s.top[acme], s.manager, bossOfAcme.ID)
	return s
}

func in(id tenant.ID) context.Context { return tenant.WithID(context.Background(), id) }

func as(id tenant.ID, a tenant.Actor) context.Context { return tenant.WithActor(in(id), a) }

func (s *school) node(ctx context.Context, parent int64, level ctxtree.Level, instance string) ctxtree.Node {
	s.Helper()
	n, err := s.tree.Create(ctx, ctxtree.Spec{Parent: parent, Level: level, Instance: instance})
	require.NoError(s, err)
	return n
}

func (s *school) role(name string, capabilities ...string) rbac.RoleID {
	s.Helper()
	global := tenant.Global(context.Background())
	r, err := s.roles.DefineRole(global, rbac.Role{Name: name})
	require.NoError(s, err)
	for _, c := range capabilities {
		require.NoError(s, s.roles.SetPermission(global, ctxtree.Node{ID: ctxtree.SystemID}, r.ID, c, rbac.Allow))
	}
	return r.ID
}

func (s *school) assign(id tenant.ID, at ctxtree.Node, role rbac.RoleID, user string) {
	s.Helper()
	require.NoError(s, s.roles.Assign(in(id), at, rbac.Assignment{Role: role, User: user}))
}

// lines runs the tests of lines of the checklist on every engine.
func lines(t *testing.T, all map[string]func(*testing.T, *school)) {
	t.Helper()
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		for name, line := range all {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				line(t, newSchool(t, e))
			})
		}
	})
}

func TestWallLines(t *testing.T) {
	lines(t, map[string]func(*testing.T, *school){
		"A15 a tenant's manager is none of the platform's staff": func(t *testing.T, s *school) {
			require.NoError(t, s.roles.SetSiteAdmin(tenant.Global(t.Context()), staff.ID, true))
			require.True(t, s.checker.Can(as(acme, bossOfAcme), "role:assign", s.course[acme].ID))
			require.True(t, s.checker.Can(as(acme, staff), "role:assign", s.course[acme].ID))
			require.True(t, s.checker.Can(as(bolt, staff), "role:assign", s.course[bolt].ID))
			for _, n := range []ctxtree.Node{s.course[bolt], s.top[bolt], s.global, {ID: ctxtree.SystemID}} {
				require.False(t, s.checker.Can(as(acme, bossOfAcme), "role:assign", n.ID))
			}
			require.False(t, s.checker.Can(tenant.WithActor(tenant.Global(t.Context()), bossOfAcme), "role:assign", s.global.ID))
			require.True(t, s.checker.Can(tenant.WithActor(tenant.Global(t.Context()), staff), "role:assign", s.global.ID))
		},
		"B05 C01 a tenant's level lies between the system and categories, and above its members": func(t *testing.T, s *school) {
			member := s.node(in(acme), s.top[acme].ID, ctxtree.LevelUser, teacherOfAcme.ID)
			line, err := s.tree.Ancestors(in(acme), member.ID)
			require.NoError(t, err)
			require.Equal(t, []ctxtree.Level{ctxtree.LevelSystem, ctxtree.LevelTenant, ctxtree.LevelUser}, []ctxtree.Level{line[0].Level, line[1].Level, line[2].Level})
			require.Equal(t, acme, member.Tenant)
			_, err = s.tree.Create(in(acme), ctxtree.Spec{Parent: s.category[acme].ID, Level: ctxtree.LevelUser, Instance: "x"})
			require.ErrorIs(t, err, ctxtree.ErrLevel)
			_, err = s.tree.Create(in(acme), ctxtree.Spec{Parent: s.category[acme].ID, Level: ctxtree.LevelTenant, Instance: "corp"})
			require.ErrorIs(t, err, ctxtree.ErrLevel)
		},
		"B06 C09 nothing outside the tenant's part, whatever roles say": func(t *testing.T, s *school) {
			for _, n := range []ctxtree.Node{s.top[bolt], s.category[bolt], s.course[bolt]} {
				// A row from before the membership, and the flag of an administrator.
				s.assign(bolt, n, s.manager, teacherOfAcme.ID)
				require.NoError(t, s.roles.SetSiteAdmin(tenant.Global(t.Context()), teacherOfAcme.ID, true))
				for _, ctx := range []context.Context{as(acme, teacherOfAcme), as(bolt, teacherOfAcme), tenant.WithActor(tenant.AcrossAll(t.Context(), "test"), teacherOfAcme)} {
					d, err := s.checker.Explain(ctx, "course:view", n.ID)
					require.NoError(t, err)
					require.False(t, d.Allowed)
					require.Equal(t, rbac.StepWall, d.Step)
				}
				_, found, err := s.tree.Node(as(acme, teacherOfAcme), n.ID)
				require.NoError(t, err)
				require.False(t, found)
			}
			ctx := as(acme, teacherOfAcme)
			require.True(t, s.checker.Can(ctx, "course:edit", s.course[acme].ID))
			// Nor does any other form of the question.
			theirs := []int64{s.top[bolt].ID, s.category[bolt].ID, s.course[bolt].ID}
			some, err := s.checker.Filter(ctx, "course:view", append(theirs, s.course[acme].ID))
			require.NoError(t, err)
			require.Equal(t, []int64{s.course[acme].ID}, some)
			nodes, err := s.checker.WhereCan(ctx, "course:view")
			require.NoError(t, err)
			require.Contains(t, nodes, s.course[acme])
			for _, n := range nodes {
				require.Equal(t, acme, n.Tenant)
			}
			for _, id := range theirs {
				names, err := s.checker.Capabilities(ctx, id)
				require.NoError(t, err)
				require.Empty(t, names)
			}
			where, err := s.checker.Predicate(ctx, "course:view", rbac.Columns{Dialect: s.dialect, Tenant: "tenant_id", ID: "node_id"})
			require.NoError(t, err)
			require.Contains(t, where.Args, any("acme"))
			require.NotContains(t, where.Args, any("bolt"))
		},
		"B07 the guard of a page is limited in the same way": func(t *testing.T, s *school) {
			reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: acme, Host: "acme.example.com"}, tenant.Tenant{ID: bolt, Host: "bolt.example.com"})
			require.NoError(t, err)
			require.NoError(t, s.roles.SetSiteAdmin(tenant.Global(t.Context()), staff.ID, true))
			get := func(who tenant.Actor, host string, node int64) int {
				mux := http.NewServeMux()
				mux.Handle("/{node}", s.checker.Require("course:view", rbac.PathNode("node"))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
				rec := httptest.NewRecorder()
				tenant.Middleware(tenant.MiddlewareConfig{
					Registry: reg, Resolve: tenant.ByHost(reg),
					Actor:   func(*http.Request) (tenant.Actor, error) { return who, nil },
					Members: func(context.Context, tenant.Actor, tenant.ID) (bool, error) { return true, nil },
				})(mux).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "http://"+host+"/"+strconv.FormatInt(node, 10), nil))
				return rec.Code
			}
			require.Equal(t, http.StatusOK, get(teacherOfAcme, "acme.example.com", s.course[acme].ID))
			require.Equal(t, http.StatusForbidden, get(teacherOfAcme, "acme.example.com", s.category[acme].ID))
			require.Equal(t, http.StatusNotFound, get(teacherOfAcme, "acme.example.com", s.course[bolt].ID))
			require.Equal(t, http.StatusForbidden, get(teacherOfAcme, "bolt.example.com", s.course[bolt].ID), "not even in")
			require.Equal(t, http.StatusNotFound, get(staff, "acme.example.com", s.course[bolt].ID), "administrators neither")
			require.Equal(t, http.StatusOK, get(staff, "bolt.example.com", s.course[bolt].ID))
			require.Equal(t, http.StatusUnauthorized, get(tenant.Actor{}, "acme.example.com", s.course[acme].ID))
		},
		"B08 a place in the tree is a type of its own": func(t *testing.T, s *school) {
			var at ctxtree.Node = s.course[acme]
			again, found, err := s.tree.Node(in(acme), at.ID)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, at, again)
			require.True(t, again.Within(s.top[acme]))
		},
		"B16 roles and overrides work inside a tenant, settings of the installation do not": func(t *testing.T, s *school) {
			require.NoError(t, s.roles.SetPermission(in(acme), s.course[acme], s.teacher, "course:edit", rbac.Prevent))
			require.False(t, s.checker.Can(as(acme, teacherOfAcme), "course:edit", s.course[acme].ID))
			system := ctxtree.Node{ID: ctxtree.SystemID}
			require.ErrorIs(t, s.roles.SetPermission(in(acme), system, s.teacher, "settings:site", rbac.Allow), ctxtree.ErrOutside)
			require.ErrorIs(t, s.roles.Assign(in(acme), system, rbac.Assignment{Role: s.manager, User: bossOfAcme.ID}), ctxtree.ErrOutside)
			require.ErrorIs(t, s.roles.SetSiteAdmin(in(acme), bossOfAcme.ID, true), ctxtree.ErrOutside)
			_, err := s.roles.DefineRole(in(acme), rbac.Role{Name: "own"})
			require.ErrorIs(t, err, ctxtree.ErrOutside)
			require.False(t, s.checker.Can(as(acme, bossOfAcme), "settings:site", ctxtree.SystemID))
		},
		"B24 a cohort's place has its tenant from the node above": func(t *testing.T, s *school) {
			cohort := s.node(in(acme), s.top[acme].ID, "cohort", "1")
			require.Equal(t, acme, cohort.Tenant)
			_, err := s.tree.Create(tenant.AcrossAll(t.Context(), "test"), ctxtree.Spec{Parent: s.top[acme].ID, Level: "cohort", Instance: "2", Tenant: bolt})
			require.ErrorIs(t, err, ctxtree.ErrCrossTenant)
			moved, err := s.tree.Move(in(acme), cohort.ID, s.category[acme].ID)
			require.NoError(t, err)
			require.Equal(t, acme, moved.Tenant)
			_, err = s.tree.Move(tenant.AcrossAll(t.Context(), "test"), cohort.ID, s.top[bolt].ID)
			require.ErrorIs(t, err, ctxtree.ErrCrossTenant)
		},
		"C03 each tenant has a top category, whose content stays apart": func(t *testing.T, s *school) {
			for id, other := range map[tenant.ID]tenant.ID{acme: bolt, bolt: acme} {
				nodes, _, err := s.tree.Load(in(id), id)
				require.NoError(t, err)
				require.Equal(t, []ctxtree.Node{s.top[id], s.category[id], s.course[id]}, nodes)
				nodes, _, err = s.tree.Load(in(id), other)
				require.NoError(t, err)
				require.Empty(t, nodes)
				n, found, err := s.tree.ByInstance(in(id), id, "course", "7")
				require.NoError(t, err)
				require.True(t, found)
				require.Equal(t, s.course[id].ID, n.ID, "the same instance in both")
			}
		},
	})
}
