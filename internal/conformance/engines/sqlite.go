package engines

import (
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite" // driver "sqlite", pure Go

	"github.com/gotenancy/tenancy/tenant"
)

// embedded returns the engines that need no server: SQLite in Go, and SQLite in
// C where there is a C compiler.
func embedded() []Engine {
	const pragmas = "?_pragma=busy_timeout(20000)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"
	pure := sqlite("sqlite", "sqlite", pragmas)
	return append([]Engine{pure}, sqliteCgo()...)
}

// sqlite keeps each database in a file of the test's own. The pragmas are
// those that a server application sets: wait for a lock instead of failing,
// check foreign keys, let readers and a writer work at once, and sync the log at
// checkpoints instead of each commit, which SQLite in C is compiled to do.
func sqlite(name, driver, pragmas string) Engine {
	return Engine{Name: name, Dialect: tenant.SQLite, Driver: driver, create: func(t testing.TB) string {
		return "file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "test.db")) + pragmas
	}}
}
