package stores_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
	"github.com/gotenancy/tenancy/tenant/tenanttest"
)

// The cache in front of the SQL registry keeps the registry's contract, on the
// application's own scoped pool.
func TestRegistryCached(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]opener{"plain": open, "scoped": openScoped} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engines.Each(t, func(t *testing.T, e engines.Engine) {
				t.Parallel()
				tenanttest.TestRegistry(t, func(t *testing.T, tenants ...tenant.Tenant) tenant.Registry {
					reg := tenantsql.NewRegistry(open(t, e, tenantsql.Migrate), e.Dialect)
					for _, record := range tenants {
						require.NoError(t, reg.Create(context.Background(), record))
					}
					return tenant.NewCachedRegistry(reg, tenant.CacheConfig{Tenants: 4})
				})
			})
		})
	}
}

// process is what one process of an application has: a pool, a registry, a
// cache, a poller.
type process struct {
	*tenantsql.Registry
	cache  *tenant.CachedRegistry
	poller *feed.Poller
}

func newProcess(t *testing.T, e engines.Engine, dsn string) process {
	t.Helper()
	db := e.Pool(t, dsn)
	p := process{Registry: tenantsql.NewRegistry(db, e.Dialect)}
	p.cache = tenant.NewCachedRegistry(p.Registry, tenant.CacheConfig{MaxAge: time.Hour, AbsentFor: time.Hour})
	p.poller = feed.NewPoller(feed.NewStore(db, e.Dialect), feed.PollerConfig{Every: time.Hour})
	p.poller.Subscribe(p.cache.Invalidate)
	return p
}

// Whatever one process writes, another one sees after its next look at the
// feed: new tenants and hosts that it knew as absent, changes, and hosts that
// went to somebody else.
func TestRegistryCachedTwoProcesses(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctx := t.Context()
		dsn, db := e.NewDatabase(t)
		require.NoError(t, tenantsql.Migrate(ctx, db, e.Dialect))
		here, there := newProcess(t, e, dsn), newProcess(t, e, dsn)
		// seen is what the other process makes of a host.
		seen := func(host string) string {
			got, found, err := there.cache.ByHost(ctx, host)
			require.NoError(t, err)
			if !found {
				return "nobody"
			}
			byID, found, err := there.cache.ByID(ctx, got.ID)
			require.NoError(t, err)
			require.True(t, found)
			require.Same(t, got, byID, "one load gives all names")
			return fmt.Sprint(got.ID, " ", got.Status)
		}
		domain := func(id tenant.ID, names ...string) tenant.Tenant {
			x := tenant.Tenant{ID: id, Code: string(id)}
			for _, name := range names {
				x.Domains = append(x.Domains, tenant.Domain{Name: name, Verified: true})
			}
			return x
		}
		steps := []struct {
			name  string
			write func() error
			want  string // what shop.test leads to afterwards
		}{
			{"nothing yet", func() error { return nil }, "nobody"},
			{"a host that was absent", func() error { return here.Create(ctx, domain("acme", "shop.test", "acme.test")) }, "acme active"},
			{"suspended", func() error { return here.SetStatus(ctx, "acme", tenant.Suspended) }, "acme suspended"},
			{"a tenant beside it", func() error { return here.Create(ctx, domain("bolt", "bolt.test")) }, "acme suspended"},
			{"given up", func() error { return here.Update(ctx, domain("acme", "acme.test")) }, "nobody"},
			{"taken by the other", func() error { return here.Update(ctx, domain("bolt", "bolt.test", "shop.test")) }, "bolt active"},
			{"moved at once", func() error {
				tx, err := db.BeginTx(ctx, nil)
				if err != nil {
					return err
				}
				err = errors.Join(here.With(tx).Update(ctx, domain("bolt", "bolt.test")),
					here.With(tx).Update(ctx, domain("acme", "acme.test", "shop.test")))
				return errors.Join(err, tx.Commit())
			}, "acme active"},
			{"deleted", func() error { return here.Delete(ctx, "acme") }, "nobody"},
			{"taken over", func() error { return here.Create(ctx, domain("heir", "shop.test")) }, "heir active"},
		}
		before := "nobody"
		for _, step := range steps {
			require.NoError(t, step.write(), step.name)
			require.Equal(t, before, seen("shop.test"), "%s: nobody has told yet", step.name)
			seen("bolt.test")
			require.NoError(t, there.poller.Poll(ctx))
			require.Equal(t, step.want, seen("shop.test"), step.name)
			before = step.want
		}
		_, found, err := there.cache.ByCode(ctx, "acme")
		require.NoError(t, err)
		require.False(t, found)
	})
}

// The statements that find one tenant, and a page of many, read no more than
// they have to: each engine says that it uses indexes only.
func TestRegistryPlans(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctx := t.Context()
		db := open(t, e, tenantsql.Migrate)
		reg := tenantsql.NewRegistry(db, e.Dialect)
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		for i := range 300 {
			require.NoError(t, reg.With(tx).Create(ctx, tenant.Tenant{
				ID: tenant.ID(fmt.Sprintf("t%03d", i)), Code: fmt.Sprintf("c%03d", i), Host: fmt.Sprintf("h%03d.test", i),
			}))
		}
		require.NoError(t, tx.Commit())
		requireIndexes(t, e, db, func(db tenant.DBTX) {
			reg := reg.With(db)
			_, _, err := reg.ByID(ctx, "t007")
			require.NoError(t, err)
			_, _, err = reg.ByCode(ctx, "c007")
			require.NoError(t, err)
			_, _, err = reg.ByHost(ctx, "h007.test")
			require.NoError(t, err)
			_, err = reg.List(ctx, "t100", 10)
			require.NoError(t, err)
		})
	})
}
