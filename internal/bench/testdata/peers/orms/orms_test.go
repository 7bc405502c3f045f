// Package orms_test measures a point read through a library with its own tenant
// filter, next to the same without the filter on a scoped pool.
package orms_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/sqlgraph"
	"entgo.io/ent/schema/field"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"github.com/gotenancy/tenancy/internal/bench/turns"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// Contact is the model of both libraries.
type Contact struct {
	ID   int64
	Name string
}

// pools are two on one connection, used in turns: a plain one and a scoped one.
func pools(b *testing.B) (plain, scoped *sql.DB) {
	e, ctx := engines.Get(b, "postgres"), context.Background()
	dsn, db := e.NewDatabase(b)
	for _, statement := range []string{
		`CREATE TABLE contacts (tenant_id VARCHAR(40) NOT NULL, id BIGINT NOT NULL, name VARCHAR(40) NOT NULL, PRIMARY KEY (tenant_id, id))`,
		`INSERT INTO contacts SELECT 'tenant-' || t, i, 'tenant-' || t || ' contact ' || i FROM generate_series(0, 1) t, generate_series(1, 1000) i`,
		`ANALYZE`,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			b.Fatal(err)
		}
	}
	conn, err := e.Connector(b, dsn).Connect(ctx)
	if err != nil {
		b.Fatal(err)
	}
	one := turns.OneConn{Conn: conn}
	scoped, err = scope.OpenDB(one, scope.Policy{Dialect: scope.Postgres, Column: "tenant_id", Default: scope.PerTenant})
	if err != nil {
		b.Fatal(err)
	}
	plain = sql.OpenDB(one)
	b.Cleanup(func() { _, _ = plain.Close(), scoped.Close() })
	return plain, scoped
}

var errContact = errors.New("not the contact that was asked for")

// BenchmarkGORM: the filter is a callback that adds a condition to each query.
func BenchmarkGORM(b *testing.B) {
	plain, scoped := pools(b)
	open := func(pool *sql.DB) *gorm.DB {
		db, err := gorm.Open(postgres.New(postgres.Config{Conn: pool}), &gorm.Config{Logger: logger.Discard})
		if err != nil {
			b.Fatal(err)
		}
		return db
	}
	filtered, unfiltered := open(plain), open(scoped)
	err := filtered.Callback().Query().Before("gorm:query").Register("tenant", func(db *gorm.DB) {
		id, _ := tenant.IDFromContext(db.Statement.Context)
		db.Statement.AddClause(clause.Where{Exprs: []clause.Expression{
			clause.Eq{Column: clause.Column{Table: clause.CurrentTable, Name: "tenant_id"}, Value: string(id)},
		}})
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx := tenant.WithID(context.Background(), "tenant-1")
	read := func(db *gorm.DB) error {
		var c Contact
		if err := db.WithContext(ctx).Take(&c, 500).Error; err != nil {
			return err
		}
		if c.Name != "tenant-1 contact 500" {
			return errContact
		}
		return nil
	}
	b.Run("point/ours", func(b *testing.B) {
		turns.Compare(b, func() error { return read(filtered) }, func() error { return read(unfiltered) })
	})
}

// BenchmarkEnt: the filter is one more predicate, as an interceptor adds it. What
// ent generates for a schema does little more than fill in a QuerySpec, so this
// calls the library as the generated code does.
func BenchmarkEnt(b *testing.B) {
	plain, scoped := pools(b)
	ctx := tenant.WithID(context.Background(), "tenant-1")
	read := func(db *entsql.Driver, predicates ...func(*entsql.Selector)) error {
		var found []Contact
		spec := sqlgraph.NewQuerySpec("contacts", []string{"id", "name"}, sqlgraph.NewFieldSpec("id", field.TypeInt64))
		spec.Limit = 2
		spec.Predicate = func(s *entsql.Selector) {
			for _, p := range predicates {
				p(s)
			}
		}
		spec.ScanValues = func([]string) ([]any, error) { return []any{new(sql.NullInt64), new(sql.NullString)}, nil }
		spec.Assign = func(_ []string, values []any) error {
			found = append(found, Contact{values[0].(*sql.NullInt64).Int64, values[1].(*sql.NullString).String})
			return nil
		}
		if err := sqlgraph.QueryNodes(ctx, db, spec); err != nil {
			return err
		}
		if len(found) != 1 || found[0].Name != "tenant-1 contact 500" {
			return errContact
		}
		return nil
	}
	filtered, unfiltered := entsql.OpenDB(dialect.Postgres, plain), entsql.OpenDB(dialect.Postgres, scoped)
	byID := func() func(*entsql.Selector) { return entsql.FieldEQ("id", int64(500)) }
	b.Run("point/ours", func(b *testing.B) {
		turns.Compare(b, func() error {
			id, _ := tenant.IDFromContext(ctx)
			return read(filtered, byID(), entsql.FieldEQ("tenant_id", string(id)))
		}, func() error {
			return read(unfiltered, byID())
		})
	})
}
