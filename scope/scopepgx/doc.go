// Package scopepgx keeps SQL inside the tenant for applications that use pgx
// without database/sql. It does for a pgxpool.Pool or a pgx.Conn what package
// scope does for a sql.DB, by the same policy and with the same refusals:
//
//	db, err := scopepgx.Connect(ctx, dsn, scope.Policy{
//		Dialect: scope.Postgres,
//		Column:  "tenant_id",
//		Default: scope.PerTenant,
//		Tables:  map[string]scope.Table{"countries": {Class: scope.Shared}},
//	})
//	...
//	rows, err := db.Query(r.Context(), `SELECT * FROM invoices WHERE paid = @paid`, pgx.NamedArgs{"paid": false})
//	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Invoice])
//
// A [DB] has the methods of pgx, so it is what sqlc's generated code wants
// (DBTX), and its transactions are pgx.Tx: WithTx, pgx.BeginFunc and
// pgx.BeginTxFunc work with them, and nested ones are savepoints.
//
// # How it works
//
// Each call takes a connection, as pgx's own does, has the statement scoped for
// the tenant of its context, and gives pgx the new text with the tenant as one
// more value. What pgx prepares and caches is that text, and it serves all
// tenants. The catalogue is read through the connection in hand.
//
//   - Named arguments, and other rewriters of the application, run first. They
//     get no connection.
//   - Each query of a batch is scoped to the tenant of SendBatch's context, and
//     the batch is sent only if all of them may be. The application's Batch is
//     left as it is.
//   - CopyFrom obeys the rules of INSERT: the tenant column of a tenant's table
//     is supplied, or has to hold the tenant of the context in each row.
//   - A transaction belongs to the context it began with: a statement in it
//     whose context has no tenant runs as that one, and another tenant's is
//     refused.
//
// A refusal is a [scope.RefusedError], and the statement is not sent.
//
// # What is closed
//
// The simple protocol, as a default, as an argument and as what a BeforeConnect
// hook sets (a connection of that mode is refused when it is first taken),
// because there pgx fills the values into the text by a lexer of its own; where
// a proxy can not do with prepared statements, use pgx.QueryExecModeExec.
// TxOptions with texts of their own. Large objects, which belong to nobody. Conn
// of a transaction and of Rows returns nil, also of those that a RowScanner
// gets, and no connection can be acquired or hijacked; what needs one (LISTEN,
// COPY TO, pgconn) gets it from [DB.Unscoped], across all tenants and with a
// reason. Names of statements that were prepared outside, in AfterConnect for
// example, are refused; those of Tx.Prepare are known to their transaction.
//
// A pool's hooks (AfterConnect, PrepareConn and so on) and its tracers get the
// plain connection, to register types and the like.
package scopepgx
