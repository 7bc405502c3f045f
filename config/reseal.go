package config

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// Reseal seals with the current key of Config.Keyring what the tenant of ctx, or
// in global mode the global layer, has sealed under a former key, or stored in
// plain before the declaration of the key said that it is sealed. It returns how
// many values it changed. A value is not checked against the rules of its key,
// since it stays the same, nor against what is forced.
//
// A value that can not be opened, and one that Config.Editor does not let the
// actor change, is left as it is and does not keep the others from being
// sealed: the error then joins a [KeyError] for each, which is [ErrSealed] or
// [ErrNotEditable], and the number counts. After any other error nothing has
// changed; it is [ErrConflict] where somebody else has written meanwhile, and
// then to call it again is right.
//
// The history keeps what it has: a former key is needed to roll back to a
// version that was sealed under it, and what was once stored in plain can still
// be read there by whoever can read the store.
func (r *Resolver) Reseal(ctx context.Context, reason string) (changed int, err error) {
	return r.writer().Reseal(ctx, reason)
}

// Reseal is [Resolver.Reseal] for w's settings.
func (w Writer) Reseal(ctx context.Context, reason string) (changed int, err error) {
	owner, layer, err := w.writable(ctx)
	if err != nil {
		return 0, err
	}
	have, err := w.r.stored(ctx, owner)
	if err != nil {
		return 0, err
	}
	var (
		changes []Change
		left    []error
	)
	for _, key := range slices.Sorted(maps.Keys(have)) {
		s := have[key]
		name := w.r.canonical(key)
		if raw := string(s.Value); w.r.keyring == nil || !w.r.hides(name, raw) || w.r.keyring.isCurrent(raw) {
			continue
		}
		sealed, err := w.r.sealAgain(ctx, owner, key, string(s.Value))
		if err != nil {
			left = append(left, keyError(name, layer, err))
			continue
		}
		// Under the name it has, former or not: nothing else is to change.
		changes = append(changes, Change{Key: key, Value: json.RawMessage(sealed), Forced: s.Forced, If: &s.Version})
	}
	if len(changes) > 0 {
		if _, err := w.r.commit(ctx, owner, layer, reason, len(changes), changes); err != nil {
			return 0, err
		}
	}
	return len(changes), errors.Join(left...)
}

// sealAgain seals a stored value with the current key, under the name under
// which it is stored.
func (r *Resolver) sealAgain(ctx context.Context, owner Owner, key, raw string) (string, error) {
	if !r.mayEdit(ctx, owner, key) {
		return "", ErrNotEditable
	}
	plain, err := r.plain(owner, key, raw)
	if err != nil {
		return "", err
	}
	return r.keyring.seal(owner, key, plain)
}

// isSealed reports whether the values of a key are to be sealed.
func (r *Resolver) isSealed(name string) bool {
	b := r.bindings[name]
	return b != nil && b.def.sealed
}

// hides reports whether a stored value of a key is not to be shown: the key is
// sealed, or the value is, whatever became of the declaration.
func (r *Resolver) hides(name, raw string) bool {
	return r.isSealed(name) || looksSealed(raw)
}

// looksSealed reports whether a stored value was sealed, be it with a key or in
// a form that this process does not know.
func looksSealed(raw string) bool {
	text, marked := strings.CutPrefix(raw, `"`+sealMark+":")
	form, _, ok := strings.Cut(text, ":")
	return marked && ok && isForm(form)
}

// plain opens a value that is stored under a name, if it is sealed.
func (r *Resolver) plain(owner Owner, key, raw string) (string, error) {
	if !looksSealed(raw) {
		return raw, nil
	}
	return r.keyring.open(owner, key, raw)
}

// sealFor returns what the store is given for the value of a key; nil stays nil.
func (r *Resolver) sealFor(owner Owner, name string, plain *string) (json.RawMessage, error) {
	switch {
	case plain == nil:
		return nil, nil
	case !r.isSealed(name):
		return json.RawMessage(*plain), nil
	}
	sealed, err := r.keyring.seal(owner, name, *plain)
	return json.RawMessage(sealed), err
}
