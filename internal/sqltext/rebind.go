// Package sqltext holds the little that the SQL stores of this module share:
// placeholders and transactions. The stores write each statement once, in
// plain SQL with ? for every bind value.
package sqltext

import (
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// Rebind returns q with its ? placeholders in the form of the dialect: $1, $2
// and so on for PostgreSQL, unchanged for the others. A ? inside a literal in
// single quotes is text and stays.
//
// It is for the stores' own constant statements. It knows no comments, no
// quoted names and no PostgreSQL operators that contain a question mark.
func Rebind(dialect tenant.Dialect, q string) string {
	if dialect != tenant.Postgres || !strings.Contains(q, "?") {
		return q
	}
	var b strings.Builder
	b.Grow(len(q) + 16)
	n, quoted := 0, false
	for i := 0; i < len(q); i++ {
		switch c := q[i]; {
		case c == '?' && !quoted:
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		default:
			if c == '\'' {
				quoted = !quoted // a doubled quote switches twice
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}
