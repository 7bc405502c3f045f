package orms

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/uptrace/bun"
	"gorm.io/gorm"

	"github.com/gotenancy/tenancy/internal/conformance/orms/bunmodel"
	"github.com/gotenancy/tenancy/internal/conformance/orms/ent"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// What these libraries can send and a tenant must not: it reads what tells of
// others, changes the schema for all of them, or leaves something on the
// connection.

var sqlxRefused = []step[*sqlx.DB]{
	{name: "refused: a setting of the connection", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return db.ExecContext(ctx, map[string]string{"postgres": `SET search_path = public`, "mysql": `SET sql_mode = ''`, "sqlite3": `PRAGMA foreign_keys = off`}[db.DriverName()])
	}, refused: everywhere(scope.ReasonUnsupported)},
	{name: "refused: two statements in a text", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return db.ExecContext(ctx, `DELETE FROM contact_tags; DELETE FROM tags`)
	}, refused: everywhere(scope.ReasonSecond)},
	{name: "refused: a catalogue", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		var n int
		query := `SELECT count(*) FROM information_schema.tables`
		if db.DriverName() == "sqlite3" {
			query = `SELECT count(*) FROM sqlite_master`
		}
		return n, db.GetContext(ctx, &n, query)
	}, refused: everywhere(scope.ReasonUnknownTable)},
	{name: "refused: the tenant column", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.NamedExecContext(ctx, `UPDATE tags SET tenant_id = :other`, map[string]any{"other": "bolt"}))
	}, refused: everywhere(scope.ReasonTenantColumn)},
	{name: "refused: a table of everybody", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.ExecContext(ctx, `UPDATE countries SET title = 'mine'`))
	}, refused: everywhere(scope.ReasonReadOnly)},
	{name: "the pool is as it was", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		var list []sqlxContact
		err := db.SelectContext(ctx, &list, `SELECT * FROM contacts ORDER BY id`)
		return list, err
	}},
}

// gormMigratorRefused asks for one row first, and GORM panics where it can not
// prepare such a statement, so that it is not asked with PrepareStmt.
var gormMigratorRefused = []step[*gorm.DB]{
	{name: "refused: Migrator.GetTables", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return db.Migrator().GetTables()
	}, refused: everywhere(scope.ReasonUnknownTable)},
	{name: "refused: Migrator.ColumnTypes", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return db.Migrator().ColumnTypes(&tag{})
	}, refused: everywhere(scope.ReasonUnknownTable)},
}

var gormRefused = []step[*gorm.DB]{
	{name: "refused: a catalogue", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var names []string
		table := "information_schema.tables"
		if db.Name() == "sqlite" {
			table = "sqlite_master"
		}
		err := db.Table(table).Pluck("name", &names).Error
		return names, err
	}, refused: everywhere(scope.ReasonUnknownTable)},
	{name: "refused: Migrator.AddColumn", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Migrator().AddColumn(&colouredTag{}, "Colour")
	}, refused: everywhere(scope.ReasonUnsupported)},
	{name: "refused: Migrator.DropTable", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Migrator().DropTable("contact_tags")
	}, refused: everywhere(scope.ReasonUnsupported)},
	{name: "refused: a table of everybody", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Exec("DELETE FROM countries WHERE code = ?", "it").Error
	}, refused: everywhere(scope.ReasonReadOnly)},
}

var entRefused = []step[*ent.Client]{
	{name: "refused: Schema.Create", do: func(ctx context.Context, c *ent.Client) (any, error) {
		entTables.Lock()
		defer entTables.Unlock()
		return nil, c.Schema.Create(ctx)
	}, refused: everywhere(scope.ReasonUnsupported)},
	{name: "refused: a table of everybody", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Country.Create().SetID("at").SetTitle("Austria").Save(ctx)
	}, refused: everywhere(scope.ReasonReadOnly)},
}

var bunRefused = []step[*bun.DB]{
	{name: "refused: NewCreateTable", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return db.NewCreateTable().Model((*bunmodel.Tag)(nil)).IfNotExists().Exec(ctx)
	}, refused: everywhere(scope.ReasonUnsupported)},
	{name: "refused: NewDropTable", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return db.NewDropTable().Model((*bunmodel.ContactTag)(nil)).Exec(ctx)
	}, refused: everywhere(scope.ReasonUnsupported)},
	{name: "refused: NewTruncateTable", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return db.NewTruncateTable().Model((*bunmodel.ContactTag)(nil)).Exec(ctx)
	}, refused: map[tenant.Dialect]scope.Reason{tenant.Postgres: scope.ReasonUnsupported, tenant.MySQL: scope.ReasonUnsupported}, // SQLite has none, bun sends DELETE
	},
	{name: "refused: a table of everybody", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return db.NewUpdate().Model(&bunmodel.Country{Code: "de", Title: "mine"}).WherePK().Exec(ctx)
	}, refused: everywhere(scope.ReasonReadOnly)},
}
