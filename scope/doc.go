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
// no tenant and is refused.
//
// # Refused for now
//
// In tenant, global and across mode: statements other than SELECT, VALUES,
// INSERT, UPDATE and DELETE; upserts, REPLACE and INSERT IGNORE into a tenant's
// table; UPDATE and DELETE of several tables in MySQL; FULL JOIN, and the
// nullable side of USING or NATURAL, on a tenant's table; aliases for joins in
// parentheses; TABLESAMPLE and PARTITION; named parameters of SQLite; functions
// that neither the reviewed list nor [Policy.Functions] has; views that the
// policy does not declare.
//
// # Limits
//
// A unique key without the tenant column tells, by its error, that another
// tenant has the value. Sequences are shared, so generated numbers show that
// somebody else inserts. Views and functions that the policy declares see all
// rows. Triggers, defaults and cascading foreign keys run in the server, where
// nobody rewrites them. An application that also opens the database by another
// way is not scoped on that way. The predicate comes first, but servers choose
// the order of evaluation: a condition of the application that fails on some
// values may fail because of another tenant's row, and MariaDB quotes the value
// then. Time is a side channel. For SQL text from people who are not trusted,
// add row-level security.
//
// Changes of the schema by another process are noticed within a minute, or at
// once where a statement names something unknown.
package scope
