//go:build cgo

package orms

import (
	"errors"

	"github.com/mattn/go-sqlite3"
)

// sqliteCgoCode returns the code of an error of SQLite in C.
func sqliteCgoCode(err error) (code int, ok bool) {
	var e sqlite3.Error
	ok = errors.As(err, &e)
	return int(e.ExtendedCode), ok
}
