package tenant_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenanttest"
)

func TestMemoryRegistry(t *testing.T) {
	t.Parallel()
	tenanttest.TestRegistry(t, func(t *testing.T, tenants ...tenant.Tenant) tenant.Registry {
		reg, err := tenant.NewMemoryRegistry(tenants...)
		require.NoError(t, err)
		return reg
	})
}

func TestMemoryRegistryNames(t *testing.T) {
	t.Parallel()
	tenanttest.TestNames(t, func(t *testing.T) tenanttest.Writer {
		reg, err := tenant.NewMemoryRegistry()
		require.NoError(t, err)
		put := func(_ context.Context, one tenant.Tenant) error { return reg.Put(one) }
		return tenanttest.Writer{Create: put, Update: put}
	})
}

func TestMemoryRegistryPut(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, c := range map[string]struct {
		put tenant.Tenant
		err error
	}{
		"a new one":                      {tenant.Tenant{ID: "new", Code: "new", Host: "new.example.com"}, nil},
		"itself again":                   {tenant.Tenant{ID: "acme", Code: "ACME", Host: "acme.example.com"}, nil},
		"a code":                         {tenant.Tenant{ID: "new", Code: "acme"}, tenant.ErrTaken},
		"a code in another case":         {tenant.Tenant{ID: "new", Code: "AcMe"}, tenant.ErrTaken},
		"a primary host":                 {tenant.Tenant{ID: "new", Host: "ACME.example.com:80"}, tenant.ErrTaken},
		"a verified domain":              {tenant.Tenant{ID: "new", Host: "www.acme.test"}, tenant.ErrTaken},
		"a host as a verified domain":    {tenant.Tenant{ID: "new", Domains: []tenant.Domain{{Name: "acme.example.com", Verified: true}}}, tenant.ErrTaken},
		"a host as an unverified domain": {tenant.Tenant{ID: "new", Domains: []tenant.Domain{{Name: "acme.example.com"}}}, nil},
		"a domain that is only claimed":  {tenant.Tenant{ID: "new", Host: "claimed.test"}, nil},
		"malformed":                      {tenant.Tenant{ID: "No"}, tenant.ErrInvalidID},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme", Code: "Acme", Host: "acme.example.com",
				Domains: []tenant.Domain{{Name: "www.acme.test", Verified: true}, {Name: "claimed.test"}}})
			require.NoError(t, err)
			err = reg.Put(c.put)
			if c.err == nil {
				require.NoError(t, err)
				_, found, _ := reg.ByID(ctx, c.put.ID)
				require.True(t, found)
				return
			}
			require.ErrorIs(t, err, c.err)
			require.NotContains(t, err.Error(), "acme", "whose it is stays out of the error")
			_, found, _ := reg.ByID(ctx, "new")
			require.False(t, found, "nothing has changed")
			owner, found, _ := reg.ByHost(ctx, "acme.example.com")
			require.True(t, found)
			require.Equal(t, tenant.ID("acme"), owner.ID)
		})
	}
}

func TestMemoryRegistryReplaceAndRemove(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme", Code: "old", Host: "old.example.com"})
	require.NoError(t, err)
	require.NoError(t, reg.Put(tenant.Tenant{ID: "acme", Code: "new", Host: "new.example.com"}))
	for host, want := range map[string]bool{"old.example.com": false, "new.example.com": true} {
		_, found, err := reg.ByHost(ctx, host)
		require.NoError(t, err)
		require.Equal(t, want, found, host)
	}
	_, found, _ := reg.ByCode(ctx, "old")
	require.False(t, found)
	require.NoError(t, reg.Put(tenant.Tenant{ID: "bolt", Code: "old", Host: "old.example.com"}), "what was given up is free")

	reg.Remove("acme")
	reg.Remove("acme")
	_, found, _ = reg.ByID(ctx, "acme")
	require.False(t, found)
	_, found, _ = reg.ByHost(ctx, "new.example.com")
	require.False(t, found)
	list, err := reg.List(ctx, "", 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
}

// A context that outlives its tenant's record must be able to tell: config and
// rbac do not use the slots of a dead home.
func TestMemoryRegistryKillsHomes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"}, tenant.Tenant{ID: "bolt"})
	require.NoError(t, err)
	home := func(id tenant.ID) *carry.Home {
		record, found, err := reg.ByID(ctx, id)
		require.NoError(t, err)
		require.True(t, found)
		return carry.From(tenant.NewContext(ctx, record)).Home
	}
	acme, bolt := home("acme"), home("bolt")
	require.Equal(t, "acme", acme.ID())
	require.NoError(t, reg.Put(tenant.Tenant{ID: "acme", Name: "renamed"}))
	require.True(t, acme.Dead())
	require.False(t, home("acme").Dead())
	reg.Remove("bolt")
	require.True(t, bolt.Dead())
}

// A record that was copied and given another id must not lead to the first
// one's slots.
func TestCopiedRecordHasNoHome(t *testing.T) {
	t.Parallel()
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"})
	require.NoError(t, err)
	record, _, _ := reg.ByID(context.Background(), "acme")
	stolen := *record
	stolen.ID = "bolt"
	v := carry.From(tenant.NewContext(context.Background(), &stolen))
	require.Equal(t, "bolt", v.ID)
	require.Nil(t, v.Home)
	require.Nil(t, carry.From(tenant.WithID(context.Background(), "acme")).Home)
}

func TestMemoryRegistryConcurrently(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	reg, err := tenant.NewMemoryRegistry()
	require.NoError(t, err)
	var wg sync.WaitGroup
	taken := make([]error, 8)
	for i := range taken {
		wg.Go(func() {
			id := tenant.ID(fmt.Sprintf("t%d", i))
			for range 50 {
				require.NoError(t, reg.Put(tenant.Tenant{ID: id, Host: string(id) + ".example.com"}))
				got, found, err := reg.ByHost(ctx, string(id)+".example.com")
				require.NoError(t, err)
				require.True(t, found)
				require.Equal(t, id, got.ID)
			}
			taken[i] = reg.Put(tenant.Tenant{ID: id, Code: "wanted"})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range taken {
		if err == nil {
			won++
			continue
		}
		require.ErrorIs(t, err, tenant.ErrTaken)
	}
	require.Equal(t, 1, won)
}
