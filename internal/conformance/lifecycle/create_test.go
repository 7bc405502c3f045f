package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
)

var acme = tenant.Tenant{Code: "Acme", Name: "Acme Ltd", Host: "acme.example.com", Language: "en", MaxUsers: 5, Metadata: map[string]string{"plan": "gold"}}

// A tenant, its node, its category, its manager, its setting, its first
// administrator and the record of it appear together.
func TestCreate(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, raw, _ := newWorld(t, e)
		ctx := tenant.WithActor(t.Context(), tenant.Actor{ID: "operator"})
		got, created, err := w.manager.Create(ctx, acme, w.account("ann"))
		require.NoError(t, err)
		require.True(t, created)
		require.Equal(t, tenant.ID("acme"), got.ID)
		require.False(t, got.Created.IsZero())

		in := tenant.WithID(t.Context(), "acme")
		found, ok, err := w.registry.ByCode(ctx, "ACME")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, got, *found)
		nodes, _, err := w.tree.Load(in, "acme")
		require.NoError(t, err)
		require.Len(t, nodes, 2)
		rules, _, err := w.roles.Load(in, "acme")
		require.NoError(t, err)
		require.Len(t, rules.Assignments, 1)
		settings, _, err := w.settings.Load(in, config.Owner{Tenant: "acme"})
		require.NoError(t, err)
		require.Equal(t, []config.Setting{{Key: "site.name", Value: []byte(`"Acme Ltd"`), Version: settings[0].Version}}, settings)
		var owner string
		require.NoError(t, raw.QueryRowContext(t.Context(), `SELECT tenant_id FROM accounts WHERE id = 'ann'`).Scan(&owner))
		require.Equal(t, "acme", owner, "the application's own INSERT ran as the new tenant")
		for r, err := range w.log.Records(in, audit.Query{}) {
			require.NoError(t, err)
			require.Equal(t, audit.Record{Seq: 1, Event: tenant.Event{
				Kind: lifecycle.KindCreated, Tenant: "acme", Actor: tenant.Actor{ID: "operator"}, At: r.At,
				Detail: map[string]string{"code": "Acme", "status": "active"},
			}}, r)
		}

		// The same again is no second one, and runs nothing.
		before := dump(t, e.Dialect, raw)
		never := func(context.Context, tenant.DBTX, tenant.Event) error { return errors.New("a hook ran again") }
		again, created, err := w.manager.Create(ctx, acme, never)
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, got, again)
		require.Equal(t, before, dump(t, e.Dialect, raw))

		for name, other := range map[string]tenant.Tenant{
			"another name":                {Code: "Acme", Name: "Acme Inc", Host: acme.Host},
			"the code in another case":    {Code: "ACME", Name: "Acme Ltd"},
			"another id":                  {ID: "other", Code: "acme"},
			"the id with another code":    {ID: "acme", Code: "other"},
			"the host":                    {Code: "other", Host: "ACME.example.com"},
			"the host as a domain":        {Code: "other", Domains: []tenant.Domain{{Name: "acme.example.com", Verified: true}}},
			"the same but already closed": func() tenant.Tenant { o := acme; o.Status = tenant.Suspended; return o }(),
		} {
			_, _, err := w.manager.Create(ctx, other, never)
			require.ErrorIs(t, err, tenant.ErrTaken, name)
			require.NotContains(t, err.Error(), "cme", name)
		}
		require.Equal(t, before, dump(t, e.Dialect, raw))
	})
}

// Whatever fails, nothing is left: no row of any table differs.
func TestCreateFails(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, raw, _ := newWorld(t, e)
		_, _, err := w.manager.Create(t.Context(), tenant.Tenant{Code: "bolt", Host: "bolt.example.com"}, w.account("ann"))
		require.NoError(t, err)
		before := dump(t, e.Dialect, raw)
		boom := errors.New("boom")

		var places []string
		w.at = func(place string) error { places = append(places, place); return nil }
		_, _, err = w.manager.Create(t.Context(), acme, w.account("ann"), func(context.Context, tenant.DBTX, tenant.Event) error { return boom })
		require.ErrorIs(t, err, boom)
		require.Equal(t, before, dump(t, e.Dialect, raw))
		require.Equal(t, []string{
			"registry create", "tenant.created node", "tenant.created category", "tenant.created role", "tenant.created setting",
			"tenant.created audit", "tenant.created account",
		}, places)

		for _, place := range places {
			w.at = func(p string) error {
				if p == place {
					return boom
				}
				return nil
			}
			_, _, err := w.manager.Create(t.Context(), acme, w.account("ann"))
			require.ErrorIs(t, err, boom, place)
			require.Equal(t, before, dump(t, e.Dialect, raw), place)

			w.at = func(p string) error {
				if p == place {
					panic(boom)
				}
				return nil
			}
			require.PanicsWithValue(t, boom, func() { _, _, _ = w.manager.Create(t.Context(), acme, w.account("ann")) }, place)
			require.Equal(t, before, dump(t, e.Dialect, raw), place)
		}

		ctx, cancel := context.WithCancel(t.Context())
		w.at = func(p string) error {
			if p == "tenant.created account" {
				cancel()
			}
			return nil
		}
		_, _, err = w.manager.Create(ctx, acme, w.account("ann"))
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, before, dump(t, e.Dialect, raw))

		w.at = func(string) error { return nil }
		_, created, err := w.manager.Create(t.Context(), acme, w.account("ann"))
		require.NoError(t, err)
		require.True(t, created)
		require.Equal(t, []string{lifecycle.KindCreated}, w.kinds(t, "acme"))
		require.Equal(t, of(before, "bolt"), of(dump(t, e.Dialect, raw), "bolt"))
	})
}

// A hook can not leave its tenant, whatever it tries.
func TestHookStaysInside(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, raw, _ := newWorld(t, e)
		before := dump(t, e.Dialect, raw)
		_, _, err := w.manager.Create(t.Context(), acme, func(ctx context.Context, tx tenant.DBTX, _ tenant.Event) error {
			_, err := tx.ExecContext(tenant.Switch(ctx, "bolt", "a mistake"), `INSERT INTO accounts (id, name) VALUES ('x', 'x')`)
			return err
		})
		require.ErrorIs(t, err, tenant.ErrTenantConflict)
		require.Equal(t, before, dump(t, e.Dialect, raw))
	})
}

// Of many that create the same code at once, in different cases, there is one
// in the end, and everybody else is told so.
func TestCreateTogether(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, raw, dsn := newWorld(t, e)
		worlds := []*world{w, openWorld(t, e, dsn)}
		const n = 20
		made := make([]bool, n)
		errs := make([]error, n)
		var group sync.WaitGroup
		for i := range n {
			own := worlds[i%len(worlds)]
			want := acme
			if i%2 == 1 {
				want.Code = strings.ToUpper(want.Code)
			}
			if i%4 >= 2 {
				want.ID = tenant.ID(fmt.Sprintf("own-%d", i)) // these do not wait for each other's lock
			}
			group.Go(func() {
				_, made[i], errs[i] = own.manager.Create(t.Context(), want, own.account(fmt.Sprint("admin", i)))
			})
		}
		group.Wait()
		won := 0
		for i := range n {
			if made[i] {
				won++
				require.NoError(t, errs[i])
			} else if errs[i] != nil {
				require.ErrorIs(t, errs[i], tenant.ErrTaken)
			}
		}
		require.Equal(t, 1, won)
		all := dump(t, e.Dialect, raw)
		count := func(table string) (n int) {
			for _, row := range all {
				if strings.HasPrefix(row, table+" ") {
					n++
				}
			}
			return n
		}
		for table, rows := range map[string]int{"tenancy_tenants": 1, "tenancy_hosts": 1, "tenancy_nodes": 3, "tenancy_role_assignments": 1, "tenancy_settings": 1, "accounts": 1, "tenancy_audit": 1} {
			require.Equal(t, rows, count(table), table)
		}
	})
}

// What a deleted tenant leaves behind does not become another customer's.
func TestIDsAreUsedOnce(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, _, _ := newWorld(t, e)
		first, _, err := w.manager.Create(t.Context(), acme, w.account("ann"))
		require.NoError(t, err)
		require.NoError(t, w.manager.Archive(t.Context(), first.ID, "left"))
		require.NoError(t, w.manager.Delete(t.Context(), first.ID, "left"))

		explicit := acme
		explicit.ID = "acme"
		_, _, err = w.manager.Create(t.Context(), explicit)
		require.ErrorIs(t, err, tenant.ErrTaken)
		second, created, err := w.manager.Create(t.Context(), acme, w.account("ann"))
		require.NoError(t, err)
		require.True(t, created)
		require.Regexp(t, `^acme-[a-z2-7]{8}$`, string(second.ID))
		require.Equal(t, "Acme", second.Code)
		require.Equal(t, []string{lifecycle.KindCreated}, w.kinds(t, second.ID), "it does not read the former tenant's records")
		again, created, err := w.manager.Create(t.Context(), acme)
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, second.ID, again.ID)
	})
}
