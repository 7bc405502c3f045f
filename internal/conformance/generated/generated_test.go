package generated

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/internal/sqlgen"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// TestGenerated runs generated statements through the scoper on random schemas
// of each engine, and measures how many it accepts, how many of those the engine
// runs, and how often each production is among them.
//
// TENANCY_GENERATED is how many statements to try on each engine, TENANCY_SEED
// which ones.
func TestGenerated(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		n := map[tenant.Dialect]int{tenant.SQLite: 6000, tenant.Postgres: 3000, tenant.MySQL: 3000}[e.Dialect]
		n = number(t, "TENANCY_GENERATED", n)
		seed := uint64(number(t, "TENANCY_SEED", 1))
		r := &run{engine: e, coverage: sqlgen.NewCoverage(e.Dialect), refusals: map[string]*sample{}, errors: map[string]*sample{}}
		const perSchema = 300
		for k := range uint64(max(n/perSchema, 1)) {
			r.schema(t, seed+k, perSchema)
		}
		accepted, ran := r.coverage.Accepted(), r.ran
		t.Logf("seed %d: of %d statements %.1f %% were accepted, %.1f %% of those ran", seed, r.coverage.Generated(),
			100*float64(accepted)/float64(r.coverage.Generated()), 100*float64(ran)/float64(accepted))
		if testing.Verbose() {
			t.Logf("refused:\n%s", top(r.refusals, 40))
			t.Logf("errors:\n%s", top(r.errors, 60))
			t.Logf("productions:\n%s", r.coverage)
		}
		require.Greater(t, accepted*100, r.coverage.Generated()*85)
		require.Greater(t, ran*100, accepted*90)
	})
}

func number(t *testing.T, env string, usual int) int {
	s := os.Getenv(env)
	if s == "" {
		return usual
	}
	n, err := strconv.Atoi(s)
	require.NoError(t, err)
	return n
}

// run is what one engine's statements came to.
type run struct {
	engine           engines.Engine
	coverage         *sqlgen.Coverage
	ran              int
	refusals, errors map[string]*sample
}

// sample is a kind of failure with one statement that had it.
type sample struct {
	n    int
	text string
}

var detail = regexp.MustCompile(`(?i)'[^']*'|"[^"]*"|\x60[^\x60]*\x60|\b[a-z]?\d+\b|at byte.*|near .*|\(table [^)]*\)`)

func note(m map[string]*sample, err error, s sqlgen.Statement) {
	key := detail.ReplaceAllString(err.Error(), "~")
	if m[key] == nil {
		m[key] = &sample{text: fmt.Sprintf("%s\n        %v\n        %v", s.Text, s.Args, err)}
	}
	m[key].n++
}

func top(m map[string]*sample, n int) string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return m[keys[i]].n > m[keys[j]].n })
	var b strings.Builder
	for i, k := range keys {
		if i == n {
			break
		}
		fmt.Fprintf(&b, "%6d  %s\n        %s\n", m[k].n, k, m[k].text)
	}
	return b.String()
}

// schema tries statements on one random schema.
func (r *run) schema(t *testing.T, seed uint64, n int) {
	texts, p := sqlgen.RandomSchema(r.engine.Dialect, seed)
	s, err := ddl.Read(r.engine.Dialect, texts)
	require.NoError(t, err, "seed %d", seed)
	dsn, plain := r.engine.NewDatabase(t)
	for _, text := range texts {
		_, err := plain.ExecContext(t.Context(), text)
		require.NoError(t, err, "seed %d: %s", seed, text)
	}
	db, err := scope.OpenDB(r.engine.Connector(t, dsn), p)
	require.NoError(t, err)
	defer db.Close()
	ids := sqlgen.Tenants(s, p)
	fill(t, plain, s, p, ids)
	g := sqlgen.New(s, p, seed)
	ctx := tenant.WithID(t.Context(), ids[0])
	for range n {
		st := g.Statement()
		err := attempt(ctx, db, st)
		refused := errors.Is(err, scope.ErrRefused)
		r.coverage.Add(st, !refused)
		switch {
		case refused:
			note(r.refusals, err, st)
		case err != nil:
			note(r.errors, err, st)
		default:
			r.ran++
		}
	}
}

// attempt runs a statement in a transaction that is rolled back.
func attempt(ctx context.Context, db *sql.DB, s sqlgen.Statement) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	rows, err := tx.QueryContext(ctx, s.Text, s.Args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

// fill puts some rows into each table. Those that a constraint does not want are
// left out.
func fill(t *testing.T, db *sql.DB, s *ddl.Schema, p scope.Policy, ids []tenant.ID) {
	quote := map[tenant.Dialect]string{tenant.MySQL: "`"}[s.Dialect]
	if quote == "" {
		quote = `"`
	}
	n := 0
	for _, tab := range s.Tables {
		column := p.Column
		if c := p.Tables[tab.Name].Column; c != "" {
			column = c
		}
		for _, id := range ids[:2] {
			for k := range 5 {
				n++
				var names, values []string
				for _, c := range tab.Columns {
					if c.Generated {
						continue
					}
					names = append(names, quote+strings.ReplaceAll(c.Name, quote, quote+quote)+quote)
					v := "NULL"
					switch {
					case c.Name == column:
						v = "'" + string(id) + "'"
					case c.Kind == ddl.Int && len(p.Tables[tab.Name].GloballyUnique) > 0 && c.Name == "id":
						v = strconv.Itoa(n)
					case c.Kind == ddl.Int:
						v = strconv.Itoa(k + 1)
					case c.Kind == ddl.Text:
						v = "'" + string("abxAB"[k]) + "'"
					case c.Kind == ddl.Bool:
						v = "true"
					case c.Kind == ddl.Date:
						v = fmt.Sprintf("'2024-01-0%d'", k+1)
					case c.Kind == ddl.Real:
						v = "1.25"
					case c.Kind == ddl.JSON && k%2 == 0:
						v = `'{"a": 1}'`
					}
					names = names[:len(names):len(names)]
					values = append(values, v)
				}
				_, _ = db.ExecContext(t.Context(), "INSERT INTO "+quote+strings.ReplaceAll(tab.Name, quote, quote+quote)+quote+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(values, ", ")+")")
			}
		}
	}
}
