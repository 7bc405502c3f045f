package orms

import (
	"context"
	"database/sql"
	"slices"
	"testing"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/conformance/orms/bunmodel"
	entorder "github.com/gotenancy/tenancy/internal/conformance/orms/ent/order"
	"github.com/gotenancy/tenancy/tenant"
)

// takers write, change or delete the row of that id, whoever has it.
var takers = map[string]func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error{
	"sqlx inserts": func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
		_, err := openSqlx(t, e, db).NamedExecContext(ctx, `INSERT INTO orders (id, contact_id, title, amount) VALUES (:id, 2, 'taken', 0)`,
			map[string]any{"id": id})
		return err
	},
	"sqlx updates": func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
		_, err := openSqlx(t, e, db).NamedExecContext(ctx, `UPDATE orders SET title = 'taken' WHERE id = :id`, map[string]any{"id": id})
		return err
	},
	"GORM saves": func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
		return openGORM(t, e, db).WithContext(ctx).Save(&order{ID: id, ContactID: 2, Title: "taken"}).Error
	},
	"GORM saves several": func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
		return openGORM(t, e, db).WithContext(ctx).Save(&[]order{{ID: id, ContactID: 2, Title: "taken"}}).Error
	},
	"GORM updates all": func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
		return openGORM(t, e, db).WithContext(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&order{ID: id, ContactID: 2, Title: "taken"}).Error
	},
	"GORM saves an association": func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
		return openGORM(t, e, db).WithContext(ctx).Session(&gorm.Session{FullSaveAssociations: true}).
			Updates(&contact{ID: 2, Orders: []order{{ID: id, Title: "taken"}}}).Error
	},
	"ent upserts": func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
		return openEnt(t, e, db).Order.Create().SetID(id).SetContactID(2).SetTitle("taken").SetAmount(0).
			OnConflict(entsql.ConflictColumns(entorder.FieldID)).UpdateNewValues().Exec(ctx)
	},
	"ent updates": func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
		return openEnt(t, e, db).Order.UpdateOneID(id).SetTitle("taken").Exec(ctx)
	},
	"ent deletes": func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
		return openEnt(t, e, db).Order.DeleteOneID(id).Exec(ctx)
	},
	"bun upserts": func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
		on := "CONFLICT (id) DO UPDATE"
		if e.Dialect == tenant.MySQL {
			on = "DUPLICATE KEY UPDATE"
		}
		_, err := openBun(t, e, db).NewInsert().Model(&bunmodel.Order{ID: id, ContactID: 2, Title: "taken", CreatedAt: noon}).On(on).Exec(ctx)
		return err
	},
	"bun replaces": func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
		_, err := openBun(t, e, db).NewInsert().Model(&bunmodel.Order{ID: id, ContactID: 2, Title: "taken", CreatedAt: noon}).Replace().Exec(ctx)
		return err
	},
	"bun deletes": func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
		_, err := openBun(t, e, db).NewDelete().Model(&bunmodel.Order{ID: id}).WherePK().ForceDelete().Exec(ctx)
		return err
	},
	"squirrel replaces": func(_ *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
		_, err := squirrelOn(e, db, db).Replace("orders").Columns("id", "contact_id", "title", "amount").Values(id, 2, "taken", 0).ExecContext(ctx)
		return err
	},
}

// inVain are those that an own row is in the way of as well: a plain INSERT,
// and REPLACE, which is refused for a key that all tenants share.
var inVain = []string{"sqlx inserts", "bun replaces", "squirrel replaces"}

// TestIDsOfOthers: with the id of another tenant's order in hand, none of the
// libraries changes or deletes it, or makes a row of its own.
func TestIDsOfOthers(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w := newWorld(t, e)
		acme := tenant.WithID(t.Context(), "acme")
		theirs, ours := w.anOrder(t, "bolt"), w.anOrder(t, "acme")
		before := w.read(t, w.shared, `SELECT * FROM orders ORDER BY id`)
		for name, take := range takers {
			t.Run(name, func(t *testing.T) {
				err := take(t, acme, e, w.scoped, theirs)
				require.Equal(t, before, w.read(t, w.shared, `SELECT * FROM orders ORDER BY id`), "%v", err)

				// What did nothing there does something here.
				err = take(t, acme, e, w.scoped, ours)
				after := w.read(t, w.shared, `SELECT * FROM orders ORDER BY id`)
				if slices.Contains(inVain, name) {
					require.Error(t, err)
					require.Equal(t, before, after)
					return
				}
				require.NoError(t, err)
				require.NotEqual(t, before, after)
				ours, before = w.anOrder(t, "acme"), w.read(t, w.shared, `SELECT * FROM orders ORDER BY id`)
			})
		}
	})
}

// anOrder makes one in the shared database, and returns its id.
func (w *world) anOrder(t *testing.T, of tenant.ID) (id int64) {
	t.Helper()
	_, err := w.shared.ExecContext(t.Context(), `INSERT INTO orders (contact_id, title, amount, tenant_id) VALUES (2, 'an order', 1, '`+string(of)+`')`)
	require.NoError(t, err)
	require.NoError(t, w.shared.QueryRowContext(t.Context(), `SELECT max(id) FROM orders`).Scan(&id))
	return id
}
