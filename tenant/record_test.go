package tenant_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

func TestValidCode(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"ab", "Acme", "a1", "a-b", "A-", strings.Repeat("x", 63)} {
		require.True(t, tenant.ValidCode(good), good)
	}
	for _, bad := range []string{"", "a", "1a", "-a", "a_b", "a b", "a.b", "acm\u00e9", "\u212a2", "ab\x00", strings.Repeat("x", 64)} {
		require.False(t, tenant.ValidCode(bad), bad)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	domains := func(names ...string) []tenant.Domain {
		var out []tenant.Domain
		for _, n := range names {
			out = append(out, tenant.Domain{Name: n})
		}
		return out
	}
	for name, bad := range map[string]tenant.Tenant{
		"no id":                      {},
		"a bad id":                   {ID: "Acme"},
		"a bad parent":               {ID: "acme", Parent: "No"},
		"a bad code":                 {ID: "acme", Code: "1"},
		"a negative limit":           {ID: "acme", MaxUsers: -1},
		"a status that is none":      {ID: "acme", Status: 3},
		"a bad host":                 {ID: "acme", Host: "acme..com"},
		"a bad domain":               {ID: "acme", Domains: domains("ok.test", "no_good.test")},
		"an empty domain":            {ID: "acme", Domains: domains("")},
		"a domain twice":             {ID: "acme", Domains: domains("a.test", "A.test.")},
		"the host among the domains": {ID: "acme", Host: "a.test", Domains: domains("a.test")},
	} {
		_, err := bad.Check()
		require.Error(t, err, name)
	}
	given := tenant.Tenant{ID: "acme", Host: "Acme.Example.com:443", Domains: domains("A.test.", "b.test"), Metadata: map[string]string{"k": "v"}}
	kept, err := given.Check()
	require.NoError(t, err)
	require.Equal(t, "acme.example.com", kept.Host)
	require.Equal(t, domains("a.test", "b.test"), kept.Domains)
	kept.Domains[0].Verified = true
	kept.Metadata["k"] = "changed"
	require.Equal(t, domains("A.test.", "b.test"), given.Domains, "the caller's record stays as it was")
	require.Equal(t, "v", given.Metadata["k"])
}

func TestStatus(t *testing.T) {
	t.Parallel()
	var zero tenant.Tenant
	require.Equal(t, tenant.Active, zero.Status)
	for s, want := range map[tenant.Status]error{tenant.Active: nil, tenant.Suspended: tenant.ErrSuspended, tenant.Archived: tenant.ErrArchived, 99: tenant.ErrArchived} {
		require.ErrorIs(t, s.Err(), want)
		back, err := tenant.ParseStatus(s.String())
		if s <= tenant.Archived {
			require.NoError(t, err)
			require.Equal(t, s, back)
		} else {
			require.Error(t, err)
		}
	}
	_, err := tenant.ParseStatus("")
	require.Error(t, err)
}

// Isolation and Dialect stand in configuration files.
func TestTextForms(t *testing.T) {
	t.Parallel()
	var m tenant.Module
	require.NoError(t, json.Unmarshal([]byte(`{"name":"billing","isolation":"per-tenant"}`), &m))
	require.Equal(t, tenant.Module{Name: "billing", Isolation: tenant.PerTenant}, m)
	text, err := json.Marshal(tenant.Module{Name: "geo", Isolation: tenant.Shared})
	require.NoError(t, err)
	require.JSONEq(t, `{"name":"geo","isolation":"shared"}`, string(text))
	for _, i := range []tenant.Isolation{tenant.Inherit, tenant.PerTenant, tenant.Shared} {
		text, err := i.MarshalText()
		require.NoError(t, err)
		var back tenant.Isolation
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, i, back)
	}
	_, err = tenant.Isolation(9).MarshalText()
	require.Error(t, err)
	require.Error(t, new(tenant.Isolation).UnmarshalText([]byte("yes")))

	for _, d := range []tenant.Dialect{tenant.Postgres, tenant.MySQL, tenant.SQLite} {
		text, err := d.MarshalText()
		require.NoError(t, err)
		var back tenant.Dialect
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, d, back)
	}
	for _, d := range []tenant.Dialect{0, 9} {
		_, err = d.MarshalText()
		require.Error(t, err)
	}
	require.Error(t, new(tenant.Dialect).UnmarshalText([]byte("")), "no dialect is not a dialect")
	require.Error(t, new(tenant.Dialect).UnmarshalText([]byte("oracle")))
}
