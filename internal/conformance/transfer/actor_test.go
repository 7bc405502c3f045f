package transfer

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
)

// A member of one tenant moves no rows of another one, whatever mode the context is
// in: on a central route it is in none.
func TestActor(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := staffed(t, e)
		before := w.dump(t)
		file, _ := w.export(t, "acme", transfer.ExportOptions{})
		all := func(ctx context.Context, is error) {
			t.Helper()
			var out bytes.Buffer
			_, err := transfer.Export(ctx, w.db, "acme", &out, transfer.ExportOptions{})
			require.ErrorIs(t, err, is)
			require.Zero(t, out.Len())
			_, _, err = transfer.Pending(ctx, w.db, "acme")
			require.ErrorIs(t, err, is)
			_, err = transfer.Purge(ctx, w.db, "acme", transfer.PurgeOptions{DryRun: true})
			require.ErrorIs(t, err, is)
		}
		writes := func(ctx context.Context, is error) {
			t.Helper()
			_, err := transfer.Import(ctx, w.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme"})
			require.ErrorIs(t, err, is)
			_, err = transfer.Purge(ctx, w.db, "acme", transfer.PurgeOptions{})
			require.ErrorIs(t, err, is)
			_, err = transfer.Abandon(ctx, w.db, "acme", transfer.PurgeOptions{})
			require.ErrorIs(t, err, is)
			require.Equal(t, before, w.dump(t))
		}
		member := tenant.WithActor(t.Context(), tenant.Actor{ID: "eve", Tenant: "bolt"})
		for _, ctx := range []context.Context{member, tenant.Global(member), tenant.AcrossAll(member, "test"), tenant.WithID(member, "acme")} {
			all(ctx, tenant.ErrNotMember)
			writes(ctx, tenant.ErrNotMember)
		}

		// Where nothing may be written, nothing is; reading is all right.
		look := tenant.ReadOnly(w.as(t, "acme"))
		writes(look, tenant.ErrReadOnly)
		_, err := transfer.Export(look, w.db, "acme", &bytes.Buffer{}, transfer.ExportOptions{})
		require.NoError(t, err)
		_, err = transfer.Purge(look, w.db, "acme", transfer.PurgeOptions{DryRun: true})
		require.NoError(t, err)

		for _, a := range []tenant.Actor{{ID: "ann", Tenant: "acme"}, {ID: "root"}} {
			_, err := transfer.Export(tenant.WithActor(t.Context(), a), w.db, "acme", &bytes.Buffer{}, transfer.ExportOptions{})
			require.NoError(t, err)
		}
	})
}
