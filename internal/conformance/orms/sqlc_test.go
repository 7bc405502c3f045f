package orms

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	sqlcmysql "github.com/gotenancy/tenancy/internal/conformance/orms/sqlc/mysql"
	sqlcpostgres "github.com/gotenancy/tenancy/internal/conformance/orms/sqlc/postgres"
	sqlcsqlite "github.com/gotenancy/tenancy/internal/conformance/orms/sqlc/sqlite"
	"github.com/gotenancy/tenancy/tenant"
)

// sqlcCode is what sqlc generated for the three dialects, one of which is
// there, on a pool.
type sqlcCode struct {
	db       *sql.DB
	postgres *sqlcpostgres.Queries
	mysql    *sqlcmysql.Queries
	sqlite   *sqlcsqlite.Queries
}

func openSqlc(_ *testing.T, _ engines.Engine, db *sql.DB) sqlcCode {
	return sqlcCode{db: db, postgres: sqlcpostgres.New(db), mysql: sqlcmysql.New(db), sqlite: sqlcsqlite.New(db)}
}

// openSqlcPrepared prepares all queries when the program starts, which is
// before there is any tenant.
func openSqlcPrepared(t *testing.T, e engines.Engine, db *sql.DB) sqlcCode {
	t.Helper()
	code := sqlcCode{db: db}
	var err error
	switch ctx := context.Background(); e.Dialect {
	case tenant.Postgres:
		code.postgres, err = sqlcpostgres.Prepare(ctx, db)
		t.Cleanup(func() { require.NoError(t, code.postgres.Close()) })
	case tenant.MySQL:
		// A list of any length is no text to prepare, and MySQL says so at
		// once; sqlc sends those queries as they are.
		code.mysql, err = sqlcmysql.Prepare(ctx, db)
		t.Cleanup(func() { require.NoError(t, code.mysql.Close()) })
	default:
		code.sqlite, err = sqlcsqlite.Prepare(ctx, db)
		t.Cleanup(func() { require.NoError(t, code.sqlite.Close()) })
	}
	require.NoError(t, err)
	return code
}

func sqlcSteps() []step[sqlcCode] {
	var all []step[sqlcCode]
	for d, chapter := range map[tenant.Dialect][]step[sqlcCode]{tenant.Postgres: sqlcPostgres, tenant.MySQL: sqlcMySQL, tenant.SQLite: sqlcSQLite} {
		for _, s := range chapter {
			s.only = []tenant.Dialect{d}
			all = append(all, s)
		}
	}
	return all
}

func nullString(s string) sql.NullString { return sql.NullString{String: s, Valid: true} }
func nullInt64(n int64) sql.NullInt64    { return sql.NullInt64{Int64: n, Valid: true} }
