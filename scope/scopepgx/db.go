package scopepgx

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gotenancy/tenancy/scope"
)

// DB is a pool or a connection of pgx on which every statement is scoped to the
// tenant of its context. It is made by [Connect], [New] or [NewConn], and as
// safe for concurrent use as what it was made from: a pool is, a connection is
// not.
type DB struct {
	statements
	pooled bool
	ping   func(context.Context) error
	close  func()
}

// Connect opens a pool, makes sure that the server answers, and reads its
// catalogue. It takes the place of pgxpool.New.
func Connect(ctx context.Context, connString string, p scope.Policy, opts ...scope.Option) (*DB, error) {
	pool, err := pgxpool.New(ctx, connString)
	if err != nil {
		return nil, err
	}
	db, err := New(pool, p, opts...)
	if err == nil {
		err = db.load(ctx)
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	return db, nil
}

// New returns a DB on a pool that the application has configured. It touches
// nothing yet: the catalogue is read when the first statement needs it. The
// error says what is wrong with the policy, an option or the configuration.
//
// The pool itself stays unscoped, so it should be out of reach afterwards.
func New(pool *pgxpool.Pool, p scope.Policy, opts ...scope.Option) (*DB, error) {
	if pool == nil {
		return nil, errors.New("scopepgx: New needs a pool")
	}
	gate, err := newGate(pool.Config().ConnConfig, p, opts)
	if err != nil {
		return nil, err
	}
	acquire := func(ctx context.Context) (*connection, error) {
		c, err := pool.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		return gate.take(c.Conn(), c)
	}
	return &DB{statements{acquire: acquire}, true, pool.Ping, pool.Close}, nil
}

// NewConn is [New] for a single connection. While a transaction of the DB is
// open, what is sent through the DB is in it.
func NewConn(conn *pgx.Conn, p scope.Policy, opts ...scope.Option) (*DB, error) {
	if conn == nil {
		return nil, errors.New("scopepgx: NewConn needs a connection")
	}
	gate, err := newGate(conn.Config(), p, opts)
	if err != nil {
		return nil, err
	}
	acquire := func(context.Context) (*connection, error) { return gate.take(conn, nil) }
	return &DB{statements{acquire: acquire}, false, conn.Ping, func() {
		_ = conn.Close(context.Background()) // nobody reads from it any more
	}}, nil
}

func newGate(config *pgx.ConnConfig, p scope.Policy, opts []scope.Option) (*gate, error) {
	if p.Dialect != scope.Postgres {
		return nil, fmt.Errorf("scopepgx: Policy.Dialect is %v; use scope.Postgres", p.Dialect)
	}
	if err := checkMode(config.DefaultQueryExecMode); err != nil {
		return nil, err
	}
	inner, err := scope.NewGate(p, opts...)
	if err != nil {
		return nil, err
	}
	return &gate{inner, fmt.Sprintf("scopepgx %p", inner)}, nil
}

func (db *DB) load(ctx context.Context) error {
	if err := db.Ping(ctx); err != nil {
		return err
	}
	c, err := db.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.done()
	return c.session.Load(ctx)
}

// Begin starts a transaction that belongs to ctx. As in pgx, ctx bounds the
// start only: the end of ctx does not roll back.
func (db *DB) Begin(ctx context.Context) (pgx.Tx, error) {
	return db.BeginTx(ctx, pgx.TxOptions{})
}

// BeginTx is [DB.Begin] with options. Those with a text of their own are
// refused.
func (db *DB) BeginTx(ctx context.Context, opts pgx.TxOptions) (pgx.Tx, error) {
	if err := checkTxOptions(opts); err != nil {
		return nil, err
	}
	c, err := db.acquire(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.session.Begin(ctx); err != nil {
		c.done()
		return nil, err
	}
	inner, err := c.conn.BeginTx(ctx, opts)
	if err != nil {
		c.session.End()
		c.done()
		return nil, err
	}
	return newTx(inner, &transaction{conn: c}, false), nil
}

// Unscoped lends fn a connection of the pool as it is, for what has no tenant or
// all of them: LISTEN, COPY TO, a backup, pgconn. It is the only way to one.
//
//	err := db.Unscoped(tenant.AcrossAll(ctx, "nightly export"), func(conn *pgx.Conn) error {
//		_, err := conn.PgConn().CopyTo(ctx, file, `COPY invoices TO STDOUT`)
//		return err
//	})
//
// No tenant is kept apart inside fn. So ctx must be one of tenant.AcrossAll,
// whose reason is reported before fn runs; in any other mode the answer is a
// [scope.RefusedError]. The error of fn is returned as it is. What fn leaves
// behind would meet the next tenant, so the connection is closed afterwards.
//
// On a DB made by [NewConn] it returns an error: the application has that
// connection itself.
func (db *DB) Unscoped(ctx context.Context, fn func(*pgx.Conn) error) error {
	if !db.pooled {
		return errors.New("scopepgx: Unscoped needs a pool; the application has the one connection itself")
	}
	c, err := db.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.done()
	return c.session.Unscoped(ctx, func() error {
		defer func() { _ = c.conn.Close(ctx) }() // the pool opens another one
		return fn(c.conn)
	})
}

// Ping makes sure that the server answers. It needs no tenant.
func (db *DB) Ping(ctx context.Context) error { return db.ping(ctx) }

// Close closes the pool, waiting for its connections to be given back, or the
// connection.
func (db *DB) Close() { db.close() }
