package rbacsql

import (
	"context"
	"embed"

	"github.com/gotenancy/tenancy/internal/migrate"
	"github.com/gotenancy/tenancy/tenant"
)

// Migrations holds the tables of this package as SQL files, in one folder for
// each dialect, for any migration tool. Their version numbers, 0501 and up,
// are unique in the module. The store needs the table of package feed too.
//
//go:embed migrations
var Migrations embed.FS

// Migrate applies [Migrations] to db. It may run any number of times and in
// several processes at once.
func Migrate(ctx context.Context, db migrate.DB, dialect tenant.Dialect) error {
	return migrate.Migrate(ctx, db, dialect, Migrations)
}
