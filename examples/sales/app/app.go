// Package app wires the example sales: everything that its front office and its
// back office have in common. It is the place where the application meets the
// library; the pages know of tenants only what they show.
package app

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configsql"
	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/examples/internal/store"
	"github.com/gotenancy/tenancy/examples/internal/web"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbacsql"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
	"github.com/gotenancy/tenancy/tenant/feed"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/member"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
	"github.com/gotenancy/tenancy/tenant/timer"
)

//go:embed schema.sql
var schema string

// Options say where the application runs. The zero value is a fresh SQLite.
type Options struct {
	DSN string // see store.Usage

	// PasswordCost is bcrypt's; 0 is its default.
	PasswordCost int

	// Secret is the installation's: settings are sealed with it, and what shows
	// that a domain is a customer's comes from it. It has 32 bytes or more, the
	// same in all processes. nil is a random one, which what is sealed does not
	// outlive.
	Secret []byte

	// TXT looks up what customers publish in the DNS; nil is the real one.
	TXT lifecycle.TXTResolver

	// Now is the clock of the application and its timers; nil is that of the
	// process, and for timers that of the database.
	Now func() time.Time

	// Open opens the pool; nil is scope.Connect.
	Open store.Opener

	// Limit is what one tenant may take of the pool; nil is no limit.
	Limit *scope.Limit

	// Rates asks for the currencies' rates, as so many for a euro; nil is a
	// fixed list.
	Rates func(context.Context) (map[string]float64, error)
}

// App is the application without its pages. Its fields are not changed after
// Open; all of them are safe for concurrent use.
type App struct {
	DB *store.DB // the one pool, scoped

	Tenants       *tenantsql.Registry    // in the database, for writes
	Registry      *tenant.CachedRegistry // in front of it, for requests
	Organisations *tenantsql.Organisations
	Lifecycle     *lifecycle.Manager
	People        *member.Directory
	Passwords     *passwords.Store

	Tree      *ctxtreesql.Store
	RoleStore *rbacsql.Store
	Roles     Roles
	Checker   *rbac.Checker
	Manager   *rbac.Manager // changes roles for people

	SettingStore *configsql.Store
	Settings     *config.Resolver

	Audit    *audit.Log
	Timer    *timer.Scheduler
	Feed     *feed.Poller
	Sessions *scs.SessionManager // of the front office

	now        func() time.Time
	clock      func() time.Time // of the timers; nil is the database's
	txt        lifecycle.TXTResolver
	secret     []byte
	fetchRates func(context.Context) (map[string]float64, error)
	managers   *rbac.TenantManagers
	crossings  *crossings
	stop       context.CancelFunc
	running    sync.WaitGroup
}

// Open opens the database, makes what is missing in it, and starts to follow
// the changes that other processes make, until Close.
func Open(ctx context.Context, o Options) (*App, error) {
	a := &App{now: time.Now, clock: o.Now, fetchRates: demoRates, crossings: newCrossings(), Sessions: web.NewSessions(), txt: net.DefaultResolver, secret: o.Secret}
	if o.Now != nil {
		a.now = o.Now
	}
	if o.TXT != nil {
		a.txt = o.TXT
	}
	if o.Secret == nil {
		a.secret = make([]byte, 32)
		rand.Read(a.secret) //nolint:errcheck // it never fails
	}
	if o.Rates != nil {
		a.fetchRates = o.Rates
	}
	modules := Modules(tenant.PerTenant)
	var err error
	var open store.Opener = scope.Connect
	opts := []scope.Option{scope.OnCrossing(a.crossings.note)}
	if o.Open != nil {
		open = o.Open
	}
	if o.Limit != nil {
		opts = append(opts, scope.LimitTenant(*o.Limit))
	}
	a.DB, err = store.OpenWith(ctx, open, o.DSN, passwords.Schema+schema, Policy(modules), opts...)
	if err != nil {
		return nil, err
	}
	if err := a.wire(ctx, o, modules); err != nil {
		return nil, errors.Join(fmt.Errorf("app: %w", err), a.DB.Close())
	}
	run, stop := context.WithCancel(context.Background())
	a.stop = stop
	for _, work := range []func(context.Context) error{a.Feed.Run, a.recordCrossings} {
		a.running.Go(func() {
			if err := work(run); !errors.Is(err, context.Canceled) {
				slog.Error("the background work of sales has ended", "error", err)
			}
		})
	}
	return a, nil
}

// wire makes the parts, each on the application's one pool.
func (a *App) wire(ctx context.Context, o Options, modules []tenant.Module) (err error) {
	db, dialect := a.DB, a.DB.Dialect
	a.Tenants = tenantsql.NewRegistry(db, dialect)
	a.Registry = tenant.NewCachedRegistry(a.Tenants, tenant.CacheConfig{})
	a.Organisations = tenantsql.NewOrganisations(db, dialect)
	a.Tree = ctxtreesql.New(db, dialect, ctxtree.Levels{})
	a.RoleStore = rbacsql.New(db, dialect)
	a.SettingStore = configsql.NewStore(db, dialect)
	a.Audit = audit.New(db, dialect)
	a.Feed = feed.NewPoller(feed.NewStore(db, dialect), feed.PollerConfig{OnError: func(err error) { slog.Error("the feed of changes", "error", err) }})
	if a.Passwords, err = passwords.New(db.DB, o.PasswordCost); err != nil {
		return err
	}
	a.Checker, err = rbac.NewChecker(rbac.Config{
		Tree: a.Tree, Store: a.RoleStore, Capabilities: Capabilities(),
		TreeOn: func(tx tenant.DBTX) ctxtree.Store { return a.Tree.With(tx) },
		Homes: func(ctx context.Context, users []string) (map[string]tenant.ID, error) {
			return a.homes(ctx, nil, users)
		},
	})
	if err != nil {
		return err
	}
	a.Manager, err = rbac.NewManager(rbac.ManagerConfig{
		Checker: a.Checker, Asks: rbac.Asks{Assign: mayAssign},
		Tree:      func(tx tenant.DBTX) ctxtree.Store { return a.Tree.With(tx) },
		Homes:     a.homes,
		Candidate: a.candidate,
		Hooks:     []tenant.Hook{a.Audit.Hook},
	})
	if err != nil {
		return err
	}
	sealing, err := a.derive("settings")
	if err != nil {
		return err
	}
	keyring, err := config.NewKeyring("first", map[string][]byte{"first": sealing})
	if err != nil {
		return err
	}
	a.Settings, err = config.NewResolver(config.Config{
		Store: a.SettingStore, Keys: Settings(), Modules: modules, Editor: a.editor, Keyring: keyring, Organisations: a.Organisations,
	})
	if err != nil {
		return err
	}
	a.Feed.Subscribe(a.Registry.Invalidate)
	a.Feed.Subscribe(a.Checker.Invalidate)
	a.Feed.Subscribe(a.Settings.Invalidate)
	for _, step := range []func() error{
		func() error { return a.installRoles(ctx) }, a.openPeople, a.openLifecycle,
		func() error { return a.openTimers(modules) },
		func() error {
			_, _, err := a.Lifecycle.Create(tenant.Global(ctx), tenant.Tenant{ID: UsersTenant, Code: UsersCode, Name: "Users"})
			return err
		},
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// derive makes a key for one purpose of the installation's secret.
func (a *App) derive(purpose string) ([]byte, error) {
	if len(a.secret) < 32 {
		return nil, errors.New("the installation's secret has fewer than 32 bytes, see Options.Secret")
	}
	return hkdf.Key(sha256.New, a.secret, nil, "sales: "+purpose, 32)
}

// CatchUp has this process hear of what was changed in transactions of its own,
// as others do within two seconds.
func (a *App) CatchUp(ctx context.Context) error { return a.Feed.Poll(context.WithoutCancel(ctx)) }

// Close ends the background work and closes the database.
func (a *App) Close() error {
	a.stop()
	a.running.Wait()
	return a.DB.Close()
}
