package orms

import (
	"database/sql"
	"testing"

	sq "github.com/Masterminds/squirrel"
	"gorm.io/gorm"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
)

// libraries in their ways of use.
var libraries = []struct {
	name string
	run  library
}{
	{"sqlx", on(openSqlx, sqlxSteps, sqlxRefused)},
	{"squirrel", on(func(_ *testing.T, e engines.Engine, db *sql.DB) squirrel { return squirrelOn(e, db, db) }, squirrelSteps)},
	// The cache prepares each text once, for all tenants.
	{"squirrel, StmtCache", on(func(_ *testing.T, e engines.Engine, db *sql.DB) squirrel {
		return squirrelOn(e, db, sq.NewStmtCache(db))
	}, squirrelSteps)},
	{"sqlc", on(openSqlc, sqlcSteps())},
	{"sqlc, Prepare", on(openSqlcPrepared, sqlcSteps())},
	{"GORM", on(func(t *testing.T, e engines.Engine, db *sql.DB) *gorm.DB { return openGORM(t, e, db) }, gormSteps(gormMigratorRefused...))},
	// Here too one prepared statement serves both tenants, and GORM tells
	// errors apart by the type that the driver gave them.
	{"GORM, PrepareStmt and TranslateError", on(func(t *testing.T, e engines.Engine, db *sql.DB) *gorm.DB {
		return openGORM(t, e, db, option(func(c *gorm.Config) { c.PrepareStmt, c.TranslateError = true, true }))
	}, gormSteps())},
	{"GORM, SkipDefaultTransaction", on(func(t *testing.T, e engines.Engine, db *sql.DB) *gorm.DB {
		return openGORM(t, e, db, option(func(c *gorm.Config) { c.SkipDefaultTransaction = true }))
	}, gormSteps())},
	{"ent", on(openEnt, entQueries, entWrites, entUpserts, entTransactions, entRefused)},
	{"bun", on(openBun, bunQueries, bunWrites, bunUpserts, bunTransactions, bunRefused)},
}

// Test_D04_Libraries: one scoped pool under all of them gives each tenant what its
// own database would, and accepts what they send.
func Test_D04_Libraries(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w := newWorld(t, e)
		for _, id := range tenants {
			w.only(t, id) // for all of them
		}
		for _, l := range libraries {
			t.Run(l.name, func(t *testing.T) {
				w.reset(t)
				l.run(t, w)
			})
		}
		w.tally.check(t)
	})
}
