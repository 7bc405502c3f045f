package tenant_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

func TestCanonicalHost(t *testing.T) {
	t.Parallel()
	label63 := strings.Repeat("a", 63)
	longest := strings.Join([]string{label63, label63, label63, strings.Repeat("a", 61)}, ".")
	for in, want := range map[string]string{
		"acme.example.com":          "acme.example.com",
		"ACME.Example.COM":          "acme.example.com",
		"acme.example.com.":         "acme.example.com",
		"acme.example.com:80":       "acme.example.com",
		"acme.example.com:8080":     "acme.example.com",
		"acme.example.com:1":        "acme.example.com",
		"acme.example.com:65535":    "acme.example.com",
		"acme.example.com.:443":     "acme.example.com",
		"ACME.EXAMPLE.COM.:443":     "acme.example.com",
		"localhost":                 "localhost",
		"localhost:8080":            "localhost",
		"a":                         "a",
		"1":                         "1",
		"a--b.example.com":          "a--b.example.com",
		"xn--mnchen-3ya.example":    "xn--mnchen-3ya.example",
		"XN--MNCHEN-3YA.example":    "xn--mnchen-3ya.example",
		"127.0.0.1":                 "127.0.0.1",
		"127.0.0.1:8080":            "127.0.0.1",
		label63 + ".example":        label63 + ".example",
		longest:                     longest,
		longest + ".":               longest,
		"[::1]":                     "[::1]",
		"[::1]:8080":                "[::1]",
		"[0:0:0:0:0:0:0:1]":         "[::1]",
		"[2001:DB8::A]":             "[2001:db8::a]",
		"[2001:0db8:0:0::000a]:443": "[2001:db8::a]",
		"[::ffff:192.0.2.1]":        "[::ffff:192.0.2.1]",
		"[::FFFF:c000:0201]":        "[::ffff:192.0.2.1]",
	} {
		got, err := tenant.CanonicalHost(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
		again, err := tenant.CanonicalHost(got)
		require.NoError(t, err, in)
		require.Equal(t, got, again, "the canonical form is its own")
	}
}

// hostileHosts are spellings of, or around, acme.example.com that must not be
// taken for it.
var hostileHosts = map[string]string{
	"empty":                      "",
	"a dot":                      ".",
	"two dots":                   "..",
	"trailing two dots":          "acme.example.com..",
	"trailing two dots, port":    "acme.example.com..:80",
	"leading dot":                ".acme.example.com",
	"empty label":                "acme..example.com",
	"only a port":                ":80",
	"empty port":                 "acme.example.com:",
	"port zero":                  "acme.example.com:0",
	"port too large":             "acme.example.com:65536",
	"port much too large":        "acme.example.com:99999999999999999999",
	"negative port":              "acme.example.com:-1",
	"port with a sign":           "acme.example.com:+80",
	"named port":                 "acme.example.com:http",
	"hexadecimal port":           "acme.example.com:0x50",
	"two ports":                  "acme.example.com:80:80",
	"port, then host":            "acme.example.com:80.bolt.example.com",
	"port with a space":          "acme.example.com: 80",
	"port in other digits":       "acme.example.com:\u0668\u0660",
	"userinfo":                   "ann@acme.example.com",
	"userinfo and password":      "ann:secret@acme.example.com",
	"host as userinfo":           "acme.example.com@bolt.example.com",
	"leading space":              " acme.example.com",
	"trailing space":             "acme.example.com ",
	"inner space":                "acme. example.com",
	"tab":                        "acme.example.com\t",
	"newline":                    "acme.example.com\n",
	"header injection":           "acme.example.com\r\nX-Tenant: bolt",
	"NUL":                        "acme.example.com\x00",
	"NUL, then a host":           "acme.example.com\x00.bolt.example.com",
	"comma":                      "acme.example.com,bolt.example.com",
	"comma and space":            "acme.example.com, bolt.example.com",
	"semicolon":                  "acme.example.com;",
	"percent encoding":           "acme%2eexample.com",
	"percent NUL":                "acme.example.com%00",
	"path":                       "acme.example.com/",
	"path of another":            "acme.example.com/bolt",
	"query":                      "acme.example.com?x",
	"fragment":                   "acme.example.com#x",
	"scheme":                     "http://acme.example.com",
	"back slash":                 `acme.example.com\bolt.example.com`,
	"wild card":                  "*.example.com",
	"underscore":                 "acme_1.example.com",
	"leading hyphen":             "-acme.example.com",
	"trailing hyphen":            "acme-.example.com",
	"hyphen at the end":          "acme.example.com-",
	"only a hyphen":              "-",
	"quote":                      "acme'.example.com",
	"Cyrillic a":                 "\u0430cme.example.com",
	"full width letter":          "\uff41cme.example.com",
	"full width dot":             "acme\uff0eexample.com",
	"ideographic full stop":      "acme\u3002example.com",
	"unicode name":               "m\u00fcnchen.example",
	"sharp s":                    "stra\u00dfe.example",
	"dotted capital I":           "acme.example.com\u0130",
	"Kelvin sign":                "\u212a.example.com",
	"zero width space":           "acme\u200b.example.com",
	"soft hyphen":                "ac\u00adme.example.com",
	"right-to-left override":     "acme.example.com\u202e",
	"invalid UTF-8":              "acme.example.com\xff",
	"overlong UTF-8 dot":         "acme\xc0\xaeexample.com",
	"label of 64":                strings.Repeat("a", 64) + ".example.com",
	"254 bytes":                  strings.Repeat("a.", 126) + "aa",
	"a megabyte":                 strings.Repeat("a.", 1<<19) + "a",
	"IPv6 without brackets":      "::1",
	"IPv6 with port, no bracket": "2001:db8::1:80",
	"IPv6 with a zone":           "[fe80::1%eth0]",
	"IPv6 with an encoded zone":  "[fe80::1%25eth0]",
	"IPv6 not closed":            "[::1",
	"IPv6 not opened":            "::1]",
	"IPv6 closed twice":          "[::1]]",
	"IPv6 opened twice":          "[[::1]]",
	"IPv6 and more":              "[::1]x",
	"IPv6, then a host":          "[::1].example.com",
	"IPv6 with an empty port":    "[::1]:",
	"IPv6 with a bad port":       "[::1]:99999",
	"IPv6 and a trailing dot":    "[::1].",
	"IPv4 in brackets":           "[127.0.0.1]",
	"a name in brackets":         "[acme.example.com]",
	"future IP version":          "[v1.fe80::a]",
	"empty brackets":             "[]",
	"brackets with spaces":       "[ ::1 ]",
}

func TestCanonicalHostRefuses(t *testing.T) {
	t.Parallel()
	for name, in := range hostileHosts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tenant.CanonicalHost(in)
			require.ErrorIs(t, err, tenant.ErrBadHost)
			require.Empty(t, got)
			if len(in) > 4 {
				require.NotContains(t, err.Error(), in, "what came from outside is not quoted")
			}
		})
	}
}

func FuzzCanonicalHost(f *testing.F) {
	for _, in := range hostileHosts {
		if len(in) < 1000 {
			f.Add(in)
		}
	}
	f.Add("ACME.example.com.:8080")
	f.Add("[2001:DB8::1]:443")
	f.Fuzz(func(t *testing.T, in string) {
		got, err := tenant.CanonicalHost(in)
		if err != nil {
			require.ErrorIs(t, err, tenant.ErrBadHost)
			require.Empty(t, got)
			return
		}
		require.LessOrEqual(t, len(got), 253)
		if got[0] != '[' {
			require.Regexp(t, `^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`, got)
			require.True(t, strings.HasPrefix(strings.ToLower(in), got), "%q gave %q", in, got)
		}
		again, err := tenant.CanonicalHost(got)
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
}
