package config

import (
	"reflect"
	"strings"
	"unicode"
)

// jsonField is a field of a struct under the name that encoding/json gives it.
type jsonField struct {
	name   string
	typ    reflect.Type
	tagged bool
	quoted bool // the option string
}

// jsonFields returns the fields of a struct that encoding/json reads. The fields
// of embedded structs count as its own. Of several of one name the one that is
// embedded least deeply counts, of several of these the one whose tag names it,
// and none where that leaves several.
func jsonFields(t reflect.Type) []jsonField {
	var out []jsonField
	settled, visited := map[string]bool{}, map[reflect.Type]bool{}
	level, times := []reflect.Type{t}, map[reflect.Type]int{t: 1}
	for len(level) > 0 {
		var here []jsonField
		var below []reflect.Type
		timesBelow := map[reflect.Type]int{}
		for _, embedded := range level {
			if visited[embedded] {
				continue
			}
			visited[embedded] = true
			for i := range embedded.NumField() {
				f, inner, ok := jsonFieldOf(embedded.Field(i))
				switch {
				case !ok:
				case inner != nil:
					if timesBelow[inner]++; timesBelow[inner] == 1 {
						below = append(below, inner)
					}
				default:
					here = append(here, f)
					if times[embedded] > 1 {
						here = append(here, f) // the copies rule each other out
					}
				}
			}
		}
		for _, f := range here {
			if settled[f.name] {
				continue
			}
			settled[f.name] = true
			if one, ok := dominant(here, f.name); ok {
				out = append(out, one)
			}
		}
		level, times = below, timesBelow
	}
	return out
}

// dominant returns the one field of that name among those of one depth.
func dominant(fields []jsonField, name string) (jsonField, bool) {
	var plain, tagged []jsonField
	for _, f := range fields {
		switch {
		case f.name != name:
		case f.tagged:
			tagged = append(tagged, f)
		default:
			plain = append(plain, f)
		}
	}
	switch {
	case len(tagged) == 1:
		return tagged[0], true
	case len(tagged) == 0 && len(plain) == 1:
		return plain[0], true
	default:
		return jsonField{}, false
	}
}

// jsonFieldOf returns a field, or the struct whose fields stand in its place.
// ok is false for one that encoding/json does not read.
func jsonFieldOf(sf reflect.StructField) (f jsonField, inner reflect.Type, ok bool) {
	elem := sf.Type
	if elem.Name() == "" && elem.Kind() == reflect.Pointer {
		elem = elem.Elem()
	}
	tag := sf.Tag.Get("json")
	if tag == "-" || !sf.IsExported() && (!sf.Anonymous || elem.Kind() != reflect.Struct) {
		return f, nil, false
	}
	name, options, _ := strings.Cut(tag, ",")
	if !validTag(name) {
		name = ""
	}
	if name == "" && sf.Anonymous && elem.Kind() == reflect.Struct {
		// A pointer to a struct that is not exported can not be filled.
		return f, elem, sf.IsExported() || sf.Type == elem
	}
	f = jsonField{name: name, typ: sf.Type, tagged: name != ""}
	if name == "" {
		f.name = sf.Name
	}
	for option := range strings.SplitSeq(options, ",") {
		if k := elem.Kind(); option == "string" && (k >= reflect.Bool && k <= reflect.Float64 || k == reflect.String) {
			f.quoted = true
		}
	}
	return f, nil, true
}

// validTag reports whether encoding/json takes the name in a tag.
func validTag(name string) bool {
	for _, c := range name {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return false
		}
	}
	return name != ""
}
