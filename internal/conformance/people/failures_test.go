package people_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

var errLost = errors.New("the connection is lost")

// failing is a transaction in which the statement number at fails, counted
// from 1.
type failing struct {
	tenant.DBTX
	at, n int
}

func (f *failing) lost() bool {
	f.n++
	return f.n == f.at
}

func (f *failing) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if f.lost() {
		return nil, errLost
	}
	return f.DBTX.ExecContext(ctx, query, args...)
}

func (f *failing) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if f.lost() {
		return nil, errLost
	}
	return f.DBTX.QueryContext(ctx, query, args...)
}

func (f *failing) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if f.lost() {
		ended, cancel := context.WithCancelCause(ctx)
		cancel(errLost)
		return f.DBTX.QueryRowContext(ended, query, args...)
	}
	return f.DBTX.QueryRowContext(ctx, query, args...)
}

// Every statement of every change may fail. Then the change says so and is
// undone, and nothing that it would have told is true.
func TestEveryStatementMayFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, engines.Get(t, "sqlite"))
	w.everyone()
	cohort := w.shared("coil")
	own, err := w.dir.CreateCohort(w.bolt, "", "class")
	require.NoError(t, err)
	require.NoError(t, w.dir.AddToCohort(w.bolt, own.ID, "b1", ""))
	w.mail("a1")
	choices, err := w.dir.StartReset(w.acme, "same@mail.test")
	require.NoError(t, err)

	for name, call := range map[string]func(*member.Directory, tenant.DBTX) error{
		"AddMember": func(d *member.Directory, _ tenant.DBTX) error {
			_, err := d.AddMember(w.acme, "", newAccount("n", "new"))
			return err
		},
		"AddGlobal": func(d *member.Directory, _ tenant.DBTX) error {
			_, err := d.AddGlobal(w.central, newAccount("n", "new"))
			return err
		},
		"Allocate":         func(d *member.Directory, _ tenant.DBTX) error { return d.Allocate(w.central, "g1", "coil", "", "") },
		"Move":             func(d *member.Directory, _ tenant.DBTX) error { return d.Move(w.central, "b1", "bolt", "coil", "", "") },
		"Release":          func(d *member.Directory, _ tenant.DBTX) error { return d.Release(w.central, "b1", "", "") },
		"Rename":           func(d *member.Directory, _ tenant.DBTX) error { return d.Rename(w.acme, "a1", "new") },
		"SetEmail":         func(d *member.Directory, _ tenant.DBTX) error { return d.SetEmail(w.central, "g1", "x@y.test") },
		"Suspend":          func(d *member.Directory, _ tenant.DBTX) error { return d.Suspend(w.central, "g1", "") },
		"Remove a member":  func(d *member.Directory, _ tenant.DBTX) error { return d.Remove(w.bolt, "b1", "") },
		"Remove a global":  func(d *member.Directory, _ tenant.DBTX) error { return d.Remove(w.central, "g1", "") },
		"AddManager":       func(d *member.Directory, _ tenant.DBTX) error { return d.AddManager(w.central, "acme", "g1", "") },
		"RemoveManager":    func(d *member.Directory, _ tenant.DBTX) error { return d.RemoveManager(w.central, "bolt", "g1", "") },
		"CreateCohort":     func(d *member.Directory, _ tenant.DBTX) error { _, err := d.CreateCohort(w.acme, "", "x"); return err },
		"DeleteCohort":     func(d *member.Directory, _ tenant.DBTX) error { return d.DeleteCohort(w.bolt, own.ID) },
		"AddToCohort":      func(d *member.Directory, _ tenant.DBTX) error { return d.AddToCohort(w.central, cohort, "g1", "") },
		"AddToCohort, own": func(d *member.Directory, _ tenant.DBTX) error { return d.AddToCohort(w.bolt, own.ID, "b2", "") },
		"RemoveFromCohort": func(d *member.Directory, _ tenant.DBTX) error { return d.RemoveFromCohort(w.bolt, own.ID, "b1", "") },
		"SetAssociated":    func(d *member.Directory, _ tenant.DBTX) error { return d.SetAssociated(w.central, "acme", cohort, "") },
		"SetNamePattern":   func(d *member.Directory, _ tenant.DBTX) error { return d.SetNamePattern(w.central, "acme", "x") },
		"Resync":           func(d *member.Directory, _ tenant.DBTX) error { _, _, err := d.Resync(w.central, "acme"); return err },
		"StartReset": func(d *member.Directory, _ tenant.DBTX) error {
			_, err := d.StartReset(w.acme, "same@mail.test")
			return err
		},
		"RedeemReset": func(d *member.Directory, _ tenant.DBTX) error {
			_, err := d.RedeemReset(w.acme, choices[0].Reference)
			return err
		},
		"Login": func(d *member.Directory, _ tenant.DBTX) error {
			_, _, err := d.Login(w.Context(), member.Attempt{UserName: "ann@acme", Credential: "a1"})
			return err
		},
		"Switch": func(d *member.Directory, _ tenant.DBTX) error {
			_, err := d.Switch(tenant.WithActor(w.acme, tenant.Actor{ID: "g1"}), newSession(map[string]any{}), "bolt", "a test")
			return err
		},
		"MayEnter": func(d *member.Directory, _ tenant.DBTX) error {
			_, err := d.MayEnter(w.acme, tenant.Actor{ID: "g1"}, "acme")
			return err
		},
		"Actor":   func(d *member.Directory, _ tenant.DBTX) error { _, err := d.Actor(w.acme, "a1"); return err },
		"Account": func(d *member.Directory, _ tenant.DBTX) error { _, err := d.Account(w.acme, "a1"); return err },
		"Candidates": func(d *member.Directory, _ tenant.DBTX) error {
			_, err := d.Candidates(w.acme, "", member.Query{})
			return err
		},
		"Managers": func(d *member.Directory, _ tenant.DBTX) error { _, err := d.Managers(w.acme, ""); return err },
		"Cohorts":  func(d *member.Directory, _ tenant.DBTX) error { _, err := d.Cohorts(w.acme, ""); return err },
		"Usage":    func(d *member.Directory, _ tenant.DBTX) error { _, _, err := d.Usage(w.acme, ""); return err },
		"created":  w.hooked("tenant.created"),
		"archived": w.hooked("tenant.archived"),
		"restored": w.hooked("tenant.restored"),
		"deleted":  w.hooked("tenant.deleted"),
	} {
		t.Run(name, func(t *testing.T) {
			before := w.state()
			for at := 1; ; at++ {
				tx, err := w.db.BeginTx(w.Context(), nil)
				require.NoError(t, err)
				db := &failing{DBTX: tx, at: at}
				err = call(w.dir.With(db), db)
				require.NoError(t, tx.Rollback())
				require.Equal(t, before, w.state())
				if db.n < at {
					require.NoError(t, err, "nothing has failed")
					require.Greater(t, at, 1)
					return
				}
				require.Error(t, err, "statement %d has failed and nobody says so", at)
				require.True(t, errors.Is(err, errLost) || errors.Is(err, context.Canceled), "%v", err)
			}
		})
	}
}

func (w *world) hooked(kind string) func(*member.Directory, tenant.DBTX) error {
	return func(d *member.Directory, tx tenant.DBTX) error {
		return d.Hook(w.bolt, tx, tenant.Event{Kind: kind, Tenant: "bolt"})
	}
}
