package stores_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configsql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// A setting that one process writes is read by another as soon as that one's
// poller has looked; a write that is rolled back never is.
func TestSettingsInTwoProcesses(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctx := t.Context()
		db := openScoped(t, e, configsql.Migrate)
		process := func() (*config.Resolver, *feed.Poller) {
			settings, err := config.NewResolver(config.Config{Store: configsql.NewStore(db, e.Dialect)})
			require.NoError(t, err)
			poller := feed.NewPoller(feed.NewStore(db, e.Dialect), feed.PollerConfig{})
			poller.Subscribe(settings.Invalidate)
			require.NoError(t, poller.Poll(ctx))
			return settings, poller
		}
		here, _ := process()
		there, poller := process()
		acme, global := tenant.WithID(ctx, "acme"), tenant.Global(ctx)
		read := func(r *config.Resolver) string { return config.Get(config.NewContext(acme, r), "title", "none") }

		require.Equal(t, "none", read(there))
		require.NoError(t, here.Set(acme, "title", "Acme", "launch"))
		require.Equal(t, "Acme", read(here), "whoever writes reads it at once")
		require.Equal(t, "none", read(there))
		require.NoError(t, poller.Poll(ctx))
		require.Equal(t, "Acme", read(there))

		require.NoError(t, here.Set(global, "title", "Everybody", ""))
		require.NoError(t, here.Delete(acme, "title", ""))
		require.NoError(t, poller.Poll(ctx))
		require.Equal(t, "Everybody", read(there))

		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		_, err = configsql.NewStore(db, e.Dialect).With(tx).Write(ctx, config.Owner{Tenant: "acme"}, config.Edit{}, config.Change{Key: "title", Value: []byte(`"half"`)})
		require.NoError(t, err)
		require.NoError(t, tx.Rollback())
		require.NoError(t, poller.Poll(ctx))
		require.Equal(t, "Everybody", read(there))
		require.Zero(t, there.Stats().Unavailable)
	})
}
