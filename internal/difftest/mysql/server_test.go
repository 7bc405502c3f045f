package mysql

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/servers"
	"github.com/gotenancy/tenancy/internal/difftest"
	"github.com/gotenancy/tenancy/tenant"
)

// TestServer asks the server which tables a statement needs. It prepares the
// statement in an empty database and names one table after the other that it
// misses; each is created then. A table that it names must be one of ours, and
// each of ours must be named, once it has got past the tables.
func TestServer(t *testing.T) {
	s := open(t)
	golden, err := difftest.Golden(tenant.MySQL)
	require.NoError(t, err)
	texts, err := marinoTexts()
	require.NoError(t, err)
	texts = difftest.Statements(texts)
	corpora := []difftest.Corpus{
		{Name: "golden", Texts: slices.Values(golden)},
		{Name: "tests of marino", Texts: slices.Values(texts)},
		{Name: "generated", Texts: difftest.Generated(tenant.MySQL, difftest.GeneratedCount(5_000)/4)},
		{Name: "mutants of golden", Texts: difftest.Mutants(golden, difftest.MutantCount(10_000)/4)},
		{Name: "mutants of tests of marino", Texts: difftest.Mutants(texts, difftest.MutantCount(10_000)/4)},
	}
	if theirs, err := serverTexts(); err != nil {
		t.Logf("LEFT OUT: the tests of MariaDB: %v", err)
	} else {
		theirs = difftest.Statements(theirs)
		corpora = append(corpora,
			difftest.Corpus{Name: "tests", Texts: slices.Values(theirs)},
			difftest.Corpus{Name: "mutants of tests", Texts: difftest.Mutants(theirs, difftest.MutantCount(10_000)/4)})
	}
	for _, c := range corpora {
		t.Run(c.Name, func(t *testing.T) {
			var both, whole, onlyWe, onlyServer, notAsked, tables int
			for text := range c.Texts {
				ours, ok, err := difftest.Own(tenant.MySQL, modes, text)
				if err == nil && !ok {
					continue
				}
				known := map[string]difftest.Table{}
				for _, table := range ours.Tables {
					if !table.CTE {
						known[strings.ToLower(table.Name)] = table
					}
				}
				if ends(text) {
					notAsked++
					continue
				}
				needed, verdict := s.ask(t, text)
				switch {
				case verdict == refused && err == nil:
					onlyWe++
					if out, ok := difftest.Rewritten(t, tenant.MySQL, text); ok {
						_, verdict := s.ask(t, out)
						require.Equal(t, refused, verdict, "%s:\n\t%q\n\t%q", difftest.Completed, text, out)
					}
				case err != nil && verdict != refused:
					onlyServer++
				case err == nil:
					both++
				}
				if err != nil {
					continue
				}
				for name := range needed {
					tables++
					if _, ok := known[name]; !ok {
						t.Errorf("the server needs %q, we know %v\n\t%q", name, known, text)
					}
				}
				if verdict != understood {
					continue
				}
				whole++
				for name, table := range known {
					if needed[name] == "" && !exists(table) {
						t.Errorf("we know %q, the server needs %v\n\t%q", name, needed, text)
					}
				}
			}
			require.Positive(t, both)
			t.Logf("%d accepted by both, of which %d prepared; we alone refuse %d (%.2f %%), we alone accept %d, not asked %d; %d names of tables compared",
				both, whole, onlyServer, 100*float64(onlyServer)/float64(both+onlyServer), onlyWe, notAsked, tables)
		})
	}
}

var sequence = regexp.MustCompile(`^seq_\d+_to_\d+(_step_\d+)?$`)

// exists reports whether a table is there without having been created: those of
// the server's own schemas, and MariaDB's sequences.
func exists(table difftest.Table) bool {
	switch strings.ToLower(table.Schema) {
	case "mysql", "information_schema", "performance_schema", "sys":
		return true
	}
	return sequence.MatchString(table.Name)
}

var (
	merging   = regexp.MustCompile(`(?i)\b(natural|using)\b`)
	withThree = regexp.MustCompile("[\\w`]\\s*\\.\\s*[\\w`]+\\s*\\.")
)

// ends reports whether a text may end a MariaDB 10.11 that prepares it: one with
// a column of three parts beside NATURAL or USING does. The server is started
// again then, but that takes seconds.
func ends(text string) bool { return merging.MatchString(text) && withThree.MatchString(text) }

type verdict int

const (
	understood verdict = iota
	refused            // not SQL
	partly             // SQL, but not prepared for another reason than a table
)

// server is a private server with an empty database. It is never one that was
// given: some of the texts end a MariaDB 10.11, and others may be using it.
type server struct {
	own   *servers.Server
	db    *sql.DB
	conn  *sql.Conn
	ended int // how often a statement has ended the server
}

// maxEnded is how often it is started again.
const maxEnded = 10

// open starts the server, or skips the test where none is installed and none has
// to be.
func open(t *testing.T) *server {
	s := &server{}
	t.Cleanup(func() { s.stop(t) })
	if err := s.start(t); err != nil {
		if !errors.Is(err, servers.ErrNotInstalled) {
			require.NoError(t, err)
		}
		servers.LeaveOut(t, "a private server for dialect mysql", "", err)
	}
	t.Logf("%s: %s", s.own.Kind.Name, s.own.Source)
	return s
}

func (s *server) start(t *testing.T) error {
	ctx := context.WithoutCancel(t.Context())
	own, err := servers.MySQL().Private(ctx)
	if err != nil {
		return err
	}
	s.own = own
	dsn, _, err := own.CreateDatabase(ctx)
	require.NoError(t, err)
	s.db, err = sql.Open(own.Kind.Driver, dsn)
	require.NoError(t, err)
	s.conn, err = s.db.Conn(ctx)
	require.NoError(t, err)
	return nil
}

// stop ends the server, and the connection with it.
func (s *server) stop(t *testing.T) {
	if s.own == nil {
		return
	}
	_ = s.conn.Close() // it may have ended before
	require.NoError(t, s.db.Close())
	require.NoError(t, s.own.Stop())
}

// again starts another server in the place of one that a text has ended.
func (s *server) again(t *testing.T, text string) {
	t.Logf("the server has ended at %q", text)
	s.ended++
	require.LessOrEqual(t, s.ended, maxEnded)
	s.stop(t)
	require.NoError(t, s.start(t))
}

// The numbers of errors.
const (
	noTable    = 1146
	emptyQuery = 1065
	syntax     = 1064
)

var missingTable = regexp.MustCompile(`^Table '[^'.]+\.(.+)' doesn't exist$`)

// maxMissing is how many tables are created for one statement.
const maxMissing = 20

// ask returns the names of the tables that a statement needs, by the same in
// lower case: whether case counts is up to the server.
func (s *server) ask(t *testing.T, text string) (map[string]string, verdict) {
	needed := map[string]string{}
	alive := true
	defer func() {
		if !alive {
			s.again(t, text)
			return
		}
		for _, name := range needed {
			_, err := s.conn.ExecContext(t.Context(), "DROP TEMPORARY TABLE IF EXISTS "+quote(name))
			require.NoError(t, err)
		}
	}()
	for range maxMissing {
		stmt, err := s.conn.PrepareContext(t.Context(), text)
		if err == nil {
			require.NoError(t, stmt.Close())
			return needed, understood
		}
		var e *driver.MySQLError
		if !errors.As(err, &e) {
			alive = false
			return needed, partly
		}
		switch e.Number {
		case syntax, emptyQuery:
			return needed, refused
		case noTable:
			m := missingTable.FindStringSubmatch(e.Message)
			if m == nil || needed[strings.ToLower(m[1])] != "" {
				return needed, partly
			}
			needed[strings.ToLower(m[1])] = m[1]
			if _, err := s.conn.ExecContext(t.Context(), "CREATE TEMPORARY TABLE "+quote(m[1])+" (a int, b int, c int, id int) ENGINE=MEMORY"); err != nil {
				return needed, partly
			}
		default:
			return needed, partly
		}
	}
	return needed, partly
}

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// serverTexts returns the statements of MariaDB's own tests, where the package
// mariadb-test-data is installed or TENANCY_MARIADB_TESTS names its folder main.
func serverTexts() ([]string, error) {
	dirs := []string{os.Getenv("TENANCY_MARIADB_TESTS"), "/usr/share/mysql/mysql-test/main", "/usr/share/mariadb/mariadb-test/main"}
	for _, dir := range dirs {
		if _, err := os.Stat(dir); dir != "" && err == nil {
			return difftest.Cases(dir, ".test", script)
		}
	}
	return nil, errors.New("Debian's package mariadb-test-data is not installed")
}

// script reads the statements of a test: what ends in a semicolon at the end of
// a line, without the lines that are commands of the program that runs it.
func script(file string, add func(string)) error {
	all, err := os.ReadFile(filepath.Clean(file))
	var text []string
	for _, line := range strings.Split(string(all), "\n") {
		trimmed := strings.TrimSpace(line)
		if len(text) == 0 && (trimmed == "" || strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, "--")) {
			continue
		}
		text = append(text, line)
		if statement, ok := strings.CutSuffix(trimmed, ";"); ok {
			text[len(text)-1] = statement
			add(strings.Join(text, "\n"))
			text = nil
		}
	}
	return err
}
