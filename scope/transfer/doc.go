// Package transfer moves the rows of one tenant: out of a database into a file,
// from a file into a database, and away for good.
//
//	sum, err := transfer.Export(ctx, db, "acme", file, transfer.ExportOptions{})
//	...
//	sum, err = transfer.Import(ctx, other, file, transfer.ImportOptions{Into: "acme"})
//	...
//	sum, err = transfer.Purge(ctx, db, "acme", transfer.PurgeOptions{})
//
// db is a pool that package scope opened, so that the wall around the tenant is
// scope itself: rows are read, written and deleted in the tenant's own context,
// by statements without a word about tenants. What the tables are, whose they
// are, and how they hang together is read from the live schema under the pool's
// policy; nothing is listed by hand, and a table of tomorrow takes part.
//
// # Which rows
//
// Those of all PerTenant tables, and the tenant's own of Mixed ones. Shared rows
// stay: the file lists which of them the tenant's rows refer to, and an import
// finds out first whether they are there. A table that the policy gives to
// tenants and that has no tenant column is refused, and so is a type whose values
// can not be written down exactly. Rows that refer to rows which the tenant does
// not have are refused too, by an import as by an export, with the names of the
// tables: they came about by a foreign key without the tenant column.
//
// The tables of this library, tenancy_..., are no part of it. Settings, members,
// roles and the tree have exports of their own in their packages, and are created
// anew for a new tenant by the hooks of tenant/lifecycle.
//
// # The file
//
// JSON Lines in UTF-8. The first line tells the version of the form, the dialect,
// the tenant, the tables with their columns, and a fingerprint of the schema; then
// come the keys of shared rows that are referred to, then the rows, parents before
// children, then the columns that close circles of foreign keys, and at the end the
// number of rows of each table and a SHA-256 of all lines before, so that a file
// that was cut off or changed is refused. With a key it is an HMAC: then nobody
// who does not have the key can make a file that is accepted.
//
// Values are the engine's own text: decimals, timestamps and arrays lose nothing
// by way of Go's types. Bytes are marked and in base64. A file goes into a
// database of the same dialect and schema. What the text depends on - DateStyle,
// TimeZone, time_zone - has to be the same in both sessions, and is compared.
//
// Rows are never collected in memory, neither here nor there; what is kept are
// one batch of rows and, where ImportOptions.Map is used, some thousand values.
// Of a Mixed parent, the keys of everybody's rows that are referred to are kept.
//
// # Import
//
// The tenant must have no rows. By default all of it is one transaction: killed at
// any moment, nothing is there. With ImportOptions.Batch it is many, and a row in
// table tenancy_transfers (see [Migrate]) tells how far it came, so that another
// call goes on or [Abandon] takes it back; keep the tenant invisible until then:
// import before it is activated. At the end the rows are read back and compared
// with what was meant to be written, so that a trigger or a setting that changes
// values is found before anything is committed, or declared finished.
//
// Keys that hold the tenant column stay as they are. Those that all tenants share
// (Policy.GloballyUnique) can be taken where the tenant's rows are already in this
// database under another id, or came from elsewhere: ImportOptions.NewKeys moves
// whole numbers to a free range above all others and derives new UUIDs, and what
// refers to them follows. References without a foreign key are not known to the
// schema: a column that looks like one is asked for by its name, see
// ImportOptions.References. Text keys are mapped by a function of yours. Anything
// else that is taken is a [*KeysTakenError].
//
// PostgreSQL's sequences are moved above the imported numbers before the first row
// is written; the other engines do it by themselves.
//
// # Purge
//
// Children first, in batches, each a transaction: killed, the next call goes on.
// At the end every table is counted again. Before the first row goes, rows of
// others that refer to the tenant's are looked for - only a foreign key without
// the tenant column permits them - and refused, since a cascade would change them.
//
// # Crossings
//
// Three questions can not be answered from inside the tenant, and are asked
// across all of them, with a reason, so that scope.OnCrossing hears of it: whether
// others refer to the tenant's rows (Purge), which numbers are free (Import), and
// which key was taken when a row was not accepted. Their answers are counts and
// maxima.
//
// # Limits
//
// Triggers and rules run as always; what they add is found by the counts. Columns
// that are numbers of objects elsewhere (large objects, files) are copied as
// numbers. PostgreSQL's sequences, and the counters of the others, move above the
// highest number that an import writes, and only a seal tells that nobody made that
// number up. A file without one is held to the bounds in its first line, and these to
// a part of the numbers that are left in the column's type: with NewKeys the span of
// its keys may take one in 1024 or 2^24, whichever is more, and never more than one in
// eight; without, one in two, since the keys of an old database are high. More is a
// [*KeySpaceError]. So give the file of a stranger NewKeys; a tenant of yours whose
// keys are that far apart is exported with a seal. Between the look for rows of others
// and the delete, somebody could add one by a foreign key that scope.Check reports as
// an error. Numbers that are
// reserved by NewKeys leave a gap. In SQLite a session that does not check foreign
// keys does not check them here either. An import through a proxy that does not
// keep a transaction on one connection does not work.
package transfer
