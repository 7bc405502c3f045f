// Package pg18 compares sqlscan with oliphant, the parser of PostgreSQL 18 in Go.
package pg18
