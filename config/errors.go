package config

import (
	"errors"
	"strconv"
)

// What can be wrong with reading or writing a setting. What concerns one key
// comes wrapped in a [KeyError]; the errors of the context are those of package
// tenant.
var (
	// ErrNoResolver: neither the context nor the process has a Resolver.
	ErrNoResolver = errors.New("config: no resolver; put one into the context with NewContext, or call SetDefault")

	// ErrDefaultSet: the process has its default Resolver already.
	ErrDefaultSet = errors.New("config: the default resolver is set already")

	// ErrUndeclared: a Key was used with a Resolver that was not told of it in
	// Config.Keys.
	ErrUndeclared = errors.New("config: the key is not declared to this resolver")

	// ErrMistyped: the value is there, and is not of the type asked for.
	ErrMistyped = errors.New("config: the value does not fit")

	// ErrUnavailable: the store failed and nothing is known from earlier.
	ErrUnavailable = errors.New("config: settings can not be loaded")

	// ErrNotOverridable: a shared key was written for one tenant.
	ErrNotOverridable = errors.New("config: a shared key has no value of a tenant's own")

	// ErrBadKey: a name that no setting can have, see ValidKey.
	ErrBadKey = errors.New("config: malformed key")
)

// KeyError says which key, and which layer of it, an error is about. It never
// holds a value.
type KeyError struct {
	Key   string
	Layer Layer // LayerNone where no particular layer is to blame
	Err   error
}

// Error returns the cause, preceded by key and layer.
func (e *KeyError) Error() string {
	where := "config: key " + strconv.Quote(e.Key)
	if e.Layer != LayerNone {
		where += " in the " + e.Layer.String() + " layer"
	}
	return where + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *KeyError) Unwrap() error { return e.Err }
