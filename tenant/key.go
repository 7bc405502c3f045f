package tenant

import (
	"context"
	"fmt"
	"strings"

	"github.com/gotenancy/tenancy/internal/carry"
)

// How cache keys begin. No tenant id contains a colon, so everything that
// belongs to a tenant, and nothing else, begins with tenantKeys + id + ":".
const (
	tenantKeys = "t:"
	globalKeys = "g"
)

// Key returns a key for a cache or a lock that tenants share, made of
// the tenant of ctx and of parts: "t:acme:invoice:7". Two tenants never get the
// same key, and neither do two lists of parts: what could be mistaken for a
// separator is escaped, so "a", "bc" and "ab", "c" and "a:bc" all differ. In
// global mode it is the key that [GlobalKey] returns.
//
// Everywhere else there is no one tenant that the value could belong to, and
// Key fails: [ErrNoTenant] on a plain context, [ErrSeveralTenants] across
// tenants, the cause in a context that refuses. Do not go on without the key.
//
// A key consists of printable ASCII without spaces and braces, so Redis (also
// its cluster, whose hash tags are braces) and memcached take it. Its length is
// that of the parts, up to three times as long where they are not ASCII;
// memcached allows 250 bytes. All keys of one tenant begin with "t:" + id + ":"
// if there is a part.
func Key(ctx context.Context, parts ...string) (string, error) {
	v := carry.From(ctx)
	switch v.Mode {
	case carry.Tenant:
		return joinEscaped(tenantKeys+v.ID, parts), nil
	case carry.Global:
		return GlobalKey(parts...), nil
	case carry.Across, carry.AcrossAll:
		return "", fmt.Errorf("tenant: no cache key: %w", ErrSeveralTenants)
	default:
		return "", fmt.Errorf("tenant: no cache key: %w", Err(ctx))
	}
}

// GlobalKey returns the key of a value that all tenants share, such as a list
// of countries: "g:countries". It differs from every key of a tenant. It needs
// no context and can not fail, so that start-up code, health checks and guards
// have a key of their own and never have to invent a tenant. Whatever is kept
// under it everybody may read: it must not have been read as a tenant.
func GlobalKey(parts ...string) string { return joinEscaped(globalKeys, parts) }

// joinEscaped returns head and the parts with a colon before each of them.
func joinEscaped(head string, parts []string) string {
	n := len(head)
	for _, p := range parts {
		n += 1 + len(p) + 2*countEscapes(p)
	}
	var b strings.Builder
	b.Grow(n)
	b.WriteString(head)
	for _, p := range parts {
		b.WriteByte(':')
		writeEscaped(&b, p)
	}
	return b.String()
}

// plainByte reports whether c stands for itself: printable ASCII but for the
// separator, the escape and the braces.
func plainByte(c byte) bool {
	return c > ' ' && c < 0x7f && c != ':' && c != '%' && c != '{' && c != '}'
}

func countEscapes(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if !plainByte(s[i]) {
			n++
		}
	}
	return n
}

const hexDigits = "0123456789ABCDEF"

func writeEscaped(b *strings.Builder, s string) {
	from := 0
	for i := 0; i < len(s); i++ {
		if plainByte(s[i]) {
			continue
		}
		b.WriteString(s[from:i])
		b.WriteByte('%')
		b.WriteByte(hexDigits[s[i]>>4])
		b.WriteByte(hexDigits[s[i]&15])
		from = i + 1
	}
	b.WriteString(s[from:])
}

// unescape undoes writeEscaped. ok is false for a text that writeEscaped does
// not write, so that there is one text for each value.
func unescape(s string) (value string, ok bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, countEscapes(s) == 0
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case plainByte(c):
			b.WriteByte(c)
			continue
		case c != '%' || i+2 >= len(s):
			return "", false
		}
		high, low := strings.IndexByte(hexDigits, s[i+1]), strings.IndexByte(hexDigits, s[i+2])
		if high < 0 || low < 0 || plainByte(byte(high<<4|low)) {
			return "", false
		}
		b.WriteByte(byte(high<<4 | low))
		i += 2
	}
	return b.String(), true
}
