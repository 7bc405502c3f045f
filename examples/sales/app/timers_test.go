package app_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// sign up two companies with nothing in them, without the sample data.
func twoCompanies(t *testing.T, a *app.App) {
	t.Helper()
	global := tenant.Global(t.Context())
	for code, name := range map[string]string{"AT": "Austria", "CH": "Switzerland", "PT": "Portugal", "CZ": "Czechia"} {
		_, err := a.DB.ExecContext(global, a.DB.Rebind(`INSERT INTO countries (code, name) VALUES (?, ?)`), code, name)
		require.NoError(t, err)
	}
	for _, name := range []string{"Acme", "Bolt"} {
		_, _, err := a.SignUp(t.Context(), app.SignUp{Company: name, UserName: "ann", Email: "ann@example.com", Password: "long enough"})
		require.NoError(t, err)
	}
}

// Test_D08_Timers: a timer of the module sales runs once for each tenant with
// its rows only; that of the module geography once, and writes what all share.
func Test_D08_Timers(t *testing.T) {
	each(t, func(t *testing.T, a *app.App) {
		twoCompanies(t, a)
		require.NoError(t, a.Timer.RunNow(t.Context(), app.TimerRates, ""))
		require.Error(t, a.Timer.RunNow(t.Context(), app.TimerRates, "acme"), "it is one for all")
		require.Error(t, a.Timer.RunNow(t.Context(), app.TimerReports, ""), "it is for one tenant")
		require.Len(t, texts(t, a, tenant.WithID(t.Context(), "bolt"), `SELECT currency FROM exchange_rates`), len(app.Currencies))

		// D19: samples for one tenant are that tenant's.
		require.NoError(t, a.Timer.RunNow(t.Context(), app.TimerSamples, "acme"))
		acme, bolt := tenant.WithID(t.Context(), "acme"), tenant.WithID(t.Context(), "bolt")
		require.Len(t, texts(t, a, acme, `SELECT name FROM companies`), 4)
		require.Empty(t, texts(t, a, bolt, `SELECT name FROM companies`))
		require.NoError(t, a.Timer.RunNow(t.Context(), app.TimerSamples, "bolt"))
		require.NoError(t, a.Timer.RunNow(t.Context(), app.TimerSamples, "bolt"), "again: what is there stays")
		for id, ctx := range map[tenant.ID]context.Context{"acme": acme, "bolt": bolt} {
			names := texts(t, a, ctx, `SELECT name FROM companies`)
			require.Len(t, names, 4)
			for _, name := range names {
				require.Contains(t, name, app.Canary(id))
			}
		}

		// The report of one counts its own rows only, and leaves the other's.
		_, err := a.DB.ExecContext(acme, `DELETE FROM opportunities WHERE stage = 'won'`)
		require.NoError(t, err)
		require.NoError(t, a.Timer.RunNow(t.Context(), app.TimerReports, "bolt"))
		require.Empty(t, texts(t, a, acme, `SELECT stage FROM reports`))
		require.Equal(t, []string{"lead", "negotiation", "offer", "won"}, texts(t, a, bolt, `SELECT stage FROM reports ORDER BY stage`))
		require.NoError(t, a.Timer.RunNow(t.Context(), app.TimerReports, "acme"))
		require.Equal(t, []string{"lead", "negotiation", "offer"}, texts(t, a, acme, `SELECT stage FROM reports ORDER BY stage`))
		require.Len(t, texts(t, a, bolt, `SELECT stage FROM reports`), 4)

		// Somebody of a tenant starts no other's, and no shared one.
		by := tenant.WithActor(acme, tenant.Actor{ID: "x", Tenant: "acme"})
		require.ErrorIs(t, a.Timer.RunNow(by, app.TimerReports, "bolt"), tenant.ErrTenantConflict)
		require.ErrorIs(t, a.Timer.RunNow(by, app.TimerRates, ""), tenant.ErrTenantConflict)
	})
}

// Test_D19_SampleDataForEachTenant: when their time comes, the timers run for
// each tenant without anybody naming one, and the tenant Users stays empty.
func Test_D19_SampleDataForEachTenant(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Date(2026, 3, 1, 23, 59, 0, 0, time.UTC)
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	a := open(t, app.Options{Now: clock})
	twoCompanies(t, a)
	require.NoError(t, a.Timer.RunNow(t.Context(), app.TimerRates, ""))

	_, err := a.AddPerson(tenant.WithID(t.Context(), app.UsersTenant), app.Person{UserName: "guest", Email: "guest@example.com", Password: "long enough"})
	require.NoError(t, err, "also where somebody is in it")

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Timer.Run(ctx) }()
	t.Cleanup(func() { stop(); require.ErrorIs(t, <-ended, context.Canceled) })
	// The scheduler notes when it first was there; then a day goes by.
	require.Eventually(t, func() bool {
		mu.Lock()
		now = now.Add(24 * time.Hour)
		mu.Unlock()
		for _, id := range []tenant.ID{"acme", "bolt", app.UsersTenant} {
			for _, name := range []string{app.TimerSamples, app.TimerReports} {
				state, found, err := a.Timer.State(t.Context(), name, id)
				if err != nil || !found || state.Outcome != timer.Done || state.Due.IsZero() {
					return false
				}
			}
		}
		return true
	}, time.Minute, 50*time.Millisecond)
	for _, id := range []tenant.ID{"acme", "bolt"} {
		names := texts(t, a, tenant.WithID(t.Context(), id), `SELECT name FROM companies UNION ALL SELECT title FROM tasks`)
		require.Len(t, names, 8)
		for _, name := range names {
			require.Contains(t, name, app.Canary(id))
		}
	}
	require.Empty(t, texts(t, a, tenant.WithID(t.Context(), app.UsersTenant), `SELECT name FROM companies UNION ALL SELECT title FROM tasks`))
}

// TestRatesFail: an outage is the outcome of the run, and the rates stay.
func TestRatesFail(t *testing.T) {
	t.Parallel()
	down := errors.New("the bank is closed")
	var err error
	a := open(t, app.Options{Rates: func(context.Context) (map[string]float64, error) {
		return map[string]float64{"EUR": 1, "CHF": 2, "CZK": 3, "GBP": 4, "USD": 5}, err
	}})
	require.NoError(t, a.Timer.RunNow(t.Context(), app.TimerRates, ""))
	err = down
	require.ErrorIs(t, a.Timer.RunNow(t.Context(), app.TimerRates, ""), down)
	state, _, err := a.Timer.State(t.Context(), app.TimerRates, "")
	require.NoError(t, err)
	require.Equal(t, timer.Failed, state.Outcome)
	require.Equal(t, "no-rates", state.Code)
	require.Len(t, texts(t, a, tenant.Global(t.Context()), `SELECT currency FROM exchange_rates WHERE per_euro > 0`), len(app.Currencies))
}

// Test_D18_TurningTheFlag: the flag of the module sales decides for the tables,
// settings and timers that inherit it; what says for itself, and what belongs to
// the module geography, stays.
func Test_D18_TurningTheFlag(t *testing.T) {
	t.Parallel()
	a := open(t, app.Options{})
	for _, c := range []struct {
		flag      tenant.Isolation
		inherited scope.Class
	}{{tenant.PerTenant, scope.PerTenant}, {tenant.Shared, scope.Shared}} {
		modules := app.Modules(c.flag)
		policy := app.Policy(modules)
		policy.Dialect = a.DB.Dialect
		for table := range policy.Tables {
			want := c.inherited
			switch table {
			case "countries", "exchange_rates":
				want = scope.Shared
			case "quotas":
				want = scope.PerTenant
			case "passwords":
				want = scope.Mixed
			}
			got, err := policy.Effective(table)
			require.NoError(t, err)
			require.Equal(t, want, got.Class, "%s, where sales is %s", table, c.flag)
		}

		keyring, err := config.NewKeyring("first", map[string][]byte{"first": make([]byte, 32)})
		require.NoError(t, err)
		settings, err := config.NewResolver(config.Config{Store: config.NewMemoryStore(), Keys: app.Settings(), Modules: modules, Keyring: keyring})
		require.NoError(t, err)
		acme := config.NewContext(tenant.WithID(t.Context(), "acme"), settings)
		require.Equal(t, c.flag == tenant.Shared, app.Currency.Set(acme, "USD", "ours") != nil, "the currency")
		require.Error(t, app.Retries.Set(acme, 1, "ours"), "the retries are one for all in either case")

		scheduler, err := timer.New(timer.Config{DB: a.DB, Dialect: a.DB.Dialect, Registry: a.Registry, Timers: a.Timers(modules)})
		require.NoError(t, err)
		for name, perTenant := range map[string]bool{app.TimerReports: c.flag == tenant.PerTenant, app.TimerSamples: c.flag == tenant.PerTenant, app.TimerRates: false} {
			err := scheduler.RunNow(t.Context(), name, "nobody")
			require.Equal(t, perTenant, errors.Is(err, tenant.ErrUnknownTenant), "%s, where sales is %s: %v", name, c.flag, err)
			require.Error(t, err)
		}
	}
}
