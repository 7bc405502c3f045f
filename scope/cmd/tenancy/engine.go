package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopetest"
)

// engine makes empty databases for the oracle.
type engine struct {
	name    string // with its version
	dialect scope.Dialect
	open    scopetest.Opener
	admin   *sql.DB // nil for the built-in one
}

// openEngine reaches the server at dsn, or returns nil where there is none: only
// SQLite is built in. The databases of the application are not touched: whoever
// audits gets databases called tenancy_test_..., which are dropped again.
func openEngine(ctx context.Context, d scope.Dialect, dsn string) (*engine, error) {
	e := &engine{dialect: d}
	var err error
	version, query := "", "SELECT version()"
	switch {
	case d == scope.SQLite:
		e.open = scopetest.InMemory(&sqlite.Driver{}, ":memory:")
		e.admin, err = sql.Open("sqlite", ":memory:")
		query = "SELECT sqlite_version()"
	case dsn == "":
		return nil, nil
	case d == scope.Postgres:
		e.admin, err = sql.Open("pgx", dsn)
		query = "SHOW server_version"
		e.open = scopetest.CreateDatabases(e.admin, func(name string) (driver.Connector, error) { return postgresAt(dsn, name) })
	default:
		e.admin, err = sql.Open("mysql", dsn)
		e.open = scopetest.CreateDatabases(e.admin, func(name string) (driver.Connector, error) { return mysqlAt(dsn, name) })
	}
	if err != nil {
		return nil, err
	}
	if err := e.admin.QueryRowContext(ctx, query).Scan(&version); err != nil {
		return nil, errors.Join(fmt.Errorf("the engine at --dsn does not answer: %w", err), e.close())
	}
	e.name = fmt.Sprintf("%v %s", d, version)
	return e, nil
}

func (e *engine) close() error {
	if e == nil {
		return nil
	}
	return e.admin.Close()
}

func postgresAt(dsn, name string) (driver.Connector, error) {
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	c.Database = name
	return stdlib.GetConnector(*c), nil
}

func mysqlAt(dsn, name string) (driver.Connector, error) {
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	c.DBName = name
	return mysql.NewConnector(c)
}

// database is one that this command has made, with one connection.
type database struct {
	*sql.DB
	drop func(context.Context) error
}

// database makes one with the tables of a schema. pool opens it.
func (e *engine) database(ctx context.Context, texts []string, pool func(driver.Connector) (*sql.DB, error)) (*database, error) {
	c, drop, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	db, err := pool(&loading{Connector: c, texts: texts, each: e.dialect == scope.SQLite})
	if err != nil {
		return nil, errors.Join(err, drop(ctx))
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	out := &database{db, drop}
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, out.close())
	}
	return out, nil
}

// close drops the database, also where the command is being stopped.
func (db *database) close() error {
	return errors.Join(db.Close(), db.drop(context.Background()))
}

// loading is a connector that makes the tables on its first connection, or on
// each where a database lives in the memory of one.
type loading struct {
	driver.Connector
	texts []string
	each  bool
	done  bool // the pool has one connection, and opens it alone
}

// Connect implements driver.Connector.
func (l *loading) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := l.Connector.Connect(ctx)
	if err != nil || l.done && !l.each {
		return c, err
	}
	for _, text := range l.texts {
		if _, err := c.(driver.ExecerContext).ExecContext(ctx, text, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("the engine does not take the schema: %.100q: %w", text, err), c.Close())
		}
	}
	l.done = true
	return c, nil
}
