package config

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzOpen: whatever is stored, it opens as something that was sealed for this
// place with a key of the ring, and then is the one text of that, or the error is
// ErrSealed. The recognition without a key agrees.
func FuzzOpen(f *testing.F) {
	k := ring(f, "k2", "k1")
	sealedHere := []string{`"hunter2"`, `null`, `{}`}
	for i, plain := range sealedHere {
		for _, r := range []*Keyring{k, ring(f, "k1")} {
			raw := mustSeal(f, r, acme, "key", plain)
			f.Add(raw)
			f.Add(raw[:len(raw)-i])
			f.Add(mustSeal(f, r, Owner{Tenant: "bolt"}, "key", `"elsewhere"`))
		}
		f.Add(mustSeal(f, ring(f, "k3"), acme, "key", `"of another ring"`))
	}
	for _, raw := range []string{`"sealed:1:k1:AAAA"`, `"sealed:2:k1:AAAA"`, `"sealed:1:k1:`, `"plain"`, ``, "\"sealed:1:k1:AA\nAA\""} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		plain, err := k.open(acme, "key", raw)
		s, malformed := parseSealed(raw)
		if err == nil {
			require.Contains(t, sealedHere, plain)
			require.NoError(t, malformed)
		} else {
			require.ErrorIs(t, err, ErrSealed)
			require.Empty(t, plain)
		}
		if malformed == nil {
			require.Equal(t, raw, s.raw())
			require.True(t, json.Valid([]byte(raw)))
		} else {
			require.ErrorIs(t, malformed, ErrSealed)
		}
		require.Equal(t, malformed == nil && s.id == "k2", k.isCurrent(raw))
	})
}

func BenchmarkSeal(b *testing.B) {
	k := ring(b, "k1")
	for b.Loop() {
		if _, err := k.seal(acme, "smtp.password", `"hunter2"`); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	k := ring(b, "k1")
	raw := mustSeal(b, k, acme, "smtp.password", `"hunter2"`)
	for b.Loop() {
		if _, err := k.open(acme, "smtp.password", raw); err != nil {
			b.Fatal(err)
		}
	}
}
