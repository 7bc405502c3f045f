package feedpgx_test

import (
	"context"
	"database/sql"
	"log"

	"github.com/jackc/pgx/v5"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
	"github.com/gotenancy/tenancy/tenant/feed/feedpgx"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// A process keeps tenants in memory, and hears within milliseconds of what
// others have changed.
func ExampleListener() {
	serve := func(ctx context.Context, db *sql.DB, dsn string) error {
		reg := tenant.NewCachedRegistry(tenantsql.NewRegistry(db, tenant.Postgres), tenant.CacheConfig{})
		poller := feed.NewPoller(feed.NewStore(db, tenant.Postgres), feed.PollerConfig{})
		poller.Subscribe(reg.Invalidate)
		conn, err := pgx.ParseConfig(dsn)
		if err != nil {
			return err
		}
		listener, err := feedpgx.NewListener(feedpgx.Config{
			Conn: conn, Poller: poller,
			OnError: func(err error) { log.Println(err) },
		})
		if err != nil {
			return err
		}
		return listener.Run(ctx) // until ctx is done
	}
	_ = serve
}
