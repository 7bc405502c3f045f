package scope_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// valuer converts itself; a nil pointer to one is NULL.
type valuer struct{}

func (valuer) Value() (driver.Value, error) { return "valued", nil }

// each runs f for every combination of a connection and a statement.
func each(t *testing.T, f func(t *testing.T, fresh func() *script)) {
	for conn, newConn := range conns {
		for stmt, newStmt := range stmts {
			for _, count := range []bool{false, true} {
				t.Run(fmt.Sprintf("conn %s/stmt %s/count %v", conn, stmt, count), func(t *testing.T) {
					f(t, func() *script { return &script{conn: newConn, stmt: newStmt, count: count, bad: map[string]int{}} })
				})
			}
		}
	}
}

// pools opens the same driver twice: bare, and scoped.
func pools(t *testing.T, fresh func() *script) (bare, scoped *script, bareDB, scopedDB *sql.DB) {
	t.Helper()
	bare, scoped = fresh(), fresh()
	bareDB = sql.OpenDB(bare)
	scopedDB, err := scope.OpenDB(scoped, goldenPolicy(scope.MySQL), scope.OnCrossing(func(context.Context, scope.Crossing) {}))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bareDB.Close()); require.NoError(t, scopedDB.Close()) })
	bareDB.SetMaxOpenConns(1)
	scopedDB.SetMaxOpenConns(1)
	return bare, scoped, bareDB, scopedDB
}

// outcome is what a caller sees.
func outcome(v any, err error) string {
	switch x := v.(type) {
	case sql.Result:
		if err == nil {
			n, _ := x.RowsAffected()
			return fmt.Sprint("affected ", n)
		}
	case *sql.Rows:
		if err == nil {
			columns, _ := x.Columns()
			return fmt.Sprint(columns, x.Next(), x.NextResultSet(), x.Close())
		}
	}
	return fmt.Sprint(err)
}

// TestSameAsBare: over every combination of interfaces, database/sql does with
// the scoped driver what it does with the bare one: the same calls in the same
// order, the same arguments, the same results and errors. The context is one
// across all tenants, in which the text stays as it is.
func TestSameAsBare(t *testing.T) {
	ctx := tenant.AcrossAll(context.Background(), "test")
	list := [][]any{
		nil, {1}, {1, "a"}, {1, "a", special("z")}, {special("x"), 2}, {1, special("x")}, {dropped{}, 1, "a"}, {1, dropped{}, special("y")},
		{valuer{}, (*valuer)(nil)}, {sql.Named("n", 1), 2}, {func() {}, 1}, {sql.NullString{}, []byte("b")},
	}
	each(t, func(t *testing.T, fresh func() *script) {
		bare, scoped, bareDB, scopedDB := pools(t, fresh)
		same := func(what string, ordered bool, do func(db *sql.DB) string) {
			t.Helper()
			require.Equal(t, do(bareDB), do(scopedDB), what)
			want, got := bare.take(), scoped.take()
			if !ordered {
				slices.Sort(want)
				slices.Sort(got)
			}
			require.Equal(t, want, got, what)
		}
		same("ping", true, func(db *sql.DB) string { return outcome(nil, db.PingContext(ctx)) })
		for _, a := range list {
			what := fmt.Sprintf("%T", a)
			same("exec "+what, true, func(db *sql.DB) string {
				return outcome(db.ExecContext(ctx, "DELETE FROM t WHERE a = ? AND b = ?", a...))
			})
			same("query "+what, true, func(db *sql.DB) string {
				return outcome(db.QueryContext(ctx, "SELECT id FROM t WHERE a = ? AND b = ?", a...))
			})
			// Ours goes to the server at the first execution, so the order differs.
			same("prepared "+what, false, func(db *sql.DB) string {
				st, err := db.PrepareContext(ctx, "DELETE FROM t WHERE a = ? AND b = ?")
				if err != nil {
					return outcome(nil, err)
				}
				out := outcome(st.ExecContext(ctx, a...)) + outcome(st.QueryContext(ctx, a...))
				return out + outcome(nil, st.Close())
			})
		}
		for _, opts := range []*sql.TxOptions{nil, {ReadOnly: true}, {Isolation: sql.LevelSerializable}} {
			for _, commit := range []bool{true, false} {
				same("transaction", true, func(db *sql.DB) string {
					tx, err := db.BeginTx(ctx, opts)
					if err != nil {
						return outcome(nil, err)
					}
					out := outcome(tx.ExecContext(ctx, "DELETE FROM t WHERE a = ? AND b = ?", 1, 2))
					if commit {
						return out + outcome(nil, tx.Commit())
					}
					return out + outcome(nil, tx.Rollback())
				})
			}
		}
	})
}

// TestSameAsByHand is the same in a tenant's context: what the application would
// have had to write by hand, sent to the bare driver, against what the scoped one
// makes of the plain text.
func TestSameAsByHand(t *testing.T) {
	const plain = "DELETE FROM contacts WHERE id = ?"
	const byHand = "DELETE FROM contacts WHERE contacts.`tenant_id` = ? AND (id = ?)"
	each(t, func(t *testing.T, fresh func() *script) {
		bare, scoped, bareDB, scopedDB := pools(t, fresh)
		for _, arg := range []any{1, "a", special("x"), valuer{}, func() {}} {
			_, want := bareDB.ExecContext(context.Background(), byHand, "acme", arg)
			_, got := scopedDB.ExecContext(as("acme"), plain, arg)
			require.Equal(t, want == nil, got == nil, "%v, %v", want, got)
			wantLog, gotLog := bare.take(), scoped.take()
			if want == nil { // else the argument's number is the application's own
				for i := range wantLog {
					wantLog[i] = byOwnNumber(wantLog[i])
					gotLog[i] = byOwnNumber(gotLog[i])
				}
				require.Equal(t, wantLog, gotLog, "%T", arg)
			}
		}
		// One that the driver takes out is counted by nobody.
		_, want := bareDB.ExecContext(context.Background(), byHand, "acme", dropped{}, 7)
		_, got := scopedDB.ExecContext(as("acme"), plain, dropped{}, 7)
		require.Equal(t, want == nil, got == nil, "%v, %v", want, got)
		for _, line := range scoped.take() {
			require.NotContains(t, line, "2=acme", "the tenant never stands in another's place")
		}
		// But it fills no placeholder.
		_, got = scopedDB.ExecContext(as("acme"), plain, dropped{})
		require.Error(t, got)
		for _, line := range scoped.take() {
			require.NotContains(t, line, "acme")
		}
	})
}

// byOwnNumber leaves out which number a converted argument has: not yet bound,
// it has the application's.
func byOwnNumber(line string) string {
	for _, who := range []string{"conn converts $", "stmt converts $"} {
		if len(line) > len(who) && line[:len(who)] == who {
			return who
		}
	}
	return line
}

// TestBadConnections: database/sql looks for another connection as often as it
// does over the bare driver, and gives up with the same error; the hook is told
// once, whatever it took.
func TestBadConnections(t *testing.T) {
	ctx := tenant.AcrossAll(context.Background(), "test")
	each(t, func(t *testing.T, fresh func() *script) {
		if fresh().count {
			return // the arguments are all right here
		}
		for _, method := range []string{"Connect", "ExecContext", "Exec", "QueryContext", "Query", "Prepare", "PrepareContext", "stmt.Exec", "stmt.ExecContext",
			"stmt.Query", "stmt.QueryContext", "BeginTx", "Begin", "ResetSession", "IsValid", "Commit", "Rollback"} {
			for _, times := range []int{1, 3, 4} { // retried, retried in vain, and one left for later
				for name, do := range map[string]func(db *sql.DB) string{
					"exec":  func(db *sql.DB) string { return outcome(db.ExecContext(ctx, "DELETE FROM t WHERE a = ?", 1, 2)) },
					"query": func(db *sql.DB) string { return outcome(db.QueryContext(ctx, "SELECT id FROM t WHERE a = ?", 1, 2)) },
					"transaction": func(db *sql.DB) string {
						tx, err := db.BeginTx(ctx, nil)
						if err != nil {
							return outcome(nil, err)
						}
						out := outcome(tx.ExecContext(ctx, "DELETE FROM t WHERE a = ?", 1, 2))
						return out + outcome(nil, tx.Commit())
					},
				} {
					told := 0
					bare, scoped := fresh(), fresh()
					bareDB := sql.OpenDB(bare)
					scopedDB, err := scope.OpenDB(scoped, goldenPolicy(scope.MySQL), scope.OnCrossing(func(context.Context, scope.Crossing) { told++ }))
					require.NoError(t, err)
					require.NoError(t, bareDB.Ping()) // so that there is a connection to reset
					require.NoError(t, scopedDB.Ping())
					bare.take()
					scoped.take()
					bare.bad[method], scoped.bad[method] = times, times
					what := fmt.Sprintf("%s, %s bad %d times", name, method, times)
					want, got := do(bareDB), do(scopedDB)
					require.Equal(t, want, got, what)
					log := scoped.take()
					require.Equal(t, bare.take(), log, what)
					sent := slices.ContainsFunc(log, func(s string) bool {
						return slices.ContainsFunc([]string{"Exec", "Query", "stmt.Exec", "stmt.Query"}, func(p string) bool { return len(s) >= len(p) && s[:len(p)] == p })
					})
					if sent {
						require.Equal(t, 1, told, what)
					} else {
						require.LessOrEqual(t, told, 1, what)
					}
					require.NoError(t, bareDB.Close())
					require.NoError(t, scopedDB.Close())
				}
			}
		}
	})
}

// TestBadConnectionWhileReading: one that is found bad while the catalogue is read
// is no reason to fail, nor does it go back to the pool.
func TestBadConnectionWhileReading(t *testing.T) {
	s := &script{conn: conns["modern"], stmt: stmts["modern"], bad: map[string]int{"QueryContext": 1}}
	db, err := scope.OpenDB(s, scope.Policy{Dialect: scope.SQLite, Column: "tenant_id", Default: scope.PerTenant, Tables: map[string]scope.Table{"contacts": {Class: scope.SharedWritable}}})
	require.NoError(t, err)
	defer db.Close()
	closed := func() (n int) {
		for _, line := range s.take() {
			if line == "conn.Close" {
				n++
			}
		}
		return n
	}
	_, err = db.ExecContext(as("acme"), "DELETE FROM contacts")
	require.NoError(t, err)
	require.Equal(t, 1, closed())
	s.bad["QueryContext"] = 1
	_, err = db.ExecContext(as("acme"), "DELETE FROM nowhere") // read again for the unknown name
	require.ErrorIs(t, err, scope.ErrRefused)
	require.Equal(t, 1, closed())
	// Somebody who gives up while reading leaves the reading to the next.
	ctx, cancel := context.WithCancel(as("acme"))
	cancel()
	_, err = db.ExecContext(ctx, "DELETE FROM contacts")
	require.Equal(t, context.Canceled, err)
	_, err = db.ExecContext(as("acme"), "DELETE FROM contacts")
	require.NoError(t, err)
}

// TestNothingOfOursInATransaction: SQLite fails the first write of a transaction
// that has read, if somebody else has written meanwhile. So the catalogue is read
// before a transaction begins, and again in it only once the schema has changed.
// Statements across all tenants need none.
func TestNothingOfOursInATransaction(t *testing.T) {
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	db, err := scope.OpenDB(s, scope.Policy{Dialect: scope.SQLite, Column: "tenant_id", Default: scope.PerTenant, Tables: map[string]scope.Table{"contacts": {Class: scope.SharedWritable}}},
		scope.OnCrossing(func(context.Context, scope.Crossing) {}))
	require.NoError(t, err)
	defer db.Close()
	all := tenant.AcrossAll(context.Background(), "test")
	reads := func() (out []string) {
		for _, line := range s.take() {
			switch {
			case strings.HasPrefix(line, "QueryContext"):
				if len(out) == 0 || out[len(out)-1] != "reads" {
					out = append(out, "reads")
				}
			case strings.HasPrefix(line, "ExecContext"), strings.HasPrefix(line, "BeginTx"):
				out = append(out, strings.Fields(line)[0])
			}
		}
		return out
	}
	run := func(by interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
	}, ctx context.Context, query string) {
		_, err := by.ExecContext(ctx, query)
		require.NoError(t, err)
	}
	run(db, all, "CREATE TABLE x (id integer)")
	s.take()
	tx, err := db.BeginTx(as("acme"), nil)
	require.NoError(t, err)
	run(tx, as("acme"), "DELETE FROM contacts")
	require.Equal(t, []string{"reads", "BeginTx", "ExecContext"}, reads())
	run(db, all, "CREATE TABLE y (id integer)")
	s.take()
	run(tx, as("acme"), "DELETE FROM contacts")
	run(tx, as("acme"), "DELETE FROM contacts")
	require.Equal(t, []string{"reads", "ExecContext", "ExecContext"}, reads())
	require.NoError(t, tx.Rollback())
	run(db, as("acme"), "DELETE FROM contacts")
	run(db, as("acme"), "DELETE FROM contacts")
	require.Equal(t, []string{"reads", "ExecContext", "ExecContext"}, reads(), "what the transaction read was for itself")

	tx, err = db.BeginTx(all, nil)
	require.NoError(t, err)
	run(tx, all, "CREATE TABLE z (id integer)")
	run(tx, all, "DELETE FROM contacts")
	require.NoError(t, tx.Rollback())
	require.Equal(t, []string{"BeginTx", "ExecContext", "ExecContext"}, reads())

	// One that belongs to nobody sees its own changes, once for each.
	tx, err = db.BeginTx(context.Background(), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"reads", "BeginTx"}, reads())
	run(tx, as("acme"), "DELETE FROM contacts")
	run(tx, all, "CREATE TABLE z (id integer)")
	run(tx, as("acme"), "DELETE FROM contacts")
	run(tx, as("bolt"), "DELETE FROM contacts")
	require.Equal(t, []string{"ExecContext", "ExecContext", "reads", "ExecContext", "ExecContext"}, reads())
	run(tx, all, "ROLLBACK TO SAVEPOINT a")
	run(tx, as("bolt"), "DELETE FROM contacts")
	require.Equal(t, []string{"ExecContext", "reads", "ExecContext"}, reads(), "it may be as before")
	require.NoError(t, tx.Rollback())
}

// TestTransactionsContextEnds: database/sql rolls back by itself, and keeps or
// closes the connection as it would over the bare driver. Whoever comes next is
// not in the transaction's tenant.
func TestTransactionsContextEnds(t *testing.T) {
	each(t, func(t *testing.T, fresh func() *script) {
		synctest.Test(t, func(t *testing.T) {
			bare, scoped := fresh(), fresh()
			bareDB := sql.OpenDB(bare)
			scopedDB, err := scope.OpenDB(scoped, goldenPolicy(scope.MySQL))
			require.NoError(t, err)
			for _, db := range []*sql.DB{bareDB, scopedDB} {
				ctx, cancel := context.WithCancel(as("acme"))
				tx, err := db.BeginTx(ctx, nil)
				require.NoError(t, err)
				cancel()
				synctest.Wait()
				_, err = tx.ExecContext(as("acme"), "DELETE FROM contacts")
				require.ErrorIs(t, err, sql.ErrTxDone)
				require.Zero(t, db.Stats().InUse)
			}
			require.Equal(t, bare.take(), scoped.take())
			_, err = scopedDB.Exec("DELETE FROM contacts")
			require.ErrorIs(t, err, scope.ErrNoTenant)
			_, err = scopedDB.ExecContext(as("bolt"), "DELETE FROM contacts")
			require.NoError(t, err)
			require.NoError(t, bareDB.Close())
			require.NoError(t, scopedDB.Close())
		})
	})
}
