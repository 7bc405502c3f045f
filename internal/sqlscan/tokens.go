package sqlscan

import "github.com/gotenancy/tenancy/tenant"

// Tokens splits a text of any length into tokens, the last of which is EOF. It is
// for what reads other texts than one statement: schemas, and comparisons of the
// lexer with others.
func Tokens(d tenant.Dialect, m Modes, text string) ([]Token, error) {
	var mem memory // of its own: the caller keeps the tokens
	lx, err := mem.lex(d, m, text)
	return lx.toks, err
}
