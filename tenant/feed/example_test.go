package feed_test

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// A writer increments the number of the tenant in the transaction of its own
// change; every other process hears of it from its poller.
func ExampleBump() {
	rename := func(ctx context.Context, db *sql.DB) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		// ... the change itself ...
		if _, err := feed.Bump(ctx, tx, tenant.Postgres, "acme"); err != nil {
			return err
		}
		return tx.Commit()
	}
	listen := func(ctx context.Context, db *sql.DB) error {
		poller := feed.NewPoller(feed.NewStore(db, tenant.Postgres), feed.PollerConfig{})
		poller.Subscribe(func(id tenant.ID, number int64) {
			fmt.Printf("drop what is cached of %q below %d\n", id, number)
		})
		return poller.Run(ctx) // until ctx is done
	}
	_, _ = rename, listen
}
