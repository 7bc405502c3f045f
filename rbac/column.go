package rbac

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// maxNameParts is schema, table and column.
const maxNameParts = 3

// columnName reads the name of a column and returns it quoted, part by part,
// whether it was or not: so that a word such as current_user is a name and
// nothing else. An unquoted name means the same as before. SQLite gets
// backticks, because it takes a name in double quotes that it does not know
// for a text.
func columnName(d tenant.Dialect, name string) (quoted string, ok bool) {
	mark := byte('"')
	if d == tenant.MySQL {
		mark = '`'
	}
	var out []string
	for {
		part, rest, ok := namePart(name, mark)
		if !ok || len(out) == maxNameParts {
			return "", false
		}
		if d == tenant.Postgres && name[0] != mark {
			part = strings.ToLower(part) // as the server does
		}
		out = append(out, part)
		if rest == "" {
			break
		}
		if rest[0] != '.' {
			return "", false
		}
		name = rest[1:]
	}
	q := `"`
	if d != tenant.Postgres {
		q = "`"
	}
	return q + strings.Join(out, q+"."+q) + q, true
}

// maxNamePart is the longest name in bytes that every database keeps.
const maxNamePart = 63

// namePart reads one part of a name, quoted by mark or plain.
func namePart(name string, mark byte) (part, rest string, ok bool) {
	isQuoted := name != "" && name[0] == mark
	if isQuoted {
		name = name[1:]
	}
	end := 0
	for end < len(name) && inName(name[end], end == 0, isQuoted) {
		end++
	}
	part, rest = name[:end], name[end:]
	if isQuoted {
		if rest == "" || rest[0] != mark {
			return "", "", false
		}
		rest = rest[1:]
	}
	return part, rest, part != "" && len(part) <= maxNamePart
}

// inName reports whether c may be in a name. Question marks and quotes never
// are, so that the placeholders of a predicate can be told.
func inName(c byte, first, quoted bool) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		return true
	case c >= '0' && c <= '9':
		return quoted || !first
	case c == ' ', c == '-':
		return quoted
	default:
		return false
	}
}
