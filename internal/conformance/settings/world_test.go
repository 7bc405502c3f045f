package settings_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configsql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// patience is how long a test waits for what has to happen.
const patience = time.Minute

// place is how to reach a database, for another process too.
type place struct {
	Driver  string
	DSN     string
	Dialect tenant.Dialect
}

// newPlace makes a database with the tables of the settings. plain is a pool on
// it that is not scoped.
func newPlace(t *testing.T, e engines.Engine) (p place, plain *sql.DB) {
	t.Helper()
	dsn, plain := e.NewDatabase(t)
	require.NoError(t, configsql.Migrate(t.Context(), plain, e.Dialect))
	return place{e.Driver, dsn, e.Dialect}, plain
}

// open opens the application's own pool: scoped.
func (p place) open() (*sql.DB, error) {
	db, err := scope.Open(p.Driver, p.DSN, scope.Policy{Dialect: p.Dialect, Column: "tenant_id", Default: scope.PerTenant})
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(6)
	db.SetMaxIdleConns(6)
	return db.DB, nil
}

// process is what one process of the application has for itself.
type process struct {
	db       *sql.DB
	store    *configsql.Store
	settings *config.Resolver
	poller   *feed.Poller
	told     chan struct{} // after the resolver was; what does not fit is left out
}

// start opens a process. It polls nothing yet.
func (p place) start(cfg config.Config) (*process, error) {
	db, err := p.open()
	if err != nil {
		return nil, err
	}
	pr := &process{db: db, store: configsql.NewStore(db, p.Dialect), told: make(chan struct{}, 1)}
	if cfg.Store == nil {
		cfg.Store = pr.store
	}
	if pr.settings, err = config.NewResolver(cfg); err != nil {
		return nil, err
	}
	pr.poller = feed.NewPoller(feed.NewStore(db, p.Dialect), feed.PollerConfig{})
	pr.poller.Subscribe(pr.settings.Invalidate)
	pr.poller.Subscribe(func(tenant.ID, int64) {
		select {
		case pr.told <- struct{}{}:
		default:
		}
	})
	return pr, nil
}

func (p place) process(t *testing.T, cfg config.Config) *process {
	t.Helper()
	pr, err := p.start(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pr.db.Close()) })
	return pr
}

// background runs what tells the process of changes until the test ends.
func background(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = run(ctx) }) // it ends because ctx does
	t.Cleanup(func() { cancel(); wg.Wait() })
}

// read returns what the process reads for a tenant, or with an empty id what is
// global.
func (pr *process) read(id tenant.ID, key string) (string, config.Info, error) {
	return config.Lookup[string](pr.context(id), key)
}

func (pr *process) context(id tenant.ID) context.Context {
	ctx := config.NewContext(context.Background(), pr.settings)
	if id == "" {
		return tenant.Global(ctx)
	}
	return tenant.WithID(ctx, id)
}

// await waits until the process reads that value, looking whenever it has been
// told of a change.
func (pr *process) await(id tenant.ID, key, want string) error {
	late := time.After(patience)
	for {
		got, info, err := pr.read(id, key)
		switch {
		case err != nil:
			return err
		case info.Stale:
			return fmt.Errorf("%s of %q is stale", key, id)
		case got == want:
			return nil
		}
		select {
		case <-pr.told:
		case <-late:
			return fmt.Errorf("after %v %s of %q is %q, want %q", patience, key, id, got, want)
		}
	}
}
