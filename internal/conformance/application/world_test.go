package application

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configsql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/migrate"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/member"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// customers of the application. Ann is a member of each; her password is the id of
// her account, which is ann-acme in acme.
var customers = []tenant.ID{"acme", "bolt", "coil"}

// app is one process of the application.
type app struct {
	*testing.T
	dialect  tenant.Dialect
	dsn      string
	raw      *sql.DB // not scoped: what the test looks through
	db       *sql.DB // scoped: what the application has
	reg      *tenantsql.Registry
	orgs     *tenantsql.Organisations
	dir      *member.Directory
	manager  *lifecycle.Manager
	settings *config.Resolver
	poller   *feed.Poller
	sessions *scs.SessionManager
	server   *httptest.Server
	dns      dns
}

// dns is what the customers have published.
type dns map[string][]string

func (d dns) LookupTXT(_ context.Context, name string) ([]string, error) {
	if found := d[strings.TrimSuffix(name, ".")]; found != nil {
		return found, nil
	}
	return nil, errors.New("no such host")
}

var schema = []string{
	`CREATE TABLE contacts (tenant_id VARCHAR(63) NOT NULL, id INTEGER NOT NULL, name VARCHAR(60) NOT NULL, PRIMARY KEY (tenant_id, id))`,
	`CREATE TABLE countries (code VARCHAR(2) NOT NULL PRIMARY KEY, title VARCHAR(40) NOT NULL)`,
	`CREATE TABLE api_keys (secret VARCHAR(40) NOT NULL PRIMARY KEY, company VARCHAR(63) NOT NULL)`,
}

// each runs f with a fresh application on every engine.
func each(t *testing.T, f func(a *app)) {
	t.Helper()
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		f(newApp(t, e))
	})
}

func newApp(t *testing.T, e engines.Engine) *app {
	t.Helper()
	dsn, raw := e.NewDatabase(t)
	for _, up := range []func(context.Context, migrate.DB, tenant.Dialect) error{
		tenantsql.Migrate, configsql.Migrate, member.Migrate, timer.Migrate,
	} {
		require.NoError(t, up(t.Context(), raw, e.Dialect))
	}
	for _, stmt := range schema {
		_, err := raw.ExecContext(t.Context(), stmt)
		require.NoError(t, err)
	}
	a := start(t, e, dsn, raw)
	for _, id := range customers {
		a.customer(id)
	}
	return a
}

// start starts one more process on the database of an application.
func start(t *testing.T, e engines.Engine, dsn string, raw *sql.DB) *app {
	t.Helper()
	db, err := scope.OpenDB(e.Connector(t, dsn), scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant,
		Tables: map[string]scope.Table{"countries": {Class: scope.Shared}, "api_keys": {Class: scope.Shared}},
	}, scope.OnCrossing(func(context.Context, scope.Crossing) {}))
	require.NoError(t, err)
	db.SetMaxOpenConns(8)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	a := &app{T: t, dialect: e.Dialect, dsn: dsn, raw: raw, db: db, sessions: scs.New(), dns: dns{},
		reg: tenantsql.NewRegistry(db, e.Dialect), orgs: tenantsql.NewOrganisations(db, e.Dialect)}
	a.dir, err = member.NewDirectory(db, e.Dialect, member.Config{
		Tenants:       func(db tenant.DBTX) tenant.Registry { return a.reg.With(db) },
		Administrator: func(context.Context, tenant.DBTX, string) (bool, error) { return false, nil },
		Authenticator: passwords{},
	})
	require.NoError(t, err)
	a.manager, err = lifecycle.New(lifecycle.Config{
		DB: db, Dialect: e.Dialect, Hooks: []tenant.Hook{a.dir.Hook},
		Registry:     func(tx tenant.DBTX) lifecycle.Registry { return a.reg.With(tx) },
		ChallengeKey: []byte(strings.Repeat("k", 32)), TXT: a.dns,
	})
	require.NoError(t, err)
	a.settings, err = config.NewResolver(config.Config{Store: configsql.NewStore(db, e.Dialect)})
	require.NoError(t, err)
	a.poller = feed.NewPoller(feed.NewStore(db, e.Dialect), feed.PollerConfig{})
	a.poller.Subscribe(a.settings.Invalidate)
	require.NoError(t, a.poller.Poll(t.Context()))
	a.server = httptest.NewServer(a.handler())
	t.Cleanup(a.server.Close)
	return a
}

// passwords are the accounts' ids.
type passwords struct{}

func (passwords) Verify(_ context.Context, a member.Account, credential string) error {
	if a.ID == "" || a.ID != credential {
		return errors.New("wrong password")
	}
	return nil
}

// customer makes a tenant with two contacts, ann, an organization and a key for
// the API.
func (a *app) customer(id tenant.ID) {
	a.Helper()
	name := string(id)
	_, created, err := a.manager.Create(a.Context(), tenant.Tenant{ID: id, Code: name, Name: name, Host: name + ".example.com"})
	require.NoError(a, err)
	require.True(a, created)
	ctx := a.in(id)
	for i, who := range []string{"Abel", "Zoe"} {
		a.exec(ctx, `INSERT INTO contacts (id, name) VALUES (?, ?)`, i+1, who+" of "+name)
	}
	_, err = a.dir.AddMember(ctx, "", member.NewAccount{ID: "ann-" + name, UserName: "ann", Email: "ann@mail.test"})
	require.NoError(a, err)
	require.NoError(a, a.orgs.Create(ctx, tenant.Organisation{ShortName: name + "X", Tenant: id, Active: true}))
	a.exec(tenant.Global(a.Context()), `INSERT INTO api_keys (secret, company) VALUES (?, ?)`, "key-of-"+name, name)
}

func (a *app) in(id tenant.ID) context.Context {
	return config.NewContext(tenant.WithID(a.Context(), id), a.settings)
}

func (a *app) bind(query string) string { return sqltext.Rebind(a.dialect, query) }

func (a *app) exec(ctx context.Context, query string, args ...any) {
	a.Helper()
	_, err := a.db.ExecContext(ctx, a.bind(query), args...)
	require.NoError(a, err, query)
}

// texts returns the first column of a query.
func texts(t *testing.T, ctx context.Context, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(ctx, query)
	require.NoError(t, err, query)
	defer rows.Close()
	list := []string{}
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		list = append(list, text)
	}
	require.NoError(t, rows.Err())
	return list
}

func (a *app) handler() http.Handler {
	binding := tenant.BindSessions(a.sessions)
	keyOf := func(ctx context.Context, key string) (id tenant.ID, found bool, err error) {
		var company string
		err = a.db.QueryRowContext(tenant.Global(ctx), a.bind(`SELECT company FROM api_keys WHERE secret = ?`), key).Scan(&company)
		if errors.Is(err, sql.ErrNoRows) {
			return "", false, nil
		}
		return tenant.ID(company), err == nil, err
	}
	const header = "X-Api-Key"
	person := binding.Actor(func(r *http.Request) (tenant.Actor, error) {
		if account := a.sessions.GetString(r.Context(), member.SessionAccount); account != "" {
			return a.dir.Actor(r.Context(), account)
		}
		return tenant.Actor{}, nil
	})
	guard := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: a.reg,
		Resolve:  tenant.First(tenant.OnHosts(tenant.ByAPIKey(header, a.reg, keyOf), "api.example.com"), tenant.ByHost(a.reg)),
		Members:  a.dir.MayEnter,
		Extend:   func(ctx context.Context) context.Context { return config.NewContext(ctx, a.settings) },
		Actor: func(r *http.Request) (tenant.Actor, error) {
			key := r.Header.Get(header)
			if key == "" {
				return person(r)
			}
			id, found, err := keyOf(context.WithoutCancel(a.Context()), key)
			if err == nil && !found {
				err = errors.New("nobody has this key")
			}
			return tenant.Actor{ID: "program", Tenant: id}, err
		},
	})
	return a.sessions.LoadAndSave(guard(a.routes()))
}
