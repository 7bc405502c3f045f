// Package difftest holds package sqlscan to account by parsers that other
// people wrote: those of PostgreSQL, SQLite and MariaDB themselves, and three
// in Go. A statement that both sides accept must have the same tables at the
// same places, the same conditions and the same joins to both. A table that we
// miss is a leak, so the number allowed is zero.
//
// This package has what the tests share: what is compared ([Reading],
// [Compare]), the texts ([Corpus]), their mutants ([Mutants]) and the counting
// ([Run]). Each parser has a folder with a test of its own. Those of PostgreSQL
// have two, because the Go modules of the two parsers can not be in one program.
//
// A difference that is meant is written down where it is left out, with the
// reason. There are no lists of statements to skip.
package difftest
