package config

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// exportFormat is the number of the form that Export has today.
const exportFormat = 1

// How much Import takes, so that a file from outside can not hold up a process
// or the store. A tenant has hundreds of settings, and not tens of thousands.
const (
	maxExported      = 10_000
	maxExportedBytes = 16 << 20
)

// Export is what one owner has set itself, and nothing of the layers below. It
// survives the way to JSON and back unchanged.
type Export struct {
	// Format is 1.
	Format int `json:"format"`

	// Settings are sorted by key.
	Settings []ExportedSetting `json:"settings"`

	// Sealed are the keys that have a value which is sealed and therefore left
	// out, sorted.
	Sealed []string `json:"sealed,omitempty"`
}

// ExportedSetting is one value in an Export.
type ExportedSetting struct {
	Key    string          `json:"key"`
	Value  json.RawMessage `json:"value"` // compact; null is a value
	Forced bool            `json:"forced,omitempty"`
}

// Export returns what the tenant of ctx, or in global mode the global layer, has
// set itself, under the present names of the keys. Sealed values are left out,
// and so is what does not count: settings that a shared key has in a tenant, and
// whether the tenant's settings are enabled. Whoever may read the settings may
// read this; a read-only context will do.
//
// It asks the store, and its error is that of the store or of the context, as
// with [Resolver.Update].
func (r *Resolver) Export(ctx context.Context) (Export, error) { return r.writer().Export(ctx) }

// Export is [Resolver.Export] for w's settings.
func (w Writer) Export(ctx context.Context) (Export, error) {
	owner, _, err := w.owner(ctx)
	if err != nil {
		return Export{}, err
	}
	have, err := w.r.counting(ctx, owner)
	if err != nil {
		return Export{}, err
	}
	out := Export{Format: exportFormat, Settings: []ExportedSetting{}}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		s := have[name]
		if w.r.hides(name, string(s.Value)) {
			out.Sealed = append(out.Sealed, name)
			continue
		}
		// As encoding/json writes it, so that the way there and back changes
		// nothing.
		value, err := json.Marshal(s.Value)
		if err != nil {
			return Export{}, keyError(name, LayerNone, fmt.Errorf("%w: it is no JSON", ErrMistyped))
		}
		out.Settings = append(out.Settings, ExportedSetting{Key: name, Value: value, Forced: s.Forced})
	}
	return out, nil
}

// counting returns what counts of an owner's settings, by present names.
func (r *Resolver) counting(ctx context.Context, owner Owner) (map[string]Setting, error) {
	have, err := r.stored(ctx, owner)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Setting, len(have))
	for key := range have {
		name := r.canonical(key)
		if !isReserved(key) && r.hasPlace(owner, name) == nil {
			out[name] = r.current(have, name)
		}
	}
	return out, nil
}

// check returns what is wrong with an Export as a whole. Names of keys are not
// quoted here, since they can be anything.
func (e Export) check(r *Resolver) error {
	if e.Format != exportFormat {
		return fmt.Errorf("%w: its format is %d, and this program knows %d", ErrBadExport, e.Format, exportFormat)
	}
	if n := len(e.Settings) + len(e.Sealed); n > maxExported {
		return fmt.Errorf("%w: it has %d settings, and at most %d are taken", ErrBadExport, n, maxExported)
	}
	bytes := 0
	seen := make(map[string]bool, len(e.Settings)+len(e.Sealed))
	add := func(list string, i int, key string, size int) error {
		bytes += len(key) + size
		name := r.canonical(key)
		switch {
		case len(key) > maxKeyLen:
			return fmt.Errorf("%w: %s %d has a name of %d bytes", ErrBadExport, list, i, len(key))
		case seen[name]:
			return fmt.Errorf("%w: %s %d has the key of an earlier one", ErrBadExport, list, i)
		case bytes > maxExportedBytes:
			return fmt.Errorf("%w: it has more than %d bytes", ErrBadExport, maxExportedBytes)
		}
		seen[name] = true
		return nil
	}
	for i, s := range e.Settings {
		if err := add("setting", i, s.Key, len(s.Value)); err != nil {
			return err
		}
	}
	for i, key := range e.Sealed {
		if err := add("sealed key", i, key, 0); err != nil {
			return err
		}
	}
	return nil
}
