package config

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// Effect is what an import does to one key.
type Effect uint8

// The effects.
const (
	EffectSame    Effect = iota // nothing: it has this value already
	EffectAdd                   // it gets a value
	EffectChange                // it gets another value
	EffectRemove                // it loses its value
	EffectRefused               // nothing, and neither does the import as a whole
)

var effectNames = [...]string{"same", "add", "change", "remove", "refused"}

// String returns the effect in lower case.
func (e Effect) String() string {
	if int(e) < len(effectNames) {
		return effectNames[e]
	}
	return fmt.Sprintf("Effect(%d)", uint8(e))
}

// Difference is what an import does, or would do, to one key.
type Difference struct {
	Key    string // its present name
	Effect Effect

	// Old and New are the values before and afterwards, nil where there is none.
	// Those of sealed keys are the JSON text "[redacted]". What is no JSON is not
	// in New, and is refused.
	Old, New json.RawMessage

	OldForced, NewForced bool

	// Undeclared says that no Key of the Resolver has this name: such as one
	// that is only read with Get, one of another version of the program, or a
	// slip of the pen.
	Undeclared bool

	// Err is a KeyError that says why it is refused; else nil.
	Err error

	version int64            // that the key has in the layer
	change  *ExportedSetting // what to put, or nil to remove it
}

// ImportOption changes what Diff and Import do.
type ImportOption func(*importRules)

type importRules struct{ removeOthers, declaredOnly bool }

// RemoveOthers takes away what the owner has set itself and the Export has not.
// Keys that the Export names as sealed stay as they are. Without it an import
// takes nothing away.
func RemoveOthers() ImportOption { return func(i *importRules) { i.removeOthers = true } }

// DeclaredOnly refuses keys that are not declared, with [ErrUndeclared]. Without
// it they are taken, as by [Resolver.Set].
func DeclaredOnly() ImportOption { return func(i *importRules) { i.declaredOnly = true } }

// Diff says what [Resolver.Import] would do, and does nothing. There is a
// Difference for each key of the Export, sorted by key, and with [RemoveOthers]
// for each that goes. What is the same already is not checked any further, so
// that one may import what one has exported without the right to change all of
// it. A sealed key is never the same: otherwise one could guess at its value.
//
// The error is [ErrBadExport] for one of another format, with a key in it twice
// (also by a former name), with a name that is longer than one can be, with more
// than 10,000 settings or 16 MiB; or else what the store or the context says, as
// with [Resolver.Update], but a read-only context will do.
func (r *Resolver) Diff(ctx context.Context, e Export, opts ...ImportOption) ([]Difference, error) {
	return r.writer().Diff(ctx, e, opts...)
}

// Import sets what an Export has, for the tenant of ctx or in global mode
// globally, in one write with the actor of ctx and the reason: all of it, or
// nothing where anything is refused. It says what it did, as [Resolver.Diff]
// does; the values that it is about to replace are compared once more in the
// write itself.
//
// The error is that of Diff, [tenant.ErrReadOnly], the [KeyError] of the first
// key that is refused, or that of the write, as with [Resolver.Update]:
// [ErrConflict] where somebody else has changed one of the keys meanwhile. With
// any of the last two the differences say what was going to be done.
func (r *Resolver) Import(ctx context.Context, e Export, reason string, opts ...ImportOption) ([]Difference, error) {
	return r.writer().Import(ctx, e, reason, opts...)
}

// Diff is [Resolver.Diff] for w's settings.
func (w Writer) Diff(ctx context.Context, e Export, opts ...ImportOption) ([]Difference, error) {
	owner, layer, err := w.owner(ctx)
	if err != nil {
		return nil, err
	}
	if err := e.check(w.r); err != nil {
		return nil, err
	}
	have, err := w.r.counting(ctx, owner)
	if err != nil {
		return nil, err
	}
	var rules importRules
	for _, opt := range opts {
		opt(&rules)
	}
	var under beneath
	var diffs []Difference
	kept := make(map[string]bool, len(e.Settings)+len(e.Sealed))
	for _, s := range e.Settings {
		name := w.r.canonical(s.Key)
		kept[name] = true
		d := w.r.difference(name, have, &s)
		if d.Effect != EffectSame {
			d.refuse(w.r.refusal(ctx, owner, layer, &under, rules, s.assignment()))
		}
		diffs = append(diffs, d)
	}
	for _, key := range e.Sealed {
		kept[w.r.canonical(key)] = true
	}
	for name := range have {
		if rules.removeOthers && !kept[name] {
			d := w.r.difference(name, have, nil)
			d.refuse(w.r.refusal(ctx, owner, layer, &under, importRules{}, Remove(name)))
			diffs = append(diffs, d)
		}
	}
	slices.SortFunc(diffs, func(a, b Difference) int { return strings.Compare(a.Key, b.Key) })
	return diffs, nil
}

// Import is [Resolver.Import] for w's settings.
func (w Writer) Import(ctx context.Context, e Export, reason string, opts ...ImportOption) ([]Difference, error) {
	if _, _, err := w.writable(ctx); err != nil {
		return nil, err
	}
	diffs, err := w.Diff(ctx, e, opts...)
	if err != nil {
		return nil, err
	}
	var changes []Assignment
	for _, d := range diffs {
		switch d.Effect {
		case EffectRefused:
			return diffs, d.Err
		case EffectRemove:
			changes = append(changes, Remove(d.Key).IfVersion(d.version))
		case EffectAdd, EffectChange:
			changes = append(changes, d.change.assignment().IfVersion(d.version))
		}
	}
	_, err = w.Update(ctx, reason, changes...)
	return diffs, err
}

// difference compares what is there with what is to be, nil for nothing.
func (r *Resolver) difference(name string, have map[string]Setting, s *ExportedSetting) Difference {
	old, there := have[name]
	d := Difference{Key: name, Undeclared: r.bindings[name] == nil, version: old.Version, change: s}
	if there {
		d.Old, d.OldForced = r.shown(name, old.Value), old.Forced
	}
	switch {
	case s == nil:
		d.Effect = EffectRemove
		return d
	case !there:
		d.Effect = EffectAdd
	case old.Forced == s.Forced && !r.hides(name, string(old.Value)) && sameJSON(old.Value, s.Value):
		d.Effect = EffectSame
	default:
		d.Effect = EffectChange
	}
	if d.NewForced = s.Forced; isJSON(s.Value) {
		d.New = r.shown(name, s.Value)
	}
	return d
}

// refuse says that it can not be done, where there is a reason.
func (d *Difference) refuse(err error) {
	if err != nil {
		d.Effect, d.Err = EffectRefused, err
	}
}

// refusal returns why an import can not make a change, or nil.
func (r *Resolver) refusal(ctx context.Context, owner Owner, layer Layer, under *beneath, rules importRules, a Assignment) error {
	name, _, err := r.check(ctx, owner, under, a)
	if err == nil && rules.declaredOnly && r.bindings[name] == nil {
		err = ErrUndeclared
	}
	return keyError(name, layer, err)
}

// shown returns a value as somebody may see it who may not see what is sealed.
func (r *Resolver) shown(name string, value json.RawMessage) json.RawMessage {
	if value != nil && r.hides(name, string(value)) {
		return json.RawMessage(redacted)
	}
	return bytes.Clone(value)
}

// assignment returns the change that sets s.
func (s ExportedSetting) assignment() Assignment {
	raw := string(s.Value)
	return Assignment{key: s.Key, force: s.Forced, value: func() (string, error) {
		switch {
		case !isJSON(s.Value):
			return "", fmt.Errorf("%w: it is no JSON", ErrMistyped)
		case looksSealed(raw):
			return "", fmt.Errorf("%w: it is sealed for somewhere else", ErrSealed)
		}
		return raw, nil
	}}
}

// sameJSON reports whether two texts are the same JSON, whatever the spaces, the
// order of fields, and the way in which text is escaped. Numbers have to be
// written alike. What is no JSON is like nothing.
func sameJSON(a, b []byte) bool {
	x, ok := anyJSON(a)
	y, too := anyJSON(b)
	return ok && too && reflect.DeepEqual(x, y)
}

func anyJSON(raw []byte) (v any, ok bool) {
	if !isJSON(raw) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return v, d.Decode(&v) == nil
}

// isJSON reports whether a store takes raw for a value.
func isJSON(raw []byte) bool { return utf8.Valid(raw) && json.Valid(raw) }
