package app

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// A category, course or module is a row and a node of the tree, made in one
// transaction. Ids are unique within a site only: two sites may both have a
// course "algebra". None of these functions asks for rights; that is for the
// pages, before.

// Course is a course of the context's site.
type Course struct {
	ID       string `db:"id"`
	Category string `db:"category_id"`
	Title    string `db:"title"`
	Summary  string `db:"summary"`
}

// Module is a part of a course.
type Module struct {
	ID     string `db:"id"`
	Course string `db:"course_id"`
	Title  string `db:"title"`
	Body   string `db:"body"`
}

// AddCategory makes a category in another one.
func (a *App) AddCategory(ctx context.Context, parent, id, name string) error {
	return a.Change(ctx, func(tx *sqlx.Tx) error {
		return a.grow(ctx, tx, LevelCategory, parent, LevelCategory, id, `INSERT INTO categories (id, parent_id, name) VALUES (?, ?, ?)`, id, parent, name)
	})
}

// AddCourse makes a course in a category.
func (a *App) AddCourse(ctx context.Context, c Course) error {
	return a.Change(ctx, func(tx *sqlx.Tx) error {
		return a.grow(ctx, tx, LevelCategory, c.Category, LevelCourse, c.ID,
			`INSERT INTO courses (id, category_id, title, summary) VALUES (?, ?, ?, ?)`, c.ID, c.Category, c.Title, c.Summary)
	})
}

// AddModule makes a module in a course.
func (a *App) AddModule(ctx context.Context, m Module) error {
	return a.Change(ctx, func(tx *sqlx.Tx) error {
		return a.grow(ctx, tx, LevelCourse, m.Course, LevelModule, m.ID,
			`INSERT INTO modules (id, course_id, title, body) VALUES (?, ?, ?, ?)`, m.ID, m.Course, m.Title, m.Body)
	})
}

func (a *App) grow(ctx context.Context, tx *sqlx.Tx, under ctxtree.Level, parent string, level ctxtree.Level, id, insert string, args ...any) error {
	tree := a.Tree.With(tx)
	n, err := nodeOf(ctx, tree, under, parent)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, a.DB.Rebind(insert), args...); err != nil {
		return err
	}
	_, err = tree.Create(ctx, ctxtree.Spec{Parent: n.ID, Level: level, Instance: id})
	return err
}

// enrolmentComponent marks the role assignments that enrolments have made.
const enrolmentComponent = "enrolment"

// Enrol puts a user of the site into a course with a role there, or gives who is
// in it another one. Whom the site has nothing to do with is rbac.ErrNoCandidate.
func (a *App) Enrol(ctx context.Context, course, account, role string) error {
	if a.Role[role] == 0 {
		return fmt.Errorf("app: there is no role %q", role)
	}
	return a.Change(ctx, func(tx *sqlx.Tx) error {
		ok, err := a.People.With(tx).IsCandidate(ctx, "", account)
		if err == nil && !ok {
			err = rbac.ErrNoCandidate
		}
		if err != nil {
			return err
		}
		if err := a.leave(ctx, tx, course, account); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, a.DB.Rebind(`INSERT INTO enrolments (course_id, account, role, since) VALUES (?, ?, ?, ?)`), course, account, role, Now()); err != nil {
			return err
		}
		n, err := nodeOf(ctx, a.Tree.With(tx), LevelCourse, course)
		if err != nil {
			return err
		}
		return a.Roles.With(tx).Assign(ctx, n, rbac.Assignment{Role: a.Role[role], User: account, Component: enrolmentComponent})
	})
}

// Unenrol takes somebody out of a course, with the role. The grades stay.
func (a *App) Unenrol(ctx context.Context, course, account string) error {
	return a.Change(ctx, func(tx *sqlx.Tx) error { return a.leave(ctx, tx, course, account) })
}

func (a *App) leave(ctx context.Context, tx *sqlx.Tx, course, account string) error {
	n, err := nodeOf(ctx, a.Tree.With(tx), LevelCourse, course)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, a.DB.Rebind(`DELETE FROM enrolments WHERE course_id = ? AND account = ?`), course, account); err != nil {
		return err
	}
	component := enrolmentComponent
	of, _ := tenant.IDFromContext(ctx)
	_, err = a.Roles.With(tx).UnassignAll(ctx, of, rbac.Filter{User: account, Node: n.ID, Component: &component})
	return err
}

// GiveGrade gives somebody points for a module, in the place of earlier ones.
func (a *App) GiveGrade(ctx context.Context, module, account string, points int, by string) error {
	_, err := a.DB.ExecContext(ctx, a.DB.Rebind(`INSERT INTO grades (module_id, account, points, given_by, since) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (module_id, account) DO UPDATE SET points = excluded.points, given_by = excluded.given_by, since = excluded.since`),
		module, account, points, by, Now())
	return err
}

// Log adds a row to the log of the context's site. What it names may be gone
// when somebody reads it, so nothing has to be joined to know whose row it is:
// the scoped pool writes the tenant into it.
func (a *App) Log(ctx context.Context, action, object, course string) error {
	actor, _ := tenant.ActorFromContext(ctx)
	_, err := a.DB.ExecContext(ctx, a.DB.Rebind(`INSERT INTO log (id, since, account, action, object, course) VALUES (?, ?, ?, ?, ?, ?)`),
		NewID(), Now(), actor.ID, action, object, course)
	return err
}
