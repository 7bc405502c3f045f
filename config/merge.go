package config

import (
	"encoding/json"
	"strings"
)

// merge lays one layer's JSON over that of the layers below it.
func merge(m Merge, below, above string) string {
	switch m {
	case MergeReplace:
		return above
	case MergeDeep:
		return mergeDeep(below, above)
	}
	low, ok := object(below)
	if !ok {
		return above
	}
	if m == MergeOpenEdX {
		// What updates a dict without complaint and without effect in Python.
		switch strings.TrimSpace(above) {
		case null, `""`, "[]":
			return below
		}
	}
	high, ok := object(above)
	if !ok {
		return above
	}
	for name, value := range high {
		low[name] = value
	}
	raw, err := json.Marshal(low)
	if err != nil { // never: all of it was JSON
		return above
	}
	return string(raw)
}

// mergeDeep takes both apart once. Level by level, as MergeShallow does it, the
// time would grow with the square of how deep they are, and a few KB of brackets
// are quickly written.
func mergeDeep(below, above string) string {
	low, ok := tree(below)
	high, too := tree(above)
	if !ok || !too {
		return above
	}
	lay(high, low)
	raw, err := json.Marshal(low)
	if err != nil { // never: all of it was JSON
		return above
	}
	return string(raw)
}

// lay puts the fields of high into low.
func lay(high, low map[string]any) {
	for name, value := range high {
		over, ok := value.(map[string]any)
		under, too := low[name].(map[string]any)
		if ok && too {
			lay(over, under)
		} else {
			low[name] = value
		}
	}
}

// tree returns the fields of a JSON object and all that is in them, numbers as
// they are written.
func tree(raw string) (fields map[string]any, ok bool) {
	if !json.Valid([]byte(raw)) {
		return nil, false
	}
	d := json.NewDecoder(strings.NewReader(raw))
	d.UseNumber()
	err := d.Decode(&fields)
	return fields, err == nil && fields != nil
}

// object returns the fields of a JSON object.
func object(raw string) (fields map[string]json.RawMessage, ok bool) {
	err := json.Unmarshal([]byte(raw), &fields)
	return fields, err == nil && fields != nil
}
