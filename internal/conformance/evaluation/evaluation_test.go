package evaluation

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

var update = flag.Bool("update", false, "write testdata/known.txt anew for the engines that are there")

// outcome is what another tenant's rows do to a statement.
type outcome string

const (
	apart outcome = "apart" // nothing
	fails outcome = "fails" // it fails where it should not
	tells outcome = "tells" // and the error has the value, or a notice has
)

// measured are the versions that testdata/known.txt speaks of.
var measured = map[string]string{
	"sqlite":     "", // it is part of the test
	"sqlite-cgo": "",
	"postgres":   "PostgreSQL 15",
	"mysql":      "10.11",
}

// TestOrder runs each condition in each shape on each way to index the table,
// as a tenant on whose rows all of them hold.
func TestOrder(t *testing.T) {
	t.Parallel()
	known := readKnown(t)
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		got := map[string]outcome{}
		counts := map[outcome]int{}
		each := func(l layout, seen func(condition, shape string, what outcome)) {
			w := newWorld(t, e, l)
			for _, c := range conditions {
				for _, s := range shapes {
					if slices.Contains(c.on, e.Dialect) && (s.only == 0 || s.only == e.Dialect) {
						seen(c.name, s.name, w.run(t, statement(e.Dialect, s.text, c.text), s.writes))
					}
				}
			}
		}
		// Without others' rows all of them work, so what fails later fails
		// because of those.
		alone := layouts[0]
		alone.others = 0
		each(alone, func(condition, shape string, what outcome) {
			require.Equal(t, apart, what, "%s, %s", condition, shape)
		})
		for _, l := range layouts {
			each(l, func(condition, shape string, what outcome) {
				counts[what]++
				if what != apart {
					got[strings.Join([]string{e.Name, l.name, condition, shape}, "; ")] = what
				}
			})
		}
		t.Logf("%s: %v", e.Name, counts)
		require.NotZero(t, counts[apart])
		if *update {
			known.replace(e.Name, got)
			known.write(t)
			return
		}
		strict := strings.Contains(version(t, e), measured[e.Name])
		for key, what := range got {
			if known[key] != what {
				t.Errorf("%s: %s, known is %q", key, what, known[key])
			}
		}
		for key, what := range known {
			if engine, _, _ := strings.Cut(key, ";"); engine != e.Name || got[key] != "" {
				continue
			}
			message := fmt.Sprintf("%s: no longer %s", key, what)
			if strict {
				t.Error(message + "; correct testdata/known.txt with -update, and the limits in the README")
			} else {
				t.Log(message + " on this version")
			}
		}
		t.Logf("\n%s", table(e.Name, known))
	})
}

func version(t *testing.T, e engines.Engine) string {
	t.Helper()
	if e.Dialect == tenant.SQLite {
		return ""
	}
	_, db := e.NewDatabase(t)
	var text string
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT version()`).Scan(&text))
	return text
}

// world is a table with three rows of a tenant among many of another.
type world struct {
	scoped *sql.DB
	told   *notices
}

// notices are what a server says beside its answers.
type notices struct {
	mu   sync.Mutex
	text strings.Builder
}

func (n *notices) take() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	text := n.text.String()
	n.text.Reset()
	return text
}

func newWorld(t *testing.T, e engines.Engine, l layout) *world {
	t.Helper()
	dsn, plain := e.NewDatabase(t)
	must := func(query string) {
		_, err := plain.ExecContext(t.Context(), query)
		require.NoError(t, err, query)
	}
	definitions := []string{"tenant_id VARCHAR(63) NOT NULL", "id INTEGER NOT NULL", "hits INTEGER NOT NULL"}
	good, bad := []string{"'acme'", "%d", "0"}, []string{"'bolt'", "%d", "0"}
	for _, c := range columns {
		backslash := `\`
		if e.Dialect == tenant.MySQL {
			backslash = `\\`
		}
		definitions = append(definitions, c.name+" "+c.kind)
		good = append(good, c.good)
		bad = append(bad, strings.ReplaceAll(c.bad, "{backslash}", backslash))
	}
	suffix := ""
	if e.Dialect == tenant.Postgres {
		suffix = " WITH (autovacuum_enabled = false)" // nobody else analyses it
	}
	must("CREATE TABLE items (" + strings.Join(definitions, ", ") + ", PRIMARY KEY (" + l.primary + "))" + suffix)
	must("CREATE TABLE copies (tenant_id VARCHAR(63) NOT NULL, id INTEGER NOT NULL)")
	if l.index != "" {
		must("CREATE INDEX others ON items (" + l.index + ")")
	}
	insert := func(n int, row []string) {
		values := make([]string, n)
		for i := range values {
			values[i] = fmt.Sprintf("("+strings.Join(row, ", ")+")", i+1)
		}
		if n > 0 {
			must("INSERT INTO items VALUES " + strings.Join(values, ", "))
		}
	}
	insert(l.others, bad)
	insert(3, good)
	p := scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant}
	w := &world{told: &notices{}}
	connector := e.Connector(t, dsn)
	if e.Dialect == tenant.Postgres {
		for name, cost := range map[string]string{"leaky": "100", "leaky_cheap": "0.0000001"} {
			must(`CREATE FUNCTION ` + name + `(v text) RETURNS boolean LANGUAGE plpgsql COST ` + cost + ` AS $$ BEGIN RAISE NOTICE 'saw %', v; RETURN true; END $$`)
			p.Functions = append(p.Functions, name)
		}
		config, err := pgx.ParseConfig(dsn)
		require.NoError(t, err)
		config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
			w.told.mu.Lock()
			defer w.told.mu.Unlock()
			w.told.text.WriteString(n.Message)
		}
		connector = stdlib.GetConnector(*config)
	}
	if l.analysed {
		must(map[tenant.Dialect]string{tenant.Postgres: "ANALYZE items", tenant.MySQL: "ANALYZE TABLE items", tenant.SQLite: "ANALYZE"}[e.Dialect])
	}
	var err error
	w.scoped, err = scope.OpenDB(connector, p)
	require.NoError(t, err)
	t.Cleanup(func() { w.scoped.Close() })
	return w
}

// run runs a statement in a transaction that is rolled back.
func (w *world) run(t *testing.T, query string, writes bool) outcome {
	t.Helper()
	ctx := tenant.WithID(context.Background(), "acme")
	w.told.take()
	tx, err := w.scoped.BeginTx(ctx, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback()) }()
	var n int64
	if writes {
		var result sql.Result
		if result, err = tx.ExecContext(ctx, query); err == nil {
			n, err = result.RowsAffected()
		}
	} else {
		n, err = countRows(ctx, tx, query)
	}
	told := w.told.take()
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, scope.ErrRefused):
		require.NoError(t, err, query) // there is nothing to measure
	case errors.As(err, &pg):
		told += pg.Message + pg.Detail + pg.Where + pg.Hint
	case err != nil:
		told += err.Error()
	default:
		require.EqualValues(t, 3, n, "%s", query)
	}
	switch {
	case strings.Contains(told, "SECRET"):
		return tells
	case err != nil:
		return fails
	}
	return apart
}

func countRows(ctx context.Context, tx *sql.Tx, query string) (n int64, err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

// knownFile has a line for each statement that is not kept apart.
const knownFile = "testdata/known.txt"

// known is what the file says, by engine, keys, condition and shape.
type known map[string]outcome

func readKnown(t *testing.T) known {
	t.Helper()
	out := known{}
	text, err := os.ReadFile(knownFile)
	if *update && os.IsNotExist(err) {
		return out
	}
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		key, what, ok := strings.Cut(strings.TrimSpace(line), ": ")
		require.True(t, ok, line)
		out[key] = outcome(what)
	}
	return out
}

func (k known) replace(engine string, got map[string]outcome) {
	for key := range k {
		if strings.HasPrefix(key, engine+";") {
			delete(k, key)
		}
	}
	for key, what := range got {
		k[key] = what
	}
}

func (k known) write(t *testing.T) {
	t.Helper()
	var lines []string
	for key, what := range k {
		lines = append(lines, key+": "+string(what)+"\n")
	}
	slices.Sort(lines)
	require.NoError(t, os.MkdirAll("testdata", 0o755))
	require.NoError(t, os.WriteFile(knownFile, []byte(strings.Join(lines, "")), 0o644))
}

// table lists what is known of an engine: a line for each condition and way to
// index the table, with the shapes.
func table(engine string, k known) string {
	lines := map[string][]string{}
	for key, what := range k {
		parts := strings.Split(key, "; ")
		if parts[0] == engine {
			group := fmt.Sprintf("%-30s %-38s %s", parts[2], parts[1], what)
			lines[group] = append(lines[group], parts[3])
		}
	}
	var out []string
	for group, list := range lines {
		slices.Sort(list)
		out = append(out, fmt.Sprintf("%s (%d): %s\n", group, len(list), strings.Join(list, " | ")))
	}
	slices.Sort(out)
	return strings.Join(out, "")
}
