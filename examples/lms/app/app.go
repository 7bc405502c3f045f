// Package app is a learning management system as a program: sites with
// categories, courses and modules, and the people in them. It wires the library
// once, for the sites (package learn), for the people's pages and for the studio.
//
// Everything runs on one scoped pool. The application's own statements are plain
// SQL that says nothing about tenants.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/jmoiron/sqlx"

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

// MainHost is the host of the main site, which is nobody's: global accounts sign
// in there, and customers sign up.
const MainHost = "www.localhost"

// Options say how the application is opened. The zero Options are an embedded
// database that is gone at the end.
type Options struct {
	DSN     string         // see store.Usage
	Tenancy tenant.Tenancy // on, off or separate
	Single  tenant.ID      // the site where Tenancy is off; "north" where it is empty
	Secret  []byte         // what the keys of the cron addresses come from; random where it is empty
	Cost    int            // bcrypt's, 0 is its default

	// Authenticator takes the place of the passwords: whoever verifies
	// credentials elsewhere, such as a directory server. It need not know of
	// tenants.
	Authenticator member.Authenticator

	OnCrossing func(context.Context, scope.Crossing) // nil logs them
}

// App is the application, wired. Its fields are not changed after Open.
type App struct {
	Options Options

	DB            *store.DB
	Tenants       *tenantsql.Registry    // the records, in the database
	Registry      *tenant.CachedRegistry // the same, in memory
	Organisations *tenantsql.Organisations
	Lifecycle     *lifecycle.Manager

	People    *member.Directory
	Passwords *passwords.Store
	Sessions  *scs.SessionManager
	Binding   *tenant.SessionBinding

	Settings      *config.Resolver
	SettingsStore *configsql.Store

	Tree           *ctxtreesql.Store
	Navigation     *ctxtree.Cache
	Pages          *ctxtree.Pages
	Roles          *rbacsql.Store
	Role           map[string]rbac.RoleID // by name
	Checker        *rbac.Checker
	Manager        *rbac.Manager
	TenantManagers *rbac.TenantManagers

	Audit  *audit.Log
	Timers *timer.Scheduler
	Feed   *feed.Poller

	stop context.CancelFunc // of the feed's goroutine
	done chan struct{}
}

// Open opens the application, and makes the tables of a new database.
func Open(ctx context.Context, o Options) (*App, error) {
	if o.Tenancy == tenant.TenancyOff && o.Single == "" {
		o.Single = "north"
	}
	if len(o.Secret) == 0 {
		o.Secret = []byte(rand.Text() + rand.Text())
	}
	if len(o.Secret) < 32 {
		return nil, errors.New("app: Options.Secret has less than 32 bytes")
	}
	var options []scope.Option
	if o.OnCrossing != nil {
		options = append(options, scope.OnCrossing(o.OnCrossing))
	}
	db, err := store.Open(ctx, o.DSN, schema+passwords.Schema, Policy(), options...)
	if err != nil {
		return nil, err
	}
	a := &App{Options: o, DB: db, Role: map[string]rbac.RoleID{}, done: make(chan struct{})}
	if err := a.wire(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("app: %w", err), db.Close())
	}
	run, stop := context.WithCancel(context.Background())
	a.stop = stop
	go func() {
		defer close(a.done)
		_ = a.Feed.Run(run) // until Close
	}()
	return a, nil
}

// Close ends what Open began, and the database.
func (a *App) Close() error {
	a.stop()
	<-a.done
	return a.DB.Close()
}

// wire makes the parts in the order in which they need one another.
func (a *App) wire(ctx context.Context) error {
	for _, step := range []func(context.Context) error{a.wireStores, a.wireRoles, a.wirePeople, a.wireSites} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	a.Feed = feed.NewPoller(feed.NewStore(a.DB, a.DB.Dialect), feed.PollerConfig{})
	a.Feed.Subscribe(a.Registry.Invalidate)
	a.Feed.Subscribe(a.Settings.Invalidate)
	a.Feed.Subscribe(a.Navigation.Invalidate)
	a.Feed.Subscribe(a.Checker.Invalidate)
	return nil
}

func (a *App) wireStores(context.Context) error {
	db, d := a.DB, a.DB.Dialect
	all, err := levels()
	if err != nil {
		return err
	}
	a.Tenants = tenantsql.NewRegistry(db, d)
	a.Registry = tenant.NewCachedRegistry(a.Tenants, tenant.CacheConfig{})
	a.Organisations = tenantsql.NewOrganisations(db, d)
	a.SettingsStore = configsql.NewStore(db, d)
	a.Tree = ctxtreesql.New(db, d, all)
	a.Navigation = ctxtree.NewCache(a.Tree, ctxtree.CacheConfig{})
	a.Roles = rbacsql.New(db, d)
	a.Audit = audit.New(db, d)
	a.Sessions = web.NewSessions()
	a.Binding = tenant.BindSessions(a.Sessions)
	a.Settings, err = config.NewResolver(config.Config{
		Store: a.SettingsStore, Keys: Settings, Editor: a.editor, Groups: ownGroup, Organisations: a.Organisations,
	})
	return err
}

func (a *App) wireRoles(ctx context.Context) error {
	installed, err := rbac.Install(tenant.Global(ctx), a.Roles, Capabilities(), roles()...)
	if err != nil {
		return err
	}
	for _, r := range installed {
		a.Role[r.Name] = r.ID
	}
	a.Checker, err = rbac.NewChecker(rbac.Config{
		Tree: a.Tree, Store: a.Roles, Capabilities: Capabilities(), TreeOn: a.treeOn,
		Homes: func(ctx context.Context, users []string) (map[string]tenant.ID, error) {
			return a.homes(ctx, nil, users)
		},
	})
	if err != nil {
		return err
	}
	a.Manager, err = rbac.NewManager(rbac.ManagerConfig{
		Checker: a.Checker, Tree: a.treeOn, Homes: a.homes,
		Asks: rbac.Asks{Assign: RoleAssign, Override: RoleOverride},
		Candidate: func(ctx context.Context, db tenant.DBTX, of tenant.ID, account string) (bool, error) {
			return a.people(db).IsCandidate(ctx, of, account)
		},
		Hooks: []tenant.Hook{a.Audit.Hook}, Audit: a.Audit.Append,
	})
	if err != nil {
		return err
	}
	a.TenantManagers, err = rbac.NewTenantManagers(rbac.TenantManagersConfig{
		Store: func(db tenant.DBTX) rbac.Store { return on(a.Roles, db, a.Roles.With) },
		Tree:  a.treeOn, Role: a.Role[RoleSiteManager], Top: top,
		Managers: func(ctx context.Context, db tenant.DBTX, of tenant.ID) (ids []string, err error) {
			all, err := a.people(db).Managers(ctx, of)
			for _, m := range all {
				ids = append(ids, m.ID)
			}
			return ids, err
		},
	})
	return err
}

func (a *App) wirePeople(context.Context) (err error) {
	if a.Passwords, err = passwords.New(a.DB.DB, a.Options.Cost); err != nil {
		return err
	}
	var verify member.Authenticator = a.Passwords
	if a.Options.Authenticator != nil {
		verify = a.Options.Authenticator
	}
	a.People, err = member.NewDirectory(a.DB, a.DB.Dialect, member.Config{
		Tenants:       func(tx tenant.DBTX) tenant.Registry { return a.Tenants.With(tx) },
		Administrator: a.Roles.Administrator,
		Tenancy:       a.Options.Tenancy,
		Authenticator: verify,
		ReservedNames: []string{"admin", "root", "support"},
		Hooks:         []tenant.Hook{a.TenantManagers.Hook, a.endSessions, a.Audit.Hook},
	})
	return err
}

func (a *App) wireSites(context.Context) (err error) {
	a.Pages = &ctxtree.Pages{Tree: a.Tree, Registry: a.Registry, MayEnter: a.People.MayEnter, Tenancy: a.Options.Tenancy, Entered: a.Audit.Append}
	a.Lifecycle, err = lifecycle.New(lifecycle.Config{
		DB: a.DB, Dialect: a.DB.Dialect,
		Registry: func(tx tenant.DBTX) lifecycle.Registry { return a.Tenants.With(tx) },
		Hooks:    []tenant.Hook{a.place, a.People.Hook, a.TenantManagers.Hook, a.forget, a.Audit.Hook},
		OnCommit: []func(context.Context, tenant.Event){func(ctx context.Context, _ tenant.Event) { a.announce(ctx) }},
		Purge:    a.purge(),
		Reserved: append(lifecycle.DefaultReserved(), "studio"), // whose host is the program's
	})
	if err != nil {
		return err
	}
	a.Timers, err = timer.New(timer.Config{DB: a.DB, Dialect: a.DB.Dialect, Registry: a.Registry, Timers: a.timers(), Poll: 10 * time.Second})
	return err
}

func (a *App) treeOn(db tenant.DBTX) ctxtree.Store { return on(a.Tree, db, a.Tree.With) }

func (a *App) people(db tenant.DBTX) *member.Directory { return on(a.People, db, a.People.With) }

// on returns a store on a transaction, or the store itself where there is none.
func on[S any](s S, db tenant.DBTX, with func(tenant.DBTX) S) S {
	if db == nil {
		return s
	}
	return with(db)
}

// homes says whose members accounts are; whom the context does not reach is left
// out.
func (a *App) homes(ctx context.Context, db tenant.DBTX, users []string) (map[string]tenant.ID, error) {
	out := map[string]tenant.ID{}
	for _, user := range users {
		switch account, err := a.people(db).Account(ctx, user); {
		case errors.Is(err, member.ErrUnknownAccount):
		case err != nil:
			return nil, err
		case !account.Guest:
			out[user] = account.Tenant
		}
	}
	return out, nil
}

// Change runs fn in a transaction of the context's tenant, and has this
// process's caches hear of it.
func (a *App) Change(ctx context.Context, fn func(tx *sqlx.Tx) error) error {
	tx, err := a.DB.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	a.announce(ctx)
	return nil
}

// announce has the feed look at once. Where it fails the next look finds what
// this one would have.
func (a *App) announce(ctx context.Context) { _ = a.Feed.Poll(context.WithoutCancel(ctx)) }

// NewID returns an id that nobody can guess and that says nothing.
func NewID() string { return strings.ToLower(rand.Text()) }

// Now is the time as the tables keep it: milliseconds since 1970.
func Now() int64 { return time.Now().UnixMilli() }
