// Package pg17 compares sqlscan with pg_query_go, the parser of PostgreSQL 17 itself.
package pg17
