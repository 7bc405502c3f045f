package orms

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	gormmysql "gorm.io/driver/mysql"
	gormpostgres "gorm.io/driver/postgres"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

// noon is when everything happens.
var noon = time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC)

func gormDialector(d tenant.Dialect, db *sql.DB) gorm.Dialector {
	switch d {
	case tenant.Postgres:
		return gormpostgres.New(gormpostgres.Config{Conn: greeted{db}})
	case tenant.MySQL:
		return gormmysql.New(gormmysql.Config{Conn: greeted{db}})
	default:
		return gormsqlite.New(gormsqlite.Config{Conn: greeted{db}})
	}
}

func openGORM(t *testing.T, e engines.Engine, db *sql.DB, opts ...gorm.Option) *gorm.DB {
	t.Helper()
	opts = append([]gorm.Option{&gorm.Config{
		Logger:  logger.Discard,
		NowFunc: func() time.Time { return noon },
	}}, opts...)
	g, err := gorm.Open(gormDialector(e.Dialect, db), opts...)
	require.NoError(t, err)
	return g
}

func TestGORM(t *testing.T) {
	compare(t, func(t *testing.T, e engines.Engine, db *sql.DB) *gorm.DB { return openGORM(t, e, db) }, gormSteps())
}

// TestGORMPrepareStmt: one prepared statement serves both tenants.
func TestGORMPrepareStmt(t *testing.T) {
	compare(t, func(t *testing.T, e engines.Engine, db *sql.DB) *gorm.DB {
		return openGORM(t, e, db, prepareStmt{})
	}, gormSteps())
}

// prepareStmt is gorm.Config.PrepareStmt as an option.
type prepareStmt struct{}

func (prepareStmt) Apply(c *gorm.Config) error         { c.PrepareStmt = true; return nil }
func (prepareStmt) AfterInitialize(*gorm.DB) error { return nil }

// gormSteps are the chapters of GORM's documentation.
func gormSteps() []step[*gorm.DB] {
	var all []step[*gorm.DB]
	for _, chapter := range [][]step[*gorm.DB]{gormQueries, gormAssociations, gormWrites, gormUpserts, gormDeletes, gormTransactions} {
		for _, s := range chapter {
			do := s.do
			s.do = func(ctx context.Context, db *gorm.DB) (any, error) { return do(ctx, db.WithContext(ctx)) }
			all = append(all, s)
		}
	}
	return all
}

// greeted answers what GORM asks while it opens, when no tenant is there yet.
type greeted struct{ *sql.DB }

func (g greeted) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if tenant.ModeOf(ctx) == tenant.ModeNone {
		ctx = tenant.AcrossAll(ctx, "GORM asks for the version")
	}
	return g.DB.QueryRowContext(ctx, query, args...)
}

// GetDBConn is for gorm.Config.PrepareStmt.
func (g greeted) GetDBConn() (*sql.DB, error) { return g.DB, nil }
