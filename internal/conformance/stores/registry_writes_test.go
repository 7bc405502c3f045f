package stores_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// The writes of the registry run on the application's own scoped pool, without
// a tenant in the context.
func TestRegistryWrites(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctx := t.Context()
		db := openScoped(t, e, tenantsql.Migrate)
		reg := tenantsql.NewRegistry(db, e.Dialect)
		number := func(id tenant.ID) int64 {
			n, err := feed.NewStore(db, e.Dialect).Current(ctx, id)
			require.NoError(t, err)
			return n
		}
		find := func(host string) (tenant.ID, bool) {
			got, found, err := reg.ByHost(ctx, host)
			require.NoError(t, err)
			if !found {
				return "", false
			}
			return got.ID, true
		}

		acme := tenant.Tenant{ID: "acme", Code: "Acme", Host: "acme.example.com", Domains: []tenant.Domain{{Name: "www.acme.test", Verified: true}, {Name: "claimed.test"}}}
		require.NoError(t, reg.Create(ctx, acme))
		require.EqualValues(t, 1, number("acme"))
		for name, taken := range map[string]tenant.Tenant{
			"the id":                   {ID: "acme"},
			"the code in another case": {ID: "new", Code: "ACME"},
			"a domain as a host":       {ID: "new", Host: "www.acme.test"},
			"a host as a domain":       {ID: "new", Host: "new.test", Domains: []tenant.Domain{{Name: "acme.example.com", Verified: true}}},
		} {
			err := reg.Create(ctx, taken)
			require.ErrorIs(t, err, tenant.ErrTaken, name)
			require.NotContains(t, err.Error(), "acme", name)
			_, found, err := reg.ByID(ctx, "new")
			require.NoError(t, err)
			require.False(t, found, name)
			require.Zero(t, number("new"), name)
		}
		require.NoError(t, reg.Create(ctx, tenant.Tenant{ID: "new", Host: "claimed.test"}), "an unverified domain takes nothing")
		owner, _ := find("claimed.test")
		require.Equal(t, tenant.ID("new"), owner)

		acme.Domains[1].Verified = true
		require.ErrorIs(t, reg.Update(ctx, acme), tenant.ErrTaken)
		require.EqualValues(t, 1, number("acme"))
		_, found := find("www.acme.test")
		require.True(t, found, "a refused update leaves the hosts")

		before, _, err := reg.ByID(ctx, "acme")
		require.NoError(t, err)
		require.NoError(t, reg.Update(ctx, tenant.Tenant{ID: "acme", Name: "Acme Ltd", Host: "acme.example.com"}))
		after, _, err := reg.ByID(ctx, "acme")
		require.NoError(t, err)
		require.Equal(t, before.Created, after.Created)
		require.Equal(t, "Acme Ltd", after.Name)
		require.Empty(t, after.Domains)
		_, found, err = reg.ByCode(ctx, "acme")
		require.NoError(t, err)
		require.False(t, found)
		require.NoError(t, reg.SetStatus(ctx, "acme", tenant.Suspended))
		after, _, err = reg.ByID(ctx, "acme")
		require.NoError(t, err)
		require.Equal(t, tenant.Suspended, after.Status)
		require.Equal(t, "Acme Ltd", after.Name)
		require.EqualValues(t, 3, number("acme"))
		require.NoError(t, reg.Delete(ctx, "acme"))
		require.EqualValues(t, 4, number("acme"), "the number outlives the tenant")
		_, found = find("acme.example.com")
		require.False(t, found)
		require.NoError(t, reg.Create(ctx, tenant.Tenant{ID: "heir", Code: "acme", Host: "acme.example.com"}), "what was given up is free")

		for name, err := range map[string]error{
			"update":     reg.Update(ctx, tenant.Tenant{ID: "nobody"}),
			"set status": reg.SetStatus(ctx, "nobody", tenant.Archived),
			"delete":     reg.Delete(ctx, "nobody"),
		} {
			require.ErrorIs(t, err, tenant.ErrUnknownTenant, name)
		}
		require.Zero(t, number("nobody"))
	})
}

// In the caller's transaction a conflict that is there to be seen is an
// ErrTaken and does not spoil the transaction.
func TestRegistryWritesInTransaction(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctx := t.Context()
		db := openScoped(t, e, tenantsql.Migrate)
		reg := tenantsql.NewRegistry(db, e.Dialect)
		for _, commit := range []bool{false, true} {
			tx, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			require.NoError(t, reg.With(tx).Create(ctx, tenant.Tenant{ID: "acme", Host: "acme.test"}))
			require.ErrorIs(t, reg.With(tx).Create(ctx, tenant.Tenant{ID: "bolt", Host: "acme.test"}), tenant.ErrTaken)
			_, found, err := reg.With(tx).ByID(ctx, "acme")
			require.NoError(t, err)
			require.True(t, found)
			if commit {
				require.NoError(t, tx.Commit())
			} else {
				require.NoError(t, tx.Rollback())
			}
			_, found, err = reg.ByID(ctx, "acme")
			require.NoError(t, err)
			require.Equal(t, commit, found)
		}
	})
}

// Of several that want the same code or host at the same moment one gets it,
// and the others are told so, whatever the engine's own error is.
func TestRegistryRace(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		dsn, db := e.NewDatabase(t)
		require.NoError(t, tenantsql.Migrate(t.Context(), db, e.Dialect))
		pools := make([]*tenantsql.Registry, 5)
		for i := range pools {
			pools[i] = tenantsql.NewRegistry(e.Pool(t, dsn), e.Dialect)
		}
		for round := range 6 {
			want := tenant.Tenant{Code: fmt.Sprint("code", round)}
			if round%2 == 0 {
				want = tenant.Tenant{Host: fmt.Sprintf("host%d.test", round)}
			}
			errs := make([]error, len(pools))
			var group sync.WaitGroup
			for i, reg := range pools {
				record := want
				record.ID = tenant.ID(fmt.Sprintf("r%d-%d", round, i))
				group.Go(func() { errs[i] = reg.Create(context.Background(), record) })
			}
			group.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else {
					require.ErrorIs(t, err, tenant.ErrTaken)
				}
			}
			require.Equal(t, 1, won)
		}
	})
}
