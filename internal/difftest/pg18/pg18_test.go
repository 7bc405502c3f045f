package pg18

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	pg "github.com/sqlc-dev/oliphant"

	"github.com/gotenancy/tenancy/internal/difftest"
	"github.com/gotenancy/tenancy/internal/difftest/pgtree"
	"github.com/gotenancy/tenancy/tenant"
)

func TestPostgres(t *testing.T) {
	corpora, err := pgtree.Corpora()
	require.NoError(t, err)
	difftest.Run(t, difftest.Peer{Name: "oliphant, the parser of PostgreSQL 18 in Go", Dialect: tenant.Postgres, Read: read, Tokens: tokens}, corpora...)
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
