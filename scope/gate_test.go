package scope_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// schema is a source of the catalogue that counts how often it is read.
type schema struct {
	mu     sync.Mutex
	reads  int
	tables []string // each with id and tenant_id
	err    error
}

func (s *schema) QueryText(_ context.Context, query string) (rows [][]string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case strings.Contains(query, "standard_conforming_strings"):
		return [][]string{{"on", "UTF8"}}, s.err
	case !strings.Contains(query, "a.attnotnull"):
		return nil, s.err // there are no keys
	}
	s.reads++
	for _, t := range s.tables {
		for _, c := range []string{"id", "tenant_id"} {
			rows = append(rows, []string{"public", t, "table", "plain", c, "text", "", "", "", ""})
		}
	}
	return rows, s.err
}

func gateTo(t *testing.T, opts ...scope.Option) *scope.Gate {
	t.Helper()
	g, err := scope.NewGate(scope.Policy{Dialect: scope.Postgres, Column: "tenant_id", Default: scope.PerTenant}, opts...)
	require.NoError(t, err)
	return g
}

func TestGateStatement(t *testing.T) {
	src := &schema{tables: []string{"contacts"}}
	g := gateTo(t)
	one, two := g.Session(src), g.Session(src)
	args := []any{1, "x"}
	st, err := one.Statement(as("acme"), "SELECT * FROM contacts WHERE id = $1 OR id = $2", args)
	require.NoError(t, err)
	require.Equal(t, `SELECT contacts."id" FROM contacts WHERE contacts."tenant_id" = $3 AND (id = $1 OR id = $2)`, st.Query)
	require.Equal(t, []any{1, "x", "acme"}, st.Args)
	require.Equal(t, []any{1, "x"}, args)
	st, err = two.Statement(as("bolt"), "SELECT * FROM contacts WHERE id = $1 OR id = $2", args)
	require.NoError(t, err)
	require.Equal(t, []any{1, "x", "bolt"}, st.Args)
	require.Equal(t, 1, src.reads, "the sessions of a Gate share the catalogue")

	_, err = one.Statement(as("acme"), "SELECT id FROM contacts WHERE id = $1", nil)
	require.ErrorContains(t, err, "1 placeholders, 0 arguments")
	_, err = scope.NewGate(scope.Policy{})
	require.ErrorContains(t, err, "Policy.Dialect")
}

// TestGateCatalogue: it is read when the first statement needs it, after DDL
// that was sent, after an unknown name, and at the end of a transaction that
// changed the schema.
func TestGateCatalogue(t *testing.T) {
	src := &schema{tables: []string{"contacts"}}
	g := gateTo(t)
	s, other := g.Session(src), g.Session(src)
	all := tenant.AcrossAll(context.Background(), "test")
	run := func(s *scope.Session, ctx context.Context, query string) {
		t.Helper()
		st, err := s.Statement(ctx, query, nil)
		require.NoError(t, err)
		st.Sent()
	}
	_, err := s.Statement(context.Background(), "SELECT id FROM contacts", nil)
	require.ErrorIs(t, err, scope.ErrNoTenant)
	require.Zero(t, src.reads, "nothing is read for what is not sent")
	run(s, as("acme"), "SELECT id FROM contacts")
	run(s, as("bolt"), "SELECT id FROM contacts")
	require.Equal(t, 1, src.reads)
	require.NoError(t, s.Load(context.Background()))
	require.Equal(t, 1, src.reads)

	src.tables = append(src.tables, "notes")
	run(s, as("acme"), "SELECT id FROM notes")
	require.Equal(t, 2, src.reads)

	run(s, all, "ALTER TABLE notes ADD x int")
	run(other, as("acme"), "SELECT id FROM notes")
	require.Equal(t, 3, src.reads)

	require.NoError(t, s.Begin(all))
	run(s, all, "ALTER TABLE notes ADD y int")
	run(other, as("acme"), "SELECT id FROM notes")
	require.Equal(t, 4, src.reads)
	s.End()
	run(other, as("acme"), "SELECT id FROM notes")
	require.Equal(t, 5, src.reads)

	src.err = errors.New("no server")
	run(s, all, "DROP TABLE notes")
	_, err = s.Statement(as("acme"), "SELECT id FROM notes", nil)
	require.ErrorIs(t, err, src.err)
	require.ErrorIs(t, gateTo(t).Session(src).Load(context.Background()), src.err)
	src.err = nil
	run(s, as("acme"), "SELECT id FROM notes")

	fixed, err := scope.NewGate(goldenPolicy(scope.Postgres))
	require.NoError(t, err)
	require.NoError(t, fixed.Session(nil).Load(context.Background()), "a catalogue of the policy is not read")
}

// TestGateTransaction: a transaction belongs to the context it began with.
func TestGateTransaction(t *testing.T) {
	src := &schema{tables: []string{"contacts"}}
	g := gateTo(t)
	s, other := g.Session(src), g.Session(src)
	none := context.Background()
	const query = "SELECT id FROM contacts"
	require.NoError(t, s.Join(as("bolt")), "there is none")
	require.NoError(t, s.Begin(as("acme")))
	st, err := s.Statement(none, query, nil)
	require.NoError(t, err)
	require.Equal(t, []any{"acme"}, st.Args)
	_, err = s.Statement(as("bolt"), query, nil)
	require.ErrorIs(t, err, tenant.ErrTenantConflict)
	_, err = s.Copy(as("bolt"), []string{"contacts"}, []string{"id"})
	require.ErrorIs(t, err, tenant.ErrTenantConflict)
	_, err = other.Statement(none, query, nil)
	require.ErrorIs(t, err, scope.ErrNoTenant, "another connection is not in it")
	require.NoError(t, s.Join(none))
	require.NoError(t, s.Join(as("acme")))
	require.ErrorIs(t, s.Join(as("bolt")), tenant.ErrTenantConflict)
	require.ErrorIs(t, s.Begin(as("acme")), scope.ErrRefused, "a second one")

	s.End()
	s.End()
	_, err = s.Statement(none, query, nil)
	require.ErrorIs(t, err, scope.ErrNoTenant)
	_, err = s.Statement(as("bolt"), query, nil)
	require.NoError(t, err)
	require.ErrorIs(t, s.Begin(tenant.WithID(as("acme"), "bolt")), tenant.ErrTenantConflict)
	_, err = s.Statement(as("bolt"), query, nil)
	require.NoError(t, err, "that transaction has not begun")
}

// TestGateParts: a part of a transaction is rolled back without our knowing, so
// one that has changed the schema reads the catalogue for each statement then.
func TestGateParts(t *testing.T) {
	src := &schema{tables: []string{"contacts"}}
	s := gateTo(t, scope.OnCrossing(func(context.Context, scope.Crossing) {})).Session(src)
	none, all := context.Background(), tenant.AcrossAll(context.Background(), "test")
	run := func(ctx context.Context, query string, reads int) {
		t.Helper()
		st, err := s.Statement(ctx, query, nil)
		require.NoError(t, err)
		st.Sent()
		require.Equal(t, reads, src.reads)
	}
	require.NoError(t, s.Begin(none))
	run(as("acme"), "SELECT id FROM contacts", 1)
	require.NoError(t, s.Join(none))
	run(as("acme"), "SELECT id FROM contacts", 1)
	run(all, "CREATE TABLE notes (id int)", 1)
	run(as("acme"), "SELECT id FROM contacts", 2)
	run(as("acme"), "SELECT id FROM contacts", 3)
	s.End()
	run(as("acme"), "SELECT id FROM contacts", 4)
	run(as("acme"), "SELECT id FROM contacts", 4)
}

// TestGateConcurrent: one Gate, many connections, DDL among what they send. Run
// under -race.
func TestGateConcurrent(t *testing.T) {
	g, src := gateTo(t, scope.OnCrossing(func(context.Context, scope.Crossing) {})), &schema{tables: []string{"contacts"}}
	var wg sync.WaitGroup
	for range 4 {
		for _, ctx := range []context.Context{as("acme"), as("bolt"), tenant.AcrossAll(context.Background(), "test")} {
			wg.Go(func() {
				s := g.Session(src)
				for range 50 {
					query := "SELECT id FROM contacts"
					if tenant.ModeOf(ctx) == tenant.ModeAcrossAll {
						query = "CREATE TABLE x (id int)"
					}
					st, err := s.Statement(ctx, query, nil)
					if err != nil {
						t.Error(err)
						return
					}
					if id, ok := tenant.IDFromContext(ctx); ok && !slices.Equal(st.Args, []any{string(id)}) {
						t.Errorf("%s got the arguments %v", id, st.Args)
					}
					st.Sent()
				}
			})
		}
	}
	wg.Wait()
}
