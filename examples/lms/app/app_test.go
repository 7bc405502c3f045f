package app_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
	"github.com/gotenancy/tenancy/tenant/member"
)

func open(t *testing.T, o app.Options) *app.App {
	t.Helper()
	o.Cost, o.OnCrossing = bcrypt.MinCost, func(context.Context, scope.Crossing) {}
	a, err := app.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	require.NoError(t, a.Seed(t.Context()))
	return a
}

// The policy fits the schema: package scope finds nothing to object to.
func TestSchema(t *testing.T) {
	t.Parallel()
	a := open(t, app.Options{})
	report, err := scope.Check(t.Context(), a.DB)
	require.NoError(t, err)
	require.Empty(t, report.Findings)
	require.NoError(t, a.Seed(t.Context()), "a second time")
}

// A site comes with its node, top category, cohort, manager and audit records.
func TestBirth(t *testing.T) {
	t.Parallel()
	a := open(t, app.Options{})
	ctx := app.In(t.Context(), "north")
	node, err := a.TenantNode(ctx)
	require.NoError(t, err)
	top, err := a.Node(ctx, app.LevelCategory, app.TopCategory)
	require.NoError(t, err)
	require.Equal(t, node.ID, top.Parent)
	nora, err := a.AccountOf(ctx, "nora")
	require.NoError(t, err)
	manager := tenant.WithActor(tenant.WithID(a.Extend(t.Context()), "north"), tenant.Actor{ID: nora.ID, Tenant: "north"})
	require.NoError(t, a.Checker.Check(manager, app.SiteConfigure, node.ID))
	require.NoError(t, a.Checker.Check(manager, app.CourseEdit, top.ID))
	require.Error(t, a.Checker.Check(manager, app.SystemConfig, 1))

	users, err := a.People.Users(ctx, "", member.Query{})
	require.NoError(t, err)
	cohort, found, err := a.People.AutomaticCohort(ctx, "")
	require.NoError(t, err)
	require.True(t, found)
	in, err := a.People.CohortMembers(ctx, cohort, member.Query{})
	require.NoError(t, err)
	require.Equal(t, users, in)
	require.Len(t, in.Accounts, 7, "six members and tess")

	var kinds []string
	for r, err := range a.Audit.Records(ctx, audit.Query{}) {
		require.NoError(t, err)
		kinds = append(kinds, r.Kind)
	}
	require.Contains(t, kinds, "tenant.created")
	require.Contains(t, kinds, member.ManagerAdded)
}
