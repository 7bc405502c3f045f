package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/tenant"
)

// fill signs the organisations up and gives them rows, as themselves.
func (w *world) fill(ctx context.Context, a *app.App) error {
	if err := a.Seed(ctx); err != nil {
		return err
	}
	for i := range w.options.tenants {
		// No canary is part of another one.
		c := customer{code: fmt.Sprintf("load-%04d", i), canary: fmt.Sprintf("canary-%04d-", i)}
		inside, _, err := a.SignUp(ctx, app.SignUp{
			Company: c.code, UserName: "ann", Email: "ann@" + c.code + ".example", Password: password, Key: fmt.Sprintf("the key of %s", c.code),
		})
		if err != nil {
			return fmt.Errorf("signing up %s: %w", c.code, err)
		}
		contacts := w.contacts
		if i == 0 {
			contacts = w.hog
		}
		if err := fillOne(inside, a, &c, contacts); err != nil {
			return fmt.Errorf("filling %s: %w", c.code, err)
		}
		w.tenants = append(w.tenants, c)
		if i%100 == 99 {
			fmt.Fprintf(w.out, "  %d tenants\n", i+1)
		}
	}
	_, err := a.DB.ExecContext(tenant.AcrossAll(ctx, "statistics for the planner"), `ANALYZE`)
	return err
}

// fillOne gives one organisation rows. None of its statements says whose.
func fillOne(ctx context.Context, a *app.App, c *customer, contacts int) error {
	admin, err := a.People.Managers(ctx, "")
	if err != nil {
		return err
	}
	owner := admin[0].ID
	insert := func(into string, n int, row func(i int) []any) error {
		const most = 500
		for from := 0; from < n; from += most {
			var rows []string
			var args []any
			for i := from; i < min(n, from+most); i++ {
				values := row(i)
				rows = append(rows, "("+strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")+")")
				args = append(args, values...)
			}
			if _, err := a.DB.ExecContext(ctx, a.DB.Rebind(into+" VALUES "+strings.Join(rows, ", ")), args...); err != nil {
				return err
			}
		}
		return nil
	}
	err = insert(`INSERT INTO companies (name, city, country)`, 10, func(i int) []any {
		return []any{fmt.Sprintf("%s company %d", c.canary, i), "Bern", "CH"}
	})
	if err != nil {
		return err
	}
	if err := a.DB.GetContext(ctx, &c.company, `SELECT min(id) FROM companies`); err != nil {
		return err
	}
	today := a.Today().Format("2006-01-02")
	if err := insert(`INSERT INTO contacts (company_id, name, email, phone)`, contacts, func(i int) []any {
		return []any{c.company, fmt.Sprintf("%s contact %d", c.canary, i), "x@example.com", "1"}
	}); err != nil {
		return err
	}
	if err := insert(`INSERT INTO opportunities (company_id, contact_id, title, stage, cents, currency, owner, closes)`, 20, func(i int) []any {
		return []any{c.company, nil, fmt.Sprintf("%s deal %d", c.canary, i), app.Stages[i%len(app.Stages)], 100 * i, "EUR", owner, today}
	}); err != nil {
		return err
	}
	return insert(`INSERT INTO tasks (company_id, title, due, owner, done)`, 20, func(i int) []any {
		return []any{c.company, fmt.Sprintf("%s task %d", c.canary, i), today, owner, i % 2}
	})
}
