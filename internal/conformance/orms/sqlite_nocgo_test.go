//go:build !cgo

package orms

// sqliteCgoCode knows nothing where SQLite in C is not there.
func sqliteCgoCode(error) (code int, ok bool) { return 0, false }
