package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jmoiron/sqlx"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// ErrNoCounterpart: the site has accounts of no site, such as a trainer, and
// this installation has none with that name and address.
var ErrNoCounterpart = errors.New("app: import: make these accounts first, or those with their names and addresses")

// Import makes a site of what Export has written. Its code and its host have to
// be free here. Accounts of no site are not in the file: each is the one with
// the same name and e-mail address here, or the error is ErrNoCounterpart. The
// site's own people get new ids.
//
// Until all of it is there the site has no host, so that nobody reaches it. If
// something fails it is removed again, and the import can be repeated.
func (a *App) Import(ctx context.Context, r io.Reader) (t tenant.Tenant, err error) {
	b, rows, err := readBundle(r)
	if err != nil {
		return t, fmt.Errorf("app: import: %w", err)
	}
	accounts, err := a.counterparts(ctx, b)
	if err != nil {
		return t, err
	}
	host, status := b.Site.Host, b.Site.Status
	// A parent of that id could be somebody else here; it is for the operator to say.
	b.Site.ID, b.Site.Parent, b.Site.Host, b.Site.Domains, b.Site.Status = "", "", "", nil, tenant.Active
	t, created, err := a.Lifecycle.Create(Operator(ctx), b.Site)
	if err == nil && !created {
		err = tenant.ErrTaken
	}
	if err != nil {
		return t, fmt.Errorf("app: import: %w", err)
	}
	b.Site.ID = t.ID
	err = a.take(ctx, b, rows, accounts)
	if err == nil && status == tenant.Suspended {
		err = a.Lifecycle.Suspend(Operator(ctx), t.ID, "as it was")
	}
	if err == nil {
		t, err = a.Lifecycle.Update(Operator(ctx), t.ID, "the import is complete", func(t *tenant.Tenant) error { t.Host = host; return nil })
	}
	if err != nil {
		return tenant.Tenant{}, fmt.Errorf("app: import: %w", errors.Join(err, a.undo(ctx, b, accounts)))
	}
	return t, nil
}

// undo removes what an import that failed has made.
func (a *App) undo(ctx context.Context, b *bundle, accounts map[string]string) error {
	const reason = "an import that failed"
	operator := Operator(context.WithoutCancel(ctx))
	for _, p := range b.Members {
		if err := a.People.Remove(operator, accounts[p.ID], reason); err != nil && !errors.Is(err, member.ErrUnknownAccount) {
			return err
		}
	}
	shared, err := a.People.Associated(operator, b.Site.ID)
	if err == nil && shared != "" {
		if err = a.People.SetAssociated(operator, b.Site.ID, "", reason); err == nil {
			err = a.People.DeleteCohort(operator, shared)
		}
	}
	if err == nil {
		err = a.Lifecycle.Archive(operator, b.Site.ID, reason)
	}
	if err == nil {
		err = a.Lifecycle.Delete(operator, b.Site.ID, reason)
	}
	return err
}

// counterparts says which account is which here.
func (a *App) counterparts(ctx context.Context, b *bundle) (map[string]string, error) {
	accounts := map[string]string{}
	for _, p := range b.Members {
		accounts[p.ID] = NewID()
	}
	var missing []error
	for _, p := range b.Globals {
		here, err := a.AccountOf(Operator(ctx), p.UserName)
		switch {
		case errors.Is(err, member.ErrUnknownAccount), err == nil && here.Email != p.Email:
			missing = append(missing, fmt.Errorf("%w: %s", ErrNoCounterpart, p.UserName))
		case err != nil:
			return nil, err
		}
		accounts[p.ID] = here.ID
	}
	return accounts, errors.Join(missing...)
}

// take fills the new site, in its own context.
func (a *App) take(ctx context.Context, b *bundle, rows []byte, accounts map[string]string) error {
	in := In(a.Extend(ctx), b.Site.ID)
	for _, part := range []func(context.Context, *bundle, map[string]string) error{a.takePeople, a.takeCohorts} {
		if err := part(ctx, b, accounts); err != nil {
			return err
		}
	}
	if _, err := a.DB.ExecContext(in, a.DB.Rebind(`DELETE FROM categories WHERE id = ?`), TopCategory); err != nil {
		return err // the file has it
	}
	renamed := func(_ context.Context, old string) (string, bool, error) {
		if now, ok := accounts[old]; ok {
			return now, true, nil
		}
		return old, true, nil // somebody who had left before: nobody's here either
	}
	columns := map[string]transfer.MapFunc{}
	for _, c := range []string{"passwords.account", "enrolments.account", "grades.account", "grades.given_by", "log.account", "posts.account"} {
		columns[c] = renamed
	}
	if _, err := transfer.Import(ctx, a.DB, bytes.NewReader(rows), transfer.ImportOptions{Into: b.Site.ID, Map: columns}); err != nil {
		return err
	}
	if err := a.takeTree(in, b, accounts); err != nil {
		return err
	}
	for _, o := range b.Organisations {
		o.Tenant = b.Site.ID
		if err := a.Organisations.Create(in, o.Organisation); err != nil {
			return err
		}
		for _, course := range o.Courses {
			if err := a.Organisations.Link(in, b.Site.ID, o.ShortName, "course", course); err != nil {
				return err
			}
		}
	}
	_, err := a.Settings.Import(in, b.Settings, "from another installation")
	return err
}

func (a *App) takePeople(ctx context.Context, b *bundle, accounts map[string]string) error {
	in, operator := In(ctx, b.Site.ID), Operator(ctx)
	for _, p := range b.Members {
		if _, err := a.People.AddMember(in, "", member.NewAccount{ID: accounts[p.ID], UserName: p.UserName, Email: p.Email}); err != nil {
			return err
		}
		if p.Suspended {
			if err := a.People.Suspend(in, accounts[p.ID], "as it was"); err != nil {
				return err
			}
		}
	}
	// Who belongs to no site comes in by a cohort, which is the operator's.
	if len(b.Globals) > 0 {
		shared, err := a.People.CreateCohort(operator, "", "Associated with "+b.Site.Code)
		if err != nil {
			return err
		}
		for _, p := range b.Globals {
			if err := a.People.AddToCohort(operator, shared.ID, accounts[p.ID], "from another installation"); err != nil {
				return err
			}
		}
		if err := a.People.SetAssociated(operator, b.Site.ID, shared.ID, "from another installation"); err != nil {
			return err
		}
	}
	for _, id := range b.Managers {
		if err := a.People.AddManager(operator, b.Site.ID, accounts[id], "from another installation"); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) takeCohorts(ctx context.Context, b *bundle, accounts map[string]string) error {
	in := In(ctx, b.Site.ID)
	for _, k := range b.Cohorts {
		made, err := a.People.CreateCohort(in, "", k.Name)
		if err != nil {
			return err
		}
		for _, id := range k.Accounts {
			if err := a.People.AddToCohort(in, made.ID, accounts[id], "from another installation"); err != nil {
				return err
			}
		}
	}
	return nil
}

// takeTree makes the nodes of the rows, parents first, and puts back what was
// said on them.
func (a *App) takeTree(in context.Context, b *bundle, accounts map[string]string) error {
	var rows []struct{ Level, Parent, ID string }
	if err := a.DB.SelectContext(in, &rows, `WITH RECURSIVE down (id, parent_id, depth) AS (
			SELECT id, parent_id, 0 FROM categories WHERE parent_id IS NULL
			UNION ALL SELECT c.id, c.parent_id, d.depth + 1 FROM categories c JOIN down d ON c.parent_id = d.id)
		SELECT level, parent, id FROM (
			SELECT 'category' AS level, parent_id AS parent, id, depth FROM down WHERE depth > 0
			UNION ALL SELECT 'course', category_id, id, 1000 FROM courses
			UNION ALL SELECT 'module', course_id, id, 1001 FROM modules) everything ORDER BY depth, id`); err != nil {
		return err
	}
	under := map[string]ctxtree.Level{"category": LevelCategory, "course": LevelCategory, "module": LevelCourse}
	return a.Change(in, func(tx *sqlx.Tx) error {
		tree, roles := a.Tree.With(tx), a.Roles.With(tx)
		for _, row := range rows {
			n, err := nodeOf(in, tree, under[row.Level], row.Parent)
			if err != nil {
				return err
			}
			if _, err := tree.Create(in, ctxtree.Spec{Parent: n.ID, Level: ctxtree.Level(row.Level), Instance: row.ID}); err != nil {
				return err
			}
		}
		for _, x := range b.Roles {
			n, err := nodeOf(in, tree, x.Level, x.Instance)
			if err != nil {
				return err
			}
			if account, ok := accounts[x.Account]; ok {
				if err := roles.Assign(in, n, rbac.Assignment{Role: a.Role[x.Role], User: account, Component: x.Component}); err != nil {
					return err
				}
			}
		}
		for _, x := range b.Overrides {
			n, err := nodeOf(in, tree, x.Level, x.Instance)
			if err != nil {
				return err
			}
			p, err := rbac.ParsePermission(x.Permission)
			if err != nil {
				return err
			}
			if err := roles.SetPermission(in, n, a.Role[x.Role], x.Capability, p); err != nil {
				return err
			}
		}
		for _, x := range b.Locked {
			n, err := nodeOf(in, tree, x.Level, x.Instance)
			if err != nil {
				return err
			}
			if err := tree.SetLocked(in, n.ID, true); err != nil {
				return err
			}
		}
		return nil
	})
}
