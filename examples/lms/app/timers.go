package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// figuresTimer is the name of the job that counts what a site's report shows.
const figuresTimer = "site.figures"

func (a *App) timers() []timer.Timer {
	return []timer.Timer{{
		Name: figuresTimer, Schedule: timer.Every(time.Hour), Isolation: tenant.PerTenant, Jitter: 5 * time.Minute, Run: a.countFigures,
	}}
}

// figures are what the job counts. The statements are those of an application
// with one customer.
var figures = map[string]string{
	"courses":    `SELECT COUNT(*) FROM courses`,
	"modules":    `SELECT COUNT(*) FROM modules`,
	"enrolments": `SELECT COUNT(*) FROM enrolments`,
	"log rows":   `SELECT COUNT(*) FROM log`,
}

// countFigures runs in the context of one tenant, and has its effect exactly
// once for each due time.
func (a *App) countFigures(ctx context.Context, run *timer.Run) error {
	return a.Change(ctx, func(tx *sqlx.Tx) error {
		for name, query := range figures {
			var n int64
			if err := tx.GetContext(ctx, &n, query); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, a.DB.Rebind(`INSERT INTO figures (name, amount, since) VALUES (?, ?, ?)
				ON CONFLICT (name) DO UPDATE SET amount = excluded.amount, since = excluded.since`), name, n, Now()); err != nil {
				return err
			}
		}
		return run.Complete(ctx, tx)
	})
}

// Cron runs the jobs of one site at once, as its address /cron and the command
// line do.
func (a *App) Cron(ctx context.Context, id tenant.ID) error {
	return a.Timers.RunNow(ctx, figuresTimer, id)
}

// CronKey is what the address /cron of a site wants to be given: different for
// each site, and worth nothing on another.
func (a *App) CronKey(id tenant.ID) string {
	mac := hmac.New(sha256.New, a.Options.Secret)
	mac.Write([]byte("cron:" + string(id)))
	return hex.EncodeToString(mac.Sum(nil))[:32]
}

// ErrCronKey is the answer to a wrong key.
var ErrCronKey = errors.New("that is not the key of this site's cron address")

// CheckCronKey compares in a time that says nothing.
func (a *App) CheckCronKey(id tenant.ID, key string) error {
	if !hmac.Equal([]byte(a.CronKey(id)), []byte(key)) {
		return ErrCronKey
	}
	return nil
}
