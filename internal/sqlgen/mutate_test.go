package sqlgen

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

func TestMutator(t *testing.T) {
	texts := []string{
		"SELECT c.id, n.body FROM contacts c JOIN notes n ON n.contact_id = c.id WHERE c.id > 1 -- the end",
		"SELECT id FROM companies WHERE name = 'it''s'",
		"UPDATE contacts SET name = 'x' WHERE id = 1",
		"SELECT 'unterminated",
	}
	for _, d := range each {
		a, b := NewMutator(d, texts, 1), NewMutator(d, texts, 1)
		require.Len(t, a.texts, 3)
		require.Equal(t, []string{"contacts", "notes", "companies"}, a.tables)
		seen := map[string]bool{}
		for range 1000 {
			s := a.Statement()
			require.Equal(t, s, b.Statement())
			seen[s] = true
		}
		require.Greater(t, len(seen), 700)
		require.Contains(t, seen, "SELECT id FROM contacts WHERE name = 'it''s'", "another table, and nothing else")
	}
	require.Empty(t, NewMutator(tenant.SQLite, nil, 1).Statement())
}
