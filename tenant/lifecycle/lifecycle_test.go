package lifecycle_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
)

// The package is held to its promises on real engines, in
// internal/conformance/lifecycle. Here is what needs no engine, and what no
// engine does on demand.

var errBoom = errors.New("boom")

// registry is one that a test fills, whose writes do nothing.
type registry struct {
	*tenant.MemoryRegistry
	create error
}

func (r *registry) Create(_ context.Context, t tenant.Tenant) error {
	if r.create != nil {
		return r.create
	}
	return r.Put(t)
}
func (r *registry) Update(_ context.Context, t tenant.Tenant) error { return r.Put(t) }
func (r *registry) SetStatus(ctx context.Context, id tenant.ID, s tenant.Status) error {
	t, _, _ := r.ByID(ctx, id)
	own := *t
	own.Status = s
	return r.Put(own)
}
func (r *registry) Delete(_ context.Context, id tenant.ID) error { r.Remove(id); return nil }

type resolver struct{}

func (resolver) LookupTXT(context.Context, string) ([]string, error) { return nil, errBoom }

func mockConfig(t *testing.T, tenants ...tenant.Tenant) (lifecycle.Config, *registry, sqlmock.Sqlmock) {
	t.Helper()
	db, mock, err := sqlmock.New()
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, mock.ExpectationsWereMet())
		db.Close()
	})
	memory, err := tenant.NewMemoryRegistry(tenants...)
	require.NoError(t, err)
	reg := &registry{MemoryRegistry: memory}
	return lifecycle.Config{
		DB: db, Dialect: tenant.SQLite, Registry: func(tenant.DBTX) lifecycle.Registry { return reg },
		ChallengeKey: make([]byte, 32), TXT: resolver{},
	}, reg, mock
}

func newManager(t *testing.T, cfg lifecycle.Config) *lifecycle.Manager {
	t.Helper()
	m, err := lifecycle.New(cfg)
	require.NoError(t, err)
	return m
}

const bump = `INSERT INTO tenancy_changes`

func number(n int64) *sqlmock.Rows { return sqlmock.NewRows([]string{"number"}).AddRow(n) }

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good, _, _ := mockConfig(t)
	newManager(t, good)
	for name, change := range map[string]func(*lifecycle.Config){
		"nothing":                       func(c *lifecycle.Config) { *c = lifecycle.Config{} },
		"no database":                   func(c *lifecycle.Config) { c.DB = nil },
		"a transaction for a database":  func(c *lifecycle.Config) { c.DB = &sql.Tx{} },
		"no dialect":                    func(c *lifecycle.Config) { c.Dialect = 0 },
		"no registry":                   func(c *lifecycle.Config) { c.Registry = nil },
		"a nil hook":                    func(c *lifecycle.Config) { c.Hooks = []tenant.Hook{nil} },
		"a nil in OnCommit":             func(c *lifecycle.Config) { c.OnCommit = []func(context.Context, tenant.Event){nil} },
		"a nil step":                    func(c *lifecycle.Config) { c.Purge = []func(context.Context, tenant.ID) error{nil} },
		"a short key":                   func(c *lifecycle.Config) { c.ChallengeKey = make([]byte, 31) },
		"a negative limit":              func(c *lifecycle.Config) { c.MaxDomains = -1 },
		"a fixed code that can be none": func(c *lifecycle.Config) { c.Fixed = []string{"a b"} },
	} {
		cfg := good
		change(&cfg)
		_, err := lifecycle.New(cfg)
		require.Error(t, err, name)
	}
}

// What is not allowed sends nothing: the mock expects nothing.
func TestRefusedBeforeTheDatabase(t *testing.T) {
	t.Parallel()
	cfg, _, _ := mockConfig(t)
	cfg.Fixed = []string{"Users"}
	m := newManager(t, cfg)
	member := tenant.WithActor(t.Context(), tenant.Actor{ID: "ann", Tenant: "acme"})
	edit := func(*tenant.Tenant) error { return nil }
	for name, c := range map[string]struct {
		ctx  context.Context
		want error
	}{
		"a tenant's context":        {tenant.WithID(t.Context(), "acme"), tenant.ErrTenantConflict},
		"across some":               {tenant.Across(t.Context(), "a test", "acme"), tenant.ErrSeveralTenants},
		"a refused context":         {tenant.WithID(t.Context(), "NO"), tenant.ErrInvalidID},
		"a member":                  {member, tenant.ErrNotMember},
		"a member in global mode":   {tenant.Global(member), tenant.ErrNotMember},
		"a member across all":       {tenant.AcrossAll(member, "a test"), tenant.ErrNotMember},
		"a tenant's context, by it": {tenant.WithID(member, "acme"), tenant.ErrTenantConflict},
	} {
		_, _, err := m.Create(c.ctx, tenant.Tenant{Code: "new"})
		require.ErrorIs(t, err, c.want, name)
		ctx, _, err := m.Provision(c.ctx, lifecycle.Signup{Name: "New"})
		require.ErrorIs(t, err, c.want, name)
		require.Error(t, tenant.Err(ctx), name)
		_, err = m.Update(c.ctx, "acme", "", edit)
		require.ErrorIs(t, err, c.want, name)
		for _, op := range []func(context.Context, tenant.ID, string) error{m.Suspend, m.Resume, m.Archive, m.Restore, m.Delete} {
			require.ErrorIs(t, op(c.ctx, "acme", "because"), c.want, name)
		}
		for _, op := range []func(context.Context, tenant.ID, string) error{m.VerifyDomain, m.MakePrimary, m.RemoveDomain} {
			require.ErrorIs(t, op(c.ctx, "bolt", "bolt.test"), c.want, name)
		}
		_, err = m.AddDomain(c.ctx, "bolt", "bolt.test")
		require.ErrorIs(t, err, c.want, name)
	}

	global := tenant.Global(t.Context())
	for name, c := range map[string]struct {
		ctx  context.Context
		t    tenant.Tenant
		want error
	}{
		"reserved":                    {global, tenant.Tenant{Code: "WWW"}, lifecycle.ErrReserved},
		"a reserved id":               {global, tenant.Tenant{ID: "admin", Code: "nice"}, lifecycle.ErrReserved},
		"a reserved id only":          {global, tenant.Tenant{ID: "admin"}, lifecycle.ErrReserved},
		"an encoded name":             {global, tenant.Tenant{Code: "XN--e1awd7f"}, lifecycle.ErrReserved},
		"a fixed one by a route":      {t.Context(), tenant.Tenant{Code: "Users"}, lifecycle.ErrReserved},
		"a fixed one's id":            {global, tenant.Tenant{ID: "users", Code: "nice"}, lifecycle.ErrReserved},
		"a fixed one, a reserved id":  {global, tenant.Tenant{ID: "admin", Code: "users"}, lifecycle.ErrReserved},
		"metadata of ours":            {global, tenant.Tenant{Code: "new", Metadata: map[string]string{"tenancy.x": ""}}, lifecycle.ErrReserved},
		"archived from the beginning": {global, tenant.Tenant{Code: "new", Status: tenant.Archived}, lifecycle.ErrTransition},
		"neither code nor id":         {global, tenant.Tenant{Name: "new"}, tenant.ErrInvalidID},
		"a bad host":                  {global, tenant.Tenant{Code: "new", Host: "a b"}, tenant.ErrBadHost},
	} {
		_, _, err := m.Create(c.ctx, c.t)
		require.ErrorIs(t, err, c.want, name)
	}
	_, _, err := m.Create(global, tenant.Tenant{Code: "new"}, nil)
	require.ErrorContains(t, err, "a hook is nil")

	cfg.ChallengeKey = nil
	m = newManager(t, cfg)
	_, err = m.AddDomain(global, "acme", "acme.test")
	require.ErrorContains(t, err, "ChallengeKey")
	require.ErrorContains(t, m.VerifyDomain(global, "acme", "acme.test"), "ChallengeKey")
}

// An engine that picks victims is asked again, until a hook has run.
func TestAttempts(t *testing.T) {
	t.Parallel()
	t.Run("the lock", func(t *testing.T) {
		cfg, _, mock := mockConfig(t)
		for range 2 {
			mock.ExpectBegin()
			mock.ExpectQuery(bump).WillReturnError(errBoom)
			mock.ExpectRollback()
		}
		mock.ExpectBegin()
		mock.ExpectQuery(bump).WillReturnRows(number(1))
		mock.ExpectCommit()
		_, created, err := newManager(t, cfg).Create(t.Context(), tenant.Tenant{Code: "new"})
		require.NoError(t, err)
		require.True(t, created)
	})
	t.Run("the lock, always", func(t *testing.T) {
		cfg, _, mock := mockConfig(t)
		for range 5 {
			mock.ExpectBegin()
			mock.ExpectQuery(bump).WillReturnError(errBoom)
			mock.ExpectRollback()
		}
		_, _, err := newManager(t, cfg).Create(t.Context(), tenant.Tenant{Code: "new"})
		require.ErrorIs(t, err, errBoom)
	})
	t.Run("the registry, until it says why", func(t *testing.T) {
		cfg, reg, mock := mockConfig(t)
		reg.create = errBoom
		mock.ExpectBegin()
		mock.ExpectQuery(bump).WillReturnRows(number(1))
		mock.ExpectRollback()
		asked := 0
		cfg.Registry = func(db tenant.DBTX) lifecycle.Registry {
			if asked++; asked == 3 { // before, in the transaction, and after it
				require.NoError(t, reg.Put(tenant.Tenant{ID: "other", Code: "NEW"}))
			}
			return reg
		}
		_, _, err := newManager(t, cfg).Create(t.Context(), tenant.Tenant{Code: "new"})
		require.ErrorIs(t, err, tenant.ErrTaken)
	})
	t.Run("a hook runs once", func(t *testing.T) {
		cfg, _, mock := mockConfig(t)
		mock.ExpectBegin()
		mock.ExpectQuery(bump).WillReturnRows(number(1))
		mock.ExpectRollback()
		ran := 0
		cfg.Hooks = []tenant.Hook{func(context.Context, tenant.DBTX, tenant.Event) error { ran++; return errBoom }}
		_, _, err := newManager(t, cfg).Create(t.Context(), tenant.Tenant{Code: "new"})
		require.ErrorIs(t, err, errBoom)
		require.ErrorContains(t, err, "Config.Hooks[0] on tenant.created")
		require.Equal(t, 1, ran)
	})
	t.Run("a failed commit", func(t *testing.T) {
		cfg, _, mock := mockConfig(t)
		mock.ExpectBegin()
		mock.ExpectQuery(bump).WillReturnRows(number(1))
		mock.ExpectCommit().WillReturnError(errBoom)
		cfg.OnCommit = []func(context.Context, tenant.Event){func(context.Context, tenant.Event) { t.Error("it is not known to have committed") }}
		_, _, err := newManager(t, cfg).Create(t.Context(), tenant.Tenant{Code: "new"})
		require.ErrorIs(t, err, errBoom)
	})
	t.Run("an id that something was written about", func(t *testing.T) {
		cfg, _, mock := mockConfig(t)
		mock.ExpectBegin()
		mock.ExpectQuery(bump).WillReturnRows(number(2))
		mock.ExpectRollback()
		_, _, err := newManager(t, cfg).Create(t.Context(), tenant.Tenant{ID: "new"})
		require.ErrorIs(t, err, tenant.ErrTaken)
	})
}

// Hooks come in order, each with its own copy of the event, in the tenant's
// context with its record; who asked is the actor. OnCommit comes afterwards.
func TestHooks(t *testing.T) {
	t.Parallel()
	cfg, _, mock := mockConfig(t)
	mock.ExpectBegin()
	mock.ExpectQuery(bump).WillReturnRows(number(1))
	mock.ExpectCommit()
	var order []string
	hook := func(name string) tenant.Hook {
		return func(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
			id, _ := tenant.IDFromContext(ctx)
			record, ok := tenant.FromContext(ctx)
			require.True(t, ok)
			require.Equal(t, tenant.ID("new"), id)
			require.Equal(t, "New Ltd", record.Name)
			require.Equal(t, map[string]string{"code": "New", "status": "suspended"}, ev.Detail)
			require.Equal(t, tenant.Actor{ID: "operator"}, ev.Actor)
			require.NotNil(t, tx)
			ev.Detail["code"] = "changed"
			order = append(order, name)
			return nil
		}
	}
	cfg.Hooks = []tenant.Hook{hook("one"), hook("two")}
	cfg.OnCommit = []func(context.Context, tenant.Event){func(ctx context.Context, ev tenant.Event) {
		require.NoError(t, mock.ExpectationsWereMet(), "the transaction has committed")
		_ = hook("told")(ctx, &sql.DB{}, ev)
	}}
	ctx := tenant.WithActor(tenant.AcrossAll(t.Context(), "a test"), tenant.Actor{ID: "operator"})
	_, _, err := newManager(t, cfg).Create(ctx, tenant.Tenant{Code: "New", Name: "New Ltd", Status: tenant.Suspended}, hook("three"), hook("four"))
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two", "three", "four", "told"}, order)
}

func TestCheckSignup(t *testing.T) {
	t.Parallel()
	cfg, _, _ := mockConfig(t)
	cfg.Reserved = append(lifecycle.DefaultReserved(), "Shop")
	cfg.Fixed = []string{"Staff"}
	m := newManager(t, cfg)
	for name, c := range map[string]struct {
		form lifecycle.Signup
		want map[string]error
	}{
		"good":                   {lifecycle.Signup{Name: "Acme Ltd"}, nil},
		"good with everything":   {lifecycle.Signup{Name: "Ünï 東京", Code: "uni-tokyo", Language: "de-CH-1996", Key: strings.Repeat("k", 16)}, nil},
		"empty":                  {lifecycle.Signup{}, map[string]error{"name": lifecycle.ErrRequired, "code": lifecycle.ErrRequired}},
		"spaces":                 {lifecycle.Signup{Name: " \t", Code: "acme"}, map[string]error{"name": lifecycle.ErrRequired}},
		"a name without a code":  {lifecycle.Signup{Name: "東京"}, map[string]error{"code": lifecycle.ErrRequired}},
		"a long name":            {lifecycle.Signup{Name: strings.Repeat("x", 201)}, map[string]error{"name": lifecycle.ErrTooLong}},
		"a line break":           {lifecycle.Signup{Name: "a\nb", Code: "ab"}, map[string]error{"name": lifecycle.ErrMalformed}},
		"reversed text":          {lifecycle.Signup{Name: "a\u202eb", Code: "ab"}, map[string]error{"name": lifecycle.ErrMalformed}},
		"no UTF-8":               {lifecycle.Signup{Name: "a\xffb", Code: "ab"}, map[string]error{"name": lifecycle.ErrMalformed}},
		"a code like a path":     {lifecycle.Signup{Name: "x", Code: "a/../b"}, map[string]error{"code": lifecycle.ErrMalformed}},
		"a code no host has":     {lifecycle.Signup{Name: "x", Code: "ab-"}, map[string]error{"code": lifecycle.ErrMalformed}},
		"a look-alike":           {lifecycle.Signup{Name: "x", Code: "\u0430cme"}, map[string]error{"code": lifecycle.ErrMalformed}},
		"an encoded look-alike":  {lifecycle.Signup{Name: "x", Code: "xn--cme-6cd"}, map[string]error{"code": lifecycle.ErrReserved}},
		"reserved, another case": {lifecycle.Signup{Name: "x", Code: "Admin"}, map[string]error{"code": lifecycle.ErrReserved}},
		"reserved, derived":      {lifecycle.Signup{Name: "W.W.W"}, nil}, // w-w-w
		"reserved by a name":     {lifecycle.Signup{Name: "API!"}, map[string]error{"code": lifecycle.ErrReserved}},
		"users":                  {lifecycle.Signup{Name: "Users"}, map[string]error{"code": lifecycle.ErrReserved}},
		"reserved by the app":    {lifecycle.Signup{Name: "x", Code: "SHOP"}, map[string]error{"code": lifecycle.ErrReserved}},
		"fixed":                  {lifecycle.Signup{Name: "x", Code: "staff"}, map[string]error{"code": lifecycle.ErrReserved}},
		"a long language":        {lifecycle.Signup{Name: "acme", Language: strings.Repeat("a", 36)}, map[string]error{"language": lifecycle.ErrTooLong}},
		"an odd language":        {lifecycle.Signup{Name: "acme", Language: "de_DE"}, map[string]error{"language": lifecycle.ErrMalformed}},
		"a key to be guessed":    {lifecycle.Signup{Name: "acme", Key: "1234"}, map[string]error{"key": lifecycle.ErrMalformed}},
		"a long key":             {lifecycle.Signup{Name: "acme", Key: strings.Repeat("k", 201)}, map[string]error{"key": lifecycle.ErrTooLong}},
	} {
		err := m.CheckSignup(c.form)
		if c.want == nil {
			require.NoError(t, err, name)
			continue
		}
		var invalid *lifecycle.InvalidError
		require.ErrorAs(t, err, &invalid, name)
		got := map[string]error{}
		for _, f := range invalid.Fields {
			got[f.Field] = f.Err
			require.ErrorIs(t, err, f.Err)
		}
		require.Equal(t, c.want, got, name)
	}
	cfg.Reserved = []string{}
	require.NoError(t, newManager(t, cfg).CheckSignup(lifecycle.Signup{Name: "www"}), "an empty list is a list")
}

func TestDeriveCode(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Acme Ltd":                "acme-ltd",
		"  --Acme,   Ltd.-- ":     "acme-ltd",
		"Käse & Söhne":            "kase-sohne",
		"Straße Ærø Œuvre":        "strasse-aero-oeuvre",
		"ŁÓDŹ":                    "lodz",
		"3M":                      "t-3m",
		"x":                       "",
		"x1":                      "x1",
		"":                        "",
		"東京":                      "",
		"東京 Tokyo":                "tokyo",
		strings.Repeat("ab ", 50): "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-a",
		strings.Repeat("ß", 50):   strings.Repeat("s", 38),
	} {
		got := lifecycle.DeriveCode(name)
		require.Equal(t, want, got, name)
		require.True(t, got == "" || tenant.ValidCode(got))
		require.Equal(t, got, lifecycle.DeriveCode(got), "it is its own code")
	}
}

func FuzzDeriveCode(f *testing.F) {
	f.Add("Käse & Söhne 3")
	f.Add("\xff-\x00ß")
	f.Fuzz(func(t *testing.T, name string) {
		got := lifecycle.DeriveCode(name)
		if got != "" && (!tenant.ValidCode(got) || len(got) > 40 || strings.HasSuffix(got, "-") || !tenant.ID(got).Valid()) {
			t.Fatalf("%q gives %q", name, got)
		}
	})
}

// What a tenant publishes says nothing about the secret, and is another tenant's
// for no other tenant or host.
func TestChallenge(t *testing.T) {
	t.Parallel()
	cfg, _, _ := mockConfig(t)
	m := newManager(t, cfg)
	seen := map[string]bool{}
	for _, id := range []tenant.ID{"acme", "acm", "bolt"} {
		for _, host := range []string{"a.test", "e.a.test", "b.test"} {
			ch, err := m.Challenge(id, host)
			require.NoError(t, err)
			require.False(t, seen[ch.Value])
			seen[ch.Value] = true
		}
	}
	upper, err := m.Challenge("acme", "A.TEST.")
	require.NoError(t, err)
	require.True(t, seen[upper.Value])
	cfg.ChallengeKey = []byte(strings.Repeat("x", 32))
	other, err := newManager(t, cfg).Challenge("acme", "a.test")
	require.NoError(t, err)
	require.False(t, seen[other.Value], "another secret")
	_, err = m.Challenge("NO", "a.test")
	require.ErrorIs(t, err, tenant.ErrInvalidID)
}

func TestErrorsSayWhat(t *testing.T) {
	t.Parallel()
	err := error(&lifecycle.TransitionError{Op: "resume", From: tenant.Archived})
	require.EqualError(t, err, "lifecycle: the tenant's status does not allow this: resume a tenant that is archived")
	require.ErrorIs(t, err, lifecycle.ErrTransition)
	require.ErrorIs(t, err, tenant.ErrArchived)
	require.NotErrorIs(t, err, tenant.ErrSuspended)
	err = &lifecycle.InvalidError{Fields: []lifecycle.FieldError{{Field: "name", Err: lifecycle.ErrRequired}, {Field: "code", Err: tenant.ErrTaken}}}
	require.EqualError(t, err, "lifecycle: the sign-up is not valid: name (lifecycle: it must be given), code (tenant: already taken)")
}
