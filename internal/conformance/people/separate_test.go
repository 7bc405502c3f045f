package people_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// A hook that is called in another tenant than the caller's may not switch
// either, in an installation whose tenants are separate.
func TestHooksKeepSeparate(t *testing.T) {
	each(t, func(w *world) {
		for _, bound := range []bool{true, false} {
			calls, free := 0, 0
			w.cfg.Hooks = []tenant.Hook{func(ctx context.Context, _ tenant.DBTX, _ tenant.Event) error {
				calls++
				if tenant.Err(tenant.Switch(ctx, "coil", "test")) == nil {
					free++
				}
				return nil
			}}
			dir, err := member.NewDirectory(w.db, w.engine.Dialect, w.cfg)
			require.NoError(w, err)
			v := *carry.From(w.central)
			v.Bound = bound
			central, suffix := carry.With(w.central, &v), strconv.FormatBool(bound)
			_, err = dir.AddMember(central, "acme", newAccount("m"+suffix, "ann"+suffix))
			require.NoError(w, err)
			_, err = dir.AddGlobal(central, newAccount("g"+suffix, "gus"+suffix))
			require.NoError(w, err)
			require.Positive(w, calls)
			if bound {
				require.Zero(w, free)
			} else {
				require.Equal(w, calls, free)
			}
		}
	})
}
