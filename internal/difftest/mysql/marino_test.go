package mysql

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/difftest"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// modes are those that marino and a server have by default.
const modes = sqlscan.Known | sqlscan.Backslashes

func TestMarino(t *testing.T) {
	texts, err := marinoTexts()
	require.NoError(t, err)
	texts = difftest.Statements(texts)
	golden, err := difftest.Golden(tenant.MySQL)
	require.NoError(t, err)
	corpora := []difftest.Corpus{
		{Name: "golden", Texts: slices.Values(golden), Refusals: 30},
		{Name: "tests", Texts: slices.Values(texts), Refusals: 15},
		{Name: "generated", Texts: difftest.Generated(tenant.MySQL, difftest.GeneratedCount(5_000)), Refusals: 5},
		{Name: "mutants of golden", Texts: difftest.Mutants(golden, difftest.MutantCount(10_000)), Refusals: 30},
		{Name: "mutants of tests", Texts: difftest.Mutants(texts, difftest.MutantCount(10_000)), Refusals: 25},
	}
	if theirs, err := serverTexts(); err != nil {
		t.Logf("LEFT OUT: the tests of MariaDB: %v", err)
	} else {
		theirs = difftest.Statements(theirs)
		corpora = append(corpora,
			difftest.Corpus{Name: "tests of MariaDB", Texts: slices.Values(theirs), Refusals: 15},
			difftest.Corpus{Name: "mutants of tests of MariaDB", Texts: difftest.Mutants(theirs, difftest.MutantCount(10_000)), Refusals: 25})
	}
	difftest.Run(t, difftest.Peer{Name: "marino", Dialect: tenant.MySQL, Modes: modes, Read: readMarino}, corpora...)
}
