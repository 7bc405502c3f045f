package orms

import (
	"context"
	"database/sql"
	"testing"

	sq "github.com/Masterminds/squirrel"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"gorm.io/gorm"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/conformance/orms/bunmodel"
	sqlcmysql "github.com/gotenancy/tenancy/internal/conformance/orms/sqlc/mysql"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// writer begins a transaction in the first context, and writes in it and
// commits with the second.
type writer func(t *testing.T, e engines.Engine, db *sql.DB, begin, write context.Context) error

var writers = map[string]writer{
	"sqlx": func(t *testing.T, e engines.Engine, db *sql.DB, begin, write context.Context) error {
		tx, err := openSqlx(t, e, db).BeginTxx(begin, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if _, err := tx.NamedExecContext(write, `UPDATE tags SET label = :label`, map[string]any{"label": "written"}); err != nil {
			return err
		}
		return tx.Commit()
	},
	"GORM": func(t *testing.T, e engines.Engine, db *sql.DB, begin, write context.Context) error {
		return openGORM(t, e, db).WithContext(begin).Transaction(func(tx *gorm.DB) error {
			return tx.WithContext(write).Model(&tag{}).Where("id > ?", 0).Update("label", "written").Error
		})
	},
	"GORM's own transaction": func(t *testing.T, e engines.Engine, db *sql.DB, begin, _ context.Context) error {
		return openGORM(t, e, db).WithContext(begin).Model(&tag{}).Where("id > ?", 0).Update("label", "written").Error
	},
	"ent": func(t *testing.T, e engines.Engine, db *sql.DB, begin, write context.Context) error {
		tx, err := openEnt(t, e, db).Tx(begin)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := tx.Tag.Update().SetLabel("written").Exec(write); err != nil {
			return err
		}
		return tx.Commit()
	},
	"bun": func(t *testing.T, e engines.Engine, db *sql.DB, begin, write context.Context) error {
		return openBun(t, e, db).RunInTx(begin, nil, func(_ context.Context, tx bun.Tx) error {
			_, err := tx.NewUpdate().Model((*bunmodel.Tag)(nil)).Set("label = ?", "written").Where("1 = 1").Exec(write)
			return err
		})
	},
	"sqlc": func(_ *testing.T, _ engines.Engine, db *sql.DB, begin, write context.Context) error {
		tx, err := db.BeginTx(begin, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		// The text of this query is the same in all dialects but PostgreSQL's.
		if _, err := sqlcmysql.New(db).WithTx(tx).TagsOf(write); err != nil {
			return err
		}
		return tx.Rollback()
	},
	"squirrel": func(_ *testing.T, e engines.Engine, db *sql.DB, begin, write context.Context) error {
		tx, err := db.BeginTx(begin, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if _, err := squirrelOn(e, db, tx).Update("tags").Set("label", sq.Expr("'written'")).ExecContext(write); err != nil {
			return err
		}
		return tx.Commit()
	},
}

// TestTransactions: a transaction without a tenant does nothing, one of a
// tenant does nothing for another, and the library hands the refusal on in a
// form that the application can tell apart.
func TestTransactions(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w := newWorld(t, e)
		acme, bolt := tenant.WithID(t.Context(), "acme"), tenant.WithID(t.Context(), "bolt")
		for name, write := range writers {
			t.Run(name, func(t *testing.T) {
				before := w.rowsOfOthers(t, "nobody")
				err := write(t, e, w.scoped, t.Context(), t.Context())
				require.ErrorIs(t, err, scope.ErrNoTenant)
				require.ErrorIs(t, err, scope.ErrRefused)
				require.Equal(t, before, w.rowsOfOthers(t, "nobody"))

				if name != "GORM's own transaction" { // where both are one
					require.ErrorIs(t, write(t, e, w.scoped, acme, bolt), tenant.ErrTenantConflict)
					require.Equal(t, before, w.rowsOfOthers(t, "nobody"))
				}

				// The pool is as good as before, and the right context is enough.
				require.NoError(t, write(t, e, w.scoped, acme, acme))
				require.Equal(t, w.rowsOf(t, "bolt"), w.rowsAlone(t, "bolt"))
			})
		}
	})
}

// TestWithoutContext: what an application has to change are its calls without
// a context.
func TestWithoutContext(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w := newWorld(t, e)
		var list []contact
		require.ErrorIs(t, openGORM(t, e, w.scoped).Find(&list).Error, scope.ErrNoTenant)
		require.ErrorIs(t, openSqlx(t, e, w.scoped).Select(&list, `SELECT * FROM contacts`), scope.ErrNoTenant)
		_, err := squirrelOn(e, w.scoped, w.scoped).Select("*").From("contacts").Query()
		require.ErrorIs(t, err, scope.ErrNoTenant)
		_, err = squirrelOn(e, w.scoped, sq.NewStmtCache(w.scoped)).Delete("contacts").Exec()
		require.ErrorIs(t, err, scope.ErrNoTenant)
	})
}
