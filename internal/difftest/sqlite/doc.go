// Package sqlite compares sqlscan with meyer, a parser of SQLite in Go, and with
// SQLite itself.
package sqlite
