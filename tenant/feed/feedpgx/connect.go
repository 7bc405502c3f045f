package feedpgx

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

const (
	listenChannel = `LISTEN tenancy_changes`

	// All applications in one database share the channel, so a notice names the
	// table that it is about.
	selectTable = `SELECT pg_catalog.pg_backend_pid(), c.oid::bigint, EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'tenancy_changes_notify' AND t.tgenabled IN ('O', 'A')) FROM pg_catalog.pg_class c WHERE c.oid = 'tenancy_changes'::regclass`
)

// connect returns a connection that listens, and the oid of the table.
func (l *Listener) connect(ctx context.Context) (_ *pgx.Conn, table uint32, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.Timeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, l.cfg.Conn)
	if err != nil {
		return nil, 0, err
	}
	defer func() {
		if err != nil {
			_ = conn.Close(ctx) // the first error is the one to tell
		}
	}()
	var (
		backend   uint32
		oid       int64
		triggered bool
	)
	err = conn.QueryRow(ctx, selectTable, pgx.QueryExecModeExec).Scan(&backend, &oid, &triggered)
	switch {
	case err != nil:
		return nil, 0, err
	case backend != conn.PgConn().PID():
		return nil, 0, ErrPooled
	case !triggered:
		return nil, 0, ErrNoTrigger
	}
	if _, err = conn.Exec(ctx, listenChannel, pgx.QueryExecModeExec); err != nil {
		return nil, 0, err
	}
	return conn, uint32(oid), nil
}

// parse reads a notice: the table, the number, the tenant, with a space
// between. ours is whether it is about that table.
func parse(payload string, table uint32) (c feed.Change, ours bool, err error) {
	oid, rest, ok := strings.Cut(payload, " ")
	number, id, ok2 := strings.Cut(rest, " ")
	of, err := strconv.ParseUint(oid, 10, 32)
	if !ok || !ok2 || err != nil {
		return c, false, fmt.Errorf("feedpgx: a notice of %d bytes that is none of ours", len(payload))
	}
	if uint32(of) != table {
		return c, false, nil
	}
	c.Tenant = tenant.ID(id)
	if c.Number, err = strconv.ParseInt(number, 10, 64); err != nil || c.Number <= 0 || id != "" && !c.Tenant.Valid() {
		return c, false, fmt.Errorf("feedpgx: a notice of %d bytes that is none of ours", len(payload))
	}
	return c, true, nil
}
