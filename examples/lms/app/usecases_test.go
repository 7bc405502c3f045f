package app_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
)

// The four kinds of installation, in the sample data of this application.
func TestUseCases(t *testing.T) {
	t.Parallel()
	a := open(t, app.Options{})
	as := func(site tenant.ID, name string) context.Context {
		account, err := a.AccountOf(app.In(t.Context(), site), name)
		require.NoError(t, err)
		return tenant.WithActor(tenant.WithID(a.Extend(t.Context()), site), tenant.Actor{ID: account.ID, Tenant: account.Tenant})
	}
	node := func(ctx context.Context, id string) int64 {
		n, err := a.Node(ctx, app.LevelCategory, id)
		require.NoError(t, err)
		return n.ID
	}
	t.Run("A03 a university: each department is a part of the tree with a dean of its own", func(t *testing.T) {
		arthur, mira, nora := as("north", "arthur"), as("north", "mira"), as("north", "nora")
		arts, medicine := node(nora, "arts"), node(nora, "medicine")
		for _, c := range []struct {
			who            context.Context
			arts, medicine bool
		}{{arthur, true, false}, {mira, false, true}, {nora, true, true}, {as("north", "ned"), false, false}} {
			require.Equal(t, c.arts, a.Checker.Can(c.who, app.CourseEdit, arts))
			require.Equal(t, c.medicine, a.Checker.Can(c.who, app.CourseEdit, medicine))
		}
		// A course that the dean adds lies in the department, and so does the right.
		require.NoError(t, a.AddCourse(arthur, app.Course{ID: "drawing", Category: "arts", Title: "Drawing"}))
		n, err := a.Node(arthur, app.LevelCourse, "drawing")
		require.NoError(t, err)
		require.True(t, a.Checker.Can(arthur, app.CourseEdit, n.ID))
		require.False(t, a.Checker.Can(mira, app.CourseView, n.ID))
	})
	t.Run("A03 a company with partners: the parent is in the record and grants nothing", func(t *testing.T) {
		harbour, _, err := a.Tenants.ByID(t.Context(), "harbour")
		require.NoError(t, err)
		require.Equal(t, tenant.ID("south"), harbour.Parent)
		titles := func(ctx context.Context) (out []string) {
			require.NoError(t, a.DB.SelectContext(ctx, &out, `SELECT title FROM courses ORDER BY title`))
			return out
		}
		require.NotContains(t, titles(as("south", "sam")), "Nudos")
		require.Equal(t, []string{"Nudos"}, titles(as("harbour", "hana")))
		report := tenant.Across(t.Context(), "the company's report on its partners", "south", "harbour")
		require.Equal(t, []string{"Algebra im Süden", "Nudos", "Schweißen"}, titles(report))
		// Whoever is a member of the company does not cross by asking.
		member := tenant.Across(as("south", "sam"), "a member asks", "harbour")
		require.False(t, a.Checker.Can(member, app.CourseView, node(as("harbour", "hana"), app.TopCategory)))
	})
	t.Run("A03 resellers: one catalogue, prices of their own", func(t *testing.T) {
		price := func(ctx context.Context, id string) (n []int) {
			require.NoError(t, a.DB.SelectContext(ctx, &n, a.DB.Rebind(`SELECT o.price FROM offers o JOIN catalogue c ON c.id = o.catalogue_id WHERE c.id = ?`), id))
			return n
		}
		north, south := as("north", "nora"), as("south", "sam")
		require.Equal(t, []int{100}, price(north, "safety"))
		require.Equal(t, []int{90}, price(south, "safety"))
		require.Empty(t, price(north, "first-aid"), "the north does not sell it")
		_, err := a.DB.ExecContext(south, `UPDATE catalogue SET title = 'Ours'`)
		require.Error(t, err, "the catalogue is nobody's to change")
		_, err = a.DB.ExecContext(south, `UPDATE offers SET price = 1`)
		require.NoError(t, err)
		require.Equal(t, []int{100}, price(north, "safety"))
	})
}

// What a site has set can be switched off as a whole, and comes back unharmed.
func TestConfigurationOff(t *testing.T) {
	t.Parallel()
	a := open(t, app.Options{})
	t.Run("A05 a site's configuration can be disabled", func(t *testing.T) {
		north, south := app.In(a.Extend(t.Context()), "north"), app.In(a.Extend(t.Context()), "south")
		require.NoError(t, app.Theme.Set(north, "plum", "a test"))
		require.NoError(t, app.Theme.Set(south, "forest", "a test"))
		require.NoError(t, a.Settings.SetEnabled(north, false, "a test"))
		require.Equal(t, app.Themes[0], app.Theme.Get(north))
		require.Equal(t, "forest", app.Theme.Get(south))
		require.Equal(t, app.Themes[0], config.Get(north, "theme.colour", "none"))
		require.NoError(t, a.Settings.SetEnabled(north, true, "a test"))
		require.Equal(t, "plum", app.Theme.Get(north))
	})
}
