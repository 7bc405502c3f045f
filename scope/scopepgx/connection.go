package scopepgx

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gotenancy/tenancy/scope"
)

// connection is a connection in hand. It is used by one goroutine at a time.
type connection struct {
	to      sender
	conn    *pgx.Conn // the same, or that of the transaction
	session *scope.Session
	pool    releaser // where it comes from, or nil
	lent    bool     // by a transaction, which gives it back
	given   bool     // it was given back
}

// releaser is a connection of a pool.
type releaser interface{ Release() }

// sender is what a connection and a transaction of pgx have in common.
type sender interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error)
}

// done gives the connection back. Later calls do nothing: it is somebody
// else's then.
func (c *connection) done() {
	if c.lent || c.given {
		return
	}
	c.given = true
	c.session.Release()
	if c.pool != nil {
		c.pool.Release()
	}
}

// gate is a [scope.Gate], and under which key a connection keeps what it knows
// of it: an application may have two policies on one pool.
type gate struct {
	*scope.Gate
	key string
}

// kept is what a connection of pgx keeps, as long as it lives. It holds the
// gate too, so that no other one can come to have the same key.
type kept struct {
	gate    *gate
	session *scope.Session
}

// take returns a connection of pgx as one in hand. The mode of each is looked at
// when it is first taken: a hook of the pool may have given it one of its own.
func (g *gate) take(conn *pgx.Conn, pool releaser) (*connection, error) {
	data := conn.PgConn().CustomData()
	k, ok := data[g.key].(*kept)
	if !ok {
		if err := checkMode(conn.Config().DefaultQueryExecMode); err != nil {
			if pool != nil {
				pool.Release()
			}
			return nil, err
		}
		k = &kept{g, g.Session(source{conn})}
		data[g.key] = k
	}
	return &connection{to: conn, conn: conn, session: k.session, pool: pool}, nil
}

// source asks the server for scope, through the plain connection.
type source struct{ conn *pgx.Conn }

// QueryText implements scope.TextSource. In this mode pgx keeps nothing of the
// query, and all results are text.
func (s source) QueryText(ctx context.Context, query string) ([][]string, error) {
	rows, err := s.conn.Query(ctx, query, pgx.QueryExecModeExec)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out [][]string
	for rows.Next() {
		line := make([]string, 0, len(rows.RawValues()))
		for _, v := range rows.RawValues() {
			line = append(line, string(v))
		}
		out = append(out, line)
	}
	return out, rows.Err()
}
