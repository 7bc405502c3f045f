package riverjobs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantriver"
	"github.com/gotenancy/tenancy/tenant/timer"
)

type noteArgs struct {
	Body string `json:"body"`
}

func (noteArgs) Kind() string { return "note" }

type noteWorker struct {
	river.WorkerDefaults[noteArgs]
	w *world
}

func (n noteWorker) Work(ctx context.Context, job *river.Job[noteArgs]) error {
	if _, ok := tenant.ActorFromContext(ctx); ok {
		return errors.New("a job has an actor")
	}
	_, err := n.w.db.ExecContext(ctx, `INSERT INTO notes (body) VALUES ($1)`, job.Args.Body)
	return err
}

type sweepArgs struct{}

func (sweepArgs) Kind() string { return "sweep" }

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	w *world
}

func (s sweepWorker) Work(ctx context.Context, _ *river.Job[sweepArgs]) error {
	_, err := s.w.db.ExecContext(ctx, `DELETE FROM notes`)
	if tenant.ModeOf(ctx) != tenant.ModeGlobal || !errors.Is(err, scope.ErrRefused) {
		return fmt.Errorf("mode %v: %w", tenant.ModeOf(ctx), err)
	}
	return nil
}

func addWorkers(w *world, workers *river.Workers, _ *river.Config) {
	river.AddWorker(workers, noteWorker{w: w})
	river.AddWorker(workers, sweepWorker{w: w})
}

func registry(t *testing.T, ids ...tenant.ID) *tenant.MemoryRegistry {
	t.Helper()
	reg, err := tenant.NewMemoryRegistry()
	require.NoError(t, err)
	for _, id := range ids {
		require.NoError(t, reg.Put(tenant.Tenant{ID: id}))
	}
	return reg
}

// A job works as the tenant that inserted it, in a transaction of the tenant's
// or alone; unique jobs are unique per tenant.
func TestJobsOfTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry(t, "acme", "bolt"), addWorkers)
	acme := tenant.WithActor(tenant.WithID(t.Context(), "acme"), tenant.Actor{ID: "ann", Tenant: "acme"})
	bolt := tenant.WithID(t.Context(), "bolt")
	unique := &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}, Metadata: []byte(`{"trace":"7"}`)}
	for _, ctx := range []context.Context{acme, bolt} {
		for range 2 {
			_, err := w.client.Insert(ctx, noteArgs{"same"}, unique)
			require.NoError(t, err)
		}
	}
	tx, err := w.pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = w.client.InsertManyTx(bolt, tx, []river.InsertManyParams{{Args: noteArgs{"x"}}, {Args: noteArgs{"y"}}})
	require.NoError(t, err)
	require.NoError(t, tx.Commit(t.Context()))
	require.Equal(t, 4, w.count(`SELECT COUNT(*) FROM river_job`))
	require.Equal(t, 2, w.count(`SELECT COUNT(*) FROM river_job WHERE metadata->>'trace' = '7'`))
	_, err = w.client.Insert(t.Context(), sweepArgs{}, nil)
	require.NoError(t, err)
	w.start()
	for _, ev := range w.await(5) {
		require.Equal(t, river.EventKindJobCompleted, ev.Kind, "%v", ev.Job.Errors)
	}
	require.Equal(t, 1, w.count(`SELECT COUNT(*) FROM notes WHERE tenant_id = 'acme' AND body = 'same'`))
	require.Equal(t, 3, w.count(`SELECT COUNT(*) FROM notes WHERE tenant_id = 'bolt'`))
	require.Equal(t, 4, w.count(`SELECT COUNT(*) FROM notes`))
}

// Nothing is inserted from a context that does not say for whom, nor with
// metadata that claims it.
func TestInsertRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry(t, "acme"), addWorkers)
	acme := tenant.WithID(t.Context(), "acme")
	for _, c := range []struct {
		name string
		ctx  context.Context
		args river.JobArgs
		want error
	}{
		{"no tenant", t.Context(), noteArgs{}, tenant.ErrNoTenant},
		{"global", tenant.Global(t.Context()), noteArgs{}, tenant.ErrNoTenant},
		{"several", tenant.Across(t.Context(), "test", "acme"), noteArgs{}, tenant.ErrSeveralTenants},
		{"refused", tenant.WithID(acme, "bolt"), noteArgs{}, tenant.ErrTenantConflict},
		{"read-only", tenant.ReadOnly(acme), noteArgs{}, tenant.ErrReadOnly},
		{"a shared kind for a tenant", acme, sweepArgs{}, tenant.ErrTenantConflict},
	} {
		_, err := w.client.Insert(c.ctx, c.args, nil)
		require.ErrorIs(t, err, c.want, c.name)
	}
	_, err := w.client.Insert(acme, noteArgs{}, &river.InsertOpts{Metadata: []byte(`{"tenancy":{"v":1,"tenant":"bolt"}}`)})
	require.ErrorContains(t, err, "comes from the context")
	require.Zero(t, w.count(`SELECT COUNT(*) FROM river_job`))
}

// A job that nobody may work is cancelled with the reason, one of a suspended
// tenant put off; the worker hears of neither.
func TestJobsThatMustNotRun(t *testing.T) {
	t.Parallel()
	reg := registry(t, "acme", "gone", "old", "late")
	w := newWorld(t, reg, addWorkers)
	why := map[int64]string{}
	insert := func(ctx context.Context, want string) int64 {
		res, err := w.client.Insert(ctx, noteArgs{"no"}, nil)
		require.NoError(t, err)
		why[res.Job.ID] = want
		return res.Job.ID
	}
	forge := func(metadata, want string) {
		id := insert(tenant.WithID(t.Context(), "acme"), want)
		_, err := w.plain.ExecContext(t.Context(), `UPDATE river_job SET metadata = $1 WHERE id = $2`, metadata, id)
		require.NoError(t, err)
	}
	insert(tenant.WithID(t.Context(), "gone"), "unknown tenant")
	insert(tenant.WithID(t.Context(), "old"), "archived")
	insert(tenant.WithID(t.Context(), "late"), "")
	forge(`{}`, "no tenant in the context")
	forge(`{"tenancy":{"v":1,"shared":true}}`, "not in Config.Shared")
	forge(`{"tenancy":{"v":1,"tenant":"Acme"}}`, "invalid id")
	forge(`{"tenancy":{"v":1}}`, "either a tenant or")
	forge(`{"tenancy":{"v":2,"tenant":"acme"}}`, "version 2")
	forge(`{"tenancy":"acme"}`, "metadata")
	reg.Remove("gone")
	require.NoError(t, reg.Put(tenant.Tenant{ID: "old", Status: tenant.Archived}))
	require.NoError(t, reg.Put(tenant.Tenant{ID: "late", Status: tenant.Suspended}))
	w.start()
	for id, ev := range w.await(len(why)) {
		if why[id] == "" {
			require.Equal(t, river.EventKindJobSnoozed, ev.Kind)
			continue
		}
		require.Equal(t, river.EventKindJobCancelled, ev.Kind, why[id])
		require.Equal(t, rivertype.JobStateCancelled, ev.Job.State)
		require.Contains(t, ev.Job.Errors[0].Error, why[id])
	}
	require.Zero(t, w.count(`SELECT COUNT(*) FROM notes`))
}

// A periodic job becomes one job for each active tenant, page by page.
func TestFanOut(t *testing.T) {
	t.Parallel()
	const tenants = 1203 // three pages
	var ids []tenant.ID
	for i := range tenants {
		ids = append(ids, tenant.ID(fmt.Sprintf("t%04d", i)))
	}
	reg := registry(t, ids...)
	require.NoError(t, reg.Put(tenant.Tenant{ID: ids[7], Status: tenant.Suspended}))
	w := newWorld(t, reg, func(w *world, workers *river.Workers, cfg *river.Config) {
		fan, err := tenantriver.NewFanOut(w.pool, reg, tenantriver.PerTenant{
			Name: "welcome", Schedule: timer.Every(1 << 60),
			Job: func(id tenant.ID) (river.JobArgs, *river.InsertOpts) {
				return noteArgs{"welcome"}, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}, Queue: "later"}
			},
		})
		require.NoError(t, err)
		river.AddWorker(workers, fan)
		addWorkers(w, workers, cfg)
		cfg.PeriodicJobs = fan.PeriodicJobs()
	})
	_, err := w.client.Insert(t.Context(), tenantriver.FanOutArgs{Name: "welcome"}, nil)
	require.NoError(t, err)
	_, err = w.client.Insert(tenant.WithID(t.Context(), "t0001"), tenantriver.FanOutArgs{Name: "welcome"}, nil)
	require.ErrorIs(t, err, tenant.ErrTenantConflict)
	w.start()
	for _, ev := range w.await(3) {
		require.Equal(t, river.EventKindJobCompleted, ev.Kind, "%v", ev.Job.Errors)
	}
	require.Equal(t, tenants-1, w.count(`SELECT COUNT(*) FROM river_job WHERE kind = 'note'`))
	require.Equal(t, tenants-1, w.count(`SELECT COUNT(DISTINCT metadata->'tenancy'->>'tenant') FROM river_job WHERE kind = 'note'`))
	require.Zero(t, w.count(`SELECT COUNT(*) FROM river_job WHERE metadata->'tenancy'->>'tenant' = 't0007'`))
}

// A page that can not be committed leaves nothing, and is tried again.
func TestFanOutFails(t *testing.T) {
	t.Parallel()
	reg := registry(t, "acme", "bolt")
	w := newWorld(t, reg, func(w *world, workers *river.Workers, cfg *river.Config) {
		fan, err := tenantriver.NewFanOut(broken{w}, reg, tenantriver.PerTenant{
			Name: "welcome", Schedule: timer.Every(1 << 60),
			Job: func(tenant.ID) (river.JobArgs, *river.InsertOpts) { return noteArgs{"welcome"}, nil },
		})
		require.NoError(t, err)
		river.AddWorker(workers, fan)
		addWorkers(w, workers, cfg)
	})
	_, err := w.client.Insert(t.Context(), tenantriver.FanOutArgs{Name: "welcome"}, nil)
	require.NoError(t, err)
	w.start()
	for _, ev := range w.await(1) {
		require.Equal(t, river.EventKindJobFailed, ev.Kind)
	}
	require.Zero(t, w.count(`SELECT COUNT(*) FROM river_job WHERE kind = 'note'`))
}

// broken gives transactions that do not commit.
type broken struct{ w *world }

func (b broken) Begin(ctx context.Context) (pgx.Tx, error) {
	tx, err := b.w.pool.Begin(ctx)
	return brokenTx{tx}, err
}

type brokenTx struct{ pgx.Tx }

func (b brokenTx) Commit(ctx context.Context) error {
	return errors.Join(errors.New("the connection is gone"), b.Rollback(ctx))
}
