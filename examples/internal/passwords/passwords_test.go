package passwords_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/examples/internal/store"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

func TestPasswords(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), "", passwords.Schema, scope.Policy{
		Column: "tenant_id", Default: scope.PerTenant, Tables: map[string]scope.Table{"passwords": passwords.Table},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	report, err := scope.Check(t.Context(), db)
	require.NoError(t, err)
	require.Empty(t, report.Findings)
	s, err := passwords.New(db.DB, bcrypt.MinCost)
	require.NoError(t, err)

	acme, bolt, global := tenant.WithID(t.Context(), "acme"), tenant.WithID(t.Context(), "bolt"), tenant.Global(t.Context())
	ann, gina := member.Account{ID: "1", Tenant: "acme"}, member.Account{ID: "2"}
	require.NoError(t, s.Set(acme, db, ann.ID, "ann's first"))
	require.NoError(t, s.Set(acme, db, ann.ID, "ann's own"))
	require.NoError(t, s.Set(global, db, gina.ID, "gina's own"))
	require.ErrorIs(t, s.Set(acme, db, ann.ID, "short"), passwords.ErrTooShort)
	require.Error(t, s.Set(bolt, db, ann.ID, "bolt's idea"), "another tenant's account")
	require.Error(t, s.Set(bolt, db, gina.ID, "bolt's idea"), "a global account, from a tenant")

	require.NoError(t, s.Verify(acme, ann, "ann's own"))
	require.NoError(t, s.Verify(global, ann, "ann's own"), "on the shared host")
	require.NoError(t, s.Verify(t.Context(), ann, "ann's own"))
	require.NoError(t, s.Verify(acme, gina, "gina's own"), "on a tenant's host")
	require.NoError(t, s.Verify(t.Context(), gina, "gina's own"), "on the shared host")
	require.Error(t, s.Verify(acme, ann, "ann's first"))
	require.Error(t, s.Verify(bolt, ann, "ann's own"))
	require.Error(t, s.Verify(acme, member.Account{}, "nobody's"))
	require.Error(t, s.Verify(acme, member.Account{ID: "3"}, "nobody's"))

	require.NoError(t, s.SetOnce(global, db, gina.ID, "good for once", time.Now().Add(time.Hour)))
	require.NoError(t, s.Verify(global, gina, "good for once"))
	once, err := s.Once(global, gina.ID)
	require.NoError(t, err)
	require.True(t, once)
	require.NoError(t, s.SetOnce(global, db, gina.ID, "good for once", time.Now().Add(-time.Hour)))
	require.Error(t, s.Verify(global, gina, "good for once"), "its time has passed")
	require.NoError(t, s.Set(global, db, gina.ID, "gina's choice"))
	require.NoError(t, s.Verify(global, gina, "gina's choice"))
	once, err = s.Once(global, gina.ID)
	require.NoError(t, err)
	require.False(t, once)
	require.NoError(t, s.Forget(global, db, ann.ID), "a member's password is not a global context's to forget")
	require.NoError(t, s.Verify(acme, ann, "ann's own"))
	require.NoError(t, s.Forget(global, db, gina.ID))
	require.Error(t, s.Verify(global, gina, "gina's choice"))
}
