package app

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// DemoPassword is that of everybody in the sample data.
const DemoPassword = "learning together"

// Canary is a text that is in what a site has for its own people and nowhere
// else: where it is seen on another site, something has leaked.
func Canary(id tenant.ID) string { return "canary-of-" + string(id) }

// Seed fills an empty database with three sites and their people: north, a
// university with departments; south, a company; and harbour, a partner of it.
// A database that has them already stays as it is.
func (a *App) Seed(ctx context.Context) error {
	if _, found, err := a.Tenants.ByID(ctx, "north"); err != nil || found {
		return err
	}
	operator := Operator(ctx)
	if err := a.SeedCatalogue(ctx); err != nil {
		return err
	}
	for _, s := range samples {
		if err := a.seedSite(operator, ctx, s); err != nil {
			return fmt.Errorf("app: seed %s: %w", s.record.Code, err)
		}
	}
	if err := a.seedGlobals(operator, ctx); err != nil {
		return fmt.Errorf("app: seed the accounts of no site: %w", err)
	}
	return nil
}

// In returns a context of the installation itself inside a site.
func In(ctx context.Context, id tenant.ID) context.Context {
	return tenant.WithActor(tenant.WithID(ctx, id), Installation)
}

// SeedCatalogue fills the catalogue that all sites may sell from: a site that
// comes from elsewhere refers to it.
func (a *App) SeedCatalogue(ctx context.Context) error {
	for _, c := range [][3]string{
		{"safety", "Safety at work", "For everybody, every year."},
		{"first-aid", "First aid", "A day of practice."},
	} {
		if _, err := a.DB.ExecContext(Operator(ctx), a.DB.Rebind(`INSERT INTO catalogue (id, title, summary) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING`), c[0], c[1], c[2]); err != nil {
			return fmt.Errorf("app: seed the catalogue: %w", err)
		}
	}
	return nil
}

func (a *App) seedSite(operator, plain context.Context, s sample) error {
	t, err := a.CreateSite(operator, s.record, demo(s.manager))
	if err != nil {
		return err
	}
	ctx := In(a.Extend(plain), t.ID)
	for _, name := range s.people {
		if _, err := a.AddMember(ctx, demo(name)); err != nil {
			return err
		}
	}
	for _, c := range s.categories {
		if err := a.AddCategory(ctx, c.parent, c.id, c.name); err != nil {
			return err
		}
		if c.dean == "" {
			continue
		}
		dean, err := a.AccountOf(ctx, c.dean)
		if err != nil {
			return err
		}
		n, err := a.Node(ctx, LevelCategory, c.id)
		if err != nil {
			return err
		}
		if err := a.Roles.Assign(ctx, n, rbac.Assignment{Role: a.Role[RoleManager], User: dean.ID}); err != nil {
			return err
		}
	}
	for _, c := range s.courses {
		if err := a.seedCourse(ctx, c); err != nil {
			return err
		}
	}
	for id, price := range s.offers {
		if _, err := a.DB.ExecContext(ctx, a.DB.Rebind(`INSERT INTO offers (catalogue_id, price) VALUES (?, ?)`), id, price); err != nil {
			return err
		}
	}
	for _, o := range s.organisations {
		if err := a.Organisations.Create(ctx, tenant.Organisation{ShortName: o.short, Tenant: t.ID, Name: o.name, Active: true}); err != nil {
			return err
		}
		for _, course := range o.courses {
			if err := a.Organisations.Link(ctx, t.ID, o.short, "course", course); err != nil {
				return err
			}
		}
	}
	if s.blogs {
		if err := Blogs.Set(ctx, true, "sample data"); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) seedCourse(ctx context.Context, c sampleCourse) error {
	if err := a.AddCourse(ctx, c.Course); err != nil {
		return err
	}
	for _, m := range c.modules {
		m.Course = c.ID
		if err := a.AddModule(ctx, m); err != nil {
			return err
		}
	}
	for _, name := range c.tags {
		if _, err := a.DB.ExecContext(ctx, a.DB.Rebind(`INSERT INTO tags (course_id, name) VALUES (?, ?)`), c.ID, name); err != nil {
			return err
		}
	}
	for role, names := range map[string][]string{RoleTeacher: c.teachers, RoleStudent: c.students} {
		for _, name := range names {
			account, err := a.AccountOf(ctx, name)
			if err != nil {
				return err
			}
			if err := a.Enrol(ctx, c.ID, account.ID, role); err != nil {
				return err
			}
		}
	}
	return nil
}

// seedGlobals makes the accounts that are members of no site: root runs the
// installation, gina manages north and south, tess is a trainer whom both share,
// and stan is staff with a role in the whole installation, whom harbour alone knows.
func (a *App) seedGlobals(operator, plain context.Context) error {
	ids := map[string]string{}
	for _, name := range []string{"root", "gina", "tess", "stan"} {
		account, err := a.AddGlobal(operator, demo(name))
		if err != nil {
			return err
		}
		ids[name] = account.ID
	}
	if err := a.Roles.SetSiteAdmin(operator, ids["root"], true); err != nil {
		return err
	}
	trainers, err := a.People.CreateCohort(operator, "", "Trainers")
	if err != nil {
		return err
	}
	if err := a.People.AddToCohort(operator, trainers.ID, ids["tess"], "sample data"); err != nil {
		return err
	}
	for _, id := range []tenant.ID{"north", "south"} {
		if err := a.People.AddManager(operator, id, ids["gina"], "sample data"); err != nil {
			return err
		}
		if err := a.People.SetAssociated(operator, id, trainers.ID, "sample data"); err != nil {
			return err
		}
	}
	staff, err := a.People.CreateCohort(operator, "", "Staff")
	if err != nil {
		return err
	}
	if err := a.People.AddToCohort(operator, staff.ID, ids["stan"], "sample data"); err != nil {
		return err
	}
	if err := a.People.SetAssociated(operator, "harbour", staff.ID, "sample data"); err != nil {
		return err
	}
	if err := a.Roles.Assign(operator, ctxtree.Node{ID: ctxtree.SystemID}, rbac.Assignment{Role: a.Role[RoleStaff], User: ids["stan"]}); err != nil {
		return err
	}
	a.announce(plain)
	return a.Enrol(In(plain, "north"), "algebra", ids["tess"], RoleTeacher)
}

func demo(name string) Person {
	return Person{UserName: name, Email: name + "@example.com", Password: DemoPassword}
}

// AddMember makes a member of the context's site, with a password.
func (a *App) AddMember(ctx context.Context, p Person) (account member.Account, err error) {
	err = a.Change(ctx, func(tx *sqlx.Tx) error {
		account, err = a.addMember(ctx, tx, p)
		return err
	})
	return account, err
}

// AddGlobal makes an account that is a member of no site; ctx is in global mode.
func (a *App) AddGlobal(ctx context.Context, p Person) (account member.Account, err error) {
	err = a.Change(ctx, func(tx *sqlx.Tx) error {
		account, err = a.People.With(tx).AddGlobal(ctx, member.NewAccount{ID: NewID(), UserName: p.UserName, Email: p.Email})
		if err != nil {
			return err
		}
		return a.Passwords.Set(ctx, tx, account.ID, p.Password)
	})
	return account, err
}

// AccountOf returns the user of the context's site with that name, or in global
// mode the account.
func (a *App) AccountOf(ctx context.Context, name string) (member.Account, error) {
	list := a.People.Accounts
	if id, ok := tenant.IDFromContext(ctx); ok {
		list = func(ctx context.Context, q member.Query) (member.Page, error) { return a.People.Users(ctx, id, q) }
	}
	page, err := list(ctx, member.Query{Search: name, Limit: member.MaxPage})
	for _, account := range page.Accounts {
		if account.UserName == name {
			return account, nil
		}
	}
	if err == nil {
		err = fmt.Errorf("%w: %s", member.ErrUnknownAccount, name)
	}
	return member.Account{}, err
}
