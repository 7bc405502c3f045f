package main

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// look opens the database of a program that has ended.
func look(t *testing.T, db string) *app.App {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{DSN: db, Cost: bcrypt.MinCost, OnCrossing: func(context.Context, scope.Crossing) {}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

func count(t *testing.T, a *app.App, id tenant.ID, query string) (n int) {
	t.Helper()
	require.NoError(t, a.DB.GetContext(app.In(t.Context(), id), &n, query))
	return n
}

// What the command line does with one site, it does with that one only.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	here, there := filepath.Join(t.TempDir(), "here.db"), filepath.Join(t.TempDir(), "there.db")
	t.Run("B21 -cron -tenant runs the jobs of that site", func(t *testing.T) {
		require.NoError(t, run(t.Context(), flags{cost: bcrypt.MinCost, db: here, cron: true, site: "north"}))
		a := look(t, here)
		require.Equal(t, 4, count(t, a, "north", `SELECT COUNT(*) FROM figures`))
		require.Zero(t, count(t, a, "south", `SELECT COUNT(*) FROM figures`))
		require.ErrorIs(t, run(t.Context(), flags{cost: bcrypt.MinCost, db: here, cron: true, site: "nobody"}), tenant.ErrUnknownTenant)
		require.ErrorIs(t, run(t.Context(), flags{cost: bcrypt.MinCost, db: here, cron: true}), tenant.ErrInvalidID)
	})
	t.Run("B22 -export and -import take a site to another installation", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "harbour.zip")
		require.NoError(t, run(t.Context(), flags{cost: bcrypt.MinCost, db: here, site: "harbour", exportTo: file}))
		require.Error(t, run(t.Context(), flags{cost: bcrypt.MinCost, db: here, site: "harbour", exportTo: file}), "it does not write over a file")
		require.ErrorContains(t, run(t.Context(), flags{cost: bcrypt.MinCost, db: there, takeFrom: file}), "stan", "whom it knows, and who belongs to no site")
		a := look(t, there)
		_, err := a.AddGlobal(app.Operator(a.Extend(t.Context())), app.Person{UserName: "stan", Email: "stan@example.com", Password: app.DemoPassword})
		require.NoError(t, err)
		require.NoError(t, run(t.Context(), flags{cost: bcrypt.MinCost, db: there, takeFrom: file}))
		require.Equal(t, 1, count(t, a, "harbour", `SELECT COUNT(*) FROM courses WHERE id = 'ropes'`))
		_, err = a.AccountOf(app.In(t.Context(), "harbour"), "hugo")
		require.NoError(t, err)
		_, found, err := a.Tenants.ByID(t.Context(), "south")
		require.NoError(t, err)
		require.False(t, found)
	})
}
