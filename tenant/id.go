package tenant

import (
	"errors"
	"fmt"
)

// MaxIDLen is the longest ID in bytes: one DNS label.
const MaxIDLen = 63

// ID identifies one tenant for as long as it exists. It is 1 to 63 bytes of
// lower-case ASCII letters, digits, hyphen and underscore, the first of which
// is a letter or digit, so that it fits a DNS label, a URL path segment, a
// cache key and a text, integer or uuid column alike.
//
// The zero ID is not valid, and no ID means "all tenants". Convert text that
// comes from outside with [ParseID]; a literal such as tenant.ID("acme") is
// checked where it is used, and an invalid one gives a context that refuses.
type ID string

// ErrInvalidID is what every error about a malformed ID is, see errors.Is.
var ErrInvalidID = errors.New("tenant: invalid id")

// ParseID returns s as an ID, or an error that is [ErrInvalidID] and says what
// is wrong with it, without quoting it. Nothing is repaired: upper-case
// letters and surrounding space are errors.
func ParseID(s string) (ID, error) {
	if err := ID(s).check(); err != nil {
		return "", err
	}
	return ID(s), nil
}

// Valid reports whether the ID is well formed.
func (id ID) Valid() bool { return id.check() == nil }

// String returns the ID as text.
func (id ID) String() string { return string(id) }

func (id ID) check() error {
	if id == "" {
		return fmt.Errorf("%w: it is empty", ErrInvalidID)
	}
	if len(id) > MaxIDLen {
		return fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrInvalidID, len(id), MaxIDLen)
	}
	for i := 0; i < len(id); i++ {
		c := id[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case (c == '-' || c == '_') && i > 0:
		default:
			return fmt.Errorf("%w: byte %d is not one of a-z, 0-9 or, after the first, - and _", ErrInvalidID, i)
		}
	}
	return nil
}
