package config

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
)

// redacted stands for a sealed value where settings are shown.
const redacted = `"` + redaction + `"`

// firstLook is how many versions Rollback asks for at first.
const firstLook = 64

// History returns at most limit versions of one key, newest first: what the
// tenant of ctx, or in global mode the global layer, had set it to. Those under
// former names of the key are among them. A value that is sealed, or of a
// key that is sealed today, is shown as the JSON text "[redacted]", and nil still
// says that the version deleted the value. Whoever may read the settings may read
// this.
//
// The error is a [KeyError] and is what the store says, [ErrBadKey], or one of
// the context as with [Resolver.Update]; a read-only context will do.
func (r *Resolver) History(ctx context.Context, key string, limit int) ([]Revision, error) {
	return r.writer().History(ctx, key, limit)
}

// History is [Resolver.History] for w's settings.
func (w Writer) History(ctx context.Context, key string, limit int) ([]Revision, error) {
	owner, layer, err := w.owner(ctx)
	if err == nil && !ValidKey(key) {
		err = ErrBadKey
	}
	if err != nil {
		return nil, keyError(key, layer, err)
	}
	name := w.r.canonical(key)
	found, err := w.r.revisions(ctx, owner, name, limit)
	if err != nil {
		return nil, keyError(name, layer, err)
	}
	out := make([]Revision, len(found))
	for i, f := range found {
		out[i] = f.Revision
		if f.Value != nil && w.r.hides(name, string(f.Value)) {
			out[i].Value = json.RawMessage(redacted)
		}
	}
	return out, nil
}

// Rollback gives a key the value that it had at a version of its history, for
// the tenant of ctx or in global mode globally, and deletes it where that
// version deleted it. This is a new version, with the actor of ctx and the
// reason: the history loses nothing. Whether it was forced comes back with it.
//
// The old value has to stand up to today's declaration and rights: the error is
// that of [Resolver.Update], and [ErrConflict] where somebody else changes the
// key at the same time. It is [ErrNoRevision] where the history of the key has
// no such version, and [ErrSealed] where the old value does not open any more,
// since the history keeps what was sealed under former keys as it was.
func (r *Resolver) Rollback(ctx context.Context, key string, version int64, reason string) error {
	return r.writer().Rollback(ctx, key, version, reason)
}

// Rollback is [Resolver.Rollback] for w's settings.
func (w Writer) Rollback(ctx context.Context, key string, version int64, reason string) error {
	owner, layer, err := w.writable(ctx)
	if err != nil {
		return keyError(key, layer, err)
	}
	// Before anything is read, so that nobody learns from the error whether an
	// old value opens.
	name, _, err := w.r.check(ctx, owner, new(beneath), Remove(key))
	if err != nil {
		return keyError(name, layer, err)
	}
	have, err := w.r.stored(ctx, owner)
	if err != nil {
		return keyError(name, layer, err)
	}
	old, err := w.r.revision(ctx, owner, name, version)
	if err != nil {
		return keyError(name, layer, err)
	}
	a := Remove(name)
	if old.Value != nil {
		if looksSealed(string(old.Value)) && !w.r.isSealed(name) { // would be stored in plain
			return keyError(name, layer, ErrSealed)
		}
		plain, err := w.r.plain(owner, old.name, string(old.Value))
		if err != nil {
			return keyError(name, layer, err)
		}
		a.value = func() (string, error) { return plain, nil }
		a.force = old.Forced
	}
	_, err = w.Update(ctx, reason, a.IfVersion(w.r.current(have, name).Version))
	return err
}

// storedRevision is a Revision with the name under which it is stored.
type storedRevision struct {
	Revision
	name string
}

// revisions returns the newest versions of a key under all its names. One write
// is one version: what it did to a former name is left out where it did
// something to a later one.
func (r *Resolver) revisions(ctx context.Context, owner Owner, name string, limit int) ([]storedRevision, error) {
	if limit <= 0 {
		return nil, nil
	}
	var all []storedRevision
	for _, n := range append([]string{name}, r.formerNames(name)...) {
		revs, err := r.store.History(ctx, owner, n, limit)
		if err != nil {
			return nil, err
		}
		for _, rev := range revs {
			all = append(all, storedRevision{rev, n})
		}
	}
	slices.SortStableFunc(all, func(a, b storedRevision) int { return cmp.Compare(b.Version, a.Version) })
	all = slices.CompactFunc(all, func(a, b storedRevision) bool { return a.Version == b.Version })
	return all[:min(len(all), limit)], nil
}

// revision returns one version of a key, or ErrNoRevision.
func (r *Resolver) revision(ctx context.Context, owner Owner, name string, version int64) (storedRevision, error) {
	for limit := firstLook; ; limit *= 4 {
		all, err := r.revisions(ctx, owner, name, limit)
		if err != nil {
			return storedRevision{}, err
		}
		for _, one := range all {
			if one.Version == version {
				return one, nil
			}
		}
		if len(all) < limit || all[limit-1].Version < version {
			return storedRevision{}, ErrNoRevision
		}
	}
}
