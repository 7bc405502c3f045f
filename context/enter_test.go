package ctxtree_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// site is four tenants and what is shared; eve is a global user who may enter
// all of them but bolt.
type site struct {
	tree    *ctxtree.Memory
	pages   ctxtree.Pages
	course  map[tenant.ID]ctxtree.Node // course 7
	only    map[tenant.ID]ctxtree.Node // a course that one tenant alone has
	entered []tenant.Event
}

var eve = tenant.Actor{ID: "eve"}

func newSite(t *testing.T) *site {
	t.Helper()
	levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{ctxtree.LevelSystem, ctxtree.LevelTenant}})
	require.NoError(t, err)
	records := []tenant.Tenant{
		{ID: "acme", Theme: "dark"}, {ID: "bolt"}, {ID: "corp"},
		{ID: "dorm", Status: tenant.Suspended}, {ID: "ends", Status: tenant.Archived},
	}
	reg, err := tenant.NewMemoryRegistry(records...)
	require.NoError(t, err)
	s := &site{tree: ctxtree.NewMemory(levels), course: map[tenant.ID]ctxtree.Node{}, only: map[tenant.ID]ctxtree.Node{}}
	all := tenant.AcrossAll(context.Background(), "test")
	create := func(spec ctxtree.Spec) ctxtree.Node {
		n, err := s.tree.Create(all, spec)
		require.NoError(t, err)
		return n
	}
	for _, r := range append(records, tenant.Tenant{}, tenant.Tenant{ID: "lost"}) { // lost is not registered
		top := int64(ctxtree.SystemID)
		if r.ID != "" {
			top = create(ctxtree.Spec{Parent: top, Level: ctxtree.LevelTenant, Instance: string(r.ID)}).ID
		}
		s.course[r.ID] = create(ctxtree.Spec{Parent: top, Level: "course", Instance: "7"})
		s.only[r.ID] = create(ctxtree.Spec{Parent: top, Level: "course", Instance: "only-" + string(r.ID) + "."})
	}
	s.pages = ctxtree.Pages{
		Tree: s.tree, Registry: reg,
		MayEnter: func(ctx context.Context, a tenant.Actor, id tenant.ID) (bool, error) {
			in, ok := tenant.IDFromContext(ctx)
			require.True(t, ok)
			require.Equal(t, id, in, "it is asked as the middleware asks")
			require.Equal(t, eve, a, "nobody else is asked about")
			return id != "bolt", nil
		},
		Entered: func(ctx context.Context, ev tenant.Event) error {
			in, _ := tenant.IDFromContext(ctx)
			require.Equal(t, ev.Tenant, in)
			s.entered = append(s.entered, ev)
			return nil
		},
	}
	return s
}

func as(ctx context.Context, a tenant.Actor) context.Context { return tenant.WithActor(ctx, a) }

func in(id tenant.ID) context.Context { return tenant.WithID(context.Background(), id) }

// on wants the page of ctx to be that node, and its tenant to be the current one.
func on(t *testing.T, ctx context.Context, n ctxtree.Node, current tenant.ID) {
	t.Helper()
	page, ok := ctxtree.Current(ctx)
	require.True(t, ok)
	require.Equal(t, n, page.Node)
	require.Equal(t, n, page.Line[len(page.Line)-1])
	require.Equal(t, ctxtree.SystemID, page.Line[0].ID)
	id, _ := tenant.IDFromContext(ctx)
	require.Equal(t, current, id)
	require.NoError(t, tenant.Err(ctx))
}

// TestEnterStays: who is no global user enters what its tenant reads, and learns
// nothing of anything else.
func TestEnterStays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, ctx := range map[string]context.Context{
		"member":    as(in("acme"), tenant.Actor{ID: "ann", Tenant: "acme"}),
		"guest":     as(in("acme"), tenant.Actor{ID: "guest", Guest: true}),
		"visitor":   as(in("acme"), tenant.Actor{}),
		"no actor":  in("acme"),
		"read-only": tenant.ReadOnly(in("acme")),
	} {
		for _, of := range []tenant.ID{"acme", ""} {
			entered, err := s.pages.Enter(ctx, s.course[of].ID)
			require.NoError(t, err, name)
			on(t, entered, s.course[of], "acme")
			require.Equal(t, tenant.IsReadOnly(ctx), tenant.IsReadOnly(entered))
			entered, err = s.pages.EnterObject(ctx, "course", s.only[of].Instance)
			require.NoError(t, err, name)
			on(t, entered, s.only[of], "acme")
		}
		entered, err := s.pages.EnterObject(ctx, "course", "7")
		require.NoError(t, err)
		on(t, entered, s.course["acme"], "acme") // its own before the shared one

		_, unknown := s.pages.Enter(ctx, s.course["bolt"].ID+1000)
		require.ErrorIs(t, unknown, ctxtree.ErrNoNode)
		for _, of := range []tenant.ID{"bolt", "corp", "dorm", "ends"} {
			same, err := s.pages.Enter(ctx, s.course[of].ID)
			require.Equal(t, ctx, same)
			require.Equal(t, &ctxtree.NodeError{Op: "enter", Node: s.course[of].ID, Err: ctxtree.ErrNoNode}, err, name)
			_, err = s.pages.EnterObject(ctx, "course", s.only[of].Instance)
			_, none := s.pages.EnterObject(ctx, "course", "no-such")
			require.ErrorIs(t, err, ctxtree.ErrNoNode)
			require.Equal(t, none, err, name)
		}
	}
	require.Empty(t, s.entered)
}

// TestEnterFollows: a global user is taken into the tenant of the page, from
// wherever the request came in.
func TestEnterFollows(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	bg := context.Background()
	for name, c := range map[string]struct {
		ctx  context.Context
		from string
	}{
		"none":           {as(bg, eve), ""},
		"global":         {as(tenant.Global(bg), eve), ""},
		"another tenant": {as(in("acme"), eve), "acme"},
		"across":         {as(tenant.Across(bg, "test", "acme", "corp"), eve), ""},
		"across all":     {as(tenant.AcrossAll(bg, "test"), eve), ""},
	} {
		s.entered = nil
		before := time.Now().Add(-time.Millisecond)
		entered, err := s.pages.Enter(c.ctx, s.course["corp"].ID)
		require.NoError(t, err, name)
		on(t, entered, s.course["corp"], "corp")
		record, ok := tenant.FromContext(entered)
		require.True(t, ok, "the record comes along")
		require.Equal(t, tenant.ID("corp"), record.ID)
		actor, _ := tenant.ActorFromContext(entered)
		require.Equal(t, eve, actor)
		require.Len(t, s.entered, 1)
		require.True(t, s.entered[0].At.After(before))
		s.entered[0].At = time.Time{}
		require.Equal(t, tenant.Event{
			Kind: ctxtree.KindEntered, Tenant: "corp", Actor: eve, Object: strconv.FormatInt(s.course["corp"].ID, 10),
			Reason: "package ctxtree: the page is of this tenant", Detail: map[string]string{"from": c.from},
		}, s.entered[0])
		_, ok = ctxtree.Current(c.ctx)
		require.False(t, ok, "the context that it was derived from is as it was")

		entered, err = s.pages.EnterObject(c.ctx, "course", s.only["corp"].Instance)
		require.NoError(t, err, name)
		on(t, entered, s.only["corp"], "corp")

		// What may not be entered is not there, whatever becomes of the tenant.
		for _, id := range []int64{s.course["bolt"].ID, s.course["lost"].ID, 1 << 40} {
			_, err = s.pages.Enter(c.ctx, id)
			require.Equal(t, &ctxtree.NodeError{Op: "enter", Node: id, Err: ctxtree.ErrNoNode}, err, name)
		}
		for _, instance := range []string{s.only["bolt"].Instance, s.only["lost"].Instance, "no-such"} {
			_, err = s.pages.EnterObject(c.ctx, "course", instance)
			require.Equal(t, &ctxtree.NodeError{Op: "enter", Err: ctxtree.ErrNoNode}, err, name)
		}
		if name != "across" {
			_, err = s.pages.Enter(c.ctx, s.course["dorm"].ID)
			require.ErrorIs(t, err, tenant.ErrSuspended, name)
			_, err = s.pages.Enter(c.ctx, s.course["ends"].ID)
			require.ErrorIs(t, err, tenant.ErrArchived, name)
			continue
		}
		_, err = s.pages.Enter(c.ctx, s.course["dorm"].ID)
		require.ErrorIs(t, err, ctxtree.ErrNoNode, "not one of the list")
	}
}

// TestEnterObjectIsUnambiguous: what the context reads comes first; beyond it
// there has to be one.
func TestEnterObjectIsUnambiguous(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	bg := context.Background()
	for name, c := range map[string]struct {
		ctx  context.Context
		node tenant.ID
		err  error
	}{
		"tenant":        {as(in("corp"), eve), "corp", nil},
		"global":        {as(tenant.Global(bg), eve), "", nil},
		"none":          {as(bg, eve), "", ctxtree.ErrAmbiguous},
		"across":        {as(tenant.Across(bg, "test", "acme", "corp"), eve), "", ctxtree.ErrAmbiguous},
		"across all":    {as(tenant.AcrossAll(bg, "test"), eve), "", ctxtree.ErrAmbiguous},
		"one of listed": {as(tenant.Across(bg, "test", "acme", "bolt"), eve), "acme", nil}, // bolt's does not exist for eve
	} {
		s.entered = nil
		entered, err := s.pages.EnterObject(c.ctx, "course", "7")
		if c.err != nil {
			require.ErrorIs(t, err, c.err, name)
			require.ErrorAs(t, err, new(*ctxtree.NodeError))
			require.Equal(t, c.ctx, entered, name)
			require.Empty(t, s.entered, name)
			continue
		}
		require.NoError(t, err, name)
		on(t, entered, s.course[c.node], c.node)
	}
	entered, err := s.pages.EnterObject(as(tenant.AcrossAll(bg, "test"), eve), "course", s.only[""].Instance)
	require.NoError(t, err)
	on(t, entered, s.only[""], "")
	require.Equal(t, tenant.ModeAcrossAll, tenant.ModeOf(entered))
}

// TestEnterIsStrict: whatever is missing, nobody follows.
func TestEnterIsStrict(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := as(in("acme"), eve)
	bolt := s.course["bolt"].ID
	for name, strict := range map[string]ctxtree.Pages{
		"no registry": {Tree: s.tree, MayEnter: s.pages.MayEnter},
		"no MayEnter": {Tree: s.tree, Registry: s.pages.Registry},
		"off":         {Tree: s.tree, Registry: s.pages.Registry, MayEnter: s.pages.MayEnter, Tenancy: tenant.TenancyOff},
		"separate":    {Tree: s.tree, Registry: s.pages.Registry, MayEnter: s.pages.MayEnter, Tenancy: tenant.TenancySeparate},
	} {
		_, err := strict.Enter(ctx, s.course["corp"].ID)
		require.Equal(t, &ctxtree.NodeError{Op: "enter", Node: s.course["corp"].ID, Err: ctxtree.ErrNoNode}, err, name)
		entered, err := strict.Enter(ctx, s.course["acme"].ID)
		require.NoError(t, err, name)
		on(t, entered, s.course["acme"], "acme")
		_, err = strict.Enter(as(context.Background(), eve), bolt)
		require.ErrorIs(t, err, tenant.ErrNoTenant, name)
	}
	var zero ctxtree.Pages
	_, err := zero.Enter(ctx, bolt)
	require.ErrorIs(t, err, tenant.ErrMisconfigured)

	boom := errors.New("boom")
	broken := s.pages
	broken.MayEnter = func(context.Context, tenant.Actor, tenant.ID) (bool, error) { return true, boom }
	same, err := broken.Enter(ctx, bolt)
	require.ErrorIs(t, err, boom)
	require.Equal(t, ctx, same)
	broken = s.pages
	broken.Entered = func(context.Context, tenant.Event) error { return boom }
	same, err = broken.Enter(ctx, s.course["corp"].ID)
	require.ErrorIs(t, err, boom)
	require.Equal(t, ctx, same)
	broken.Registry = brokenRegistry{s.pages.Registry, boom}
	_, err = broken.Enter(ctx, s.course["corp"].ID)
	require.ErrorIs(t, err, boom)

	bg := context.Background()
	for name, c := range map[string]struct {
		ctx context.Context
		err error
	}{
		"no mode":                           {as(bg, tenant.Actor{ID: "guest", Guest: true}), tenant.ErrNoTenant},
		"refused":                           {tenant.WithID(in("acme"), "bolt"), tenant.ErrTenantConflict},
		"a job across":                      {tenant.Across(bg, "test", "acme", "bolt"), tenant.ErrSeveralTenants},
		"a job across all":                  {tenant.AcrossAll(bg, "test"), tenant.ErrSeveralTenants},
		"a member elsewhere":                {as(in("acme"), tenant.Actor{ID: "bob", Tenant: "bolt"}), tenant.ErrNotMember},
		"a member on the global site":       {as(tenant.Global(bg), tenant.Actor{ID: "bob", Tenant: "bolt"}), tenant.ErrNotMember},
		"a member without a mode":           {as(bg, tenant.Actor{ID: "bob", Tenant: "bolt"}), tenant.ErrNotMember},
		"a member across":                   {as(tenant.AcrossAll(bg, "test"), tenant.Actor{ID: "bob", Tenant: "bolt"}), tenant.ErrNotMember},
		"a visitor on the global site":      {as(tenant.Global(bg), tenant.Actor{}), ctxtree.ErrNoNode},
		"nobody in particular, same tenant": {in("corp"), ctxtree.ErrNoNode},
	} {
		_, err := s.pages.Enter(c.ctx, bolt)
		require.ErrorIs(t, err, c.err, name)
		_, err = s.pages.EnterObject(c.ctx, "course", s.only["bolt"].Instance)
		require.ErrorIs(t, err, c.err, name)
	}
}

// TestEnterWithoutAMode: what has no tenant is for who has chosen the global
// site.
func TestEnterWithoutAMode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	nowhere := as(context.Background(), eve)
	_, err := s.pages.Enter(nowhere, s.course[""].ID)
	require.ErrorIs(t, err, ctxtree.ErrNoNode)
	_, err = s.pages.EnterObject(nowhere, "course", s.only[""].Instance)
	require.ErrorIs(t, err, ctxtree.ErrNoNode)
}

// TestEnterInSeparateTenants: a context that is bound to its tenant stays there,
// whatever Pages was told of the installation.
func TestEnterInSeparateTenants(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme", Host: "acme.example.com"})
	require.NoError(t, err)
	var entering error
	site := tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg), Tenancy: tenant.TenancySeparate})
	site(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, entering = s.pages.Enter(as(r.Context(), eve), s.course["corp"].ID)
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://acme.example.com/", nil))
	require.ErrorIs(t, entering, ctxtree.ErrNoNode)
}

// TestEnterKeepsWhatIsNotTheTenants: settings and roles go along.
func TestEnterKeepsWhatIsNotTheTenants(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := *carry.From(as(in("acme"), eve))
	v.Config, v.RBAC, v.Library = "config", "roles", true
	ctx, err := s.pages.Enter(carry.With(context.Background(), &v), s.course["corp"].ID)
	require.NoError(t, err)
	got := carry.From(ctx)
	require.Equal(t, []any{"config", "roles", false}, []any{got.Config, got.RBAC, got.Library})
	ctx, err = s.pages.Enter(ctx, s.course[""].ID)
	require.NoError(t, err)
	require.Equal(t, []any{"acme", "config", "roles"}, []any{carry.From(ctx).ID, carry.From(ctx).Config, carry.From(ctx).RBAC})
}

type brokenRegistry struct {
	tenant.Registry
	err error
}

func (r brokenRegistry) ByID(context.Context, tenant.ID) (*tenant.Tenant, bool, error) {
	return nil, false, r.err
}
