package timers_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// RunNow does for nobody what the context forbids: a run has neither its
// actor nor its read-only mark.
func Test_B21_RunNowReaches(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w := newWorld(t, e, 2)
		insert := sqltext.Rebind(e.Dialect, "INSERT INTO effects (timer, due, attempt, process) VALUES (?, 0, 1, '')")
		s, err := timer.New(w.config(
			timer.Timer{Name: "own", Schedule: timer.Every(time.Hour), Isolation: tenant.PerTenant, Run: func(ctx context.Context, run *timer.Run) error {
				_, err := w.db.ExecContext(ctx, insert, run.Timer)
				return err
			}},
			timer.Timer{Name: "all", Schedule: timer.Every(time.Hour), Isolation: tenant.Shared, Run: func(context.Context, *timer.Run) error { return nil }},
		))
		require.NoError(t, err)
		ctx, id, other := t.Context(), tenantID(0), tenantID(1)
		member := tenant.Actor{ID: "ann", Tenant: id}
		as := tenant.WithActor
		for _, c := range []struct {
			name string
			ctx  context.Context
			job  string
			id   tenant.ID
			want error
		}{
			{"a visitor", tenant.ReadOnly(tenant.WithID(ctx, id)), "own", id, tenant.ErrReadOnly},
			{"a member of another", as(ctx, member), "own", other, tenant.ErrNotMember},
			{"a member of another, global", as(tenant.Global(ctx), member), "own", other, tenant.ErrNotMember},
			{"a member of another, there", as(tenant.WithID(ctx, other), member), "own", other, tenant.ErrNotMember},
			{"a member, for all", as(ctx, member), "all", "", tenant.ErrNotMember},
			{"a member", as(ctx, member), "own", id, nil},
			{"a member, there", as(tenant.WithID(ctx, id), member), "own", id, nil},
			{"an operator", as(ctx, tenant.Actor{ID: "op"}), "own", other, nil},
			{"an operator, for all", as(ctx, tenant.Actor{ID: "op"}), "all", "", nil},
		} {
			before := w.count("SELECT COUNT(*) FROM effects")
			err := s.RunNow(c.ctx, c.job, c.id)
			require.ErrorIs(t, err, c.want, c.name)
			made := w.count("SELECT COUNT(*) FROM effects") - before
			require.Equal(t, c.want == nil && c.job == "own", made == 1, c.name)
		}
	})
}
