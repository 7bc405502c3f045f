package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// Stages are those of an opportunity, in their order.
var Stages = []string{"lead", "offer", "negotiation", "won", "lost"}

// countries are shared. The back office adds others.
var countries = map[string]string{
	"AT": "Austria", "CH": "Switzerland", "CZ": "Czechia", "DE": "Germany", "FR": "France", "GB": "United Kingdom", "PT": "Portugal", "US": "United States",
}

// Canary stands in every sample row of a tenant, so that a row that got to
// another one is seen at once.
func Canary(id tenant.ID) string { return "only-" + string(id) }

// samples gives a tenant that has nothing yet something to look at. It runs for
// each tenant and names none: whose rows these are follows from the context.
func (a *App) samples(ctx context.Context, run *timer.Run) error {
	if run.Tenant == UsersTenant {
		return nil // it holds nothing
	}
	ctx = a.Extend(ctx)
	currency := Currency.Get(ctx)
	tx, err := a.DB.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	var companies int
	if err := tx.GetContext(ctx, &companies, `SELECT COUNT(*) FROM companies`); err != nil {
		return err
	}
	var owner string
	err = tx.GetContext(ctx, &owner, `SELECT account FROM people WHERE gone = 0 ORDER BY name LIMIT 1`)
	if errors.Is(err, sql.ErrNoRows) || err == nil && companies > 0 {
		return nil
	}
	if err != nil {
		return err
	}
	mark := Canary(run.Tenant)
	for i, c := range []struct{ name, city, country, contact, deal, stage string }{
		{"Northwind Tools", "Vienna", "AT", "Nora Fields", "Yearly supply", "won"},
		{"Lakeside Bakery", "Bern", "CH", "Luc Meier", "New ovens", "offer"},
		{"Harbour Freight", "Porto", "PT", "Ines Costa", "Twelve cranes", "negotiation"},
		{"Castle Print", "Brno", "CZ", "Petr Novak", "Paper", "lead"},
	} {
		var company, contact int64
		err := tx.GetContext(ctx, &company, tx.Rebind(`INSERT INTO companies (name, city, country) VALUES (?, ?, ?) RETURNING id`),
			c.name+" "+mark, c.city, c.country)
		if err != nil {
			return err
		}
		err = tx.GetContext(ctx, &contact, tx.Rebind(`INSERT INTO contacts (company_id, name, email, phone) VALUES (?, ?, ?, ?) RETURNING id`),
			company, c.contact+" "+mark, fmt.Sprintf("contact%d@%s.example", i, run.Tenant), fmt.Sprintf("+43 1 555 010%d", i))
		if err != nil {
			return err
		}
		closes := a.Today().AddDate(0, 0, 10*i).Format(time.DateOnly)
		for _, q := range []struct {
			text string
			args []any
		}{
			{`INSERT INTO opportunities (company_id, contact_id, title, stage, cents, currency, owner, closes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
				[]any{company, contact, c.deal + " " + mark, c.stage, int64(i+1) * 1_250_000, currency, owner, closes}},
			{`INSERT INTO tasks (company_id, title, due, owner, done) VALUES (?, ?, ?, ?, 0)`,
				[]any{company, "Call " + c.contact + " " + mark, closes, owner}},
			{`INSERT INTO company_changes (company_id, at, account, what) VALUES (?, ?, ?, ?)`,
				[]any{company, a.Stamp(), owner, "sample " + mark}},
		} {
			if _, err := tx.ExecContext(ctx, tx.Rebind(q.text), q.args...); err != nil {
				return err
			}
		}
	}
	_, err = tx.ExecContext(ctx, tx.Rebind(`INSERT INTO quotas (account, quarter, cents) VALUES (?, ?, ?)`), owner, Quarter(a.Today()), int64(5_000_000))
	if err != nil {
		return err
	}
	if err := run.Complete(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Quarter returns the quarter of a day: "2026-Q4".
func Quarter(day time.Time) string {
	return fmt.Sprintf("%d-Q%d", day.Year(), (int(day.Month())+2)/3)
}
