package app

import (
	"context"
	"errors"
	"strings"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// DemoPassword is everybody's in the sample data.
const DemoPassword = "demo-password"

// Platform is the administrator of the platform in the sample data.
const Platform = "olga"

// demo are the customers and their people; the first administers. Both have an
// ann: user names are the tenants' own.
var demo = []struct {
	company, currency string
	people            []struct{ name, role string }
}{
	{"Acme", "EUR", []struct{ name, role string }{{"ann", ""}, {"max", "manager"}, {"sue", "seller"}}},
	{"Bolt", "CHF", []struct{ name, role string }{{"bob", ""}, {"ann", "seller"}}},
}

// Seed makes the countries and rates, two customers with people and rows, and
// an administrator of the platform. What exists stays.
func (a *App) Seed(ctx context.Context) error {
	global := tenant.Global(ctx)
	for code, name := range countries {
		_, err := a.DB.ExecContext(global, a.DB.Rebind(`INSERT INTO countries (code, name) VALUES (?, ?) ON CONFLICT (code) DO NOTHING`), code, name)
		if err != nil {
			return err
		}
	}
	if err := a.Timer.RunNow(ctx, TimerRates, ""); err != nil {
		return err
	}
	if err := a.seedPlatform(global); err != nil {
		return err
	}
	for _, c := range demo {
		first := c.people[0].name
		inside, record, err := a.SignUp(ctx, SignUp{Company: c.company, UserName: first, Email: first + "@" + strings.ToLower(c.company) + ".example", Password: DemoPassword})
		switch {
		case errors.Is(err, tenant.ErrTaken):
			continue // of an earlier run
		case err != nil:
			return err
		}
		for _, p := range c.people[1:] {
			account, err := a.AddPerson(inside, Person{UserName: p.name, Email: p.name + "@" + record.Code + ".example", Password: DemoPassword})
			if err != nil {
				return err
			}
			if err := a.giveRole(inside, account.ID, p.role); err != nil {
				return err
			}
		}
		if err := a.CatchUp(ctx); err != nil {
			return err
		}
		administrator, err := a.People.Managers(inside, "")
		if err != nil {
			return err
		}
		by := a.Extend(tenant.WithActor(inside, tenant.Actor{ID: administrator[0].ID, Tenant: record.ID}))
		if err := Currency.Set(by, c.currency, "where we are"); err != nil {
			return err
		}
		for _, name := range []string{TimerSamples, TimerReports} {
			if err := a.Timer.RunNow(ctx, name, record.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// seedPlatform makes the first administrator of the platform, and one more
// global account that manages nothing yet.
func (a *App) seedPlatform(global context.Context) error {
	account, err := a.People.AddGlobal(global, member.NewAccount{ID: NewAccountID(), UserName: Platform, Email: Platform + "@platform.example"})
	switch {
	case errors.Is(err, member.ErrNameTaken):
		return nil
	case err != nil:
		return err
	}
	if err := a.Passwords.Set(global, a.DB, account.ID, DemoPassword); err != nil {
		return err
	}
	return a.RoleStore.SetSiteAdmin(global, account.ID, true)
}

// giveRole is for the program: for people it is App.Manager that decides.
func (a *App) giveRole(inside context.Context, account, role string) error {
	node, err := a.Node(inside)
	if err != nil {
		return err
	}
	id := map[string]rbac.RoleID{"manager": a.Roles.Manager, "seller": a.Roles.Seller}[role]
	return a.RoleStore.Assign(inside, node, rbac.Assignment{Role: id, User: account})
}

// Extend puts settings and rights into the context of a request or a run.
func (a *App) Extend(ctx context.Context) context.Context {
	return config.NewContext(a.Checker.NewContext(ctx), a.Settings)
}
