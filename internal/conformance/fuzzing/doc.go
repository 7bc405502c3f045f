// Package fuzzing holds the scoper to the oracle of package scopetest with raw
// bytes: what go test -fuzz makes of statements that people wrote, of the golden
// files, and of the generator's. The bytes that the scoper lets through run on
// SQLite. The generator only writes what its grammar has; this finds what nobody
// thought of.
//
// Of such a text not much is known, so that less can be asked of it than of a
// generated one. Package soak asks the rest. What is asked here is:
//
//   - No row of another tenant is changed, and none of the own ones for good.
//   - The answer is the same on the shared database and on that of the tenant only.
//     Where the text picks rows by chance, as a row limit does, it has to tell no
//     other tenant's word.
//   - The answer is that of the original on the tenant's own database, unless the
//     text names what is different there: the tenant column, rowid, the position of
//     a column.
package fuzzing
