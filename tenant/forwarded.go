package tenant

import (
	"fmt"
	"strings"
)

// forwardedParameter returns the host parameter of a Forwarded header field with
// one element, by the grammar of RFC 7239 section 4. found is false where it has
// none.
func forwardedParameter(field string) (host string, found bool, err error) {
	bad := func(what string) (string, bool, error) {
		return "", false, fmt.Errorf("%w: in Forwarded, %s", ErrBadHost, what)
	}
	seen := map[string]bool{}
	for rest := strings.Trim(field, " \t"); ; {
		name, after, ok := strings.Cut(rest, "=")
		if !ok || !isToken(name) {
			return bad("a parameter has no name or no value")
		}
		value, after, ok := forwardedValue(after)
		if !ok {
			return bad("a value is malformed")
		}
		name = foldASCII(name)
		if seen[name] {
			return bad("a parameter stands twice")
		}
		seen[name] = true
		if name == "host" {
			host, found = value, true
		}
		switch {
		case after == "":
			return host, found, nil
		case after[0] == ',' || after[0] == ' ' || after[0] == '\t':
			return bad("there are several elements")
		case after[0] != ';':
			return bad("something follows a value")
		}
		rest = after[1:]
	}
}

// forwardedValue reads a token or a quoted string at the beginning of s.
func forwardedValue(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, "; \t,")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], isToken(s[:end])
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], true
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case c < ' ' && c != '\t' || c == 0x7f:
			return "", "", false
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}
