package configsql

import (
	"context"
	"embed"

	"github.com/gotenancy/tenancy/internal/migrate"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// Migrations holds the tables of this package as SQL files, in one folder for
// each dialect, for any migration tool. Their version numbers, 0301 and up, are
// unique in the module. The files of package feed are needed too.
//
//go:embed migrations
var Migrations embed.FS

// Migrate applies [Migrations], and those of package feed, to db. It may run
// any number of times and in several processes at once.
func Migrate(ctx context.Context, db migrate.DB, dialect tenant.Dialect) error {
	return migrate.Migrate(ctx, db, dialect, Migrations, feed.Migrate)
}
