package config

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

const (
	// minKeyLen is how short a key may be in bytes: as long as what AES-256
	// takes.
	minKeyLen = 32

	// sealMark begins every sealed text, and sealForm is the form of the rest.
	sealMark = "sealed"
	sealForm = "1"

	// sealPurpose keeps these subkeys from being those of another use of the
	// same key.
	sealPurpose = "github.com/gotenancy/tenancy/config sealed setting " + sealForm
)

// sealText writes the bytes of a sealed value. It reads more than it writes:
// parseSealed compares, so that a value has one text only.
var sealText = base64.RawURLEncoding

// Keyring seals the values of sealed keys with its current key and opens those
// of all its keys. It never changes and is safe for concurrent use.
//
// A value is sealed with AES-256-GCM under a subkey that belongs to its owner
// (RFC 5869, HKDF with SHA-256), with a random nonce. A nonce therefore has to
// be unique among the values of one owner only, and up to 2^32 of these can be
// sealed with one key. Owner and name of the setting are authenticated: moved
// to another tenant, account, group or name a value does not open. An older
// value of the same setting, put back in its place, does; the store's history
// and version numbers are what tells it. How long a value is can be seen.
//
// What is stored is a JSON string of ASCII, "sealed:1:<key id>:<base64url>", so
// that tools see that it is sealed, and by which key, without having one. The
// number is the form's; the last part is nonce, ciphertext and tag.
//
// # Rotation
//
// First give every process the new key besides the current one. Once all have
// it, make it the current one: what is written from then on is sealed with it.
// Write the settings that were sealed with the old key once more, and then take
// the old one away. Whatever it still seals can not be opened from then on; the
// error names the id of the key that is missing.
type Keyring struct {
	current string
	keys    map[string][]byte // by id; the pseudorandom keys of HKDF
}

// NewKeyring returns a keyring of the keys by their ids; current is the id of
// the one that seals. An id has the form of a [tenant.ID] and is stored with
// every value in plain. A key is 32 random bytes or more, not a password; take
// it from crypto/rand or a key management service. The keyring keeps no part of
// keys: the caller may erase it.
//
// An error names ids only: a current one that is not there, a malformed one, a
// key that is too short, and two ids of one key, which would not be a rotation.
func NewKeyring(current string, keys map[string][]byte) (*Keyring, error) {
	k := &Keyring{current: current, keys: make(map[string][]byte, len(keys))}
	ids := make(map[string]string, len(keys))
	for id, key := range keys {
		if _, err := tenant.ParseID(id); err != nil {
			return nil, errors.New("config: the id of a key has 1 to 63 of a-z, 0-9 and, after the first, - and _")
		}
		if len(key) < minKeyLen {
			return nil, fmt.Errorf("config: key %s has %d bytes, at least %d are needed", id, len(key), minKeyLen)
		}
		if other, twice := ids[string(key)]; twice {
			return nil, fmt.Errorf("config: keys %s and %s are the same", min(id, other), max(id, other))
		}
		ids[string(key)] = id
		extracted, err := hkdf.Extract(sha256.New, key, nil)
		if err != nil {
			return nil, fmt.Errorf("config: key %s: %w", id, err)
		}
		k.keys[id] = extracted
	}
	if _, ok := k.keys[current]; !ok {
		return nil, errors.New("config: the current key is not among the keys of the ring")
	}
	return k, nil
}

// Format implements fmt.Formatter: whatever the verb, a keyring is printed by
// the id of its current key.
func (k *Keyring) Format(f fmt.State, _ rune) {
	if k == nil {
		fmt.Fprint(f, "no keyring")
		return
	}
	fmt.Fprintf(f, "keyring %s", k.current)
}

// seal returns plain, the JSON of a value, as it is stored for that owner and
// under that name. An error is ErrSealed.
func (k *Keyring) seal(owner Owner, key, plain string) (raw string, err error) {
	if k == nil {
		return "", fmt.Errorf("%w: there is no Config.Keyring to seal it with", ErrSealed)
	}
	aead, err := k.subkey(k.current, owner)
	if err != nil {
		return "", err
	}
	body := aead.Seal(nil, nil, []byte(plain), sealedFor(k.current, owner, key))
	return sealed{k.current, body}.raw(), nil
}

// open is the reverse of seal, with whichever key it was. An error is ErrSealed
// and says whether it is no sealed value, of an unknown form, of an unknown key,
// or not of this place. It quotes nothing but a key's id.
func (k *Keyring) open(owner Owner, key, raw string) (plain string, err error) {
	s, err := parseSealed(raw)
	if err != nil {
		return "", err
	}
	if k == nil {
		return "", fmt.Errorf("%w: there is no Config.Keyring to open it with", ErrSealed)
	}
	aead, err := k.subkey(s.id, owner)
	if err != nil {
		return "", err
	}
	text, err := aead.Open(nil, nil, s.body, sealedFor(s.id, owner, key))
	if err != nil {
		return "", fmt.Errorf("%w: it was changed, or sealed for another owner or key of settings, or key %s is another one now", ErrSealed, s.id)
	}
	return string(text), nil
}

// isCurrent reports whether raw is sealed with the current key. What is not has
// to be sealed anew before its key leaves the ring.
func (k *Keyring) isCurrent(raw string) bool {
	s, err := parseSealed(raw)
	return k != nil && err == nil && s.id == k.current
}

// subkey returns the cipher of one owner's values under one key. Each call to
// Seal takes a new random nonce and puts it in front.
func (k *Keyring) subkey(id string, owner Owner) (cipher.AEAD, error) {
	extracted, ok := k.keys[id]
	if !ok {
		return nil, fmt.Errorf("%w: key %s is not in the keyring", ErrSealed, id)
	}
	info := prefixed(sealPurpose, string(owner.Tenant), owner.Account, owner.Group)
	key, err := hkdf.Expand(sha256.New, extracted, string(info), 32)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSealed, err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSealed, err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSealed, err)
	}
	return aead, nil
}

// sealedFor is the additional data of a value: all that it is bound to.
func sealedFor(id string, owner Owner, key string) []byte {
	return prefixed(sealPurpose, id, string(owner.Tenant), owner.Account, owner.Group, key)
}

// prefixed joins the parts, each behind its length, so that different parts
// never give the same bytes.
func prefixed(parts ...string) []byte {
	var out []byte
	for _, p := range parts {
		out = binary.BigEndian.AppendUint64(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}

// sealed is a sealed value taken apart.
type sealed struct {
	id   string
	body []byte // nonce, ciphertext, tag
}

func (s sealed) raw() string {
	return `"` + strings.Join([]string{sealMark, sealForm, s.id, sealText.EncodeToString(s.body)}, ":") + `"`
}

// parseSealed takes exactly what raw returns.
func parseSealed(raw string) (sealed, error) {
	notSealed := fmt.Errorf("%w: what is stored is not sealed", ErrSealed)
	text, ok := strings.CutPrefix(raw, `"`+sealMark+":")
	if !ok {
		return sealed{}, notSealed
	}
	form, rest, ok := strings.Cut(text, ":")
	switch {
	case !ok || !isForm(form):
		return sealed{}, notSealed
	case form != sealForm:
		return sealed{}, fmt.Errorf("%w: its form is %s, and this program knows %s", ErrSealed, form, sealForm)
	}
	id, rest, _ := strings.Cut(rest, ":")
	text, quoted := strings.CutSuffix(rest, `"`)
	if _, err := tenant.ParseID(id); err != nil || !quoted {
		return sealed{}, notSealed
	}
	body, err := sealText.DecodeString(text)
	if s := (sealed{id, body}); err == nil && s.raw() == raw {
		return s, nil
	}
	return sealed{}, fmt.Errorf("%w: it is cut off or changed", ErrSealed)
}

// isForm reports whether s could be the number of a form.
func isForm(s string) bool {
	if len(s) == 0 || len(s) > 3 || s[0] == '0' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
