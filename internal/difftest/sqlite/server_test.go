//go:build cgo

package sqlite

import (
	"database/sql/driver"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mattn/go-sqlite3"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/difftest"
	"github.com/gotenancy/tenancy/tenant"
)

// TestSQLite asks SQLite itself which tables a statement needs. It is given an
// empty database; each table and column that it misses is created until it
// prepares the statement, and its authorizer then names the tables that are
// read and written. Each of these names must be that of one of our tables: so a
// table that we have taken for a WITH query shows.
func TestSQLite(t *testing.T) {
	texts, err := texts()
	require.NoError(t, err)
	texts = difftest.Statements(texts)
	golden, err := difftest.Golden(tenant.SQLite)
	require.NoError(t, err)
	for _, c := range []difftest.Corpus{
		{Name: "golden", Texts: slices.Values(golden)},
		{Name: "tests", Texts: slices.Values(texts)},
		{Name: "generated", Texts: difftest.Generated(tenant.SQLite, difftest.GeneratedCount(5_000)/4)},
		{Name: "mutants of golden", Texts: difftest.Mutants(golden, difftest.MutantCount(10_000)/4)},
		{Name: "mutants of tests", Texts: difftest.Mutants(texts, difftest.MutantCount(10_000)/4)},
	} {
		t.Run(c.Name, func(t *testing.T) {
			var prepared, undecided, invalid, tables int
			for text := range c.Texts {
				ours, ok, err := difftest.Own(tenant.SQLite, 0, text)
				if err != nil || !ok {
					continue
				}
				known := map[string]bool{}
				for _, table := range ours.Tables {
					if !table.CTE {
						known[systemTable(table.Schema, table.Name)] = true
					}
				}
				for _, call := range ours.Calls {
					known[fold(call.Name)] = true // a table function is a virtual table
				}
				needed, verdict := ask(t, text)
				switch verdict {
				case understood:
					prepared++
				case refused:
					invalid++
					if out, ok := difftest.Rewritten(t, tenant.SQLite, text); ok {
						_, verdict := ask(t, out)
						require.Equal(t, refused, verdict, "%s:\n\t%q\n\t%q", difftest.Completed, text, out)
					}
				default:
					undecided++
				}
				for name, there := range needed {
					if tables++; there && !known[name] {
						t.Errorf("SQLite needs %q, we know %v\n\t%q", name, known, text)
					}
				}
			}
			require.Positive(t, prepared)
			t.Logf("%d prepared, %d not to be prepared, %d syntax errors that we accept; %d names of tables compared", prepared, undecided, invalid, tables)
		})
	}
}

// systemTable returns the name by which SQLite knows its own tables: they have
// two, and a schema may stand for a third.
func systemTable(schema, name string) string {
	switch name {
	case "sqlite_schema", "sqlite_temp_schema":
		name = strings.Replace(name, "schema", "master", 1)
	}
	if schema == "temp" && name == "sqlite_master" {
		return "sqlite_temp_master"
	}
	return name
}

type verdict int

const (
	understood verdict = iota
	refused            // not SQL
	partly             // what it misses can not be created
)

var (
	missingTable  = regexp.MustCompile(`^no such table: (.+)$`)
	missingColumn = regexp.MustCompile(`^(?:no such column: (?:.+\.)?|table \S+ has no column named )([^.]+)$`)
)

// maxMissing is how many tables and columns are created for one statement.
const maxMissing = 40

// ask returns the names of the tables that SQLite needs for a statement, in
// lower case.
func ask(t *testing.T, text string) (map[string]bool, verdict) {
	c, err := new(sqlite3.SQLiteDriver).Open(":memory:")
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	conn := c.(*sqlite3.SQLiteConn)
	created, columns := map[string]bool{}, map[string]bool{}
	for range maxMissing {
		needed := map[string]bool{}
		conn.RegisterAuthorizer(func(op int, table, column, _ string) int {
			name := fold(table)
			switch op {
			case sqlite3.SQLITE_READ:
				// Where no column is read it names WITH queries too.
				needed[name] = needed[name] || column != ""
			case sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE:
				needed[name] = true
			}
			return sqlite3.SQLITE_OK
		})
		stmt, err := conn.Prepare(text)
		conn.RegisterAuthorizer(nil)
		if err == nil {
			require.NoError(t, stmt.Close())
			for name, sure := range needed {
				if !sure && created[name] {
					needed[name] = misses(conn, text, name)
				}
			}
			return needed, understood
		}
		what := err.Error()
		if m := missingTable.FindStringSubmatch(what); m != nil && !created[fold(m[1])] && !strings.Contains(m[1], ".") {
			created[fold(m[1])] = true
			if create(conn, m[1], columns) {
				continue
			}
		}
		if m := missingColumn.FindStringSubmatch(what); m != nil && !columns[fold(m[1])] {
			columns[fold(m[1])] = true
			if add(conn, created, m[1]) {
				continue
			}
		}
		if strings.Contains(what, "syntax error") || strings.Contains(what, "incomplete input") || strings.Contains(what, "unrecognized token") {
			return nil, refused
		}
		return nil, partly
	}
	return nil, partly
}

// misses reports whether SQLite needs a table for a statement that it prepares:
// it does not without the table. Of a WITH query it may have said that there is
// no such table, where it was another one that its text did not find.
func misses(c *sqlite3.SQLiteConn, text, table string) bool {
	if !run(c, "DROP TABLE "+quote(table)) {
		return false
	}
	stmt, err := c.Prepare(text)
	if err == nil {
		_ = stmt.Close() // nothing was done with it
	}
	run(c, "CREATE TABLE "+quote(table)+" (difftest)")
	return err != nil
}

// create makes a table with all the columns that were missed so far.
func create(c *sqlite3.SQLiteConn, table string, columns map[string]bool) bool {
	list := ""
	for name := range columns {
		list += ", " + quote(name)
	}
	return run(c, "CREATE TABLE "+quote(table)+" (difftest"+list+")")
}

// add gives all tables a column.
func add(c *sqlite3.SQLiteConn, tables map[string]bool, column string) bool {
	for table := range tables {
		if !run(c, "ALTER TABLE "+quote(table)+" ADD COLUMN "+quote(column)) {
			return false
		}
	}
	return len(tables) > 0
}

func run(c *sqlite3.SQLiteConn, query string) bool {
	_, err := c.Exec(query, []driver.Value{})
	return err == nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
