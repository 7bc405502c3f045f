package scope

import (
	"regexp"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// acrossAllVerbs are the statements that a context across all tenants may run,
// unchanged. What would leave something behind on the connection (SET, USE,
// PREPARE, a temporary table that hides another, in whatever words) or in a file
// (COPY, LOAD) is not among them.
var acrossAllVerbs = wordSet(`SELECT WITH VALUES TABLE INSERT UPDATE DELETE MERGE REPLACE
	CREATE ALTER DROP TRUNCATE COMMENT ANALYZE EXPLAIN REINDEX SHOW DESCRIBE DESC`)

// readingVerbs change no row.
var readingVerbs = wordSet(`SELECT VALUES TABLE SHOW DESCRIBE DESC PRAGMA`)

// ddlVerbs may change the catalogue.
var ddlVerbs = wordSet(`CREATE ALTER DROP COMMENT`)

// pragma are the forms of SQLite's PRAGMA that set nothing: a name alone, and
// those that take the name of a table or an index.
// https://www.sqlite.org/pragma.html
var pragma = regexp.MustCompile(`(?i)^\s*pragma\s+(\w+\.)?(\w+|(table_x?info|table_list|index_x?info|index_list|foreign_key_list|foreign_key_check|integrity_check|quick_check)\s*\(\s*[\w'"\x60\[\]]+\s*\))\s*;?\s*$`)

// setting is the function behind SET.
var setting = regexp.MustCompile(`(?i)\bset_config\b`)

// acrossAllPlan lets a statement pass unchanged, if its verb may.
func acrossAllPlan(d Dialect, modes sqlscan.Modes, text string) (*plan, error) {
	verb, err := sqlscan.Verb(d, modes, text)
	if err != nil {
		return nil, refusedBy(err)
	}
	switch verb {
	case "SAVEPOINT", "RELEASE", "ROLLBACK":
		stmt, err := sqlscan.Parse(d, modes, text)
		if err != nil {
			return nil, refusedBy(err)
		}
		stmt.Release()
		return &plan{text: text, savepoint: true}, nil
	}
	if d == Postgres && setting.MatchString(text) {
		return nil, &RefusedError{Reason: ReasonUnsupported, Construct: "set_config()", Offset: -1, Hint: "it would change the connection for its next user"}
	}
	if !acrossAllVerbs[verb] && !(verb == "PRAGMA" && d == SQLite && pragma.MatchString(text)) {
		return nil, &RefusedError{Reason: ReasonUnsupported, Construct: verb + " statement", Offset: 0, Hint: "it would change the connection for its next user"}
	}
	return &plan{text: text, args: -1, opaque: true, writes: !readingVerbs[verb], ddl: ddlVerbs[verb]}, nil
}
