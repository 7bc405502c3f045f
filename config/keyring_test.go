package config

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// keyOf returns a key that differs for every b.
func keyOf(b byte) []byte { return bytes.Repeat([]byte{b}, minKeyLen) }

func ring(tb testing.TB, current string, ids ...string) *Keyring {
	tb.Helper()
	keys := map[string][]byte{}
	for _, id := range append(ids, current) {
		keys[id] = keyOf(id[len(id)-1])
	}
	k, err := NewKeyring(current, keys)
	require.NoError(tb, err)
	return k
}

func mustSeal(tb testing.TB, k *Keyring, owner Owner, key, plain string) string {
	tb.Helper()
	raw, err := k.seal(owner, key, plain)
	require.NoError(tb, err)
	return raw
}

// refuses checks that a value does not open, says why, and does not show what
// it is.
func refuses(tb testing.TB, k *Keyring, owner Owner, key, raw, because string) {
	tb.Helper()
	plain, err := k.open(owner, key, raw)
	require.ErrorIs(tb, err, ErrSealed, raw)
	require.ErrorContains(tb, err, because, raw)
	require.Empty(tb, plain)
	require.NotContains(tb, err.Error(), "hunter2")
	if parts := strings.Split(strings.Trim(raw, `"`), ":"); len(parts) == 4 && len(parts[3]) > 3 {
		require.NotContains(tb, err.Error(), parts[3])
	}
}

var acme = Owner{Tenant: "acme"}

func TestSealed(t *testing.T) {
	t.Parallel()
	k := ring(t, "k1")
	for _, plain := range []string{`"hunter2"`, `""`, `null`, `{"a":1}`, `"` + strings.Repeat("long", 1000) + `"`, ""} {
		raw := mustSeal(t, k, acme, "smtp.password", plain)
		got, err := k.open(acme, "smtp.password", raw)
		require.NoError(t, err)
		require.Equal(t, plain, got)
		require.True(t, json.Valid([]byte(raw)))
		require.True(t, strings.HasPrefix(raw, `"sealed:1:k1:`), raw)
		require.NotContains(t, raw, "hunter2")
		require.NotEqual(t, raw, mustSeal(t, k, acme, "smtp.password", plain), "the nonce is another one each time")
	}
}

// A sealed value opens for its owner and its key, and nowhere else. The owners
// and keys are such that they would be equal if they were only joined.
func TestSealedIsBoundToItsPlace(t *testing.T) {
	t.Parallel()
	type place struct {
		owner Owner
		key   string
	}
	places := []place{
		{Owner{}, "k"}, {Owner{}, "kk"}, {Owner{}, "a"},
		{Owner{Tenant: "a"}, "k"}, {Owner{Tenant: "a"}, "bk"}, {Owner{Tenant: "ab"}, "k"}, {Owner{Tenant: "b"}, "k"},
		{Owner{Account: "a"}, "k"}, {Owner{Group: "a"}, "k"}, {Owner{Group: "ab"}, "k"}, {Owner{Group: "a"}, "bk"},
		{Owner{Tenant: "a", Account: "b"}, "k"}, {Owner{Tenant: "ab", Account: "b"}, "k"}, {Owner{Tenant: "a", Account: "bb"}, "k"},
		{Owner{Tenant: "a", Account: "bk"}, "k"}, {Owner{Account: "ab"}, "k"}, {Owner{Tenant: "a", Account: "\x00"}, "k"},
		{Owner{Tenant: "a", Account: "\x00\x00\x00\x00\x00\x00\x00\x01"}, "k"}, {Owner{Tenant: "a", Group: "b"}, "k"},
	}
	k := ring(t, "k1")
	for _, from := range places {
		raw := mustSeal(t, k, from.owner, from.key, `"hunter2"`)
		for _, to := range places {
			if from == to {
				got, err := k.open(to.owner, to.key, raw)
				require.NoError(t, err)
				require.Equal(t, `"hunter2"`, got)
			} else {
				refuses(t, k, to.owner, to.key, raw, "sealed for another owner or key")
			}
		}
	}
}

// Owners have keys of their own, so that their nonces need not differ: with one
// key for all, the additional data alone would keep values apart.
func TestSubkeys(t *testing.T) {
	t.Parallel()
	k := ring(t, "k2", "k1")
	body := func(id string, owner Owner, data string) []byte {
		aead, err := k.subkey(id, owner)
		require.NoError(t, err)
		return aead.Seal(nil, nil, []byte("hunter2"), []byte(data))
	}
	open := func(id string, owner Owner, sealed []byte) error {
		aead, err := k.subkey(id, owner)
		require.NoError(t, err)
		_, err = aead.Open(nil, nil, sealed, []byte("same"))
		return err
	}
	all := []Owner{{}, {Tenant: "a"}, {Account: "a"}, {Group: "a"}, {Tenant: "a", Account: "b"}, {Tenant: "ab"}, {Tenant: "a", Group: "b"}}
	for _, from := range all {
		sealed := body("k1", from, "same")
		for _, to := range all {
			require.Equal(t, from == to, open("k1", to, sealed) == nil, "%v %v", from, to)
			require.Error(t, open("k2", to, sealed))
		}
	}
}

// Whatever one changes in a sealed value, it does not open.
func TestSealedForged(t *testing.T) {
	t.Parallel()
	k := ring(t, "k2", "k1")
	raw := mustSeal(t, k, acme, "key", `"hunter2"`)
	t.Run("every bit of the text", func(t *testing.T) {
		t.Parallel()
		for i := range len(raw) * 8 {
			forged := []byte(raw)
			forged[i/8] ^= 1 << (i % 8)
			refuses(t, k, acme, "key", string(forged), "")
		}
	})
	t.Run("every bit of nonce, ciphertext and tag", func(t *testing.T) {
		t.Parallel()
		s, err := parseSealed(raw)
		require.NoError(t, err)
		require.Equal(t, raw, s.raw())
		for i := range len(s.body) * 8 {
			forged := sealed{s.id, bytes.Clone(s.body)}
			forged.body[i/8] ^= 1 << (i % 8)
			refuses(t, k, acme, "key", forged.raw(), "it was changed")
		}
	})
	t.Run("cut off", func(t *testing.T) {
		t.Parallel()
		for i := range len(raw) {
			refuses(t, k, acme, "key", raw[:i], "")
			if i < len(raw)-1 {
				refuses(t, k, acme, "key", raw[:i]+`"`, "")
			}
			refuses(t, k, acme, "key", raw[i+1:], "")
			refuses(t, k, acme, "key", raw[:i]+raw[i+1:], "")
		}
	})
	t.Run("another text of the same bytes", func(t *testing.T) {
		t.Parallel()
		body := strings.TrimSuffix(raw[strings.LastIndex(raw, ":")+1:], `"`)
		bytesOf, err := base64.RawURLEncoding.DecodeString(body)
		require.NoError(t, err)
		for _, other := range []string{
			" " + raw, raw + " ", raw + "\n", raw + raw, `"\u0073` + raw[2:],
			strings.Replace(raw, body, body+"=", 1), strings.Replace(raw, body, body+"==", 1),
			strings.Replace(raw, body, body[:4]+"\n"+body[4:], 1), strings.Replace(raw, body, body+`\n`, 1), strings.Replace(raw, body, "\r\n"+body, 1),
			strings.Replace(raw, body, body+":", 1), strings.Replace(raw, ":k2:", ":k2::", 1),
			strings.Replace(raw, "sealed:1:", "SEALED:1:", 1), strings.Replace(raw, "sealed:1:", "sealed:01:", 1),
			strings.Replace(raw, body, base64.StdEncoding.EncodeToString(append(bytesOf, 0, 0)), 1),
		} {
			refuses(t, k, acme, "key", other, "")
		}
	})
	t.Run("said to be of another key", func(t *testing.T) {
		t.Parallel()
		refuses(t, k, acme, "key", strings.Replace(raw, ":k2:", ":k1:", 1), "key k1 is another one now")
	})
	t.Run("nothing to open", func(t *testing.T) {
		t.Parallel()
		refuses(t, k, acme, "key", `"sealed:1:k1:"`, "it was changed")
		refuses(t, k, acme, "key", `"sealed:1:k1:AAAA"`, "it was changed")
	})
}

func TestSealedReasons(t *testing.T) {
	t.Parallel()
	k := ring(t, "k1")
	for raw, because := range map[string]string{
		`"hunter2"`:                     "not sealed",
		`30`:                            "not sealed",
		`null`:                          "not sealed",
		``:                              "not sealed",
		`{"sealed":1}`:                  "not sealed",
		`"sealed"`:                      "not sealed",
		`"sealed:`:                      "not sealed",
		`"sealed:hunter2:k1:AAAA"`:      "not sealed",
		`"sealed::k1:AAAA"`:             "not sealed",
		`"sealed:1:K1:AAAA"`:            "not sealed",
		`"sealed:1:hunter2 x:AAAA"`:     "not sealed",
		`"sealed:1:k1"`:                 "not sealed",
		`"sealed:1:k1:*"`:               "cut off",
		`"sealed:2:k1:AAAA"`:            "its form is 2, and this program knows 1",
		`"sealed:999:whatever comes"`:   "its form is 999",
		`"sealed:1000:k1:AAAA"`:         "not sealed",
		`"sealed:0:k1:AAAA"`:            "not sealed",
		`"sealed:-1:k1:AAAA"`:           "not sealed",
		`"sealed:1:k9:AAAA"`:            "key k9 is not in the keyring",
		`"sealed:1:../../etc:AAAA"`:     "not sealed",
		`"sealed:1:` + "k\x00" + `:AA"`: "not sealed",
	} {
		refuses(t, k, acme, "key", raw, because)
	}
	other, err := NewKeyring("k1", map[string][]byte{"k1": keyOf(99)})
	require.NoError(t, err)
	refuses(t, other, acme, "key", mustSeal(t, k, acme, "key", `"hunter2"`), "key k1 is another one now")
}

func TestKeyringRotation(t *testing.T) {
	t.Parallel()
	first, ahead, second, last := ring(t, "k1"), ring(t, "k1", "k2"), ring(t, "k2", "k1"), ring(t, "k2")
	old := mustSeal(t, first, acme, "key", `"hunter2"`)
	fresh := mustSeal(t, second, acme, "key", `"hunter2"`)
	require.Contains(t, mustSeal(t, ahead, acme, "key", `"hunter2"`), ":k1:")
	for _, k := range []*Keyring{first, ahead, second} {
		got, err := k.open(acme, "key", old)
		require.NoError(t, err)
		require.Equal(t, `"hunter2"`, got)
	}
	for _, k := range []*Keyring{ahead, second, last} {
		got, err := k.open(acme, "key", fresh)
		require.NoError(t, err)
		require.Equal(t, `"hunter2"`, got)
	}
	refuses(t, first, acme, "key", fresh, "key k2 is not in the keyring")
	refuses(t, last, acme, "key", old, "key k1 is not in the keyring")

	require.True(t, first.isCurrent(old))
	require.True(t, ahead.isCurrent(old))
	require.False(t, second.isCurrent(old))
	require.True(t, second.isCurrent(fresh))
	require.False(t, second.isCurrent(`"plain"`))
	require.False(t, second.isCurrent(fresh+" "))
}

func TestNewKeyring(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 64)
	for _, tt := range []struct {
		name    string
		current string
		keys    map[string][]byte
		want    string
	}{
		{"none", "", nil, "the current key is not among"},
		{"no current one", "", map[string][]byte{"k1": keyOf(1)}, "the current key is not among"},
		{"another current one", "k2", map[string][]byte{"k1": keyOf(1)}, "the current key is not among"},
		{"no id", "", map[string][]byte{"": keyOf(1)}, "the id of a key has"},
		{"upper case", "K1", map[string][]byte{"K1": keyOf(1)}, "the id of a key has"},
		{"a colon", "k:1", map[string][]byte{"k:1": keyOf(1)}, "the id of a key has"},
		{"a quote", `k"`, map[string][]byte{`k"`: keyOf(1)}, "the id of a key has"},
		{"a backslash", `k\`, map[string][]byte{`k\`: keyOf(1)}, "the id of a key has"},
		{"a line end", "k\n", map[string][]byte{"k\n": keyOf(1)}, "the id of a key has"},
		{"other letters", "kü", map[string][]byte{"kü": keyOf(1)}, "the id of a key has"},
		{"a hyphen first", "-k", map[string][]byte{"-k": keyOf(1)}, "the id of a key has"},
		{"too long", long, map[string][]byte{long: keyOf(1)}, "the id of a key has"},
		{"an odd one that is not current", "k1", map[string][]byte{"k1": keyOf(1), "a b": keyOf(2)}, "the id of a key has"},
		{"a short key", "k1", map[string][]byte{"k1": keyOf(1)[1:]}, "key k1 has 31 bytes, at least 32"},
		{"a short key that is not current", "k1", map[string][]byte{"k1": keyOf(1), "k2": nil}, "key k2 has 0 bytes"},
		{"one key twice", "k1", map[string][]byte{"k1": keyOf(1), "k2": keyOf(1)}, "keys k1 and k2 are the same"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k, err := NewKeyring(tt.current, tt.keys)
			require.ErrorContains(t, err, tt.want)
			require.Nil(t, k)
		})
	}
	t.Run("a longer key counts whole", func(t *testing.T) {
		t.Parallel()
		a, err := NewKeyring("k", map[string][]byte{"k": append(keyOf(1), 'a')})
		require.NoError(t, err)
		b, err := NewKeyring("k", map[string][]byte{"k": append(keyOf(1), 'b')})
		require.NoError(t, err)
		refuses(t, b, acme, "key", mustSeal(t, a, acme, "key", `"hunter2"`), "another one now")
	})
	t.Run("it keeps nothing of what it was given", func(t *testing.T) {
		t.Parallel()
		key := keyOf(7)
		keys := map[string][]byte{"k": key}
		k, err := NewKeyring("k", keys)
		require.NoError(t, err)
		raw := mustSeal(t, k, acme, "key", `"hunter2"`)
		clear(key)
		delete(keys, "k")
		got, err := k.open(acme, "key", raw)
		require.NoError(t, err)
		require.Equal(t, `"hunter2"`, got)
	})
}

func TestNoKeyring(t *testing.T) {
	t.Parallel()
	var k *Keyring
	raw, err := k.seal(acme, "key", `"hunter2"`)
	require.ErrorIs(t, err, ErrSealed)
	require.ErrorContains(t, err, "no Config.Keyring")
	require.Empty(t, raw)
	sealed := mustSeal(t, ring(t, "k1"), acme, "key", `"hunter2"`)
	refuses(t, k, acme, "key", sealed, "no Config.Keyring")
	refuses(t, k, acme, "key", `"hunter2"`, "not sealed")
	require.False(t, k.isCurrent(sealed))
	refuses(t, &Keyring{}, acme, "key", sealed, "key k1 is not in the keyring")
	_, err = (&Keyring{}).seal(acme, "key", `"hunter2"`)
	require.ErrorIs(t, err, ErrSealed)
}

func TestKeyringShowsNoKey(t *testing.T) {
	t.Parallel()
	k := ring(t, "ka")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		require.Equal(t, "keyring ka", fmt.Sprintf(verb, k))
	}
	require.Equal(t, "no keyring", fmt.Sprint((*Keyring)(nil)))
	raw, err := json.Marshal(k)
	require.NoError(t, err)
	require.Equal(t, "{}", string(raw))
}

// One ring is used by all requests at once.
func TestKeyringTogether(t *testing.T) {
	t.Parallel()
	k := ring(t, "k2", "k1")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			owner, plain := Owner{Tenant: "acme", Account: fmt.Sprint(i)}, fmt.Sprint(i)
			for range 200 {
				raw, err := k.seal(owner, "key", plain)
				if err == nil {
					var got string
					if got, err = k.open(owner, "key", raw); err == nil && (got != plain || !k.isCurrent(raw)) {
						err = fmt.Errorf("%s opened as %s", plain, got)
					}
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
