package scopepgx

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gotenancy/tenancy/scope"
)

// tx is a transaction, or a part of one from a savepoint on.
type tx struct {
	statements
	inner pgx.Tx
	whole *transaction
	part  bool
}

// transaction is what the parts of one transaction share.
type transaction struct {
	conn  *connection
	over  bool
	names names
}

func newTx(inner pgx.Tx, whole *transaction, part bool) *tx {
	acquire := func(context.Context) (*connection, error) {
		if whole.over { // the connection is somebody else's
			return nil, pgx.ErrTxClosed
		}
		return &connection{to: inner, conn: whole.conn.conn, session: whole.conn.session, lent: true}, nil
	}
	return &tx{statements{acquire, &whole.names}, inner, whole, part}
}

// Begin starts a part of the transaction that can be rolled back by itself.
// It belongs to the tenant of the whole.
func (t *tx) Begin(ctx context.Context) (pgx.Tx, error) {
	if t.whole.over {
		return nil, pgx.ErrTxClosed
	}
	if err := t.whole.conn.session.Join(ctx); err != nil {
		return nil, err
	}
	inner, err := t.inner.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return newTx(inner, t.whole, true), nil
}

// Commit implements pgx.Tx.
func (t *tx) Commit(ctx context.Context) error { return t.end(ctx, t.inner.Commit) }

// Rollback implements pgx.Tx.
func (t *tx) Rollback(ctx context.Context) error { return t.end(ctx, t.inner.Rollback) }

func (t *tx) end(ctx context.Context, how func(context.Context) error) error {
	if t.whole.over {
		return pgx.ErrTxClosed
	}
	if t.part {
		return how(ctx)
	}
	t.whole.over = true // whatever comes of it: pgx does not go on either
	defer t.whole.conn.done()
	defer t.whole.conn.session.End()
	return how(ctx)
}

// Prepare gives the text a name for this transaction. Nothing is sent yet: what
// the server gets depends on the context of each execution, and pgx prepares
// that by itself. So the description has neither parameters nor fields.
func (t *tx) Prepare(_ context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	if t.whole.over {
		return nil, pgx.ErrTxClosed
	}
	if err := t.whole.names.give(name, sql); err != nil {
		return nil, err
	}
	return &pgconn.StatementDescription{Name: name, SQL: sql}, nil
}

// Conn returns nil: on the connection nothing is scoped.
func (t *tx) Conn() *pgx.Conn { return nil }

// LargeObjects panics, because it has no other way to refuse: a large object
// belongs to no tenant, and whoever knows its number can read it.
func (t *tx) LargeObjects() pgx.LargeObjects {
	panic("scopepgx: large objects belong to no tenant; keep the bytes in a column of a tenant's table")
}

// checkTxOptions refuses options that would put a text of the application's
// into BEGIN or COMMIT, which nobody scopes.
func checkTxOptions(o pgx.TxOptions) error {
	switch o.IsoLevel {
	case "", pgx.Serializable, pgx.RepeatableRead, pgx.ReadCommitted, pgx.ReadUncommitted:
	default:
		return refuse(scope.ReasonUnsupported, "an isolation level that pgx has no constant for", "")
	}
	switch o.AccessMode {
	case "", pgx.ReadWrite, pgx.ReadOnly:
	default:
		return refuse(scope.ReasonUnsupported, "an access mode that pgx has no constant for", "")
	}
	switch o.DeferrableMode {
	case "", pgx.Deferrable, pgx.NotDeferrable:
	default:
		return refuse(scope.ReasonUnsupported, "a deferrable mode that pgx has no constant for", "")
	}
	if o.BeginQuery != "" || o.CommitQuery != "" {
		return refuse(scope.ReasonUnsupported, "a text of the application's own to begin or commit", "use IsoLevel, AccessMode and DeferrableMode")
	}
	return nil
}
