// Package sqlgen makes random schemas and random statements over a schema, for
// PostgreSQL, MySQL and SQLite, to hold the scoper to account: package scopetest
// runs each statement on a shared database and on one tenant's own, and compares.
//
// The statements come from a grammar. Expressions are typed, and almost all of
// them run. Their answers are one and the same on every database with the same
// rows: no clock and no chance, a row limit only behind an order that is total
// within one tenant, an order inside every aggregate that makes a list, no write
// that meets one row twice with different values. About one in five holds
// something hostile: a condition that is always true, a comment in an odd place,
// the tenant column.
//
// Every alternative of the grammar is a production with a name, see Productions.
// Each statement draws a few productions that it should reach, and the choices on
// the way to them are loaded in their favour. So every production comes often,
// and pairs of rare ones come together.
package sqlgen
