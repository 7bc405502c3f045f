package scoping

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// TestMutants is the oracle of non-interference on texts nobody wrote: the
// statements of the other tests with words deleted, doubled, swapped and
// replaced. Most are refused by us or by the engine. Whatever runs must give
// the same answer on the shared database as on one that holds acme's rows
// only, and must leave every other row alone.
//
// TENANCY_MUTANTS is how many to try on each engine, TENANCY_SEED which ones.
func TestMutants(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		n := map[tenant.Dialect]int{tenant.SQLite: 12000, tenant.Postgres: 2500, tenant.MySQL: 2500}[e.Dialect]
		if s := os.Getenv("TENANCY_MUTANTS"); s != "" {
			var err error
			n, err = strconv.Atoi(s)
			require.NoError(t, err)
		}
		seed := uint64(1)
		if s := os.Getenv("TENANCY_SEED"); s != "" {
			var err error
			seed, err = strconv.ParseUint(s, 10, 64)
			require.NoError(t, err)
		}
		m := newMutator(e, seed)
		w := newWorld(t, e)
		dsn, plain := e.NewDatabase(t)
		w.fill(t, plain, true, "acme")
		own, err := scope.OpenDB(e.Connector(t, dsn), policy(e.Dialect))
		require.NoError(t, err)
		t.Cleanup(func() { own.Close() })

		others := func() string {
			var b strings.Builder
			for _, tab := range tables {
				if tab.tenant != "" {
					b.WriteString(w.dump(t, w.shared, tab.name, "acme", true, true))
				}
			}
			return b.String()
		}
		before := others()
		ran, accepted := 0, 0
		for range n {
			query := m.statement()
			got, gotErr := w.attempt(w.scoped, query)
			want, wantErr := w.attempt(own, query)
			if !errors.Is(gotErr, scope.ErrRefused) {
				accepted++
			}
			if gotErr == nil && wantErr == nil {
				ran++
			}
			require.Equal(t, wantErr == nil, gotErr == nil, "%s\nshared: %v\nalone: %v", query, gotErr, wantErr)
			if gotErr == nil {
				require.Equal(t, want, got, query)
				continue
			}
			require.Equal(t, masked(wantErr), masked(gotErr), query)
		}
		require.Equal(t, before, others(), "other tenants' rows after %d statements", n)
		t.Logf("seed %d: of %d mutants %d were let through and %d ran", seed, n, accepted, ran)
		require.Greater(t, ran, n/50, "too few mutants ran to mean anything")
	})
}

// attempt runs a statement as acme in a transaction that is rolled back.
func (w *world) attempt(db *sql.DB, query string) (string, error) {
	ctx := tenant.WithID(context.Background(), "acme")
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer tx.Rollback() //nolint:errcheck // it is what we want
	return w.answer(ctx, tx, query)
}

// mutator makes statements out of the words of others.
type mutator struct {
	rnd   *rand.Rand
	texts [][]string
	pool  []string
}

var lexeme = regexp.MustCompile("'[^']*'|\"[^\"]*\"|`[^`]*`|[A-Za-z_][A-Za-z_0-9]*|[0-9]+|[<>=!|]+|\\S")

// masked returns an error's text without what differs between the databases: the
// name, and the number that MariaDB gives a row, which counts all of them.
func masked(err error) string {
	return rowNumber.ReplaceAllString(databaseName.ReplaceAllString(err.Error(), "db"), "at row N")
}

var rowNumber = regexp.MustCompile(`at row \d+`)

// databaseName is in some errors of MariaDB, and differs.
var databaseName = regexp.MustCompile("tenancy_test_[a-z0-9]+")

// fickle texts have no one answer: a row limit without an order,
// a clock. A recursion may have no end. A key of tickets is unique across tenants,
// so that a duplicate tells.
var fickle = regexp.MustCompile(`(?i)\b(tickets|tablesample|limit|fetch|now|random|rand|uuid|row_number|offset|group_concat|for|skip|recursive)\b`)

func newMutator(e engines.Engine, seed uint64) *mutator {
	m := &mutator{rnd: rand.New(rand.NewPCG(seed, 7))}
	seen := map[string]bool{}
	for _, s := range append(append([]statement{}, queries...), writes...) {
		text := s.text
		for _, a := range s.args {
			lit := "1"
			if str, ok := a.(string); ok {
				lit = "'" + str + "'"
			}
			text = strings.Replace(text, "?", lit, 1)
		}
		if !s.runsOn(e) || fickle.MatchString(text) || strings.Contains(text, "--") || strings.Contains(text, "?") {
			continue
		}
		words := lexeme.FindAllString(text, -1)
		m.texts = append(m.texts, words)
		for _, word := range words {
			if !seen[word] {
				seen[word] = true
				m.pool = append(m.pool, word)
			}
		}
	}
	m.pool = append(m.pool, "FULL", "NATURAL", "USING ( id )", "LEFT JOIN notes n2 ON n2.id = 1", "UNION ALL", "EXISTS ( SELECT 1 FROM contacts )",
		"tenant_id", "c.tenant_id", "'bolt'", "WITH", ")", "(", ",", "*", "c.*", "OR", "NOT", "countries", "templates", "AS")
	return m
}

// statement returns a text with one to three changes.
func (m *mutator) statement() string {
	words := append([]string{}, m.texts[m.rnd.IntN(len(m.texts))]...)
	for range 1 + m.rnd.IntN(3) {
		if len(words) < 2 {
			break
		}
		i := m.rnd.IntN(len(words))
		switch m.rnd.IntN(6) {
		case 0:
			words = append(words[:i], words[i+1:]...)
		case 1:
			words = append(words[:i+1], words[i:]...)
		case 2:
			j := m.rnd.IntN(len(words))
			words[i], words[j] = words[j], words[i]
		case 3: // a stretch of another statement
			other := m.texts[m.rnd.IntN(len(m.texts))]
			from := m.rnd.IntN(len(other))
			to := from + m.rnd.IntN(len(other)-from+1)
			rest := append([]string{}, words[i:]...)
			words = append(append(words[:i], other[from:to]...), rest...)
		case 4:
			words[i] = m.pool[m.rnd.IntN(len(m.pool))]
		default:
			rest := append([]string{m.pool[m.rnd.IntN(len(m.pool))]}, words[i:]...)
			words = append(words[:i], rest...)
		}
	}
	// MySQL wants no space between a function and its parenthesis.
	return strings.ReplaceAll(strings.Join(words, " "), " (", "(")
}
