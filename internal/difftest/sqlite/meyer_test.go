package sqlite

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/difftest"
	"github.com/gotenancy/tenancy/tenant"
)

func TestMeyer(t *testing.T) {
	texts, err := texts()
	require.NoError(t, err)
	texts = difftest.Statements(texts)
	golden, err := difftest.Golden(tenant.SQLite)
	require.NoError(t, err)
	difftest.Run(t, difftest.Peer{Name: "meyer", Dialect: tenant.SQLite, Read: readMeyer, Tokens: meyerTokens},
		difftest.Corpus{Name: "golden", Texts: slices.Values(golden), Refusals: 30},
		difftest.Corpus{Name: "tests", Texts: slices.Values(texts), Refusals: 5},
		difftest.Corpus{Name: "generated", Texts: difftest.Generated(tenant.SQLite, difftest.GeneratedCount(5_000)), Refusals: 5},
		difftest.Corpus{Name: "mutants of golden", Texts: difftest.Mutants(golden, difftest.MutantCount(10_000)), Refusals: 30},
		difftest.Corpus{Name: "mutants of tests", Texts: difftest.Mutants(texts, difftest.MutantCount(10_000)), Refusals: 15},
	)
}
