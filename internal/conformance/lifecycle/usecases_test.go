package lifecycle

import (
	"context"
	"fmt"

	"github.com/gotenancy/tenancy/config"
	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
)

// The four kinds of installation that tenancy was asked for, and how each is
// modelled (checklist A3).

// A university is one tenant. Its departments are parts of its tree: who manages
// one does not manage the others.
func Example_university() {
	a := newApp()
	defer a.close()
	departments := func(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
		tree := a.tree.With(tx)
		top, _, err := tree.ByInstance(ctx, ev.Tenant, ctxtree.LevelTenant, string(ev.Tenant))
		if err != nil {
			return err
		}
		for _, name := range []string{"arts", "medicine"} {
			n, err := tree.Create(ctx, ctxtree.Spec{Parent: top.ID, Level: "category", Instance: name})
			if err != nil {
				return err
			}
			if err := a.roles.With(tx).Assign(ctx, n, rbac.Assignment{Role: a.role, User: "dean-of-" + name}); err != nil {
				return err
			}
		}
		return nil
	}
	_, _, err := a.manager.Create(context.Background(), tenant.Tenant{Code: "uni", Name: "University"}, departments)
	check(err)

	checker, err := rbac.NewChecker(rbac.Config{Tree: a.tree, Store: a.roles, Capabilities: []rbac.Capability{{Name: "edit"}}})
	check(err)
	ctx := tenant.WithActor(tenant.WithID(context.Background(), "uni"), tenant.Actor{ID: "dean-of-arts", Tenant: "uni"})
	for _, name := range []string{"arts", "medicine"} {
		n, _, err := a.tree.ByInstance(ctx, "uni", "category", name)
		check(err)
		fmt.Println(name, checker.Can(ctx, "edit", n.ID))
	}
	// Output:
	// arts true
	// medicine false
}

// A company that serves partners is a tenant, and each partner is one. That they
// belong together is in the record and grants nothing: the company reads its
// partners' rows by saying so, and they read nothing of one another.
func Example_partners() {
	a := newApp(`CREATE TABLE orders (tenant_id TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (tenant_id, item))`)
	defer a.close()
	a.create(tenant.Tenant{Code: "company"}, tenant.Tenant{Code: "north", Parent: "company"}, tenant.Tenant{Code: "south", Parent: "company"})
	for _, id := range []tenant.ID{"company", "north", "south"} {
		a.exec(tenant.WithID(context.Background(), id), `INSERT INTO orders (item) VALUES (?)`, "of "+string(id))
	}
	orders := `SELECT item FROM orders ORDER BY item`
	fmt.Println("north:", a.texts(tenant.WithID(context.Background(), "north"), orders))
	fmt.Println("company:", a.texts(tenant.WithID(context.Background(), "company"), orders))
	partners := tenant.Across(context.Background(), "the company's report on its partners", "north", "south")
	fmt.Println("report:", a.texts(partners, orders))
	// Output:
	// north: of north
	// company: of company
	// report: of north, of south
}

// A reseller offers another one's courses. The courses are in a shared table,
// which every tenant reads and nobody changes; what the reseller makes of them,
// its prices, is its own.
func Example_reseller() {
	a := newApp(
		`CREATE TABLE courses (id INTEGER PRIMARY KEY, title TEXT NOT NULL)`,
		`CREATE TABLE offers (tenant_id TEXT NOT NULL, course_id INTEGER NOT NULL, price INTEGER NOT NULL, PRIMARY KEY (tenant_id, course_id))`)
	defer a.close()
	a.create(tenant.Tenant{Code: "first-reseller"}, tenant.Tenant{Code: "second-reseller"})
	a.exec(tenant.Global(context.Background()), `INSERT INTO courses (id, title) VALUES (1, 'Algebra'), (2, 'Geometry')`)
	first, second := tenant.WithID(context.Background(), "first-reseller"), tenant.WithID(context.Background(), "second-reseller")
	a.exec(first, `INSERT INTO offers (course_id, price) VALUES (1, 100)`)
	a.exec(second, `INSERT INTO offers (course_id, price) VALUES (1, 90), (2, 80)`)
	offers := `SELECT c.title || ' ' || o.price FROM offers o JOIN courses c ON c.id = o.course_id ORDER BY 1`
	fmt.Println(a.texts(first, offers))
	fmt.Println(a.texts(second, offers))
	_, err := a.db.ExecContext(first, `UPDATE courses SET title = 'Mine'`)
	fmt.Println("a reseller changes a course:", err != nil)
	// Output:
	// Algebra 100
	// Algebra 90, Geometry 80
	// a reseller changes a course: true
}

// In software as a service customers sign up by themselves.
func Example_saas() {
	a := newApp(`CREATE TABLE accounts (tenant_id TEXT NOT NULL, email TEXT NOT NULL, PRIMARY KEY (tenant_id, email))`)
	defer a.close()
	for _, company := range []string{"Acme Ltd", "Acme, Ltd.", "Admin", "Bolt"} {
		administrator := func(ctx context.Context, tx tenant.DBTX, _ tenant.Event) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO accounts (email) VALUES ('ann@example.com')`)
			return err
		}
		ctx, t, err := a.manager.Provision(context.Background(), lifecycle.Signup{Name: company}, administrator)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(t.Code, a.texts(ctx, `SELECT email FROM accounts`))
	}
	// Output:
	// acme-ltd ann@example.com
	// lifecycle: the sign-up is not valid: code (tenant: already taken)
	// lifecycle: the sign-up is not valid: code (lifecycle: the name is reserved)
	// bolt ann@example.com
}

// One migration reaches all tenants, and so does a feature that is switched on
// for all: those keep their own value that have one.
func Example_release() {
	a := newApp(`CREATE TABLE notes (tenant_id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (tenant_id, body))`)
	defer a.close()
	a.create(tenant.Tenant{Code: "acme"}, tenant.Tenant{Code: "bolt"})
	settings, err := config.NewResolver(config.Config{Store: a.settings})
	check(err)
	ctx := config.NewContext(context.Background(), settings)
	acme, bolt := tenant.WithID(ctx, "acme"), tenant.WithID(ctx, "bolt")
	check(settings.Set(bolt, "new.editor", false, "not yet"))

	a.exec(tenant.AcrossAll(ctx, "release 2"), `ALTER TABLE notes ADD COLUMN title TEXT NOT NULL DEFAULT 'untitled'`)
	check(settings.Set(tenant.Global(ctx), "new.editor", true, "release 2"))

	for _, ctx := range []context.Context{acme, bolt} {
		a.exec(ctx, `INSERT INTO notes (body) VALUES ('x')`)
		fmt.Println(a.texts(ctx, `SELECT title FROM notes`), config.Get(ctx, "new.editor", false))
	}
	// Output:
	// untitled true
	// untitled false
}
