package feedpgx

import (
	"context"
	"embed"

	"github.com/gotenancy/tenancy/internal/migrate"
	"github.com/gotenancy/tenancy/tenant"
)

// Migrations holds the trigger of this package as an SQL file for PostgreSQL,
// for any migration tool. Its version numbers, 0251 and up, are unique in the
// module. The files of package feed come first.
//
//go:embed migrations
var Migrations embed.FS

// Migrate applies [Migrations] to db, which package feed has migrated. It may
// run any number of times and in several processes at once. It makes a function
// and a trigger: on a pool that package scope has opened it takes a
// [tenant.AcrossAll] context, as other changes of the schema do.
func Migrate(ctx context.Context, db migrate.DB) error {
	return migrate.Migrate(ctx, db, tenant.Postgres, Migrations)
}
