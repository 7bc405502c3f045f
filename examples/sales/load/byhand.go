package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// byHand is the application as it would be if somebody had written the tenant's
// predicates into its statements: each text is looked up, its final form is
// sent with the tenant as one more argument, and the driver is the bare one.
// What it costs over that is the look-up.
type byHand struct {
	driver.Connector
	rewriter *scope.Rewriter

	texts sync.Map // of the application's text: final
}

// final is a statement as somebody would have written it.
type final struct {
	text  string
	extra bool // the tenant is one more argument, the last
}

// openByHand is a store.Opener for PostgreSQL.
func openByHand(ctx context.Context, _, dsn string, p scope.Policy, _ ...scope.Option) (*sqlx.DB, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	h := &byHand{Connector: stdlib.GetConnector(*cfg)}
	plain := sql.OpenDB(h.Connector)
	p.Catalogue, err = scope.ReadCatalogue(ctx, plain, p.Dialect)
	_ = plain.Close()
	if err != nil {
		return nil, err
	}
	if h.rewriter, err = scope.NewRewriter(p); err != nil {
		return nil, err
	}
	return sqlx.NewDb(sql.OpenDB(h), "pgx"), nil
}

func (h *byHand) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := h.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &handConn{c.(*stdlib.Conn), h}, nil
}

// handConn is pgx's connection, with texts exchanged.
type handConn struct {
	*stdlib.Conn
	h *byHand
}

func (c *handConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	text, args, err := c.h.exchange(ctx, text, args)
	if err != nil {
		return nil, err
	}
	return c.Conn.QueryContext(ctx, text, args)
}

func (c *handConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	text, args, err := c.h.exchange(ctx, text, args)
	if err != nil {
		return nil, err
	}
	return c.Conn.ExecContext(ctx, text, args)
}

// exchange is what a person did once, before the application was built. The
// library's own tables carry their predicates already.
func (h *byHand) exchange(ctx context.Context, text string, args []driver.NamedValue) (string, []driver.NamedValue, error) {
	id, in := tenant.IDFromContext(ctx)
	if !in || strings.Contains(text, "tenancy_") {
		return text, args, nil
	}
	known, ok := h.texts.Load(text)
	if !ok {
		rewritten, with, err := h.rewriter.Rewrite(ctx, text, args)
		if err != nil {
			return "", nil, err
		}
		extra := len(with) > len(args)
		if extra && (len(with) != len(args)+1 || with[len(args)].Value != string(id)) {
			return "", nil, fmt.Errorf("load: the tenant is not the last argument of %q", text)
		}
		known, _ = h.texts.LoadOrStore(text, final{rewritten, extra})
	}
	f := known.(final)
	if f.extra {
		args = append(args[:len(args):len(args)], driver.NamedValue{Ordinal: len(args) + 1, Value: string(id)})
	}
	return f.text, args, nil
}
