// Package scopetest proves that SQL stays inside the tenant: on your schema, under
// your policy, for your statements. It compares answers, not texts.
//
// A [World] is made of the statements of your schema. It has three databases on
// the engine that you test with:
//
//	shared   rows of several tenants, made up so that whatever mixes them up
//	         shows: equal ids, NULLs, duplicates, and in the other tenants' rows
//	         values over which casts, divisions and JSON functions fail
//	only     one tenant's rows, and the rows that are everybody's
//	alone    the same rows in the same schema without the tenant column: what
//	         the application had before it had tenants
//
// [World.Check] runs a statement in a transaction that is rolled back, and holds
// it to two oracles.
//
//   - Non-interference, the one that security hangs on: the scoped statement on
//     the shared database gives what it gives on the one of this tenant only -
//     rows, names of columns, rows affected, errors - and leaves every row of other
//     tenants as it was, byte for byte.
//   - Transparency: that answer, and the rows that it leaves, are those of the
//     original statement on the tenant's own database.
//
// In a test of your own:
//
//	func TestStatements(t *testing.T) {
//		scopetest.Run(t, scopetest.Config{
//			Policy: policy,
//			Schema: schema, // the CREATE statements of the shared database
//			Open:   scopetest.CreateDatabases(admin, connect),
//		}, scopetest.Statement{Text: "SELECT * FROM invoices WHERE paid = $1", Args: []any{true}})
//	}
//
// What fails is made smaller first: see [Failure].
//
// # What it does not show
//
// A statement is proved on the rows of its world, and in the mode of one tenant;
// [World.CheckAcross] asks for two, of whose answer there is no original. Now and then
// another tenant runs it first, on the same connection. A result that has no one answer
// - a row limit without an order, a clock, a random number - differs without a
// reason. Generated numbers are compared by whether they were generated. Neither time
// nor the load that a statement makes is compared.
//
// The oracles judge what comes out, so that they find bugs of the server, too. MariaDB
// 10.11 gives rows of other tenants for some queries whose own text asks for one
// tenant's; see [Verdict.Remedy].
package scopetest
