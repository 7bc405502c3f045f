package configkoanf

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/knadh/koanf/v2"

	"github.com/gotenancy/tenancy/config"
)

// Values returns what k holds, as Base and Forced of a config.Config take it:
// objects in objects, whatever the delimiter of k is, with the case of its
// keys. It is a copy, and is taken at one moment, also while k is loaded.
//
// Where a declared key is not text and k has text, which is how koanf's own
// providers for the environment deliver everything, it is converted by
// config.FromText; the error is the one of that. Other values are left as they
// are for config.NewResolver to check. What is under a former name of a declared
// key is returned under the present one.
//
// The same setting in two ways, {"page": {"size": 1}, "page.size": 2}, or a
// value that has further settings below it, is a config.KeyError with
// config.ErrBadKey.
func Values(k *koanf.Koanf, keys ...config.Declaration) (map[string]any, error) {
	declared := namesOf(keys)
	all, err := declared.nest(k.Raw())
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		path := declared.path(config.Names(key)[0])
		holder := all
		for _, part := range path[:len(path)-1] {
			holder, _ = holder[part].(map[string]any) // nil, if it is not there
		}
		last := path[len(path)-1]
		text, ok := holder[last].(string)
		if !ok {
			continue
		}
		if holder[last], err = config.FromText(key, text); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// names leads from the names of the declared keys, also former ones, to the
// present ones.
type names map[string]string

func namesOf(keys []config.Declaration) names {
	n := names{}
	for _, key := range keys {
		all := config.Names(key)
		for _, name := range all {
			n[name] = all[0]
		}
	}
	return n
}

func (n names) declared(name string) bool {
	_, ok := n[name]
	return ok
}

// path returns the fields that lead to a setting: its name, cut at the dots. It
// is not cut behind a declared key, whose fields are no settings.
func (n names) path(name string) []string {
	var path []string
	begin := 0
	for i := range len(name) {
		if name[i] == '.' && !n.declared(name[:i]) {
			path = append(path, name[begin:i])
			begin = i + 1
		}
	}
	return append(path, name[begin:])
}

// nest returns the settings in m, each at its path. Only so can those of one
// source be laid over those of another, which may write them otherwise.
func (n names) nest(m map[string]any) (map[string]any, error) {
	all := map[string]any{}
	return all, n.add(all, "", m)
}

func (n names) add(all map[string]any, prefix string, m map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(m)) { // for the same error each time
		name, v := prefix+key, m[key]
		fields, ok := v.(map[string]any)
		var err error
		if ok && len(fields) > 0 && !n.declared(name) {
			err = n.add(all, name+".", fields)
		} else {
			err = n.put(all, name, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	errTwice = fmt.Errorf("%w: it is there twice, with a dot and as a field or under a former name", config.ErrBadKey)
	errBelow = fmt.Errorf("%w: it is below a setting that has a value; declare that one to have both", config.ErrBadKey)
	errAbove = fmt.Errorf("%w: it has a value, and there are settings below it; declare it to have both", config.ErrBadKey)
)

func (n names) put(all map[string]any, name string, v any) error {
	if present, ok := n[name]; ok {
		name = present
	}
	path := n.path(name)
	holder := all
	for _, part := range path[:len(path)-1] {
		if _, ok := holder[part]; !ok {
			holder[part] = map[string]any{}
		}
		fields, ok := holder[part].(map[string]any)
		if !ok {
			return &config.KeyError{Key: name, Err: errBelow}
		}
		holder = fields
	}
	last := path[len(path)-1]
	there, ok := holder[last]
	if !ok {
		holder[last] = v
		return nil
	}
	_, object := there.(map[string]any)
	switch fields, ok := v.(map[string]any); {
	case n.declared(name) || !object && !ok:
		return &config.KeyError{Key: name, Err: errTwice}
	case object && ok && len(fields) == 0:
		return nil // an object without fields says nothing
	}
	return &config.KeyError{Key: name, Err: errAbove}
}

// provider is what koanf loads: settings that are there already.
type provider map[string]any

// Read implements koanf.Provider.
func (p provider) Read() (map[string]any, error) { return p, nil }

// ReadBytes implements koanf.Provider.
func (p provider) ReadBytes() ([]byte, error) { return nil, errNoBytes }

var errNoBytes = errors.New("configkoanf: there is nothing to parse; load it with a nil parser")
