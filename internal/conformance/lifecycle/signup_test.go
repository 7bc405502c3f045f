package lifecycle

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
)

const formKey = "0123456789abcdef-of-the-form"

// Somebody signs up: the tenant, and the first administrator inside it, at once,
// and the request goes on in the new tenant.
func TestProvision(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, raw, _ := newWorld(t, e)
		form := lifecycle.Signup{Name: "  Käse & Söhne GmbH ", Language: "de", Key: formKey, Record: tenant.Tenant{MaxUsers: 3, Status: tenant.Archived, ID: "x"}}
		ctx, got, err := w.manager.Provision(t.Context(), form, w.account("ann"))
		require.NoError(t, err)
		require.Equal(t, "kase-sohne-gmbh", got.Code)
		require.Equal(t, tenant.ID("kase-sohne-gmbh"), got.ID)
		require.Equal(t, "Käse & Söhne GmbH", got.Name)
		require.Equal(t, 3, got.MaxUsers)
		require.Equal(t, tenant.Active, got.Status)

		// The context is the new tenant's: it sees the new account and no other.
		id, ok := tenant.IDFromContext(ctx)
		require.True(t, ok)
		require.Equal(t, got.ID, id)
		record, ok := tenant.FromContext(ctx)
		require.True(t, ok)
		require.Equal(t, got, *record)
		var n int
		require.NoError(t, w.pool.QueryRowContext(ctx, `SELECT COUNT(*) FROM accounts`).Scan(&n))
		require.Equal(t, 1, n)

		// The form was sent twice: the same tenant, no second administrator.
		before := dump(t, e.Dialect, raw)
		for _, row := range before {
			require.NotContains(t, row, formKey, "only its hash is kept")
		}
		ctx, again, err := w.manager.Provision(t.Context(), form, w.account("eve"))
		require.NoError(t, err)
		require.Equal(t, got, again)
		id, _ = tenant.IDFromContext(ctx)
		require.Equal(t, got.ID, id)
		require.Equal(t, before, dump(t, e.Dialect, raw))

		// Anybody else who says the same is told that it is taken, and gets into
		// nothing.
		for name, key := range map[string]string{"no key": "", "another key": strings.ToUpper(formKey)} {
			other := form
			other.Key = key
			ctx, _, err := w.manager.Provision(t.Context(), other, w.account("eve"))
			require.ErrorIs(t, err, tenant.ErrTaken, name)
			var invalid *lifecycle.InvalidError
			require.ErrorAs(t, err, &invalid, name)
			require.Len(t, invalid.Fields, 1)
			require.Equal(t, "code", invalid.Fields[0].Field)
			require.NotContains(t, err.Error(), "kase", name)
			require.Error(t, tenant.Err(ctx), "the context refuses")
			require.Equal(t, before, dump(t, e.Dialect, raw), name)
		}
		plain := lifecycle.Signup{Name: "Plain"}
		_, _, err = w.manager.Provision(t.Context(), plain, w.account("ann"))
		require.NoError(t, err)
		before = dump(t, e.Dialect, raw)
		_, _, err = w.manager.Provision(t.Context(), plain, w.account("eve"))
		require.ErrorIs(t, err, tenant.ErrTaken, "the same content without a key is somebody else")
		require.Equal(t, before, dump(t, e.Dialect, raw))

		// A hook that fails leaves nothing.
		boom := errors.New("boom")
		ctx, _, err = w.manager.Provision(t.Context(), lifecycle.Signup{Name: "Other"}, w.account("ann"), func(context.Context, tenant.DBTX, tenant.Event) error { return boom })
		require.ErrorIs(t, err, boom)
		_, err = w.pool.ExecContext(ctx, sqltext.Rebind(e.Dialect, `INSERT INTO accounts (id, name) VALUES (?, 'x')`), "x")
		require.Error(t, err, "whoever does not look at the error gets nowhere")
		require.Equal(t, before, dump(t, e.Dialect, raw))
	})
}

// A domain is listed, shown to be controlled, and resolves; nobody takes one
// that is not theirs.
func TestDomains(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, raw, _ := newWorld(t, e)
		for _, r := range []tenant.Tenant{acme, {Code: "bolt", Host: "bolt.example.com"}} {
			_, _, err := w.manager.Create(t.Context(), r)
			require.NoError(t, err)
		}
		leads := func(host string) tenant.ID {
			got, found, err := w.registry.ByHost(t.Context(), host)
			require.NoError(t, err)
			if !found {
				return ""
			}
			return got.ID
		}
		own := tenant.WithActor(tenant.WithID(t.Context(), "acme"), tenant.Actor{ID: "ann", Tenant: "acme"})
		ch, err := w.manager.AddDomain(own, "acme", "Shop.Acme.Test.")
		require.NoError(t, err)
		require.Equal(t, "shop.acme.test", ch.Host)
		require.Equal(t, "_tenancy-challenge.shop.acme.test", ch.Name)
		require.Regexp(t, `^tenancy-verify=[a-z2-7]{32}$`, ch.Value)
		again, err := w.manager.AddDomain(own, "acme", "shop.acme.test")
		require.NoError(t, err)
		require.Equal(t, ch, again)
		theirs, err := w.manager.AddDomain(t.Context(), "bolt", "shop.acme.test")
		require.NoError(t, err, "what nobody has verified takes nothing")
		require.NotEqual(t, ch.Value, theirs.Value)
		require.Empty(t, leads("shop.acme.test"))

		before := dump(t, e.Dialect, raw)
		unchanged := func(err, want error, why string) {
			t.Helper()
			require.ErrorIs(t, err, want, why)
			require.Equal(t, before, dump(t, e.Dialect, raw), why)
		}
		err = w.manager.VerifyDomain(own, "acme", "shop.acme.test")
		unchanged(err, lifecycle.ErrUnverified, "nothing is published")
		require.ErrorIs(t, err, errNoHost)
		w.dns[ch.Name] = []string{"v=spf1", theirs.Value, ch.Value + " ", strings.ToUpper(ch.Value)}
		unchanged(w.manager.VerifyDomain(own, "acme", "shop.acme.test"), lifecycle.ErrUnverified, "something else is published")
		unchanged(w.manager.VerifyDomain(own, "acme", "other.test"), lifecycle.ErrUnknownDomain, "it is not listed")
		unchanged(w.manager.MakePrimary(own, "acme", "shop.acme.test"), lifecycle.ErrUnverified, "it is not verified")
		unchanged(w.manager.MakePrimary(own, "acme", "other.test"), lifecycle.ErrUnknownDomain, "it is not listed")
		unchanged(w.manager.RemoveDomain(own, "acme", "other.test"), lifecycle.ErrUnknownDomain, "it is not listed")
		unchanged(w.manager.RemoveDomain(own, "acme", "acme.example.com"), lifecycle.ErrUnknownDomain, "it is the primary host")
		for name, host := range map[string]string{"address": "192.0.2.1", "IPv6": "[2001:db8::1]", "one label": "localhost", "port": "a.test:80", "odd": "a_b.test", "empty": "", "long": strings.Repeat("a.", 118) + "test"} {
			_, err := w.manager.AddDomain(own, "acme", host)
			unchanged(err, tenant.ErrBadHost, name)
		}
		for _, taken := range []string{"acme.example.com", "BOLT.example.com"} {
			_, err := w.manager.AddDomain(own, "acme", taken)
			unchanged(err, tenant.ErrTaken, taken)
			require.NotContains(t, err.Error(), "bolt")
		}
		_, err = w.manager.AddDomain(own, "bolt", "x.test")
		unchanged(err, tenant.ErrTenantConflict, "from another tenant's context")
		_, err = w.manager.AddDomain(tenant.WithActor(tenant.WithID(t.Context(), "acme"), tenant.Actor{ID: "eve", Tenant: "bolt"}), "acme", "x.test")
		unchanged(err, tenant.ErrNotMember, "by another tenant's member")

		// Both have shown that they control it: the first has it.
		w.dns[ch.Name] = []string{"v=spf1", ch.Value, theirs.Value}
		require.NoError(t, w.manager.VerifyDomain(own, "acme", "shop.acme.test"))
		require.Equal(t, tenant.ID("acme"), leads("shop.acme.test"))
		before = dump(t, e.Dialect, raw)
		unchanged(w.manager.VerifyDomain(own, "acme", "shop.acme.test"), nil, "it is verified")
		unchanged(w.manager.VerifyDomain(t.Context(), "bolt", "shop.acme.test"), tenant.ErrTaken, "it belongs to the first")

		require.NoError(t, w.manager.MakePrimary(own, "acme", "shop.acme.test"))
		got, _, err := w.registry.ByID(t.Context(), "acme")
		require.NoError(t, err)
		require.Equal(t, "shop.acme.test", got.Host)
		require.Equal(t, []tenant.Domain{{Name: "acme.example.com", Verified: true}}, got.Domains)
		require.Equal(t, tenant.ID("acme"), leads("acme.example.com"))
		require.NoError(t, w.manager.MakePrimary(own, "acme", "shop.acme.test"))

		for _, host := range []string{"b.test", "c.test"} {
			_, err = w.manager.AddDomain(own, "acme", host)
			require.NoError(t, err)
		}
		before = dump(t, e.Dialect, raw)
		_, err = w.manager.AddDomain(own, "acme", "d.test")
		unchanged(err, lifecycle.ErrTooManyDomains, "three are listed")
		require.NoError(t, w.manager.RemoveDomain(own, "acme", "acme.example.com"))
		require.Empty(t, leads("acme.example.com"))
		require.Equal(t, []string{
			lifecycle.KindCreated, lifecycle.KindDomainAdded, lifecycle.KindDomainVerified, lifecycle.KindDomainPrimary,
			lifecycle.KindDomainAdded, lifecycle.KindDomainAdded, lifecycle.KindDomainRemoved,
		}, w.kinds(t, "acme"))
		for r, err := range w.log.Records(own, audit.Query{Object: "shop.acme.test", Newest: true, Limit: 1}) {
			require.NoError(t, err)
			require.Equal(t, map[string]string{"was": "acme.example.com"}, r.Detail)
			require.Equal(t, tenant.Actor{ID: "ann", Tenant: "acme"}, r.Actor)
		}
	})
}

// Two tenants that verify one domain at the same moment: one has it.
func TestVerifyTogether(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, _, dsn := newWorld(t, e)
		other := openWorld(t, e, dsn)
		worlds := map[tenant.ID]*world{"acme": w, "bolt": other}
		for id := range worlds {
			_, _, err := w.manager.Create(t.Context(), tenant.Tenant{Code: string(id)})
			require.NoError(t, err)
			ch, err := w.manager.AddDomain(t.Context(), id, "wanted.test")
			require.NoError(t, err)
			w.dns[ch.Name] = append(w.dns[ch.Name], ch.Value)
		}
		other.dns["_tenancy-challenge.wanted.test"] = w.dns["_tenancy-challenge.wanted.test"]
		errs := map[tenant.ID]error{}
		var mu sync.Mutex
		var group sync.WaitGroup
		for id, own := range worlds {
			group.Go(func() {
				err := own.manager.VerifyDomain(t.Context(), id, "wanted.test")
				mu.Lock()
				defer mu.Unlock()
				errs[id] = err
			})
		}
		group.Wait()
		got, found, err := w.registry.ByHost(t.Context(), "wanted.test")
		require.NoError(t, err)
		require.True(t, found)
		require.NoError(t, errs[got.ID])
		delete(errs, got.ID)
		for _, err := range errs {
			require.ErrorIs(t, err, tenant.ErrTaken)
		}
		require.Len(t, errs, 1)
	})
}

// A visitor of the default tenant, whose context only reads, manages no hosts.
func TestDomainsReadOnly(t *testing.T) {
	t.Parallel()
	w, _, _ := newWorld(t, engines.Get(t, "sqlite"))
	_, _, err := w.manager.Create(t.Context(), tenant.Tenant{Code: "acme", Host: "acme.example.com"})
	require.NoError(t, err)
	_, err = w.manager.AddDomain(tenant.ReadOnly(tenant.WithID(t.Context(), "acme")), "acme", "other.test")
	require.ErrorIs(t, err, tenant.ErrReadOnly)
}
