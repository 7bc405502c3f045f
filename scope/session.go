package scope

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// Where a quoted text ends depends on settings of the server's session: in
// MySQL and MariaDB on ANSI_QUOTES and NO_BACKSLASH_ESCAPES of sql_mode, in
// PostgreSQL on standard_conforming_strings, and in all of them on the
// character set, since in gbk or sjis a backslash or a backquote can be the
// second byte of a letter. The connections of one pool need not agree.
//
// So a connection is asked, once, before the first statement that depends on
// the answer: one with "x" in MySQL, with a backslash before a quote, or with
// a letter outside ASCII. The others are the same under every setting.
//
// A connection of MySQL is asked before its first statement, whatever that is:
// drivers fill arguments into the text by the rules of UTF-8, which is no way to
// quote them in another character set, and ORACLE in MariaDB's sql_mode makes
// another language of every text. PostgreSQL's drivers send arguments apart, or
// look at these settings themselves.
//
// The answer stays good for the life of the connection because nothing that
// goes through this package changes it:
//
//   - SET, RESET, DISCARD, USE, DO and CALL are refused in every mode, and so are
//     SET_VAR hints, MariaDB's SET STATEMENT and several statements in one text.
//   - set_config() is refused where functions are looked at. They are not looked
//     at across all tenants: after such a statement, and after [Unscoped], the
//     connection is asked again.
//   - ALTER ROLE, ALTER DATABASE and SET GLOBAL act on new sessions only.
//   - What PostgreSQL reads anew from its configuration file acts on running
//     sessions too, but not on a value that the session has set. So asking sets
//     it, to what it is. In a transaction, whose end might undo that, the
//     connection is only asked, and the answer forgotten with the transaction.
//   - MySQL restores sql_mode and character set after each routine and trigger.
//     What a SET clause of a function in PostgreSQL sets ends with the function.
//
// Three things are left to the application. A hook of its driver that runs on
// connections which have been used must not change these settings; one that
// sets up new ones may. A function or trigger in PostgreSQL must not change them
// for the session. And a pooler between here and the server must keep them for
// each of its clients, as PgBouncer, ProxySQL and MaxScale do.
const (
	mysqlSession = `SELECT @@session.sql_mode, @@session.character_set_client`

	postgresSession = `SELECT pg_catalog.current_setting('standard_conforming_strings'), pg_catalog.current_setting('client_encoding')`

	postgresPinned = `SELECT pg_catalog.set_config('standard_conforming_strings', pg_catalog.current_setting('standard_conforming_strings'), false), ` +
		`pg_catalog.set_config('client_encoding', pg_catalog.current_setting('client_encoding'), false)`
)

// readSession asks a connection for its modes, through the inner driver. pin
// makes sure that they stay. The error is also about settings under which
// nothing is sent.
func readSession(ctx context.Context, c driver.Conn, d Dialect, pin bool) (sqlscan.Modes, error) {
	query := mysqlSession
	switch {
	case d == SQLite:
		return sqlscan.Known, nil
	case d == Postgres && pin:
		query = postgresPinned
	case d == Postgres:
		query = postgresSession
	}
	rows, err := queryText(ctx, c, query)
	if err == nil && (len(rows) != 1 || len(rows[0]) != 2) {
		err = errors.New("no such settings")
	}
	if err != nil {
		return 0, fmt.Errorf("scope: reading the modes of the connection: %w", err)
	}
	return modesOf(d, rows[0][0], rows[0][1])
}

// modesOf returns the modes that settings mean: sql_mode or
// standard_conforming_strings, and the client's character set.
func modesOf(d Dialect, setting, charset string) (sqlscan.Modes, error) {
	modes := sqlscan.Known
	if d == Postgres {
		if !strings.EqualFold(charset, "UTF8") && charset != "SQL_ASCII" {
			return 0, fmt.Errorf("scope: client_encoding of the connection is %s; use UTF8", charset)
		}
		if setting != "on" {
			modes |= sqlscan.Backslashes
		}
		return modes, nil
	}
	if !safeCharset(charset) {
		return 0, fmt.Errorf("scope: the connection's character set is %s; use utf8mb4", charset)
	}
	flags := strings.Split(strings.ToUpper(setting), ",")
	if slices.Contains(flags, "ORACLE") {
		return 0, errors.New("scope: sql_mode of the connection has ORACLE, which is another language; take it out")
	}
	if slices.Contains(flags, "ANSI_QUOTES") {
		modes |= sqlscan.AnsiQuotes
	}
	if !slices.Contains(flags, "NO_BACKSLASH_ESCAPES") {
		modes |= sqlscan.Backslashes
	}
	return modes, nil
}

// safeCharset reports whether no letter of a MySQL character set has a quote or a
// backslash for its second byte, as those of gbk and sjis do.
func safeCharset(set string) bool {
	return set == "utf8mb4" || set == "utf8mb3" || set == "utf8" || set == "ascii"
}

// planIn returns the plan of a statement for this connection, which is asked for
// its modes if the statement depends on them.
func (c *conn) planIn(ctx context.Context, st *rewriterState, v *carry.Value, query string) (*plan, error) {
	p, err := c.pool.planWith(st, v, c.modes, query)
	if c.modes != 0 || !dependsOnSession(p, err) && !(err == nil && c.unasked()) {
		return p, err
	}
	c.modesInTx = c.tx != nil && c.pool.rules.Dialect == Postgres
	if c.modes, err = readSession(ctx, c.inner, c.pool.rules.Dialect, !c.modesInTx); err != nil {
		return nil, err
	}
	c.asked = true
	return c.pool.planWith(st, v, c.modes, query)
}

// unasked reports whether this is a connection of MySQL that was never asked.
func (c *conn) unasked() bool { return !c.asked && c.pool.rules.Dialect == MySQL }

// dependsOnSession reports whether what came of planning without the modes of
// a session depends on them.
func dependsOnSession(p *plan, err error) bool {
	if err == nil {
		return p.wide
	}
	var refused *RefusedError
	return errors.As(err, &refused) && refused.Reason == ReasonAmbiguous
}

// forgetSession has the connection asked again when it matters next.
func (c *conn) forgetSession() { c.modes, c.modesInTx = 0, false }
