package tenant_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

func TestParseID(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"a", "0", "acme", "acme-2", "a_b", "a-", "a_", "07", "9f8b2c1e-0000-4000-8000-000000000000",
		strings.Repeat("x", 63),
	} {
		id, err := tenant.ParseID(good)
		require.NoError(t, err, good)
		require.Equal(t, good, id.String())
		require.True(t, id.Valid())
	}
	for name, bad := range map[string]string{
		"empty":                  "",
		"too long":               strings.Repeat("x", 64),
		"very long":              strings.Repeat("x", 1<<20),
		"upper case":             "Acme",
		"all upper case":         "ACME",
		"leading hyphen":         "-acme",
		"leading underscore":     "_acme",
		"leading space":          " acme",
		"trailing space":         "acme ",
		"inner space":            "ac me",
		"tab":                    "ac\tme",
		"newline":                "acme\n",
		"carriage return":        "acme\r\n",
		"NUL":                    "acme\x00",
		"dot":                    "acme.example",
		"slash":                  "acme/bolt",
		"back slash":             `acme\bolt`,
		"parent folder":          "..",
		"colon":                  "acme:1",
		"comma":                  "acme,bolt",
		"semicolon":              "acme;",
		"quote":                  "acme'--",
		"double quote":           `"acme"`,
		"percent":                "acme%",
		"percent encoding":       "%61cme",
		"star":                   "*",
		"at":                     "ann@acme",
		"plus":                   "a+b",
		"Cyrillic a":             "\u0430cme",
		"full width":             "\uff41cme",
		"combining accent":       "acme\u0301",
		"zero width joiner":      "ac\u200dme",
		"right-to-left override": "acme\u202e",
		"dotless i":              "b\u0131g",
		"Kelvin sign":            "\u212a2",
		"invalid UTF-8":          "acme\xff",
		"DEL":                    "acme\x7f",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := tenant.ParseID(bad)
			require.ErrorIs(t, err, tenant.ErrInvalidID)
			require.Empty(t, id, "nothing is repaired")
			require.False(t, tenant.ID(bad).Valid())
			if strings.TrimSpace(bad) != "" && len(bad) > 2 {
				require.NotContains(t, err.Error(), bad, "what came from outside is not quoted")
			}
			require.ErrorIs(t, tenant.Err(tenant.WithID(context.Background(), tenant.ID(bad))), tenant.ErrInvalidID)
		})
	}
}
