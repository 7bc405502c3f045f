package tenant

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// maxKeyLen is the longest API key in bytes that is looked up.
const maxKeyLen = 4096

// ByAPIKey resolves the key in a header field, which is "X-Api-Key" or the like,
// or "Authorization" where the key follows the word Bearer. lookup returns whose
// key it is, found false for one that is nobody's or no longer good.
//
// The key is a secret, so it counts from anybody, and never appears in an
// error. How it is compared is up to lookup: one that looks a digest of the key
// up in a table takes no time by which the key could be guessed, one that
// compares keys with == does.
//
// A key that nobody has is [ErrBadCredential], one that is empty, sent twice,
// or holds anything but visible ASCII [ErrMalformed]. An Authorization of
// another scheme is no answer.
func ByAPIKey(header string, reg Registry, lookup func(ctx context.Context, key string) (id ID, found bool, err error)) Resolver {
	field := http.CanonicalHeaderKey(header)
	if !isToken(header) || field == "Host" || field == "Cookie" || reg == nil || lookup == nil {
		return misconfigured("ByAPIKey needs the name of a header, a registry and a lookup")
	}
	names := IDs(reg)
	return func(r *http.Request) (ID, error) {
		values := r.Header[field]
		if len(values) == 0 {
			return "", ErrNoAnswer
		}
		key, err := one(values, "the header with the key")
		if err != nil {
			return "", err
		}
		if field == "Authorization" {
			scheme, token, _ := strings.Cut(key, " ")
			if foldASCII(scheme) != "bearer" {
				return "", ErrNoAnswer
			}
			key = token
		}
		if !visible(key) {
			return "", fmt.Errorf("%w: the key is empty, too long or has other characters than visible ASCII", ErrMalformed)
		}
		id, ok, err := lookup(r.Context(), key)
		switch {
		case err != nil:
			return "", err
		case !ok:
			return "", fmt.Errorf("%w: nobody has this key", ErrBadCredential)
		}
		return names.find(r.Context(), id.String(), false)
	}
}

func visible(key string) bool {
	for i := 0; i < len(key); i++ {
		if key[i] <= ' ' || key[i] >= 0x7f {
			return false
		}
	}
	return key != "" && len(key) <= maxKeyLen
}
