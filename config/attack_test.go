package config_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// put writes one value of any owner into a store behind every resolver's back.
func putOne(tb testing.TB, s config.Store, owner config.Owner, key, value string, forced bool) int64 {
	tb.Helper()
	n, err := s.Write(background, owner, config.Edit{}, config.Change{Key: key, Value: []byte(value), Forced: forced})
	require.NoError(tb, err)
	return n
}

// TestWhoseContext: however a context came about, it reads its own tenant's
// value or none.
func TestWhoseContext(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	putOne(t, store, config.Owner{}, "who", `"all"`, false)
	write(t, store, "acme", "who", `"acme"`)
	write(t, store, "blue", "who", `"blue"`)
	who := config.Declare("who", "default")
	mine := config.Declare("mine", "default", config.PerAccount())
	putOne(t, store, config.Owner{Tenant: "acme", Account: "amy"}, "mine", `"amy at acme"`, false)
	putOne(t, store, config.Owner{Tenant: "blue", Account: "amy"}, "mine", `"amy at blue"`, false)
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{who, mine}})
	other := config.NewMemoryStore()
	putOne(t, other, config.Owner{Tenant: "acme"}, "who", `"elsewhere"`, false)
	r2 := resolver(t, config.Config{Store: other, Keys: []config.Declaration{who, mine}})

	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"}, tenant.Tenant{ID: "blue"})
	require.NoError(t, err)
	record := func(id tenant.ID) *tenant.Tenant {
		one, _, err := reg.ByID(background, id)
		require.NoError(t, err)
		return one
	}
	acme, blue := record("acme"), record("blue")
	require.NoError(t, reg.Put(tenant.Tenant{ID: "acme"})) // replaces the record, whose Home is dead now
	acme2 := record("acme")
	forged := *acme2
	forged.ID = "blue"
	plain := config.NewContext(background, r)
	inAcme, inBlue := config.NewContext(tenant.NewContext(background, acme2), r), config.NewContext(tenant.NewContext(background, blue), r)
	amy := func(ctx context.Context, of tenant.ID) context.Context {
		return tenant.WithActor(ctx, tenant.Actor{ID: "amy", Tenant: of})
	}
	bound := config.NewContext(tenant.NewContext(plain, acme2), r)
	for name, c := range map[string]struct {
		ctx       context.Context
		who, mine string // "" for no trustworthy answer
	}{
		"resolver first":             {tenant.NewContext(plain, acme2), "acme", "default"},
		"resolver last":              {inAcme, "acme", "default"},
		"dead record":                {config.NewContext(tenant.NewContext(background, acme), r), "acme", "default"},
		"dead record, then new":      {tenant.NewContext(config.NewContext(tenant.NewContext(background, acme), r), acme2), "acme", "default"},
		"record with another's home": {config.NewContext(tenant.NewContext(background, &forged), r), "blue", "default"},
		"id":                         {in(r, "acme"), "acme", "default"},
		"id over record":             {tenant.WithID(inAcme, "acme"), "acme", "default"},
		"record over id":             {tenant.NewContext(in(r, "acme"), acme2), "acme", "default"},
		"another over it":            {tenant.WithID(inAcme, "blue"), "", ""},
		"switched":                   {tenant.Switch(inAcme, "blue", "test"), "blue", "default"},
		"switched, seated again":     {config.NewContext(tenant.Switch(inAcme, "blue", "test"), r), "blue", "default"},
		"switched and back":          {tenant.Switch(tenant.Switch(inAcme, "blue", "test"), "acme", "test"), "acme", "default"},
		"record after a switch":      {tenant.NewContext(tenant.Switch(inAcme, "blue", "test"), blue), "blue", "default"},
		"global":                     {tenant.Global(plain), "all", "default"},
		"global in a tenant":         {tenant.Global(inAcme), "", ""},
		"across":                     {tenant.Across(inAcme, "test", "blue"), "", ""},
		"across all":                 {tenant.AcrossAll(inAcme, "test"), "", ""},
		"detached":                   {tenant.Detach(inBlue), "blue", "default"},
		"none":                       {plain, "", ""},
		"not an id":                  {tenant.WithID(plain, "acme\x00amy"), "", ""},
		"another resolver":           {config.NewContext(inAcme, r2), "elsewhere", "default"},
		"and back":                   {config.NewContext(config.NewContext(inAcme, r2), r), "acme", "default"},
		"member":                     {amy(inAcme, "acme"), "acme", "amy at acme"},
		"global account":             {amy(inAcme, ""), "acme", "amy at acme"},
		"global account, switched":   {tenant.Switch(amy(inAcme, ""), "blue", "test"), "blue", "amy at blue"},
		"member of another":          {amy(inBlue, "acme"), "blue", "default"},
		"guest":                      {tenant.WithActor(inAcme, tenant.Actor{ID: "amy", Guest: true}), "acme", "default"},
		"not signed in":              {tenant.WithActor(inAcme, tenant.Actor{}), "acme", "default"},
		"account with a separator":   {tenant.WithActor(inAcme, tenant.Actor{ID: "\x00amy"}), "acme", ""},
		"bound":                      {bound, "acme", "default"},
	} {
		for range 3 { // the later reads take other ways
			got, _, err := who.Lookup(c.ctx)
			require.Equal(t, c.who != "", err == nil, "%s: %v", name, err)
			require.Equal(t, c.who, got, name)
			require.Equal(t, orDefault(c.who), who.Get(c.ctx), name)
			require.Equal(t, orDefault(c.who), config.Get(c.ctx, "who", "default"), name)
			require.Equal(t, orDefault(c.mine), mine.Get(c.ctx), name)
			require.Equal(t, orDefault(c.mine), config.Get(c.ctx, "mine", "default"), name)
		}
	}
}

func orDefault(s string) string {
	if s == "" {
		return "default"
	}
	return s
}

type organisations map[string]tenant.ID

func (o organisations) TenantOf(_ context.Context, name string) (tenant.ID, bool, error) {
	id, ok := o[name]
	return id, ok, nil
}

// TestForOrgWithoutTenant: what leads to no tenant leads to no settings, neither
// to those of groups nor to an account's.
func TestForOrgWithoutTenant(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	putOne(t, store, config.Owner{Group: "gold"}, "a", `"of gold"`, false)
	putOne(t, store, config.Owner{Tenant: "acme", Account: "amy"}, "a", `"of amy"`, false)
	a := config.Declare("a", "default", config.PerAccount())
	r := resolver(t, config.Config{
		Store: store, Keys: []config.Declaration{a},
		Organisations: organisations{"none": "", "amy": "acme\x00amy", "acme": "acme"},
	})
	for _, ctx := range []context.Context{everywhere(r), config.NewContext(tenant.AcrossAll(background, "test"), r)} {
		for _, org := range []string{"none", "amy"} {
			_, _, err := config.LookupForOrg[string](ctx, org, "a")
			require.ErrorIs(t, err, tenant.ErrUnknownOrganisation, org)
		}
		require.Equal(t, "default", config.ForOrg(ctx, "acme", "a", ""))
	}
	require.Equal(t, 1, r.Stats().Tenants, "what is no tenant is not kept either")
}

// TestAccountAfterEviction: an account's value is as new as its tenant's, also
// where the tenant has left the memory while it was loaded.
func TestAccountAfterEviction(t *testing.T) {
	t.Parallel()
	g := newGate()
	a := config.Declare("a", 0, config.PerAccount())
	r := resolver(t, config.Config{Store: g, Keys: []config.Declaration{a}, MaxTenants: 2})
	ofAmy := config.Owner{Tenant: "acme", Account: "amy"}
	ctx := tenant.WithActor(in(r, "acme"), tenant.Actor{ID: "amy"})
	putOne(t, g.Store, ofAmy, "a", "1", false)
	require.Equal(t, 1, a.Get(ctx))

	n := putOne(t, g.Store, ofAmy, "a", "2", false)
	r.Invalidate("acme", n)
	var once sync.Once
	g.set(func(g *gate) {
		g.hold = func(id tenant.ID) {
			if id == "acme" {
				once.Do(func() { // the others come until acme's cell goes, and not amy's
					config.Get(in(r, "blue"), "b", 0)
				})
			}
		}
	})
	require.Equal(t, 2, a.Get(ctx))
}

// lagging is a store whose loads are behind its writes, as of a replica.
type lagging struct {
	config.Store
	lag *config.MemoryStore
}

func (l *lagging) Load(ctx context.Context, o config.Owner) ([]config.Setting, int64, error) {
	return l.lag.Load(ctx, o)
}

// TestOwnWriteOnReplica: who writes does not read an old value as a fresh one,
// also where the tenant was not in memory when it wrote.
func TestOwnWriteOnReplica(t *testing.T) {
	t.Parallel()
	l := &lagging{config.NewMemoryStore(), config.NewMemoryStore()}
	write(t, l.Store, "acme", "a", "1")
	write(t, l.lag, "acme", "a", "1")
	r := resolver(t, config.Config{Store: l, RetryAfter: time.Nanosecond})
	ctx := in(r, "acme")
	require.NoError(t, r.Set(ctx, "a", 2, ""))
	got, info, err := config.Lookup[int](ctx, "a")
	require.NoError(t, err)
	require.Equal(t, 1, got)
	require.True(t, info.Stale, "the replica has not seen the write")
	write(t, l.lag, "acme", "a", "2")
	got, info, err = config.Lookup[int](ctx, "a")
	require.NoError(t, err)
	require.Equal(t, 2, got)
	require.False(t, info.Stale)
}

// TestCrowdedCache: with room for one tenant only, everybody still reads what he
// has just written, and nobody what another has.
func TestCrowdedCache(t *testing.T) {
	t.Parallel()
	a, mine := config.Declare("a", 0), config.Declare("mine", 0, config.PerAccount())
	r := resolver(t, config.Config{Keys: []config.Declaration{a, mine}, MaxTenants: 1})
	ids := []tenant.ID{"acme", "blue", "coral", "delta"}
	reg, err := tenant.NewMemoryRegistry()
	require.NoError(t, err)
	var wg sync.WaitGroup
	for k, id := range ids {
		require.NoError(t, reg.Put(tenant.Tenant{ID: id}))
		record, _, err := reg.ByID(background, id)
		require.NoError(t, err)
		wg.Add(1)
		go func() {
			defer wg.Done()
			ctx := tenant.WithActor(config.NewContext(tenant.NewContext(background, record), r), tenant.Actor{ID: "amy"})
			for i := range 50 {
				n := k*1000 + i
				if !noError(t, a.Set(ctx, n, "")) {
					return
				}
				if _, err := r.Account().Update(ctx, "", mine.Put(n)); !noError(t, err) {
					return
				}
				if got, own := a.Get(ctx), mine.Get(ctx); got != n || own != n {
					t.Errorf("%s read %d and %d after it wrote %d", id, got, own, n)
					return
				}
			}
		}()
	}
	for range 200 {
		for _, id := range ids {
			r.Invalidate(id, 1) // late and twice
			r.Invalidate("", 1)
		}
	}
	wg.Wait()
	require.Equal(t, config.Stats{Tenants: 1}, r.Stats())
}

func noError(t *testing.T, err error) bool {
	if err != nil {
		t.Error(err)
	}
	return err == nil
}

// TestStoreHangs: a store that never comes back is left alone for RetryAfter like
// one that failed, and costs a request with many reads one LoadTimeout.
func TestStoreHangs(t *testing.T) {
	t.Parallel()
	held := make(chan struct{})
	g := newGate()
	g.hold = func(tenant.ID) { <-held }
	r := resolver(t, config.Config{Store: g, LoadTimeout: 10 * time.Millisecond, RetryAfter: time.Hour})
	_, _, err := config.Lookup[int](in(r, "acme"), "a")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	ctx, cancel := context.WithCancel(in(r, "acme"))
	cancel()
	_, _, err = config.Lookup[int](ctx, "a")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, context.Canceled, "it did not wait")
	close(held)
}
