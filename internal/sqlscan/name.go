package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// fold returns a name as the server compares it. PostgreSQL folds unquoted
// names to lower case and keeps quoted ones; SQLite ignores ASCII case in both;
// MySQL's rule depends on its file system, so names keep their case there and
// a policy has to write them as the schema does.
func fold(d tenant.Dialect, quoted bool, text string) string {
	if quoted {
		text = unquote(text)
	}
	switch {
	case d == tenant.SQLite, d == tenant.Postgres && !quoted:
		return lowerASCII(text)
	default:
		return text
	}
}

// Fold returns how a server of dialect d compares the unquoted name.
func Fold(d tenant.Dialect, name string) string { return fold(d, false, name) }

// unquote strips the quotes of a quoted name and undoes their doubling.
func unquote(text string) string {
	q := text[:1]
	inner := text[1 : len(text)-1]
	if q == "[" || strings.IndexByte(inner, q[0]) < 0 {
		return inner
	}
	return strings.ReplaceAll(inner, q+q, q)
}

// lowerASCII leaves other letters alone, as the servers do.
func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// Quote returns name quoted for dialect d.
func Quote(d tenant.Dialect, name string) string {
	q := `"`
	if d == tenant.MySQL {
		q = "`"
	}
	return q + strings.ReplaceAll(name, q, q+q) + q
}
