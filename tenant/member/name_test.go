package member

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"ann", "ANN", "aNn"},
		{"straße", "STRAẞE"},
		{"\u212Aelvin", "kelvin", "KELVIN"}, // the Kelvin sign is a K
		{"Σίσυφος", "σίσυφοσ"},              // two small sigmas
		{"\u017Fam", "Sam"},                 // the long s
	} {
		for _, s := range same {
			require.Equal(t, fold(same[0]), fold(s), s)
		}
	}
	require.NotEqual(t, fold("strasse"), fold("straße"))
	require.NotEqual(t, fold("ann"), fold("anna"))
}

func FuzzFold(f *testing.F) {
	f.Add("Ann", "ANN")
	f.Add("straße", "STRAẞE")
	f.Fuzz(func(t *testing.T, a, b string) {
		require.Equal(t, fold(a), fold(fold(a)))
		if checkText("name", a, maxName) == nil {
			require.LessOrEqual(t, len(fold(a)), len(a), "it has to fit the column")
			require.Equal(t, strings.EqualFold(a, b), fold(a) == fold(b))
		}
	})
}

// A pattern is anchored whatever is in it.
func TestCompile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{`sk1_.*`, "sk1_ann", true},
		{`sk1_.*`, "xsk1_ann", false},
		{`a|b`, "ax", false},
		{`a|b`, "b", true},
		{`(?m)a$`, "a\nb", false},
		{`(?i)ann`, "ANN", true},
		{`^ann$`, "ann", true},
		{``, "", true},
	} {
		re, err := compile(c.pattern)
		require.NoError(t, err, c.pattern)
		require.Equal(t, c.want, re.MatchString(c.name), "%s on %s", c.pattern, c.name)
	}
	for _, bad := range []string{`(`, `a)|(b`, `a)(?:b`, `\`, strings.Repeat("a", maxPattern+1)} {
		_, err := compile(bad)
		require.ErrorIs(t, err, ErrBadName, bad)
	}
}

func TestCutCompany(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"ann@acme": {"ann", "acme"}, "a@b@acme": {"a@b", "acme"}, "@acme": {"", "acme"},
		"ann": {}, "ann@": {}, "ann@mail.test": {}, "ann@a": {}, "ann@1st": {}, "ann@ac me": {},
	} {
		user, company, ok := cutCompany(in)
		require.Equal(t, want[1] != "", ok, in)
		if ok {
			require.Equal(t, want, [2]string{user, company}, in)
		}
	}
}
