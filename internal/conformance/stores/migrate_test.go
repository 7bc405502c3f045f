package stores_test

import (
	"io/fs"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config/configsql"
	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/rbac/rbacsql"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
	"github.com/gotenancy/tenancy/tenant/feed"
	"github.com/gotenancy/tenancy/tenant/member"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// published are the migrations of all stores, by the range of version numbers
// that belongs to each.
var published = []struct {
	name    string
	series  string // the first two digits of its versions
	files   fs.FS
	migrate migration
}{
	{"tenantsql", "01", tenantsql.Migrations, tenantsql.Migrate},
	{"feed", "02", feed.Migrations, feed.Migrate},
	{"configsql", "03", configsql.Migrations, configsql.Migrate},
	{"ctxtreesql", "04", ctxtreesql.Migrations, ctxtreesql.Migrate},
	{"rbacsql", "05", rbacsql.Migrations, rbacsql.Migrate},
	{"member", "06", member.Migrations, member.Migrate},
	{"audit", "07", audit.Migrations, audit.Migrate},
	{"timer", "08", timer.Migrations, timer.Migrate},
	{"transfer", "09", transfer.Migrations, transfer.Migrate},
}

// Several processes start at once on an empty database, and again later.
func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		dsn, db := e.NewDatabase(t)
		all := func() {
			var processes sync.WaitGroup
			for range 4 {
				own := e.Pool(t, dsn)
				processes.Go(func() {
					for _, p := range published {
						if err := p.migrate(t.Context(), own, e.Dialect); err != nil {
							t.Errorf("%s: %v", p.name, err)
						}
					}
				})
			}
			processes.Wait()
		}
		all()
		versions := func() (n int) {
			require.NoError(t, db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM tenancy_migrations WHERE version > 0`).Scan(&n))
			return n
		}
		first := versions()
		require.Positive(t, first)
		all()
		require.Equal(t, first, versions())
	})
}

// An application gives the files to its own migration tool: every dialect has
// the same ones, and no two packages share a number.
func TestPublishedVersions(t *testing.T) {
	t.Parallel()
	owner := map[string]string{}
	for _, p := range published {
		var first []string
		for _, dialect := range []tenant.Dialect{tenant.Postgres, tenant.MySQL, tenant.SQLite} {
			names, err := fs.Glob(p.files, path.Join("migrations", dialect.String(), "*.sql"))
			require.NoError(t, err)
			for i := range names {
				names[i] = path.Base(names[i])
			}
			require.NotEmpty(t, names, "%s for %s", p.name, dialect)
			if first == nil {
				first = names
			}
			require.Equal(t, first, names, "%s for %s", p.name, dialect)
		}
		for _, name := range first {
			version, _, _ := strings.Cut(name, "_")
			require.True(t, strings.HasPrefix(version, p.series) && len(version) == 4, "%s has %s", p.name, name)
			require.Empty(t, owner[version], "%s and %s share %s", p.name, owner[version], version)
			owner[version] = p.name
		}
	}
}

// Package scope lets the stores' own statements pass because of how their
// tables are called.
func TestTableNames(t *testing.T) {
	t.Parallel()
	list := map[tenant.Dialect]string{
		tenant.Postgres: `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`,
		tenant.MySQL:    `SELECT table_name FROM information_schema.tables WHERE table_schema = database()`,
		tenant.SQLite:   `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
	}
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		var all []migration
		for _, p := range published {
			all = append(all, p.migrate)
		}
		rows, err := open(t, e, all...).QueryContext(t.Context(), list[e.Dialect])
		require.NoError(t, err)
		defer rows.Close()
		seen := 0
		for rows.Next() {
			var name string
			require.NoError(t, rows.Scan(&name))
			require.True(t, strings.HasPrefix(name, "tenancy_"), name)
			seen++
		}
		require.NoError(t, rows.Err())
		require.Greater(t, seen, len(published))
	})
}
