package endtoend_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"strings"
	"testing"

	"github.com/gotenancy/tenancy/internal/bench/turns"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

// BenchmarkRowSecurity is the same filtering by PostgreSQL itself: policies that
// compare the tenant column with a setting, forced on the owner too, and an
// account that may not bypass them. In a pool the setting has to end with a
// transaction, so each read is one, with four round trips.
func BenchmarkRowSecurity(b *testing.B) {
	e := engines.Get(b, "postgres")
	ctx := context.Background()
	_, admin := e.NewDatabase(b) // dropped after the other, whose policies go with it, and the role between them
	role := "tenancy_bench_" + strings.ToLower(rand.Text())
	exec(b, ctx, admin, `CREATE ROLE `+role)
	b.Cleanup(func() { exec(b, ctx, admin, `DROP ROLE `+role) })

	dsn, owner := e.NewDatabase(b)
	fill(b, ctx, owner)
	for _, statement := range []string{
		`ANALYZE`,
		`GRANT SELECT ON contacts, companies TO ` + role,
		`ALTER TABLE contacts ENABLE ROW LEVEL SECURITY`,
		`ALTER TABLE contacts FORCE ROW LEVEL SECURITY`,
		`ALTER TABLE companies ENABLE ROW LEVEL SECURITY`,
		`ALTER TABLE companies FORCE ROW LEVEL SECURITY`,
		`CREATE POLICY own ON contacts USING (tenant_id = current_setting('app.tenant', true))`,
		`CREATE POLICY own ON companies USING (tenant_id = current_setting('app.tenant', true))`,
	} {
		exec(b, ctx, owner, statement)
	}
	secured := e.Pool(b, withRole(dsn, role))

	plainDSN, plain := e.NewDatabase(b)
	fill(b, ctx, plain)
	exec(b, ctx, plain, `ANALYZE`)
	scoped := openScoped(b, e.Connector(b, plainDSN), e.Dialect)

	for _, s := range statements {
		text, ours := sqltext.Rebind(tenant.Postgres, s.scoped), tenant.WithID(ctx, acme)
		b.Run(s.name+"/ours", func(b *testing.B) {
			turns.Compare(b,
				func() error { return inTenant(ctx, secured, s.rows, text, s.args...) },
				func() error { return query(ours, scoped, s.rows, text, s.args...) },
			)
		})
	}
}

// withRole returns a DSN whose connections act as role.
func withRole(dsn, role string) string {
	if strings.Contains(dsn, "://") {
		if strings.Contains(dsn, "?") {
			return dsn + "&role=" + role
		}
		return dsn + "?role=" + role
	}
	return dsn + " role=" + role
}

func inTenant(ctx context.Context, db *sql.DB, want int, text string, args ...any) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if _, err := tx.ExecContext(ctx, `SELECT set_config('app.tenant', $1, true)`, string(acme)); err != nil {
		return err
	}
	if err := query(ctx, tx, want, text, args...); err != nil {
		return err
	}
	return tx.Commit()
}
