package orms

import (
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// TestDrivers: what a library finds out about the driver it finds out through
// the scoped pool.
func TestDrivers(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w := newWorld(t, e)
		alone := w.only(t, "acme")
		ctx := tenant.WithID(t.Context(), "acme")

		require.IsType(t, alone.Driver(), w.scoped.Driver())

		t.Run("sqlx knows the placeholders", func(t *testing.T) {
			plain, err := sqlx.Open(e.Driver, w.dsn)
			require.NoError(t, err)
			defer plain.Close()
			scoped, err := scope.Open(e.Driver, w.dsn, policy(e.Dialect))
			require.NoError(t, err)
			defer scoped.Close()
			require.Equal(t, plain.Rebind("a = ?"), scoped.Rebind("a = ?"))
			var c sqlxContact
			require.NoError(t, scoped.GetContext(ctx, &c, scoped.Rebind(`SELECT * FROM contacts WHERE id = ?`), 1))
			require.Equal(t, "Ann of ACME", c.Name)
		})

		t.Run("GORM gives the pool back", func(t *testing.T) {
			pool, err := openGORM(t, e, w.scoped).DB()
			require.NoError(t, err)
			require.Same(t, w.scoped, pool)
		})

		t.Run("GORM translates errors", func(t *testing.T) {
			translate := option(func(c *gorm.Config) { c.TranslateError = true })
			want := openGORM(t, e, alone, translate).WithContext(ctx).Create(&tag{ID: 1}).Error
			got := openGORM(t, e, w.scoped, translate).WithContext(ctx).Create(&tag{ID: 1}).Error
			if e.Name != "sqlite" { // GORM does not know the errors of that driver
				require.ErrorIs(t, want, gorm.ErrDuplicatedKey)
				require.ErrorIs(t, got, gorm.ErrDuplicatedKey)
			}
		})

		t.Run("bun finds what the server can do", func(t *testing.T) {
			require.Equal(t, openBun(t, e, alone).Dialect().Features(), openBun(t, e, w.scoped).Dialect().Features())
		})
	})
}
