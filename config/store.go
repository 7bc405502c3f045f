package config

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/gotenancy/tenancy/tenant"
)

// Store keeps the settings of the global layer, which have the empty id, and
// those of each tenant. [MemoryStore] and package configsql implement it; the
// suite in package configtest holds every implementation to this contract.
//
// A store knows no declarations and checks no permissions: that is the
// Resolver's part. It does not look at the tenant in the context either.
// Implementations are safe for concurrent use.
type Store interface {
	// Load returns all settings of one tenant, or the global ones, and the
	// change number as of which they are complete: a write with that number or
	// a smaller one is in them. No settings is no error. The caller owns what
	// is returned.
	Load(ctx context.Context, id tenant.ID) (settings []Setting, number int64, err error)

	// Write makes all the changes or none, appends each to the history, and
	// returns the tenant's new change number, which becomes the version of
	// what was written. Numbers grow in the order in which writes become
	// visible. To delete what is not there is no error, and leaves no trace in
	// the history.
	//
	// The error is ErrBadKey, ErrMistyped or tenant.ErrInvalidID, and nothing
	// has happened, where a key is malformed or comes twice, a value is no
	// JSON, or the id is malformed.
	Write(ctx context.Context, id tenant.ID, edit Edit, changes ...Change) (number int64, err error)

	// History returns at most limit versions of one key, newest first. Nothing
	// is ever removed from it.
	History(ctx context.Context, id tenant.ID, key string, limit int) ([]Revision, error)
}

// Setting is a stored value.
type Setting struct {
	Key     string
	Value   json.RawMessage
	Version int64
}

// Edit says who changes settings, and why. It is kept in the history.
type Edit struct {
	Actor  string // the id of the account; empty for a program
	Reason string
}

// Change gives one key a value, or takes it away where Value is nil. The JSON
// null is a value.
type Change struct {
	Key   string
	Value json.RawMessage
}

// Revision is what one write did to a key.
type Revision struct {
	Version int64
	Value   json.RawMessage // nil where the write deleted it
	Actor   string
	Reason  string
	At      time.Time // to the millisecond, in UTC
}

// maxKeyLen is how long a key may be in bytes. With a tenant's id it has to fit
// an index of every engine.
const maxKeyLen = 190

// ValidKey reports whether s can be the name of a setting: 1 to 190 ASCII
// letters, digits and any of . _ - : and /. Case counts.
func ValidKey(s string) bool {
	if s == "" || len(s) > maxKeyLen {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '-' && c <= ':', c == '_':
		default:
			return false
		}
	}
	return true
}

// CheckWrite is what a [Store] does first in Write: it returns the error for a
// malformed id, key or value, and nil where there is nothing to object to.
func CheckWrite(id tenant.ID, changes []Change) error {
	if id != "" && !id.Valid() {
		return tenant.ErrInvalidID
	}
	seen := make(map[string]bool, len(changes))
	for _, c := range changes {
		switch {
		case !ValidKey(c.Key):
			return ErrBadKey
		case seen[c.Key]:
			return &KeyError{Key: c.Key, Err: fmt.Errorf("%w: it is there twice", ErrBadKey)}
		case c.Value != nil && !(json.Valid(c.Value) && utf8.Valid(c.Value)):
			return &KeyError{Key: c.Key, Err: fmt.Errorf("%w: it is no JSON", ErrMistyped)}
		}
		seen[c.Key] = true
	}
	return nil
}
