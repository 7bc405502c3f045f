package config

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gotenancy/tenancy/tenant"
)

// Store keeps the settings of each [Owner]. [MemoryStore] and package configsql
// implement it; the suite in package configtest holds every implementation to
// this contract.
//
// A store knows no declarations and checks no permissions: that is the
// Resolver's part. It does not look at the tenant in the context either.
// Implementations are safe for concurrent use.
type Store interface {
	// Load returns all settings of one owner and the change number as of which
	// they are complete: a write with that number or a smaller one is in them.
	// With the zero Owner these are the global settings and those of all
	// groups, which share one number. No settings is no error. The caller owns
	// what is returned.
	Load(ctx context.Context, owner Owner) (settings []Setting, number int64, err error)

	// Write makes all the changes or none, appends each to the history, and
	// returns the owner's new change number, which becomes the version of what
	// was written. Owners of one tenant share their numbers, and so do the
	// global settings and the groups. Numbers grow in the order in which writes
	// become visible, and stay below 1<<46. To delete what is not there is no
	// error, and leaves no trace in the history.
	//
	// The error is ErrConflict where a change has an If that does not hold, and
	// what CheckWrite says where something is malformed; then nothing has
	// happened.
	Write(ctx context.Context, owner Owner, edit Edit, changes ...Change) (number int64, err error)

	// History returns at most limit versions of one key, newest first. Nothing
	// is ever removed from it, unless with the whole tenant.
	History(ctx context.Context, owner Owner, key string, limit int) ([]Revision, error)
}

// Owner says whose settings: those of a tenant, of an account in a tenant, of a
// group of tenants such as a plan, or, the zero Owner, of nobody in particular,
// which are the global ones.
type Owner struct {
	Tenant  tenant.ID
	Account string // in that tenant; without a tenant, a global account's
	Group   string // alone; a name that could be a tenant's id
}

// Check returns the error for an owner that can not be: [tenant.ErrInvalidID] or
// [ErrBadOwner].
func (o Owner) Check() error {
	switch {
	case o.Tenant != "" && !o.Tenant.Valid():
		return tenant.ErrInvalidID
	case o.Group != "" && (o.Tenant != "" || o.Account != "" || !tenant.ID(o.Group).Valid()),
		len(o.Account) > maxAccountLen || !utf8.ValidString(o.Account) || strings.ContainsRune(o.Account, 0):
		return ErrBadOwner
	}
	return nil
}

// Setting is a stored value.
type Setting struct {
	Key     string
	Value   json.RawMessage
	Version int64
	Forced  bool   // see Change
	Group   string // the group whose it is; the zero Owner loads those of all
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

	// Forced makes the value stand, whatever the layers above it say. Only
	// global and group settings can be forced.
	Forced bool

	// If, where it is not nil, is the version that the key must have now, 0 for
	// a key that must not be there.
	If *int64
}

// Revision is what one write did to a key.
type Revision struct {
	Version int64
	Value   json.RawMessage // nil where the write deleted it
	Forced  bool
	Actor   string
	Reason  string
	At      time.Time // to the millisecond, in UTC
}

// maxAccountLen is how long the id of an account may be in bytes, as in package
// member.
const maxAccountLen = 128

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
// malformed owner, key or value, and nil where there is nothing to object to:
// what Check says of the owner, ErrBadKey also for a key that is there twice,
// ErrMistyped for what is no JSON, ErrNotForcible.
func CheckWrite(owner Owner, changes []Change) error {
	if err := owner.Check(); err != nil {
		return err
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
		case c.Forced && (owner.Tenant != "" || owner.Account != "" || c.Value == nil):
			return &KeyError{Key: c.Key, Err: ErrNotForcible}
		}
		seen[c.Key] = true
	}
	return nil
}
