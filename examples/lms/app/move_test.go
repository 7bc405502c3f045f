package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// empty is another installation, which has root's people but no sites.
func empty(t *testing.T) *app.App {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Cost: bcrypt.MinCost, OnCrossing: func(context.Context, scope.Crossing) {}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	require.NoError(t, a.SeedCatalogue(t.Context()))
	return a
}

// rows are all rows of a table, as the site sees them.
func rows(t *testing.T, a *app.App, id tenant.ID, query string) (out [][]any) {
	t.Helper()
	r, err := a.DB.QueryxContext(app.In(t.Context(), id), query)
	require.NoError(t, err)
	defer r.Close()
	for r.Next() {
		row, err := sqlx.SliceScan(r)
		require.NoError(t, err)
		out = append(out, row)
	}
	require.NoError(t, r.Err())
	return out
}

func TestMove(t *testing.T) {
	t.Parallel()
	from := open(t, app.Options{})
	north := app.In(from.Extend(t.Context()), "north")
	ned, err := from.AccountOf(north, "ned")
	require.NoError(t, err)
	tessThere, err := from.AccountOf(north, "tess")
	require.NoError(t, err)
	require.NoError(t, from.GiveGrade(north, "intro", ned.ID, 73, tessThere.ID))
	require.NoError(t, from.Log(north, "course viewed", "algebra", "algebra"))
	require.NoError(t, app.FrontText.Set(north, "Moved.", "a test"))
	class, err := from.People.CreateCohort(north, "", "Class of 26")
	require.NoError(t, err)
	require.NoError(t, from.People.AddToCohort(north, class.ID, ned.ID, "a test"))
	arts, err := from.Node(north, app.LevelCategory, "arts")
	require.NoError(t, err)
	require.NoError(t, from.Tree.SetLocked(north, arts.ID, true))
	require.NoError(t, from.Roles.SetPermission(north, arts, from.Role[app.RoleStudent], app.CourseView, rbac.Prevent))
	var file bytes.Buffer
	require.NoError(t, from.Export(t.Context(), "north", &file))

	t.Run("B22 a site moves to another installation", func(t *testing.T) {
		to := empty(t)
		_, err := to.Import(t.Context(), bytes.NewReader(file.Bytes()))
		require.ErrorIs(t, err, app.ErrNoCounterpart, "tess and gina are not known here yet")
		require.ErrorContains(t, err, "tess")
		_, found, err := to.Tenants.ByID(t.Context(), "north")
		require.NoError(t, err)
		require.False(t, found)
		here := map[string]string{}
		for _, name := range []string{"tess", "gina"} {
			account, err := to.AddGlobal(app.Operator(t.Context()), app.Person{UserName: name, Email: name + "@example.com", Password: "another one here"})
			require.NoError(t, err)
			here[name] = account.ID
		}
		record, err := to.Import(t.Context(), bytes.NewReader(file.Bytes()))
		require.NoError(t, err)
		require.Equal(t, "north.localhost", record.Host)
		moved := app.In(to.Extend(t.Context()), "north")

		for _, query := range []string{
			`SELECT id, parent_id, name FROM categories ORDER BY id`, `SELECT * FROM courses ORDER BY id`, `SELECT * FROM modules ORDER BY id`,
			`SELECT id, since, action, object, course FROM log ORDER BY id`, `SELECT * FROM tags ORDER BY course_id, name`,
			`SELECT module_id, points, since FROM grades`, `SELECT course_id, role, since FROM enrolments ORDER BY course_id, since, role`,
		} {
			there := rows(t, from, "north", query)
			require.NotEmpty(t, there, query)
			require.Equal(t, there, rows(t, to, "north", query), query)
		}

		// People, with their passwords; who is of no site is the one here.
		_, ned2, err := to.People.Login(tenant.WithID(to.Extend(t.Context()), "north"), member.Attempt{UserName: "ned", Credential: app.DemoPassword})
		require.NoError(t, err)
		require.NotEqual(t, ned.ID, ned2.ID)
		require.Equal(t, [][]any{{ned2.ID}}, rows(t, to, "north", `SELECT account FROM grades`))
		require.Contains(t, rows(t, to, "north", `SELECT course_id, account FROM enrolments`), []any{"algebra", here["tess"]})
		require.NotContains(t, rows(t, to, "north", `SELECT course_id, account FROM enrolments`), []any{"algebra", tessThere.ID})
		require.Equal(t, [][]any{{here["tess"]}}, rows(t, to, "north", `SELECT given_by FROM grades`))
		managers, err := to.People.Managers(moved, "")
		require.NoError(t, err)
		require.Len(t, managers, 2, "nora and gina")
		cohorts, err := to.People.Cohorts(moved, "")
		require.NoError(t, err)
		require.Len(t, cohorts, 2)

		// Rights, locks and settings.
		as := func(id string, of tenant.ID) context.Context {
			return tenant.WithActor(tenant.WithID(to.Extend(t.Context()), "north"), tenant.Actor{ID: id, Tenant: of})
		}
		algebra, err := to.Node(moved, app.LevelCourse, "algebra")
		require.NoError(t, err)
		painting, err := to.Node(moved, app.LevelCourse, "painting")
		require.NoError(t, err)
		require.NoError(t, to.Checker.Check(as(ned2.ID, "north"), app.CourseView, algebra.ID))
		require.Error(t, to.Checker.Check(as(ned2.ID, "north"), app.CourseView, painting.ID), "prevented in the department")
		require.NoError(t, to.Checker.Check(as(here["tess"], ""), app.GradeGive, algebra.ID))
		nora, err := to.AccountOf(moved, "nora")
		require.NoError(t, err)
		require.NoError(t, to.Checker.Check(as(nora.ID, "north"), app.CourseEdit, algebra.ID))
		require.Error(t, to.Checker.Check(as(nora.ID, "north"), app.CourseEdit, painting.ID), "locked")
		require.Equal(t, "Moved.", app.FrontText.Get(moved))
		organisations, err := to.Organisations.Of(moved, "course", "algebra")
		require.NoError(t, err)
		require.Len(t, organisations, 1)
	})
	t.Run("into an installation that has the site nothing is written", func(t *testing.T) {
		before := rows(t, from, "north", `SELECT * FROM courses ORDER BY id`)
		_, err := from.Import(t.Context(), bytes.NewReader(file.Bytes()))
		require.ErrorIs(t, err, tenant.ErrTaken)
		require.Equal(t, before, rows(t, from, "north", `SELECT * FROM courses ORDER BY id`))
	})
	t.Run("an import that fails leaves no site behind, and can be repeated", func(t *testing.T) {
		to := empty(t)
		operator := app.Operator(t.Context())
		for _, name := range []string{"tess", "gina"} {
			_, err := to.AddGlobal(operator, app.Person{UserName: name, Email: name + "@example.com", Password: "another one here"})
			require.NoError(t, err)
		}
		before, err := to.People.Accounts(operator, member.Query{})
		require.NoError(t, err)
		_, err = to.DB.ExecContext(operator, `DELETE FROM catalogue WHERE id = 'safety'`) // north sells it
		require.NoError(t, err)
		var unmapped *transfer.UnmappedError
		_, err = to.Import(t.Context(), bytes.NewReader(file.Bytes()))
		require.ErrorAs(t, err, &unmapped)
		list, err := to.Tenants.List(t.Context(), "", 10)
		require.NoError(t, err)
		require.Empty(t, list)
		after, err := to.People.Accounts(operator, member.Query{})
		require.NoError(t, err)
		require.Equal(t, before, after)

		_, err = to.DB.ExecContext(operator, `INSERT INTO catalogue (id, title, summary) VALUES ('safety', 'Safety', '')`)
		require.NoError(t, err)
		record, err := to.Import(t.Context(), bytes.NewReader(file.Bytes()))
		require.NoError(t, err)
		require.NotEqual(t, tenant.ID("north"), record.ID, "an id is used once")
		require.Equal(t, "north", record.Code)
		require.Len(t, rows(t, to, record.ID, `SELECT * FROM courses`), 3)
	})
	t.Run("nobody else's rows are in the file, and one that was cut is refused", func(t *testing.T) {
		archive, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
		require.NoError(t, err)
		for _, f := range archive.File {
			r, err := f.Open()
			require.NoError(t, err)
			text, err := io.ReadAll(r)
			require.NoError(t, err)
			require.Contains(t, string(text), "north")
			for _, other := range []string{app.Canary("south"), app.Canary("harbour"), "sue@example.com", "Schwei", "Nudos"} {
				require.NotContains(t, string(text), other)
			}
		}
		_, err = empty(t).Import(t.Context(), bytes.NewReader(file.Bytes()[:file.Len()/2]))
		require.Error(t, err)
	})
	t.Run("a suspended site arrives suspended, and an archived one does not leave", func(t *testing.T) {
		operator := app.Operator(t.Context())
		require.NoError(t, from.Lifecycle.Suspend(operator, "harbour", "a test"))
		var file bytes.Buffer
		require.NoError(t, from.Export(t.Context(), "harbour", &file))
		to := empty(t)
		_, err := to.AddGlobal(operator, app.Person{UserName: "stan", Email: "stan@example.com", Password: app.DemoPassword}) // whom harbour knows
		require.NoError(t, err)
		record, err := to.Import(t.Context(), &file)
		require.NoError(t, err)
		require.Equal(t, tenant.Suspended, record.Status)
		require.NoError(t, from.Lifecycle.Archive(operator, "harbour", "a test"))
		require.ErrorIs(t, from.Export(t.Context(), "harbour", &file), tenant.ErrArchived)
	})
}
