package transfer

import (
	"context"
	"embed"

	"github.com/gotenancy/tenancy/internal/migrate"
	"github.com/gotenancy/tenancy/tenant"
)

// Migrations holds table tenancy_transfers, in which imports say how far they
// are, as SQL files, in one folder for each dialect, for any migration tool. The
// version numbers, 0901 and up, are unique in the module. Export and Purge do
// without.
//
//go:embed migrations
var Migrations embed.FS

// Migrate applies [Migrations] to db. It may run any number of times and in
// several processes at once. ctx needs no tenant, on a scoped pool neither.
func Migrate(ctx context.Context, db migrate.DB, dialect tenant.Dialect) error {
	return migrate.Migrate(ctx, db, dialect, Migrations)
}
