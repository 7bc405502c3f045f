// Package corpora holds the SQL of whole applications: their schema on the
// shared database, the policy, and the statements as the applications send them,
// which know of no tenant. TPC-C and TPC-H are written down from their
// specifications in all three dialects, with the tenant added to the tables and
// keys. The feed reader, the ticket system and the shop are in the style of
// applications of that kind. They feed the proofs, and measure what share of
// such statements the scoper accepts.
//
// A statement that the scoper refuses stays here: it is what an application
// sends.
package corpora

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
)

//go:embed */schema.sql */policy.json */statements.sql
var files embed.FS

// Corpus is the SQL of one application.
type Corpus struct {
	Name       string // of its folder: "feedreader", "tpcc_mysql"
	Dialect    scope.Dialect
	Schema     []string // of the shared database, one statement each
	Policy     scope.Policy
	Statements []string // as the application sends them, with placeholders
}

// Standard reports whether the texts are those of a public benchmark.
func (c Corpus) Standard() bool { return strings.HasPrefix(c.Name, "tpc") }

// All returns every corpus, by name. It panics if a file of this package can
// not be read, which its test would have found.
func All() []Corpus {
	folders, err := fs.ReadDir(files, ".")
	if err != nil {
		panic(err)
	}
	all := make([]Corpus, 0, len(folders))
	for _, folder := range folders {
		c, err := read(folder.Name())
		if err != nil {
			panic(fmt.Sprintf("corpora: %s: %v", folder.Name(), err))
		}
		all = append(all, c)
	}
	return all
}

func read(name string) (Corpus, error) {
	c := Corpus{Name: name}
	var text [3]string
	for i, file := range []string{"policy.json", "schema.sql", "statements.sql"} {
		b, err := files.ReadFile(path.Join(name, file))
		if err != nil {
			return c, err
		}
		text[i] = string(b)
	}
	var err error
	if c.Policy, err = scope.ParsePolicy([]byte(text[0])); err != nil {
		return c, err
	}
	c.Dialect = c.Policy.Dialect
	if c.Schema, err = ddl.Split(c.Dialect, text[1]); err != nil {
		return c, err
	}
	for line := range strings.Lines(text[2]) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "--") {
			c.Statements = append(c.Statements, line)
		}
	}
	return c, nil
}
