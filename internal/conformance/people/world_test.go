package people_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// world is a directory on a scoped pool with the tenants acme, bolt and coil.
type world struct {
	*testing.T
	engine engines.Engine
	db     *sql.DB
	reg    *tenantsql.Registry
	dir    *member.Directory
	cfg    member.Config

	central          context.Context // the back office
	acme, bolt, coil context.Context

	mu     sync.Mutex
	events []tenant.Event // of all changes, also of those that were undone
}

// each runs f in a fresh world on every engine.
func each(t *testing.T, f func(w *world), options ...func(*member.Config)) {
	t.Helper()
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		f(newWorld(t, e, options...))
	})
}

func newWorld(t *testing.T, e engines.Engine, options ...func(*member.Config)) *world {
	t.Helper()
	dsn, _ := e.NewDatabase(t)
	pool, err := scope.OpenDB(e.Connector(t, dsn), scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant})
	require.NoError(t, err)
	pool.SetMaxOpenConns(8)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	require.NoError(t, tenantsql.Migrate(t.Context(), pool, e.Dialect))
	require.NoError(t, member.Migrate(t.Context(), pool, e.Dialect))
	w := &world{T: t, engine: e, db: pool, reg: tenantsql.NewRegistry(pool, e.Dialect)}
	for _, id := range []tenant.ID{"acme", "bolt", "coil"} {
		require.NoError(t, w.reg.Create(t.Context(), tenant.Tenant{ID: id, Code: string(id)}))
	}
	w.cfg = member.Config{
		Tenants: func(db tenant.DBTX) tenant.Registry { return w.reg.With(db) },
		Administrator: func(_ context.Context, _ tenant.DBTX, account string) (bool, error) {
			return account == "root", nil
		},
		Authenticator: &passwords{},
		ReservedNames: []string{"admin"},
		Hooks: []tenant.Hook{func(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
			// What tenant.Hook promises.
			id, in := tenant.IDFromContext(ctx)
			if in != (ev.Tenant != "") || id != ev.Tenant || !in && tenant.ModeOf(ctx) != tenant.ModeGlobal {
				return errors.New("the hook's context is not the event's")
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, ev)
			return nil
		}},
	}
	for _, option := range options {
		option(&w.cfg)
	}
	w.dir, err = member.NewDirectory(pool, e.Dialect, w.cfg)
	require.NoError(t, err)
	w.central = tenant.AcrossAll(t.Context(), "the back office of a test")
	w.acme, w.bolt, w.coil = tenant.WithID(t.Context(), "acme"), tenant.WithID(t.Context(), "bolt"), tenant.WithID(t.Context(), "coil")
	return w
}

// passwords takes the account's id as its password, and counts its calls.
type passwords struct {
	mu    sync.Mutex
	calls int
}

func (p *passwords) Verify(_ context.Context, a member.Account, credential string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	if a.ID != credential {
		return errors.New("wrong password")
	}
	return nil // also for the zero account and an empty credential: the directory has to refuse
}

func (w *world) member(ctx context.Context, id, name string) {
	w.Helper()
	_, err := w.dir.AddMember(ctx, "", member.NewAccount{ID: id, UserName: name, Email: name + "@mail.test"})
	require.NoError(w, err)
}

func (w *world) global(id, name string) {
	w.Helper()
	_, err := w.dir.AddGlobal(w.central, member.NewAccount{ID: id, UserName: name, Email: name + "@mail.test"})
	require.NoError(w, err)
}

// shared makes a shared cohort that these tenants are associated with.
func (w *world) shared(tenants ...tenant.ID) string {
	w.Helper()
	k, err := w.dir.CreateCohort(w.central, "", "trainers")
	require.NoError(w, err)
	for _, id := range tenants {
		require.NoError(w, w.dir.SetAssociated(w.central, id, k.ID, "a test"))
	}
	return k.ID
}

func (w *world) add(cohort string, accounts ...string) {
	w.Helper()
	for _, a := range accounts {
		require.NoError(w, w.dir.AddToCohort(w.central, cohort, a, "a test"))
	}
}

// users returns the ids in a tenant's automatic cohort, as the cohort has them.
func (w *world) users(id tenant.ID) []string {
	w.Helper()
	cohort, found, err := w.dir.AutomaticCohort(w.central, id)
	require.NoError(w, err)
	if !found {
		return nil
	}
	return w.in(cohort)
}

func (w *world) in(cohort string) []string {
	w.Helper()
	page, err := w.dir.CohortMembers(w.central, cohort, member.Query{Limit: member.MaxPage})
	require.NoError(w, err)
	require.Empty(w, page.Next)
	return ids(page)
}

func ids(p member.Page) []string {
	var list []string
	for _, a := range p.Accounts {
		list = append(list, a.ID)
	}
	return list
}

func (w *world) account(id string) member.Account {
	w.Helper()
	a, err := w.dir.Account(w.central, id)
	require.NoError(w, err)
	return a
}

// life tells the directory of a change to a tenant as package lifecycle does:
// in the transaction of the change.
func (w *world) life(kind string, id tenant.ID) {
	w.Helper()
	ctx := tenant.WithID(w.Context(), id)
	tx, err := w.db.BeginTx(ctx, nil)
	require.NoError(w, err)
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	reg := w.reg.With(tx)
	switch kind {
	case "tenant.created":
		err = reg.Create(ctx, tenant.Tenant{ID: id, Code: string(id)})
	case "tenant.suspended":
		err = reg.SetStatus(ctx, id, tenant.Suspended)
	case "tenant.archived":
		err = reg.SetStatus(ctx, id, tenant.Archived)
	case "tenant.restored", "tenant.resumed":
		err = reg.SetStatus(ctx, id, tenant.Active)
	case "tenant.deleted":
		err = reg.Delete(ctx, id)
	}
	require.NoError(w, err)
	require.NoError(w, w.dir.Hook(ctx, tx, tenant.Event{Kind: kind, Tenant: id, Reason: "a test"}))
	require.NoError(w, tx.Commit())
}

// kinds returns the kinds of the events since the last call, as
// "kind tenant object".
func (w *world) kinds() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []string
	for _, ev := range w.events {
		list = append(list, ev.Kind+" "+string(ev.Tenant)+" "+ev.Object)
	}
	w.events = nil
	return list
}

// state is what a refused call must leave as it is: every row of the tables.
func (w *world) state() string {
	w.Helper()
	var all string
	for _, q := range []string{
		`SELECT id, tenant_id, user_name, COALESCE(realm, '~'), email, suspended FROM tenancy_accounts ORDER BY id`,
		`SELECT id FROM tenancy_account_ids ORDER BY id`,
		`SELECT tenant_id, cohort_id, associated_id, members, held, name_pattern FROM tenancy_people ORDER BY tenant_id`,
		`SELECT tenant_id, account_id FROM tenancy_managers ORDER BY tenant_id, account_id`,
		`SELECT id, tenant_id, kind FROM tenancy_cohorts ORDER BY id`,
		`SELECT cohort_id, account_id FROM tenancy_cohort_members ORDER BY cohort_id, account_id`,
		`SELECT token_hash FROM tenancy_resets ORDER BY token_hash`,
		`SELECT tenant_id, number FROM tenancy_changes ORDER BY tenant_id`,
	} {
		all += w.dump(q) + "\n"
	}
	return all
}

func (w *world) dump(query string) string {
	w.Helper()
	rows, err := w.db.QueryContext(carry.Library(w.Context()), query)
	require.NoError(w, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(w, err)
	var out strings.Builder
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		dest := make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		require.NoError(w, rows.Scan(dest...))
		for _, v := range values {
			out.WriteString(v.String + "|")
		}
		out.WriteByte('\n')
	}
	require.NoError(w, rows.Err())
	return out.String()
}

// refused holds that a call fails with an error that is want, and changes
// nothing.
func (w *world) refused(want error, call func() error) {
	w.Helper()
	before := w.state()
	require.ErrorIs(w, call(), want)
	require.Equal(w, before, w.state(), "a refused call has changed something")
}

// exec runs a statement on the tables of package member, which no application
// may.
func (w *world) exec(stmt string) {
	w.Helper()
	_, err := w.db.ExecContext(carry.Library(w.Context()), stmt)
	require.NoError(w, err)
}
