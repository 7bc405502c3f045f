package pg18

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	pg "github.com/sqlc-dev/oliphant"

	"github.com/gotenancy/tenancy/internal/difftest"
	"github.com/gotenancy/tenancy/internal/difftest/pgtree"
	"github.com/gotenancy/tenancy/tenant"
)

func TestPostgres(t *testing.T) {
	texts, err := pgtree.Texts()
	require.NoError(t, err)
	texts = difftest.Statements(texts)
	golden, err := difftest.Golden(tenant.Postgres)
	require.NoError(t, err)
	difftest.Run(t, difftest.Peer{Name: "oliphant, the parser of PostgreSQL 18 in Go", Dialect: tenant.Postgres, Read: read, Tokens: tokens},
		difftest.Corpus{Name: "golden", Texts: slices.Values(golden), Refusals: 30},
		difftest.Corpus{Name: "regress", Texts: slices.Values(texts), Refusals: 5},
		difftest.Corpus{Name: "generated", Texts: difftest.Generated(tenant.Postgres, difftest.GeneratedCount(5_000)), Refusals: 5},
		difftest.Corpus{Name: "mutants of golden", Texts: difftest.Mutants(golden, difftest.MutantCount(10_000)), Refusals: 30},
		difftest.Corpus{Name: "mutants of regress", Texts: difftest.Mutants(texts, difftest.MutantCount(10_000)), Refusals: 15},
	)
}

func read(text string) (difftest.Reading, error) {
	tree, err := pg.Parse(text)
	if err != nil {
		return difftest.Reading{}, err
	}
	r, err := pgtree.Read(tree, text)
	for _, c := range r.Calls {
		// PostgreSQL has these two as keywords that are no names of functions, and
		// refuses such a text. The test of pg17 has the same texts.
		if word := text[c.Offset:]; len(word) > len(c.Name) && strings.EqualFold(word[:len(c.Name)], c.Name) && (c.Name == "values" || c.Name == "between") {
			return r, errors.New("a call of " + c.Name)
		}
	}
	return r, err
}

func tokens(text string) (toks []difftest.Token, err error) {
	scan, err := pg.Scan(text)
	if err != nil {
		return nil, err
	}
	for _, tok := range scan.Tokens {
		if tok.Token == pg.Token_SQL_COMMENT || tok.Token == pg.Token_C_COMMENT {
			continue
		}
		toks = append(toks, difftest.Token{Start: int(tok.Start), End: int(tok.End)})
	}
	return toks, nil
}
