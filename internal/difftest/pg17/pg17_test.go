//go:build cgo

package pg17

import (
	"testing"

	"github.com/stretchr/testify/require"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/gotenancy/tenancy/internal/difftest"
	"github.com/gotenancy/tenancy/internal/difftest/pgtree"
	"github.com/gotenancy/tenancy/tenant"
)

func TestPostgres(t *testing.T) {
	corpora, err := pgtree.Corpora()
	require.NoError(t, err)
	difftest.Run(t, difftest.Peer{Name: "pg_query_go, the parser of PostgreSQL 17 itself", Dialect: tenant.Postgres, Read: read, Tokens: tokens}, corpora...)
}

func read(text string) (difftest.Reading, error) {
	tree, err := pg.Parse(text)
	if err != nil {
		return difftest.Reading{}, err
	}
	return pgtree.Read(tree, text)
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
