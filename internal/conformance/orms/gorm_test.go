package orms

import (
	"context"
	"database/sql"
	"slices"
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
		return gormpostgres.New(gormpostgres.Config{Conn: db})
	case tenant.MySQL:
		return gormmysql.New(gormmysql.Config{Conn: db})
	default:
		return gormsqlite.New(gormsqlite.Config{Conn: db})
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

// option changes GORM's configuration.
type option func(*gorm.Config)

func (o option) Apply(c *gorm.Config) error     { o(c); return nil }
func (o option) AfterInitialize(*gorm.DB) error { return nil }

// gormSteps are the chapters of GORM's documentation, and more.
func gormSteps(more ...step[*gorm.DB]) []step[*gorm.DB] {
	all := slices.Concat(gormQueries, gormAssociations, gormWrites, gormUpserts, gormDeletes, gormTransactions, gormRefused, more)
	for i := range all {
		do := all[i].do
		all[i].do = func(ctx context.Context, db *gorm.DB) (any, error) { return do(ctx, db.WithContext(ctx)) }
	}
	return all
}
