//go:build cgo

package engines

import _ "github.com/mattn/go-sqlite3" // driver "sqlite3", the C library

func sqliteCgo() []Engine {
	return []Engine{sqlite("sqlite-cgo", "sqlite3", "?_busy_timeout=20000&_foreign_keys=1&_journal_mode=WAL")}
}

// Cgo is whether this build has SQLite in C.
const Cgo = true
