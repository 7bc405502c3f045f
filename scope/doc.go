// Package scope keeps SQL inside the tenant. It wraps a database/sql driver and
// puts the tenant of each statement's context into the statement, as a bound
// value: the application's queries stay as they are, and see, change and
// return the rows of one tenant only.
//
//	db, err := scope.Connect(ctx, "pgx", dsn, scope.Policy{
//		Dialect: scope.Postgres,
//		Column:  "tenant_id",
//		Default: scope.PerTenant,
//		Tables:  map[string]scope.Table{"countries": {Class: scope.Shared}},
//	})
//	...
//	err = db.SelectContext(r.Context(), &list, `SELECT * FROM invoices WHERE paid = $1`, false)
//
// What the server gets for that last line is
//
//	SELECT invoices."id", invoices."paid" FROM invoices
//	WHERE invoices."tenant_id" = $2 AND (paid = $1)
//
// # What happens to a statement
//
// It is split into tokens and its structure is read: clauses, joins, and every
// query in parentheses wherever it stands. Each reference to a tenant's table
// gets one predicate, first in the condition that decides about its rows: WHERE,
// or ON where an outer join may fill the table's columns with NULLs. INSERT gets
// the tenant column. A star is replaced by the columns without the tenant's, so
// that structs keep scanning. The result is read again from nothing and
// compared with the application's text before it is used. Plans hold no tenant
// and are cached, so one prepared statement serves all tenants.
//
// What is not understood completely is refused with a [*RefusedError] that
// names the construct and the place; nothing is sent then, and the connection
// and an open transaction stay as they were.
//
// # What each mode allows
//
//	mode        reads                                writes
//	none        nothing                              nothing
//	tenant      own rows, Shared, SharedWritable,    own rows, SharedWritable
//	            own and everybody's rows of Mixed
//	global      Shared, SharedWritable,              the same
//	            everybody's rows of Mixed
//	across      the listed tenants' rows, and all    nothing
//	            that is shared
//	across all  everything, the text unchanged       everything, and DDL
//
// The modes are those of contexts, see package tenant. Each statement of the
// last two, and each write in global mode, is reported: see [OnCrossing].
//
// A transaction belongs to the context it began with: a statement in it whose
// context has no tenant runs as that one, and another tenant's is refused. A
// call without a context (db.Get, db.Exec, MustExec) outside a transaction has
// no tenant and is refused. SAVEPOINT, RELEASE and ROLLBACK TO need a transaction
// that BeginTx began.
//
// # The pool
//
// What the driver can do, the scoped one does in the same way: each optional
// interface of database/sql/driver keeps its meaning, and bad connections, ended
// contexts and driver.ErrSkip take the way they take without it. [WrapDriver] is
// for libraries that open a database by a driver's name. sql.Conn.Raw gets a
// connection whose statements are scoped; the driver's own is handed out by
// [Unscoped], which reports it. [LimitTenant] keeps one tenant from taking all
// connections. [ReportOnly] lets an application of one customer run as it is, and
// tells what would have been refused.
//
// Package scopepgx does the same for pgx without database/sql. A [Gate] is for
// what has no package here.
//
// # Keys
//
// A unique key that lacks the tenant column can put another tenant's row in the
// way. A value for such a key is refused, unless [Policy.GloballyUnique] lists
// the key. Where the key of the table is (tenant, key), an upsert may name the
// application's own: ON CONFLICT (key) is completed. What DO UPDATE
// changes is limited to own rows, ON DUPLICATE KEY UPDATE fails over another
// tenant's (error 1242), and REPLACE is refused where it could delete one.
//
// # Refused
//
// In every mode but across all: statements other than SELECT, VALUES, TABLE,
// INSERT, REPLACE, UPDATE, DELETE, MERGE and savepoints. DDL runs across all;
// EXPLAIN, SHOW and the server's own tables tell of all tenants and are read
// there too; SET and its like are refused in every mode, since they would change
// the connection for its next user.
//
// In the others: functions that the review of built-in ones refuses, each with
// its reason, and those that neither it nor [Policy.Functions] has; views that
// the policy does not declare; PostgreSQL's system columns; a field of a value
// and t.* inside an expression; IN without parentheses in SQLite; user and
// system variables and executable comments in MySQL; WHERE CURRENT OF, MATCHED
// BY SOURCE, UPDATE OR REPLACE, LIMIT ROWS EXAMINED; names of WITH queries that
// the servers resolve in different ways. In MySQL, a join with USING or NATURAL
// on a table that is written to or locked, or beside a window function, where it
// needs a query of its own.
//
// # Limits
//
// A key of [Policy.GloballyUnique] tells, by its error, that somebody has the
// value; so does a foreign key to one. Sequences and SQLite's row ids are shared, so generated numbers show that
// somebody else inserts. Views and functions that the policy declares see all
// rows. Triggers, defaults and cascading foreign keys run in the server, where
// nobody rewrites them. An application that also opens the database by another
// way is not scoped on that way. The predicate comes first, but servers choose
// the order of evaluation: a condition of the application that fails on some
// values may fail because of another tenant's row, and MariaDB quotes the value
// then; the row numbers of its errors count all rows. Rows are locked before the tenant is looked at where the index begins
// with another column, so FOR UPDATE NOWAIT and SKIP LOCKED can tell. The score
// of a full-text search counts everybody's words. MariaDB names the columns of a
// VALUES statement by its finished text. Time is a side channel. For SQL text from people who are not trusted,
// add row-level security.
//
// Where a quoted text ends depends on ANSI_QUOTES, NO_BACKSLASH_ESCAPES and
// standard_conforming_strings. Each connection is asked for them when a
// statement first depends on it, in MySQL before its first statement, and nothing
// that goes through this package changes them afterwards. Hooks of the driver on
// connections in use, functions and triggers in PostgreSQL, and poolers before the
// server must not do so either. Connections with MariaDB's ORACLE mode, or with
// another character set than UTF-8, are refused.
//
// PostgreSQL's GROUP BY a key that has become (tenant, key) wants the other
// columns named too. A column label that is spelled like the tenant column makes
// a NATURAL JOIN of Mixed tables compare it.
//
// Changes of the schema by another process are noticed within a minute, or at
// once where a statement names something unknown.
//
// A transaction of SQLite keeps the schema that it began with until it ends, like
// the server does. In PostgreSQL under REPEATABLE READ or SERIALIZABLE, and in
// MySQL, a transaction can not read how the schema has changed since it began:
// after DDL through the same pool its statements are refused until a statement
// outside of it has read the schema; begin it again. A statement that is under
// way, or waits for a lock, while the schema changes may run on the new one, with
// the predicates of the old: put no view in the place of a table, nor a key on
// one, while tenants use it.
package scope
