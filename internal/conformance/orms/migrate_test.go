package orms

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/migrate"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/conformance/orms/bunmodel"
	"github.com/gotenancy/tenancy/internal/conformance/orms/gormmodel"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// schemaWork is how a library makes and changes tables.
type schemaWork struct {
	migrate func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB) error

	// grow is the migration after the application's tags have got a colour.
	grow func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB) error

	// insert makes a tag.
	insert func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error

	// refused is why migrate is refused even across all tenants, so that it
	// takes a plain pool.
	refused map[tenant.Dialect]scope.Reason
}

// colouredTag is the next version of a tag.
type colouredTag struct {
	ID     int64  `gorm:"primaryKey;autoIncrement:false"`
	Label  string `gorm:"size:100"`
	Colour string `gorm:"size:20;default:red"`
}

func (colouredTag) TableName() string { return "tags" }

var schemaWorks = map[string]schemaWork{
	"GORM": {
		migrate: func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB) error {
			return openGORM(t, e, db).WithContext(ctx).AutoMigrate(&gormmodel.Country{}, &company{}, &contact{}, &tag{}, &order{})
		},
		grow: func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB) error {
			g := openGORM(t, e, db).WithContext(ctx)
			if err := g.AutoMigrate(&colouredTag{}); err != nil {
				return err
			}
			return g.Migrator().AlterColumn(&colouredTag{}, "Label") // SQLite copies the table for that
		},
		insert: func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
			return openGORM(t, e, db).WithContext(ctx).Create(&tag{ID: id, Label: "label"}).Error
		},
	},
	"ent": {
		migrate: func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB) error {
			entTables.Lock()
			defer entTables.Unlock()
			return openEnt(t, e, db).Schema.Create(ctx)
		},
		grow: func(_ *testing.T, ctx context.Context, _ engines.Engine, db *sql.DB) error {
			_, err := db.ExecContext(ctx, `ALTER TABLE tags ADD COLUMN colour VARCHAR(20) DEFAULT 'red'`)
			return err
		},
		insert: func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
			return openEnt(t, e, db).Tag.Create().SetID(id).SetLabel("label").Exec(ctx)
		},
		// ent asks for the server's variables without the context, and on SQLite
		// for PRAGMA foreign_keys = off, which would outlive the migration on some
		// connection of the pool. It migrates on a plain pool.
		refused: map[tenant.Dialect]scope.Reason{
			tenant.SQLite: scope.ReasonUnsupported,
		},
	},
	"bun": {
		migrate: func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB) error {
			b := openBun(t, e, db)
			for _, model := range []any{(*bunmodel.Country)(nil), (*bunmodel.Company)(nil), (*bunmodel.Contact)(nil), (*bunmodel.Tag)(nil),
				(*bunmodel.ContactTag)(nil), (*bunmodel.Order)(nil)} {
				if _, err := b.NewCreateTable().Model(model).IfNotExists().WithForeignKeys().Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		},
		grow: func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB) error {
			b := openBun(t, e, db)
			if _, err := b.NewAddColumn().Model((*bunmodel.Tag)(nil)).ColumnExpr("colour VARCHAR(20) DEFAULT 'red'").Exec(ctx); err != nil {
				return err
			}
			_, err := b.NewCreateIndex().Model((*bunmodel.Tag)(nil)).Index("tags_by_colour").Column("colour").Exec(ctx)
			return err
		},
		insert: func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
			_, err := openBun(t, e, db).NewInsert().Model(&bunmodel.Tag{ID: id, Label: "label"}).Exec(ctx)
			return err
		},
	},
	"bun's migrations": {
		migrate: func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB) error {
			return migrateBun(ctx, openBunMigrator(t, e, db, false))
		},
		grow: func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB) error {
			return migrateBun(ctx, openBunMigrator(t, e, db, true))
		},
		insert: func(t *testing.T, ctx context.Context, e engines.Engine, db *sql.DB, id int64) error {
			_, err := openBun(t, e, db).NewInsert().Model(&bunmodel.Tag{ID: id, Label: "label"}).Exec(ctx)
			return err
		},
	},
}

// openBunMigrator has one migration and, where the tags have grown, two.
func openBunMigrator(t *testing.T, e engines.Engine, db *sql.DB, grown bool) *migrate.Migrator {
	t.Helper()
	files := fstest.MapFS{"20260101000000_tags.up.sql": {Data: []byte(`CREATE TABLE tags (id BIGINT NOT NULL PRIMARY KEY, label VARCHAR(80));
--bun:split
CREATE INDEX tags_by_label ON tags (label);`)}}
	if grown {
		files["20260202000000_colour.tx.up.sql"] = &fstest.MapFile{Data: []byte(`ALTER TABLE tags ADD COLUMN colour VARCHAR(20) DEFAULT 'red'`)}
	}
	all := migrate.NewMigrations()
	require.NoError(t, all.Discover(files))
	return migrate.NewMigrator(openBun(t, e, db), all)
}

func migrateBun(ctx context.Context, m *migrate.Migrator) error {
	if err := m.Init(ctx); err != nil {
		return err
	}
	if err := m.Lock(ctx); err != nil {
		return err
	}
	_, err := m.Migrate(ctx)
	if err != nil {
		return err
	}
	return m.Unlock(ctx)
}

// entTables: ent keeps the description of its tables in variables, and writes to
// them while it migrates.
var entTables sync.Mutex

// TestMigrations: a schema is made and changed across all tenants and in no
// other mode, its tables are nobody's until they have the tenant column, and
// the pool knows each change at once.
func TestMigrations(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		for name, work := range schemaWorks {
			t.Run(name, func(t *testing.T) {
				dsn, plain := e.NewDatabase(t)
				db := openMigrated(t, e, dsn)
				acme, bolt := tenant.WithID(t.Context(), "acme"), tenant.WithID(t.Context(), "bolt")
				across := tenant.AcrossAll(t.Context(), "migrate")

				for _, ctx := range []context.Context{t.Context(), acme, tenant.Global(t.Context())} {
					require.ErrorIs(t, work.migrate(t, ctx, e, db), scope.ErrRefused)
					require.Error(t, plain.QueryRowContext(ctx, `SELECT 1 FROM tags`).Err(), "the table is there")
				}
				pool := db
				if why, refused := work.refused[e.Dialect]; refused {
					var refusal *scope.RefusedError
					require.ErrorAs(t, work.migrate(t, across, e, db), &refusal)
					require.Equal(t, why, refusal.Reason)
					pool = plain
				}
				require.NoError(t, work.migrate(t, across, e, pool))

				require.ErrorIs(t, work.insert(t, acme, e, db, 1), scope.ErrRefused, "without the tenant column")
				_, err := db.ExecContext(across, `ALTER TABLE tags ADD COLUMN tenant_id VARCHAR(63)`)
				require.NoError(t, err)
				require.NoError(t, work.insert(t, acme, e, db, 1))
				require.NoError(t, work.insert(t, bolt, e, db, 2))

				// As on each start of the application.
				require.NoError(t, work.migrate(t, across, e, pool))
				require.Equal(t, [][]*string{strs("id", "label"), strs("1", "label")}, tagsOf(t, acme, db))

				require.NoError(t, work.grow(t, across, e, db))
				require.Equal(t, [][]*string{strs("id", "label", "colour"), strs("1", "label", "red")}, tagsOf(t, acme, db))
				require.Equal(t, [][]*string{strs("id", "label", "colour"), strs("2", "label", "red")}, tagsOf(t, bolt, db))
			})
		}
	})
}

// openMigrated is a scoped pool for tables that libraries make, whose keys
// have no tenant.
func openMigrated(t *testing.T, e engines.Engine, dsn string) *sql.DB {
	t.Helper()
	p := policy(e.Dialect)
	p.Tables = nil
	p.GloballyUnique = []string{"id"}
	db, err := scope.OpenDB(e.Connector(t, dsn), p, scope.OnCrossing(func(context.Context, scope.Crossing) {}))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func strs(list ...string) []*string {
	out := make([]*string, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

func tagsOf(t *testing.T, ctx context.Context, db *sql.DB) any {
	t.Helper()
	list, err := texts(db.QueryContext(ctx, `SELECT * FROM tags`))
	require.NoError(t, err)
	return list
}
