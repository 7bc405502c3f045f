package app

import (
	"context"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// The names of the timers.
const (
	TimerReports = "sales.reports"     // once for each tenant
	TimerSamples = "sales.sample-data" // once for each tenant
	TimerRates   = "geography.rates"   // once
)

// Timers are the jobs. Each inherits from its module whether it runs once for
// each tenant or once.
func (a *App) Timers(modules []tenant.Module) []timer.Timer {
	sales, geography := modules[0], modules[1]
	return []timer.Timer{
		{Name: TimerReports, Schedule: timer.Every(time.Hour), Module: sales, Jitter: time.Minute, Run: a.report},
		{Name: TimerSamples, Schedule: timer.Every(24 * time.Hour), Module: sales, Jitter: time.Hour, Run: a.samples},
		{Name: TimerRates, Schedule: timer.Every(6 * time.Hour), Module: geography, Run: a.rates},
	}
}

func (a *App) openTimers(modules []tenant.Module) (err error) {
	a.Timer, err = timer.New(timer.Config{
		DB: a.DB, Dialect: a.DB.Dialect, Registry: a.Registry, Timers: a.Timers(modules), Clock: a.clock,
	})
	return err
}

// report counts the tenant's opportunities by stage, in its own currency. What
// it writes and the mark that the run is done commit together.
func (a *App) report(ctx context.Context, run *timer.Run) error {
	ctx = a.Extend(ctx)
	currency := Currency.Get(ctx)
	tx, err := a.DB.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	if _, err := tx.ExecContext(ctx, `DELETE FROM reports`); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, tx.Rebind(`INSERT INTO reports (stage, deals, cents, currency, made)
		SELECT o.stage, COUNT(*), CAST(SUM(o.cents * (mine.per_euro / theirs.per_euro)) AS BIGINT), mine.currency, ?
		FROM opportunities o
		JOIN exchange_rates theirs ON theirs.currency = o.currency
		JOIN exchange_rates mine ON mine.currency = ?
		GROUP BY o.stage, mine.currency`), a.Stamp(), currency)
	if err != nil {
		return err
	}
	if err := run.Complete(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// rates brings the exchange rates up to date, which all tenants share.
func (a *App) rates(ctx context.Context, _ *timer.Run) error {
	rates, err := a.fetchRates(ctx)
	if err != nil {
		return timer.WithCode(fmt.Errorf("app: exchange rates: %w", err), "no-rates")
	}
	for _, currency := range Currencies {
		_, err := a.DB.ExecContext(ctx, a.DB.Rebind(`INSERT INTO exchange_rates (currency, per_euro, as_of) VALUES (?, ?, ?)
			ON CONFLICT (currency) DO UPDATE SET per_euro = excluded.per_euro, as_of = excluded.as_of`), currency, rates[currency], a.Stamp())
		if err != nil {
			return err
		}
	}
	return nil
}

// demoRates stands for a bank's service.
func demoRates(context.Context) (map[string]float64, error) {
	return map[string]float64{"EUR": 1, "CHF": 0.94, "CZK": 24.9, "GBP": 0.85, "USD": 1.08}, nil
}

// Stamp is the present time as the tables hold it: in UTC, to the second.
func (a *App) Stamp() string { return a.now().UTC().Format("2006-01-02T15:04:05Z") }

// Today is the present day.
func (a *App) Today() time.Time { return a.now().UTC() }
