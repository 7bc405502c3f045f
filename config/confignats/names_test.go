package confignats

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
)

// FuzzEscape holds that no two texts become one token, and that it is one.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"a", "a.b", "=", "=2E", ".", "*", ">", "ÿ", " ", "\x00", "$KV"} {
		f.Add(s, "=2E")
		f.Add(s, "a")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := escape(a), escape(b)
		require.Equal(t, a == b, x == y)
		require.Empty(t, strings.Trim(x, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_="))
	})
}

func TestTenantOf(t *testing.T) {
	t.Parallel()
	for _, o := range []config.Owner{{}, {Account: "a.b"}, {Group: "gold"}, {Tenant: "acme"}, {Tenant: "acme", Account: "tenant.x"}} {
		id, ok := tenantOf(entryOf(o))
		require.True(t, ok)
		require.Equal(t, o.Tenant, id)
	}
	for _, key := range []string{
		"", "settings", "settings.", "settings.tenant", "settings.tenant.acme", "settings.tenant..own", "settings.global",
		"settings.tenant.Acme.own", "settings.globals.own", "history.tenant.acme.own.k.1", "other.tenant.acme.own",
	} {
		_, ok := tenantOf(key)
		require.False(t, ok, key)
	}
}

func TestVersionOf(t *testing.T) {
	t.Parallel()
	require.EqualValues(t, 12, versionOf("history.global.own.k.12"))
	for _, key := range []string{"", "history.global.own.k", "history.global.own.k.", "history.global.own.k.x"} {
		require.Zero(t, versionOf(key), key)
	}
}
