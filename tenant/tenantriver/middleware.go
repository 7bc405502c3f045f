package tenantriver

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// defaultSnooze is taken where a Config says nothing.
const defaultSnooze = 10 * time.Minute

// Config is what a [Middleware] is made of. Registry is needed.
type Config struct {
	// Registry is asked for the tenant of each job before it is worked.
	Registry tenant.Registry

	// Shared are the kinds of jobs that are for no tenant. They are inserted
	// from a context without a tenant, or a global one, and worked in global
	// mode. On the context of a tenant they are refused: what a tenant's
	// request wants done for all has to be said with another context.
	Shared []string

	// Snooze is how long a job of a suspended tenant is put off each time; 10
	// minutes where it is 0. It does not use up attempts.
	Snooze time.Duration

	// Logger gets a line for each job that is cancelled; slog's default where
	// it is nil.
	Logger *slog.Logger
}

// Middleware is both of River's middlewares, for inserting and for working:
// put it first into Middleware of river.Config. It is safe for concurrent use.
type Middleware struct {
	river.MiddlewareDefaults
	cfg Config
}

var (
	_ rivertype.JobInsertMiddleware = (*Middleware)(nil)
	_ rivertype.WorkerMiddleware    = (*Middleware)(nil)
)

// New returns the middleware, or an error that says what is wrong with the
// configuration.
func New(cfg Config) (*Middleware, error) {
	if cfg.Registry == nil {
		return nil, errors.New("tenantriver: Config.Registry is nil")
	}
	if cfg.Snooze < 0 {
		return nil, errors.New("tenantriver: Config.Snooze is negative")
	}
	if cfg.Snooze == 0 {
		cfg.Snooze = defaultSnooze
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	cfg.Shared = append(slices.Clone(cfg.Shared), fanOutKind)
	return &Middleware{cfg: cfg}, nil
}

// stamped marks the context of a fan-out, whose jobs bring their origins along.
type stamped struct{}

// InsertMany implements [rivertype.JobInsertMiddleware]: it stores who the jobs
// are for. Where one of them is refused none is inserted. From a read-only
// context none is either, [tenant.ErrReadOnly]: the job would be worked with the
// tenant's full rights.
func (m *Middleware) InsertMany(ctx context.Context, jobs []*rivertype.JobInsertParams, insert func(context.Context) ([]*rivertype.JobInsertResult, error)) ([]*rivertype.JobInsertResult, error) {
	if tenant.IsReadOnly(ctx) {
		return nil, fmt.Errorf("tenantriver: inserting jobs: %w", tenant.ErrReadOnly)
	}
	fanOut, _ := ctx.Value(stamped{}).(bool)
	for _, job := range jobs {
		o, err := m.origin(ctx, job, fanOut)
		if err != nil {
			return nil, fmt.Errorf("tenantriver: inserting a job of kind %s: %w", job.Kind, err)
		}
		if len(job.UniqueKey) > 0 && !o.Shared {
			// Two tenants' jobs are never the same one.
			key := sha256.Sum256(append([]byte(string(o.Tenant)+"\x00"), job.UniqueKey...))
			job.UniqueKey = key[:]
		}
	}
	return insert(ctx)
}

// origin finds out who a job is for and makes its metadata say so.
func (m *Middleware) origin(ctx context.Context, job *rivertype.JobInsertParams, fanOut bool) (o origin, err error) {
	if fanOut {
		return originOf(job.Metadata)
	}
	o.Version = originVersion
	if slices.Contains(m.cfg.Shared, job.Kind) {
		if mode := tenant.ModeOf(ctx); mode != tenant.ModeNone && mode != tenant.ModeGlobal {
			return o, fmt.Errorf("the kind is shared, and the context is in mode %v: %w", mode, tenant.ErrTenantConflict)
		}
		o.Shared = true
	} else if o.Tenant, err = theTenant(ctx); err != nil {
		return o, err
	}
	job.Metadata, err = stamp(job.Metadata, o)
	return o, err
}

// theTenant returns the one tenant of a context, or why there is none.
func theTenant(ctx context.Context) (tenant.ID, error) {
	if id, ok := tenant.IDFromContext(ctx); ok {
		return id, nil
	}
	switch tenant.ModeOf(ctx) {
	case tenant.ModeAcross, tenant.ModeAcrossAll:
		return "", tenant.ErrSeveralTenants
	case tenant.ModeRefused:
		return "", tenant.Err(ctx)
	default:
		return "", fmt.Errorf("%w; a kind that is for no tenant is listed in Config.Shared", tenant.ErrNoTenant)
	}
}

// Work implements [rivertype.WorkerMiddleware]: it works the job in the
// context of whom it is for.
func (m *Middleware) Work(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	// Whatever the client was started with is not the job's, but its settings are.
	ctx = carry.With(ctx, &carry.Value{Config: carry.From(ctx).Config})
	o, err := originOf(job.Metadata)
	if err != nil {
		return m.cancel(ctx, job, err)
	}
	if o.Shared {
		if !slices.Contains(m.cfg.Shared, job.Kind) {
			return m.cancel(ctx, job, errors.New("tenantriver: it was inserted as shared, and its kind is not in Config.Shared"))
		}
		return work(tenant.Global(ctx))
	}
	if slices.Contains(m.cfg.Shared, job.Kind) {
		return m.cancel(ctx, job, errors.New("tenantriver: it was inserted for a tenant, and its kind is in Config.Shared"))
	}
	record, found, err := m.cfg.Registry.ByID(ctx, o.Tenant)
	switch {
	case err != nil:
		return fmt.Errorf("tenantriver: looking up the tenant of the job: %w", err) // River tries again
	case !found:
		return m.cancel(ctx, job, tenant.ErrUnknownTenant)
	case record.Status == tenant.Suspended:
		return river.JobSnooze(m.cfg.Snooze)
	case record.Status != tenant.Active:
		return m.cancel(ctx, job, record.Status.Err())
	}
	return work(tenant.NewContext(ctx, record))
}

// cancel ends a job that can never be worked, and says so.
func (m *Middleware) cancel(ctx context.Context, job *rivertype.JobRow, why error) error {
	m.cfg.Logger.LogAttrs(ctx, slog.LevelError, "tenantriver: a job was cancelled without being worked",
		slog.Int64("job", job.ID), slog.String("kind", job.Kind), slog.Any("error", why))
	return river.JobCancel(why)
}
