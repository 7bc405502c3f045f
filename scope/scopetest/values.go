package scopetest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/tenant"
)

// generatedAbove is where the numbers begin that the server counts up: those of
// the rows that are there from the start end with it.
const generatedAbove = 1000

// values makes up literals. Those of the tenant that asks are harmless; among
// the others' are those over which a cast, a division or a JSON function fails,
// and names that nobody else has.
type values struct {
	dialect tenant.Dialect
	rnd     *rand.Rand
}

func pick[T any](rnd *rand.Rand, list ...T) T { return list[rnd.IntN(len(list))] }

// literal returns a value of a column that is no key, or may repeat in one. owner
// is the tenant's place, 0 for the one that asks and -1 for everybody.
func (v values) literal(c *ddl.Column, owner int) string {
	foreign := owner > 0
	if !c.NotNull && v.rnd.IntN(6) == 0 {
		return "NULL"
	}
	switch c.Kind {
	case ddl.Int:
		if foreign && v.rnd.IntN(4) == 0 {
			return pick(v.rnd, "0", "0", v.largest(c))
		}
		return pick(v.rnd, "1", "1", "2", "2", "3", "4", "5", "6", "10", "-1")
	case ddl.Real:
		return pick(v.rnd, "1.5", "2.25", "0.5", "3", "-1.25", "10")
	case ddl.Bool:
		return v.boolean(v.rnd.IntN(2) == 0)
	case ddl.Date:
		return pick(v.rnd, "'2026-01-02'", "'2026-01-03'", "'2026-02-28'", "'2025-12-31'")
	case ddl.Time:
		return pick(v.rnd, "'2026-01-02 03:04:05'", "'2026-01-02 23:59:59'", "'2026-02-28 00:00:00'", "'2025-12-31 12:00:00'")
	case ddl.JSON:
		if foreign && v.rnd.IntN(3) == 0 {
			return pick(v.rnd, fmt.Sprintf(`'{"a": "SECRET%d"}'`, owner), `'[]'`, `'"x"'`)
		}
		if foreign && v.dialect == tenant.SQLite && v.rnd.IntN(4) == 0 {
			return `'{"SECRET": '` // which SQLite takes for JSON until a function reads it
		}
		return pick(v.rnd, `'{"a": 1}'`, `'{"a": 2, "b": [1, 2]}'`, `'{"a": {"b": "x"}}'`, `'{}'`)
	case ddl.UUID:
		return v.uuid(v.rnd.IntN(4), 0)
	case ddl.Blob:
		return v.blob(pick(v.rnd, "00", "61", "6162", "ff"))
	case ddl.Text:
		return v.text(c, owner)
	}
	return v.other(c)
}

func (v values) text(c *ddl.Column, owner int) string {
	word := pick(v.rnd, "a", "b", "x", "a", "B", "10", "2", "a b", "%", "", "it's")
	if owner > 0 && v.rnd.IntN(2) == 0 {
		word = pick(v.rnd, fmt.Sprintf("SECRET%d", owner), fmt.Sprintf("SECRET%d", owner), "1e999", "{", "7x", "[", "(")
	}
	return v.quoted(c, word)
}

// quoted returns a text as a literal that fits its column.
func (v values) quoted(c *ddl.Column, text string) string {
	if c.Size > 0 && len(text) > c.Size {
		text = text[:c.Size]
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

func (v values) boolean(b bool) string {
	switch {
	case v.dialect == tenant.Postgres && b:
		return "TRUE"
	case v.dialect == tenant.Postgres:
		return "FALSE"
	case b:
		return "1"
	}
	return "0"
}

func (v values) blob(hex string) string {
	if v.dialect == tenant.Postgres {
		return `'\x` + hex + `'`
	}
	return "x'" + hex + "'"
}

func (v values) uuid(n, owner int) string {
	return fmt.Sprintf("'00000000-0000-4000-9000-%06d%06d'", owner, n)
}

func (v values) largest(c *ddl.Column) string {
	switch t := strings.ToLower(c.Type); {
	case strings.HasPrefix(t, "tiny"):
		return "127"
	case strings.HasPrefix(t, "small"), strings.HasPrefix(t, "int2"), strings.HasPrefix(t, "year"):
		return "2100"
	}
	return "2147483647"
}

// other is a value of a type that is not known but for MySQL's lists of texts.
func (v values) other(c *ddl.Column) string {
	kind, list, ok := strings.Cut(c.Type, "(")
	if kind = strings.ToLower(strings.TrimSpace(kind)); ok && (kind == "enum" || kind == "set") {
		return pick(v.rnd, strings.Split(strings.TrimSuffix(strings.TrimSpace(list), ")"), ",")...)
	}
	return "NULL"
}

// distinct is the n-th value that no other row of the owner has.
func (v values) distinct(c *ddl.Column, owner, n int) string {
	switch c.Kind {
	case ddl.Int:
		return fmt.Sprint(n + 1)
	case ddl.Real:
		return fmt.Sprintf("%d.5", n+1)
	case ddl.Date:
		return fmt.Sprintf("'20%02d-01-02'", 10+n%80)
	case ddl.Time:
		return fmt.Sprintf("'20%02d-01-02 03:04:05'", 10+n%80)
	case ddl.UUID:
		return v.uuid(n+10, owner+1)
	case ddl.Blob:
		return v.blob(fmt.Sprintf("%02x%02x", n%256, owner+1))
	case ddl.Text:
		return v.quoted(c, fmt.Sprintf("k%d", n+1))
	}
	return v.literal(c, owner)
}
