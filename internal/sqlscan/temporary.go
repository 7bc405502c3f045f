package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// temporary returns the construct by which a statement makes something temporary,
// or "". It would stay on the connection, and stand before a table of its name.
func temporary(d tenant.Dialect, text string, toks []Token) string {
	const create, into = "CREATE TEMPORARY", "SELECT INTO TEMPORARY"
	word := func(i int) string {
		if t := toks[min(i, len(toks)-1)]; t.Kind == Word {
			return strings.ToUpper(text[t.Start:t.End])
		}
		return ""
	}
	is := func(i int, words ...string) bool {
		w := word(i)
		for _, x := range words {
			if w == x {
				return true
			}
		}
		return false
	}
	explains := is(0, "EXPLAIN") // and may run it
	for i, t := range toks {
		switch {
		case t.Kw == KwCreate && (i == 0 || explains):
			n := i + 1
			for is(n, "OR", "REPLACE", "LOCAL", "GLOBAL") {
				n++
			}
			if is(n, "TEMP", "TEMPORARY") {
				return create
			}
			for is(n, "UNIQUE", "VIRTUAL", "TABLE", "INDEX", "VIEW", "TRIGGER", "IF", "NOT", "EXISTS") {
				n++
			}
			if d == tenant.SQLite && n+1 < len(toks) && toks[n+1].Kind == Dot && strings.EqualFold(bareName(text, toks[n]), "temp") {
				return create
			}
		case d == tenant.Postgres && t.Kw == KwInto && i > 0 && !is(i-1, "INSERT", "MERGE"):
			n := i + 1
			for is(n, "LOCAL", "GLOBAL") {
				n++
			}
			if is(n, "TEMP", "TEMPORARY") && n+1 < len(toks) && (toks[n+1].Kind == Word && toks[n+1].Kw != KwFrom || toks[n+1].Kind == QuotedName) {
				return into
			}
		case d == tenant.Postgres && t.Kind == Dot && i > 0:
			if s := strings.ToLower(bareName(text, toks[i-1])); s == "pg_temp" || strings.HasPrefix(s, "pg_temp_") {
				return create
			}
		}
	}
	return ""
}

// bareName is the text of a name without its quotes.
func bareName(text string, t Token) string { return strings.Trim(text[t.Start:t.End], "\"'`[]") }
