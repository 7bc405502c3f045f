package rbac

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// storm is a random world that changes at random, and contexts that stay.
type storm struct {
	*testing.T
	*rand.Rand
	tree  *ctxtree.Memory
	roles *Memory
	c     *Checker
	all   context.Context

	ids      []RoleID
	contexts []context.Context
	compared int
}

var (
	stormUsers   = []string{"ann", "bob", "gil", "root", "guest", "gone"}
	stormTenants = []tenant.ID{"acme", "bolt"}
)

// stormCapabilities are more than fit into one word, of all kinds.
func stormCapabilities() []Capability {
	list := []Capability{{Name: "old", ReplacedBy: stormName(3)}}
	for i := range 70 {
		list = append(list, Capability{Name: stormName(i), Kind: Kind(i % 2), Risks: Risk(i * 5), ManagesLocks: i%10 == 4})
	}
	return list
}

func stormName(i int) string { return fmt.Sprintf("c:%d", i*i) }

func newStorm(t *testing.T, seed uint64) *storm {
	levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "x", Under: []ctxtree.Level{ctxtree.LevelSystem, ctxtree.LevelTenant, "x"}})
	require.NoError(t, err)
	s := &storm{
		T:     t,
		Rand:  rand.New(rand.NewPCG(seed, 1)),
		tree:  ctxtree.NewMemory(levels),
		roles: NewMemory(),
		all:   tenant.AcrossAll(context.Background(), "test"),
	}
	s.c, err = NewChecker(Config{
		Tree:             s.tree,
		Store:            s.roles,
		Capabilities:     stormCapabilities(),
		Wall:             Wall(seed % 2),
		ForceLogin:       seed%5 == 4,
		IgnoreLocks:      seed%7 == 6,
		LocksSpareAdmins: seed%3 == 2,
		Known:            func(_ context.Context, a tenant.Actor) (bool, error) { return a.ID != "gone", nil },
	})
	require.NoError(t, err)
	switch seed % 4 {
	case 1:
		s.c.settings.subjectBytes = 2000
	case 2:
		s.c.settings.maxPoints = 6
	}
	roles := 6
	if seed == 3 {
		roles = maxRoles + 6
	}
	for i := range roles {
		r, err := s.roles.DefineRole(s.all, Role{Name: fmt.Sprintf("r%d", i)})
		require.NoError(t, err)
		s.ids = append(s.ids, r.ID)
	}
	for _, id := range stormTenants {
		_, err := s.tree.Create(s.all, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: string(id)})
		require.NoError(t, err)
	}
	for range 60 {
		s.grow()
	}
	for range 150 {
		s.change()
	}
	if seed == 3 { // one who has more roles than can be compiled
		for _, n := range s.nodes()[:5] {
			for _, id := range s.ids {
				require.NoError(t, s.roles.Assign(s.all, n, Assignment{Role: id, User: "gil"}))
			}
		}
	}
	return s
}

func (s *storm) nodes() []ctxtree.Node {
	root, _, err := s.tree.Node(s.all, ctxtree.SystemID)
	require.NoError(s, err)
	below, err := s.tree.Descendants(s.all, ctxtree.SystemID)
	require.NoError(s, err)
	return append([]ctxtree.Node{root}, below...)
}

func pick[T any](s *storm, list []T) T { return list[s.IntN(len(list))] }

func (s *storm) grow() {
	_, err := s.tree.Create(s.all, ctxtree.Spec{Parent: pick(s, s.nodes()).ID, Level: "x", Instance: fmt.Sprint(s.Uint64())})
	require.NoError(s, err)
}

// change does one thing at random. Some can not be done, which is no matter.
func (s *storm) change() {
	n := pick(s, s.nodes())
	if s.IntN(6) == 0 {
		n = s.nodes()[0] // above everything
	}
	switch k := s.IntN(100); {
	case k < 30:
		_ = s.roles.Assign(s.all, n, Assignment{Role: pick(s, s.ids), User: pick(s, stormUsers), Item: int64(s.IntN(2))})
	case k < 40:
		for _, p := range s.nodes() {
			_ = s.roles.Unassign(s.all, p, Assignment{Role: pick(s, s.ids), User: pick(s, stormUsers), Item: int64(s.IntN(2))})
		}
	case k < 75:
		capability := pick(s, stormCapabilities()).Name
		if s.IntN(2) == 0 {
			capability = stormName(s.IntN(4))
		}
		p := Permission(s.IntN(8))
		if p > Prohibit {
			p = Allow
		}
		_ = s.roles.SetPermission(s.all, n, pick(s, s.ids), capability, p)
	case k < 80:
		_, _ = s.tree.Move(s.all, n.ID, pick(s, s.nodes()).ID)
	case k < 86:
		_ = s.tree.SetLocked(s.all, n.ID, s.IntN(2) == 0)
	case k < 88:
		if n.Depth > 2 {
			_ = s.tree.Delete(s.all, n.ID)
		}
	case k < 92:
		s.grow()
	case k < 96:
		role := func() RoleID { return pick(s, append([]RoleID{0}, s.ids...)) }
		_ = s.roles.SetSpecial(s.all, Special{role(), role(), role(), role(), n.ID})
	default:
		_ = s.roles.SetSiteAdmin(s.all, pick(s, []string{"root", "gil", "guest", "bob"}), s.IntN(2) == 0)
	}
}

// context makes a context at random, mostly with a seat.
func (s *storm) context() context.Context {
	ctx := context.Background()
	seatAt := s.IntN(5)
	seat := func(at int) {
		if seatAt == at {
			ctx = s.c.NewContext(ctx)
		}
	}
	var session Session
	if s.IntN(3) == 0 {
		nodes := s.nodes()
		switch s.IntN(4) {
		case 0:
			session.Bound = pick(s, nodes).ID
		case 1:
			session.NoBypass = true
		default:
			for range 1 + s.IntN(3) {
				session.Switched = append(session.Switched, Switch{pick(s, append(s.ids, 999)), pick(s, nodes).ID})
			}
			if s.IntN(3) == 0 { // twice on one node
				session.Switched = append(session.Switched, Switch{pick(s, s.ids), session.Switched[0].Node})
			}
		}
	}
	seat(0)
	if s.IntN(2) == 0 {
		ctx = WithSession(ctx, session)
	}
	switch s.IntN(8) {
	case 0:
		ctx = tenant.Global(ctx)
	case 1:
		ctx = tenant.AcrossAll(ctx, "test")
	case 2:
		ctx = tenant.Across(ctx, "test", pick(s, stormTenants))
	default:
		ctx = tenant.WithID(ctx, pick(s, stormTenants))
	}
	seat(1)
	a := tenant.Actor{ID: pick(s, append(stormUsers, ""))}
	a.Guest = a.ID == "guest" && s.IntN(4) > 0
	if a.ID != "" && !a.Guest && s.IntN(2) == 0 {
		a.Tenant = pick(s, stormTenants)
	}
	ctx = tenant.WithActor(ctx, a)
	seat(2)
	if session.Bound != 0 || session.NoBypass || session.Switched != nil {
		ctx = WithSession(ctx, session)
	}
	if s.IntN(10) == 0 {
		ctx = tenant.Switch(ctx, pick(s, stormTenants), "test")
	}
	return ctx
}

// compare has every context ask everything about some capabilities.
func (s *storm) compare() {
	nodes := append(s.nodes(), ctxtree.Node{ID: 1 << 40})
	capabilities := []string{stormName(s.IntN(4)), pick(s, stormCapabilities()).Name}
	if s.IntN(4) == 0 {
		capabilities = append(capabilities, "undeclared")
	}
	models := map[tenant.ID]*model{} // that several ask, one after the other
	for _, ctx := range s.contexts {
		q, err := s.c.question(ctx)
		if err != nil {
			require.False(s, s.c.Can(ctx, stormName(0), ctxtree.SystemID))
			continue
		}
		m := models[q.scene.in]
		for _, n := range nodes {
			if m == nil || q.scene.across {
				m, err = s.c.model(ctx, q.scene, n.ID)
				require.NoError(s, err)
			}
			for _, capability := range capabilities {
				want := m.evaluate(q.scene, q.subject, capability, n.ID)
				if want.Allowed != s.c.Can(ctx, capability, n.ID) || want.Allowed != m.answer(q, capability, n.ID) {
					s.Fatalf("%+v: %s at %+v: want %+v", q, capability, n, want)
				}
				s.compared++
			}
		}
		if !q.scene.across {
			models[q.scene.in] = m
			for _, capability := range capabilities {
				s.compareTurns(m, q, capability)
			}
		}
	}
}

func (s *storm) compareTurns(m *model, q question, capability string) {
	for _, p := range m.parts() {
		var want []turn
		answers := map[int64]bool{}
		for _, n := range p.nodes {
			answers[n.ID] = m.evaluate(q.scene, q.subject, capability, n.ID).Allowed
			if answers[n.ID] != answers[n.Parent] {
				want = append(want, turn{n, answers[n.ID]})
			}
		}
		require.Equal(s, want, slices.Collect(m.turns(q, capability, p)))
	}
}

// TestCompiledAsEvaluated: whoever asks, and whatever has changed since they
// asked before, they get what the literal form of the rules says.
func TestCompiledAsEvaluated(t *testing.T) {
	t.Parallel()
	compared := 0
	for seed := range uint64(12) {
		s := newStorm(t, seed)
		for range 16 {
			s.contexts = append(s.contexts, s.context())
		}
		for range 15 {
			for range 1 + s.IntN(2) {
				s.change()
			}
			for range 2 {
				s.contexts[s.IntN(len(s.contexts))] = s.context()
			}
			// Another actor, with the seat of the first.
			other := tenant.WithActor(pick(s, s.contexts), tenant.Actor{ID: pick(s, stormUsers)})
			s.contexts[s.IntN(len(s.contexts))] = other
			s.compare()
		}
		compared += s.compared
	}
	require.Greater(t, compared, 200_000)
	t.Log(compared, "comparisons")
}
