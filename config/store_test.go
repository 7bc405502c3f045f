package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configtest"
)

func TestMemoryStore(t *testing.T) {
	t.Parallel()
	configtest.TestStore(t, func(*testing.T) config.Store { return config.NewMemoryStore() })
}

func TestValidKey(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a", "A", "0", "billing.currency", "FEATURES:X", "mod/name", "a-b_c", ".", strings.Repeat("k", 190)} {
		require.True(t, config.ValidKey(good), good)
	}
	for _, bad := range []string{"", " ", "a ", "a b", "a\x00", "a,b", "a;b", "a+b", "a=b", "a*", "a'", `a"`, "a\\b", "é", "a\n", "@", "{", strings.Repeat("k", 191)} {
		require.False(t, config.ValidKey(bad), bad)
	}
}
