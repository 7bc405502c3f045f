// Package mysql compares sqlscan with marino, a parser of MySQL in Go, and with
// the server that is there, MariaDB or MySQL.
package mysql
