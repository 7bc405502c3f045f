package tenantriver

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/gotenancy/tenancy/tenant"
)

const (
	fanOutKind = "tenancy.fan_out"
	// fanOutPage is for how many tenants one transaction inserts jobs.
	fanOutPage = 500
)

// FanOutArgs are the arguments of the job that inserts one job for each tenant.
type FanOutArgs struct {
	Name  string    `json:"name"`            // of the PerTenant
	After tenant.ID `json:"after,omitempty"` // the tenants up to this one have theirs
}

// Kind implements river.JobArgs.
func (FanOutArgs) Kind() string { return fanOutKind }

// PerTenant is a job that is due for every active tenant when its schedule
// says so.
type PerTenant struct {
	// Name identifies it; it is River's id of the periodic job too.
	Name string

	// Schedule says when it is due. One of package timer fits.
	Schedule river.PeriodicSchedule

	// Job makes the job of one tenant, or nil where there is none for it. Its
	// kind must not be in Config.Shared.
	Job func(id tenant.ID) (river.JobArgs, *river.InsertOpts)

	// Unique are River's options for the job that begins the fan-out. Which
	// process inserts that one is decided by River's election of a leader; with
	// UniqueOpts{ByPeriod: ...} a change of the leader does not make two.
	Unique river.UniqueOpts
}

// Pool is where a [FanOut] begins its transactions: a pgxpool.Pool on River's
// tables.
type Pool interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// FanOut inserts the jobs of each [PerTenant] for each active tenant. When one
// is due, River inserts a single job, which inserts those of the first 500
// tenants and the job for the next 500, and is complete, in one transaction: a
// process that is killed leaves nothing half done, and memory is bounded
// however many tenants there are.
type FanOut struct {
	river.WorkerDefaults[FanOutArgs]
	pool     Pool
	registry tenant.Registry
	jobs     map[string]PerTenant
	names    []string
}

// NewFanOut returns a fan-out, which has to be added to the workers of the
// client (river.AddWorker(workers, fanOut)), and its PeriodicJobs to the
// client's.
func NewFanOut(pool Pool, registry tenant.Registry, jobs ...PerTenant) (*FanOut, error) {
	if pool == nil || registry == nil {
		return nil, errors.New("tenantriver: NewFanOut takes a pool and a registry")
	}
	f := &FanOut{pool: pool, registry: registry, jobs: map[string]PerTenant{}}
	for _, j := range jobs {
		if j.Name == "" || j.Schedule == nil || j.Job == nil {
			return nil, fmt.Errorf("tenantriver: PerTenant %q needs a Name, a Schedule and a Job", j.Name)
		}
		if _, twice := f.jobs[j.Name]; twice {
			return nil, fmt.Errorf("tenantriver: two PerTenant are called %s", j.Name)
		}
		f.jobs[j.Name] = j
		f.names = append(f.names, j.Name)
	}
	return f, nil
}

// PeriodicJobs returns what river.Config.PeriodicJobs takes.
func (f *FanOut) PeriodicJobs() []*river.PeriodicJob {
	var out []*river.PeriodicJob
	for _, name := range f.names {
		j := f.jobs[name]
		begin := func() (river.JobArgs, *river.InsertOpts) {
			return FanOutArgs{Name: j.Name}, &river.InsertOpts{UniqueOpts: j.Unique}
		}
		out = append(out, river.NewPeriodicJob(j.Schedule, begin, &river.PeriodicJobOpts{ID: j.Name}))
	}
	return out
}

// Work implements river.Worker.
func (f *FanOut) Work(ctx context.Context, job *river.Job[FanOutArgs]) error {
	j, known := f.jobs[job.Args.Name]
	if !known {
		return fmt.Errorf("tenantriver: this process has no PerTenant of that name; another one may, and River tries again")
	}
	list, err := f.registry.List(ctx, job.Args.After, fanOutPage)
	if err != nil {
		return fmt.Errorf("tenantriver: listing the tenants: %w", err)
	}
	params, err := j.params(list)
	if err != nil {
		return err
	}
	if len(list) == fanOutPage {
		next := FanOutArgs{Name: j.Name, After: list[len(list)-1].ID}
		metadata, err := stamp(nil, origin{Version: originVersion, Shared: true})
		if err != nil {
			return err
		}
		params = append(params, river.InsertManyParams{Args: next, InsertOpts: &river.InsertOpts{Metadata: metadata, Queue: job.Queue, Priority: job.Priority}})
	}
	tx, err := f.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // after Commit it does nothing
	if len(params) > 0 {
		client, err := river.ClientFromContextSafely[pgx.Tx](ctx)
		if err != nil {
			return err
		}
		if _, err := client.InsertManyTx(context.WithValue(ctx, stamped{}, true), tx, params); err != nil {
			return err
		}
	}
	if _, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// params makes the jobs of those tenants that are active.
func (j PerTenant) params(list []*tenant.Tenant) ([]river.InsertManyParams, error) {
	params := make([]river.InsertManyParams, 0, len(list)+1)
	for _, record := range slices.DeleteFunc(slices.Clone(list), func(t *tenant.Tenant) bool { return t.Status != tenant.Active }) {
		args, given := j.Job(record.ID)
		if args == nil {
			continue // not for this one
		}
		var opts river.InsertOpts
		if given != nil {
			opts = *given
		}
		var err error
		if opts.Metadata, err = stamp(opts.Metadata, origin{Version: originVersion, Tenant: record.ID}); err != nil {
			return nil, fmt.Errorf("tenantriver: PerTenant %s: %w", j.Name, err)
		}
		params = append(params, river.InsertManyParams{Args: args, InsertOpts: &opts})
	}
	return params, nil
}
