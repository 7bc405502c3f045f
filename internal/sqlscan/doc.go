// Package sqlscan reads the structure of a SQL statement: which tables it
// names, where they stand in joins, and where each clause begins and ends. It
// is the part of package scope that has to understand SQL.
//
// It is not a SQL parser in the usual sense. A statement is split into tokens
// by a lexer for its dialect, and a recursive descent goes over clauses only.
// What stands inside a clause - a select list, a condition - is a run of
// tokens with balanced parentheses, in which every parenthesis that starts a
// query is entered. So no clause can be forgotten, which is how other rewriters
// leaked: they parsed everything and then did not visit a corner of the tree.
//
// Whatever the package does not understand completely it refuses with an
// [*Error] that says what and where. It never guesses: a caller that acts on a
// wrong guess would show one customer's rows to another.
//
// Offsets are bytes into the statement's text. All functions are safe for
// concurrent use; a [Stmt] is not changed after Parse returned it.
package sqlscan
