package stores_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configsql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
)

// What a write requires is looked up as it is now, and not as a transaction of
// the caller's may have seen it before: the write of somebody else in between is
// never lost. Some engines refuse the transaction instead, which is as good.
func TestSettingsInAnOldTransaction(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctx := t.Context()
		db := openScoped(t, e, configsql.Migrate)
		store := configsql.NewStore(db, e.Dialect)
		acme := config.Owner{Tenant: "acme"}
		set := func(s *configsql.Store, key, value string, version *int64) (int64, error) {
			return s.Write(ctx, acme, config.Edit{}, config.Change{Key: key, Value: []byte(value), If: version})
		}
		stored := func() map[string]string {
			settings, _, err := store.Load(ctx, acme)
			require.NoError(t, err)
			out := map[string]string{}
			for _, s := range settings {
				out[s.Key] = string(s.Value)
			}
			return out
		}
		first, err := set(store, "a", `1`, nil)
		require.NoError(t, err)

		for name, write := range map[string]func(*configsql.Store) error{
			"a version that was": func(s *configsql.Store) error {
				_, err := set(s, "a", `"lost"`, &first)
				return err
			},
			"a key that was not there": func(s *configsql.Store) error {
				none := int64(0)
				_, err := set(s, "new", `"lost"`, &none)
				return err
			},
		} {
			tx, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			defer tx.Rollback() //nolint:errcheck // where the test has failed
			old, _, err := store.With(tx).Load(ctx, acme)
			require.NoError(t, err)
			require.NotEmpty(t, old)
			for _, key := range []string{"a", "new"} {
				_, err = set(store, key, `2`, nil)
				require.NoError(t, err)
			}
			require.Error(t, write(store.With(tx)), name)
			require.NoError(t, tx.Rollback())
			require.Equal(t, map[string]string{"a": `2`, "new": `2`}, stored(), name)
			_, err = store.Write(ctx, acme, config.Edit{}, config.Change{Key: "new"})
			require.NoError(t, err)
			first, err = set(store, "a", `1`, nil)
			require.NoError(t, err)
		}

		// A deletion finds what it has not seen before, or is refused.
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		defer tx.Rollback() //nolint:errcheck // where the test has failed
		_, _, err = store.With(tx).Load(ctx, acme)
		require.NoError(t, err)
		_, err = set(store, "new", `2`, nil)
		require.NoError(t, err)
		_, err = store.With(tx).Write(ctx, acme, config.Edit{}, config.Change{Key: "new"})
		if err == nil {
			require.NoError(t, tx.Commit())
			require.NotContains(t, stored(), "new")
		} else {
			require.NoError(t, tx.Rollback())
			require.Contains(t, stored(), "new")
		}
	})
}

// A conflict leaves the caller's transaction as it was: it may go on.
func TestSettingsConflictInATransaction(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctx := t.Context()
		db := openScoped(t, e, configsql.Migrate)
		store := configsql.NewStore(db, e.Dialect)
		ann := config.Owner{Tenant: "acme", Account: "ann"}
		_, err := store.Write(ctx, ann, config.Edit{}, config.Change{Key: "a", Value: []byte(`1`)})
		require.NoError(t, err)

		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		defer tx.Rollback() //nolint:errcheck // where the test has failed
		none := int64(0)
		_, err = store.With(tx).Write(ctx, ann, config.Edit{},
			config.Change{Key: "b", Value: []byte(`1`)}, config.Change{Key: "a", Value: []byte(`2`), If: &none})
		require.ErrorIs(t, err, config.ErrConflict)
		_, err = store.With(tx).Write(ctx, ann, config.Edit{}, config.Change{Key: "c", Value: []byte(`1`)})
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
		settings, _, err := store.Load(ctx, ann)
		require.NoError(t, err)
		values := map[string]string{}
		for _, s := range settings {
			values[s.Key] = string(s.Value)
		}
		require.Equal(t, map[string]string{"a": `1`, "c": `1`}, values)

		// What is removed in a transaction that is rolled back is still there.
		tx, err = db.BeginTx(ctx, nil)
		require.NoError(t, err)
		defer tx.Rollback() //nolint:errcheck // likewise
		rows, err := store.With(tx).DeleteTenant(ctx, "acme")
		require.NoError(t, err)
		require.EqualValues(t, 4, rows, "two settings and two versions")
		require.NoError(t, tx.Rollback())
		again, _, err := store.Load(ctx, ann)
		require.NoError(t, err)
		require.Equal(t, settings, again)
	})
}
