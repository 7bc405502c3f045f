package tenant

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCacheEntryGather: whatever fits lies in the entry, whatever does not stays
// where it was, and the record says the same.
func TestCacheEntryGather(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("h", entryText-8) + ".example.com"
	for name, c := range map[string]struct {
		record Tenant
		host   uint8
	}{
		"nothing but an id": {Tenant{ID: "acme"}, 0},
		"all":               {Tenant{ID: "acme", Host: "acme.example.com", Code: "AC", Name: "Acme", Language: "en", Parent: "p", ExternalID: "x", Theme: "t", DescriptionFormat: "f"}, 16},
		"a long host":       {Tenant{ID: "acme", Host: long, Code: "AC"}, 0},
		"a host that fills": {Tenant{ID: "acme", Host: long[:entryText]}, entryText},
		"a long name":       {Tenant{ID: "acme", Host: "acme.example.com", Name: strings.Repeat("n", 100), Theme: "t"}, 16},
	} {
		e := &cacheEntry{record: c.record}
		e.gather()
		require.Equal(t, c.record, e.record, name)
		require.Equal(t, c.host, e.host, name)
		require.True(t, e.has(cacheByID, "acme"), name)
		require.False(t, e.has(cacheByID, "acm"), name)
		require.True(t, e.has(cacheByHost, c.record.Host), name)
		for _, other := range []string{"acme.example.co", "acme.example.comx", "bolt.example.com", long + "x"} {
			require.False(t, e.has(cacheByHost, other), "%s: %s", name, other)
		}
		require.Equal(t, c.record.Code == "AC", e.has(cacheByCode, "ac"), name)
	}
}
