package lifecycle

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

// Every column that a tenant's record has is stored, read by another process, and
// changed by itself: nothing else moves with it but the time of the change.
func Test_B01_TenantRecord(t *testing.T) {
	t.Parallel()
	columns := []struct {
		name        string
		first, then any
		get         func(*tenant.Tenant) any
		set         func(r *tenant.Tenant, v any)
	}{
		{"fullname", "Acme Ltd", "Acme, Inc. <&> é", func(r *tenant.Tenant) any { return r.Name }, func(r *tenant.Tenant, v any) { r.Name = v.(string) }},
		{"shortname", "Acme", "Acme-2", func(r *tenant.Tenant) any { return r.Code }, func(r *tenant.Tenant, v any) { r.Code = v.(string) }},
		{"wwwroot", "acme.example.com", "www.acme.example.com", func(r *tenant.Tenant) any { return r.Host }, func(r *tenant.Tenant, v any) { r.Host = v.(string) }},
		{"idnumber", "C-0042", "", func(r *tenant.Tenant) any { return r.ExternalID }, func(r *tenant.Tenant, v any) { r.ExternalID = v.(string) }},
		{"description", "since\n1920", "<p>new</p>", func(r *tenant.Tenant) any { return r.Description }, func(r *tenant.Tenant, v any) { r.Description = v.(string) }},
		{"description format", "text/plain", "text/html", func(r *tenant.Tenant) any { return r.DescriptionFormat }, func(r *tenant.Tenant, v any) { r.DescriptionFormat = v.(string) }},
		{"lang", "en", "pt-BR", func(r *tenant.Tenant) any { return r.Language }, func(r *tenant.Tenant, v any) { r.Language = v.(string) }},
		{"theme", "boost", "dark", func(r *tenant.Tenant) any { return r.Theme }, func(r *tenant.Tenant, v any) { r.Theme = v.(string) }},
		{"maxusers", 25, 0, func(r *tenant.Tenant) any { return r.MaxUsers }, func(r *tenant.Tenant, v any) { r.MaxUsers = v.(int) }},
	}
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, _, dsn := newWorld(t, e)
		other := openWorld(t, e, dsn)
		record := tenant.Tenant{ID: "acme"}
		for _, c := range columns {
			c.set(&record, c.first)
		}
		began := time.Now().Truncate(time.Second)
		_, created, err := w.manager.Create(t.Context(), record)
		require.NoError(t, err)
		require.True(t, created)
		_, _, err = w.manager.Create(t.Context(), tenant.Tenant{ID: "bolt", Code: "bolt", Name: "Bolt"})
		require.NoError(t, err)
		read := func(id tenant.ID) *tenant.Tenant {
			t.Helper()
			r, found, err := other.registry.ByID(t.Context(), id)
			require.NoError(t, err)
			require.True(t, found)
			return r
		}
		bolt, now := read("bolt"), read("acme")
		require.Equal(t, tenant.ID("acme"), now.ID)
		require.False(t, now.Created.Before(began), "the time of creation")
		require.False(t, now.Modified.Before(now.Created), "the time of the last change")
		for _, c := range columns {
			require.Equal(t, c.first, c.get(now), c.name)
		}
		for _, c := range columns {
			_, err := w.manager.Update(t.Context(), "acme", "test", func(r *tenant.Tenant) error { c.set(r, c.then); return nil })
			require.NoError(t, err, c.name)
			after := read("acme")
			require.Equal(t, c.then, c.get(after), c.name)
			require.Equal(t, now.Created, after.Created, c.name)
			require.False(t, after.Modified.Before(now.Modified), c.name)
			c.set(after, c.get(now))
			for _, rest := range columns {
				require.Equal(t, rest.get(now), rest.get(after), "%s has changed with %s", rest.name, c.name)
			}
			now = read("acme")
		}
		require.NoError(t, w.manager.Suspend(t.Context(), "acme", "test"))
		require.Equal(t, tenant.Suspended, read("acme").Status)

		// It is found by what it is called.
		found, ok, err := other.registry.ByCode(t.Context(), "ACME-2")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, tenant.ID("acme"), found.ID)
		found, ok, err = other.registry.ByHost(t.Context(), "www.acme.example.com")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, tenant.ID("acme"), found.ID)
		_, ok, err = other.registry.ByHost(t.Context(), "acme.example.com")
		require.NoError(t, err)
		require.False(t, ok, "its former address")
		require.Equal(t, bolt, read("bolt"))
	})
}
