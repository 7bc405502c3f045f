package orms

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// step is a piece of the application: it asks or changes something through a
// library and returns what it got. The same function runs on both sides.
type step[H any] struct {
	name string
	do   func(ctx context.Context, h H) (any, error)

	// refused says why the scoped pool refuses the step, by dialect. It must
	// then refuse it and change nothing, and the step does not run alone.
	refused map[tenant.Dialect]scope.Reason

	// only is the dialects of the step, all where it is nil.
	only []tenant.Dialect
}

// everywhere is for steps that no dialect's scoper lets through.
func everywhere(why scope.Reason) map[tenant.Dialect]scope.Reason {
	return map[tenant.Dialect]scope.Reason{tenant.Postgres: why, tenant.MySQL: why, tenant.SQLite: why}
}

// library is one of them, with its steps, on a world.
type library func(t *testing.T, w *world)

// on makes a library of the function that opens it on a pool, and its steps.
// They run in turn for each tenant, on its own database and on the scoped pool,
// each on the rows that the one before has left.
func on[H any](open func(t *testing.T, e engines.Engine, db *sql.DB) H, chapters ...[]step[H]) library {
	return func(t *testing.T, w *world) {
		scoped := open(t, w.engine, w.scoped)
		for _, id := range tenants {
			alone := open(t, w.engine, w.only(t, id))
			others := w.rowsOfOthers(t, id) // which stay as they are, whatever happens
			for _, s := range slices.Concat(chapters...) {
				if s.only != nil && !slices.Contains(s.only, w.engine.Dialect) {
					continue
				}
				ok := t.Run(fmt.Sprintf("%s/%s", id, s.name), func(t *testing.T) {
					if why, refused := s.refused[w.engine.Dialect]; refused {
						w.mustRefuse(t, why, id, func(ctx context.Context) error { _, err := s.do(ctx, scoped); return err })
					} else {
						w.mustEqual(t, id, func(ctx context.Context) (any, error) { return s.do(ctx, alone) },
							func(ctx context.Context) (any, error) { return s.do(ctx, scoped) })
					}
					require.Equal(t, others, w.rowsOfOthers(t, id))
				})
				if !ok {
					break // the steps after it would find other rows
				}
			}
		}
	}
}

// mustEqual holds a step on the scoped pool to the answer of the same step on
// the tenant's own database, and to the rows that it leaves there.
func (w *world) mustEqual(t *testing.T, id tenant.ID, alone, scoped func(context.Context) (any, error)) {
	t.Helper()
	w.sent[id].take()
	want, wantErr := alone(t.Context())
	statements := w.sent[id].take()
	w.explain(t, id, statements)
	sent := "sent alone:\n" + strings.Join(statements, "\n")
	got, gotErr := scoped(tenant.WithID(t.Context(), id))
	require.Equal(t, class(wantErr), class(gotErr), "alone: %v\nscoped: %v\n%s", wantErr, gotErr, sent)
	ordered := !slices.ContainsFunc(statements, orderless)
	require.Equal(t, text(t, want, ordered), text(t, got, ordered), sent)
	require.Equal(t, w.rowsAlone(t, id), w.rowsOf(t, id), sent)
}

// mustRefuse holds a refusal to its reason, and to having changed nothing.
func (w *world) mustRefuse(t *testing.T, why scope.Reason, id tenant.ID, do func(context.Context) error) {
	t.Helper()
	own := w.rowsOf(t, id)
	err := do(tenant.WithID(t.Context(), id))
	var refused *scope.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, why, refused.Reason, "%v", err)
	w.tally.probe(refused)
	require.Equal(t, own, w.rowsOf(t, id))
}

// orderless reports whether the server may return a statement's rows in any
// order: an UPDATE moves them in PostgreSQL, and a cleaned page moves them back.
func orderless(query string) bool {
	query = strings.ToUpper(query)
	return strings.Contains(query, "SELECT") && !strings.Contains(query, "ORDER BY")
}

// text is an answer in a form that shows a difference well. The lists of one that
// has no order are sorted.
func text(t *testing.T, answer any, ordered bool) string {
	t.Helper()
	b, err := json.Marshal(answer)
	require.NoError(t, err)
	var parsed any
	numbers := json.NewDecoder(bytes.NewReader(b))
	numbers.UseNumber() // an id of 64 bits is no float64
	require.NoError(t, numbers.Decode(&parsed))
	if list, ok := parsed.([]any); ok && !ordered {
		sortLists(list)
		sortByText(list)
	} else if !ordered {
		sortLists(parsed)
	}
	b, err = json.MarshalIndent(parsed, "", " ")
	require.NoError(t, err)
	return string(b)
}

// sortLists sorts what an answer holds lists of. A list of plain values inside is
// a row, whose order is that of the columns.
func sortLists(answer any) {
	switch x := answer.(type) {
	case map[string]any:
		for _, inner := range x {
			sortLists(inner)
		}
	case []any:
		for _, inner := range x {
			sortLists(inner)
		}
		if len(x) > 0 {
			switch x[0].(type) {
			case map[string]any, []any:
				sortByText(x)
			}
		}
	}
}

func sortByText(list []any) {
	slices.SortFunc(list, func(a, b any) int {
		left, _ := json.Marshal(a) // what has just been decoded
		right, _ := json.Marshal(b)
		return bytes.Compare(left, right)
	})
}

// class is what an application tells errors apart by: the engine's code, a
// sentinel, or what a library says itself. The texts of engines name the key,
// which has one more column in a shared database.
func class(err error) string {
	var (
		refused  *scope.RefusedError
		postgres *pgconn.PgError
		maria    *mysql.MySQLError
		coded    interface{ Code() int } // SQLite in Go
	)
	switch {
	case err == nil:
		return "no error"
	case errors.As(err, &refused):
		return err.Error()
	case errors.Is(err, sql.ErrNoRows):
		return sql.ErrNoRows.Error()
	case errors.As(err, &postgres):
		return postgres.Code
	case errors.As(err, &maria):
		return fmt.Sprint(maria.Number)
	case errors.As(err, &coded):
		return fmt.Sprint(coded.Code())
	}
	if code, ok := sqliteCgoCode(err); ok {
		return fmt.Sprint(code)
	}
	return err.Error()
}
