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

	// ErrBadOwner: an Owner that can not be.
	ErrBadOwner = errors.New("config: malformed owner of settings")

	// ErrForced: the key was written in a layer above one that forces a value.
	ErrForced = errors.New("config: a layer below forces the value")

	// ErrNotPerAccount: a key that is not PerAccount was written for an account.
	ErrNotPerAccount = errors.New("config: the key has no values of accounts' own")

	// ErrNotGlobal: a group's settings were asked for outside the global mode.
	ErrNotGlobal = errors.New("config: the settings of a group need the global mode, see tenant.Global")

	// ErrNotForcible: a tenant's or an account's value was to be forced.
	ErrNotForcible = errors.New("config: only global and group values can be forced")

	// ErrConflict: somebody else has changed the key in the meantime.
	ErrConflict = errors.New("config: the setting has been changed by somebody else")

	// ErrNoRevision: the history of the key has no such version.
	ErrNoRevision = errors.New("config: the history has no such version")

	// ErrBadExport: an Export that can not be imported as a whole.
	ErrBadExport = errors.New("config: malformed export")

	// ErrNotEditable: the key is not for the one who wrote it to edit.
	ErrNotEditable = errors.New("config: the setting is not editable here")

	// ErrInvalid: the value is of the right type, and a rule of the key refuses
	// it.
	ErrInvalid = errors.New("config: the value is not allowed")

	// ErrCycle: the value is computed from other settings that need it.
	ErrCycle = errors.New("config: the setting is computed from itself")

	// ErrSealed: a sealed value can not be opened, or there is nothing to seal
	// it with.
	ErrSealed = errors.New("config: the sealed value can not be opened")
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
