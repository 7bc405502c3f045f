package app

import (
	"context"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/member"
)

// TopCategory is the id of the category in which a site's content begins.
const TopCategory = "top"

// Person is somebody who gets an account.
type Person struct{ UserName, Email, Password string }

// Operator returns a context of who runs the installation: of the program
// itself. A request of a person keeps that person as its actor instead.
func Operator(ctx context.Context) context.Context {
	return tenant.WithActor(tenant.Global(ctx), Installation)
}

// Host is the host of a site with that code.
func Host(code string) string { return code + ".localhost" }

// CreateSite makes a tenant with everything that belongs to it - node and top
// category, cohort, first administrator with its roles, audit record - in one
// transaction. Like lifecycle.Manager.Create it is for operators, and idempotent.
func (a *App) CreateSite(ctx context.Context, t tenant.Tenant, first Person) (tenant.Tenant, error) {
	if t.Host == "" {
		t.Host = Host(t.Code)
	}
	t, _, err := a.Lifecycle.Create(ctx, t, a.administrator(first))
	return t, err
}

// SignUp makes a site for somebody who asks for one by themselves. What is wrong
// with the form is a *lifecycle.InvalidError.
func (a *App) SignUp(ctx context.Context, s lifecycle.Signup, first Person) (tenant.Tenant, error) {
	if s.Code == "" {
		s.Code = lifecycle.DeriveCode(s.Name)
	}
	s.Record.Host = Host(s.Code)
	_, t, err := a.Lifecycle.Provision(ctx, s, a.administrator(first))
	return t, err
}

// administrator is the hook that makes the first account of a site, which
// manages it.
func (a *App) administrator(p Person) tenant.Hook {
	return func(ctx context.Context, tx tenant.DBTX, _ tenant.Event) error {
		account, err := a.addMember(ctx, tx, p)
		if err != nil {
			return err
		}
		return a.People.With(tx).AddManager(ctx, "", account.ID, "the first administrator")
	}
}

// addMember makes a member of the context's site, with a password.
func (a *App) addMember(ctx context.Context, tx tenant.DBTX, p Person) (member.Account, error) {
	account, err := a.People.With(tx).AddMember(ctx, "", member.NewAccount{ID: NewID(), UserName: p.UserName, Email: p.Email})
	if err != nil {
		return member.Account{}, err
	}
	return account, a.Passwords.Set(ctx, tx, account.ID, p.Password)
}

// place is the hook that gives a site its part of the tree, and takes it away
// with the site.
func (a *App) place(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
	part := ctxtree.Provision{
		Tree: a.treeOn,
		Nodes: func(*tenant.Tenant) []ctxtree.Spec {
			return []ctxtree.Spec{{Level: LevelCategory, Instance: TopCategory}}
		},
	}
	if err := part.Hook(ctx, tx, ev); err != nil || ev.Kind != lifecycle.KindCreated {
		return err
	}
	_, err := tx.ExecContext(ctx, a.DB.Rebind(`INSERT INTO categories (id, name) VALUES (?, ?)`), TopCategory, record(ctx).Name)
	return err
}

// forget is the hook that takes away what the library's stores know of a site
// that is deleted.
func (a *App) forget(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
	if ev.Kind != lifecycle.KindDeleted {
		return nil
	}
	if _, err := a.Roles.With(tx).DeleteAll(ctx, ev.Tenant); err != nil {
		return err
	}
	_, err := a.SettingsStore.With(tx).DeleteTenant(ctx, ev.Tenant)
	return err
}

// purge removes the rows of a site that is being deleted.
func (a *App) purge() []func(context.Context, tenant.ID) error {
	return []func(context.Context, tenant.ID) error{
		a.Organisations.DeleteAll,
		transfer.Purger(a.DB, transfer.PurgeOptions{}),
	}
}

func top(ctx context.Context, tree ctxtree.Store, of tenant.ID) (ctxtree.Node, bool, error) {
	return tree.ByInstance(ctx, of, LevelCategory, TopCategory)
}

// TenantNode returns the node of the context's tenant, where what concerns the
// site as a whole is asked.
func (a *App) TenantNode(ctx context.Context) (ctxtree.Node, error) {
	id, _ := tenant.IDFromContext(ctx)
	return a.Node(ctx, ctxtree.LevelTenant, string(id))
}

// Node returns the node of an object of the context's tenant. Another tenant's
// object, and one that does not exist, are ctxtree.ErrNoNode.
func (a *App) Node(ctx context.Context, level ctxtree.Level, instance string) (ctxtree.Node, error) {
	return nodeOf(ctx, a.Tree, level, instance)
}

func nodeOf(ctx context.Context, tree ctxtree.Store, level ctxtree.Level, instance string) (ctxtree.Node, error) {
	id, _ := tenant.IDFromContext(ctx)
	n, found, err := tree.ByInstance(ctx, id, level, instance)
	if err == nil && !found {
		err = ctxtree.ErrNoNode
	}
	return n, err
}
