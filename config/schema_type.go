package config

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

const (
	// durationPattern is what time.ParseDuration takes, but for its bounds.
	durationPattern = `^[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`
	durationHint    = `A duration such as "90s" or "1h30m".`

	// float32Bound, 2^128-2^103, is the least number that is rounded to no
	// float32.
	float32Bound = "340282356779733661637539395458142568448"

	intPattern   = `^-?(0|[1-9][0-9]*)$`
	uintPattern  = `^(0|[1-9][0-9]*)$`
	floatPattern = `^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`
	boolPattern  = `^(true|false)$`
	textPattern  = `^"[\s\S]*"$`
)

var numberType = reflect.TypeFor[json.Number]()

// schemaTypes makes schemas of Go types by the rules of encoding/json. Types
// that come back to themselves are kept apart, in defs.
type schemaTypes struct {
	defs     map[string]any
	names    map[reflect.Type]string // of what is in defs
	building map[reflect.Type]bool
}

func newSchemaTypes() *schemaTypes {
	return &schemaTypes{map[string]any{}, map[reflect.Type]string{}, map[reflect.Type]bool{}}
}

// key returns the schema of a key's values. The caller owns its first level.
func (s *schemaTypes) key(d *definition) map[string]any {
	p := map[string]any{}
	if d.typ == durationType {
		p["type"], p["pattern"], p["description"] = "string", durationPattern, durationHint
	} else {
		for keyword, v := range s.of(d.typ) {
			p[keyword] = v
		}
	}
	if d.oneOf != nil {
		var values []json.RawMessage
		for i, raw := range d.oneOf {
			if !slices.Contains(d.oneOf[:i], raw) {
				values = append(values, json.RawMessage(raw))
			}
		}
		p["enum"] = values
	}
	prefix := "x-"
	if p["type"] == "integer" || p["type"] == "number" {
		prefix = ""
	}
	for keyword, bound := range map[string]any{"minimum": d.least, "maximum": d.most} {
		if bound == nil {
			continue
		}
		if raw, err := encode(bound); err == nil { // an infinite one bounds nothing
			p[prefix+keyword] = json.RawMessage(raw)
		}
	}
	return p
}

// of returns the schema of a type, or a reference to it.
func (s *schemaTypes) of(t reflect.Type) map[string]any {
	if t.Name() == "" {
		return s.build(t) // it can come back to itself only by a type with a name
	}
	if name, ok := s.names[t]; ok {
		return reference(name)
	}
	if s.building[t] {
		s.names[t] = s.nameOf(t)
		return reference(s.names[t])
	}
	s.building[t] = true
	schema := s.build(t)
	delete(s.building, t)
	name, ok := s.names[t]
	if !ok {
		return schema
	}
	s.defs[name] = schema
	return reference(name)
}

func reference(name string) map[string]any { return map[string]any{"$ref": "#/$defs/" + name} }

// nameOf returns a name for a type that no other has and that needs no escapes
// in a reference.
func (s *schemaTypes) nameOf(t reflect.Type) string {
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' {
			return c
		}
		return '_'
	}, t.String())
	taken := 0
	for _, other := range s.names {
		if base, _, _ := strings.Cut(other, "-"); base == name {
			taken++
		}
	}
	if taken > 0 {
		name = fmt.Sprintf("%s-%d", name, taken+1)
	}
	return name
}

// build returns the schema of what a value of the type is read from.
func (s *schemaTypes) build(t reflect.Type) map[string]any {
	switch {
	case t == timeType:
		return map[string]any{"type": "string", "format": "date-time"}
	case t == secretType:
		return map[string]any{"type": "string", "not": map[string]any{"const": redaction}}
	case reflect.PointerTo(t).Implements(jsonType):
		return map[string]any{} // it decides for itself
	case reflect.PointerTo(t).Implements(textType):
		return map[string]any{"type": "string"}
	case t == numberType:
		return map[string]any{"type": "number"}
	}
	switch kind := t.Kind(); kind {
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		most := int64(math.MaxInt64) >> (64 - t.Bits())
		return map[string]any{"type": "integer", "minimum": -most - 1, "maximum": most}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return map[string]any{"type": "integer", "minimum": 0, "maximum": uint64(math.MaxUint64) >> (64 - t.Bits())}
	case reflect.Float32:
		return map[string]any{"type": "number", "exclusiveMinimum": json.Number("-" + float32Bound), "exclusiveMaximum": json.Number(float32Bound)}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return map[string]any{}
		}
		return nullable(nothing())
	case reflect.Pointer:
		return nullable(s.of(t.Elem()))
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return map[string]any{"type": []string{"string", "null"}, "contentEncoding": "base64"}
		}
		return map[string]any{"type": []string{"array", "null"}, "items": s.of(t.Elem())}
	case reflect.Array:
		return map[string]any{"type": "array", "items": s.of(t.Elem()), "minItems": t.Len(), "maxItems": t.Len()}
	case reflect.Map:
		return s.buildMap(t)
	case reflect.Struct:
		return s.buildStruct(t)
	default:
		return nothing()
	}
}

// nothing is the schema of a type that has no JSON.
func nothing() map[string]any { return map[string]any{"not": map[string]any{}} }

func (s *schemaTypes) buildMap(t reflect.Type) map[string]any {
	p := map[string]any{"type": []string{"object", "null"}, "additionalProperties": s.of(t.Elem())}
	switch key := t.Key(); {
	case reflect.PointerTo(key).Implements(textType), key.Kind() == reflect.String:
	case key.Kind() >= reflect.Int && key.Kind() <= reflect.Int64:
		p["propertyNames"] = map[string]any{"pattern": intPattern}
	case key.Kind() >= reflect.Uint && key.Kind() <= reflect.Uintptr:
		p["propertyNames"] = map[string]any{"pattern": uintPattern}
	default:
		return nothing()
	}
	return p
}

func (s *schemaTypes) buildStruct(t reflect.Type) map[string]any {
	properties := map[string]any{}
	for _, f := range jsonFields(t) {
		if f.quoted {
			properties[f.name] = quotedField(f.typ)
		} else {
			properties[f.name] = s.of(f.typ)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
}

// quotedField is the schema of a field with the option string: its value in a
// JSON string.
func quotedField(t reflect.Type) map[string]any {
	if t.Kind() == reflect.Pointer {
		return nullable(quotedField(t.Elem()))
	}
	pattern := textPattern
	switch k := t.Kind(); {
	case k == reflect.Bool:
		pattern = boolPattern
	case k >= reflect.Int && k <= reflect.Int64:
		pattern = intPattern
	case k >= reflect.Uint && k <= reflect.Uintptr:
		pattern = uintPattern
	case k == reflect.Float32, k == reflect.Float64:
		pattern = floatPattern
	}
	return map[string]any{"type": "string", "pattern": pattern}
}

// nullable returns a schema that takes null besides what p takes.
func nullable(p map[string]any) map[string]any {
	switch typ := p["type"].(type) {
	case string:
		if typ != null {
			p["type"] = []string{typ, null}
		}
		return p
	case []string:
		return p
	}
	if len(p) == 0 {
		return p
	}
	if _, never := p["not"]; never {
		return map[string]any{"type": null}
	}
	if _, both := p["anyOf"]; both {
		return p
	}
	return map[string]any{"anyOf": []any{p, map[string]any{"type": null}}}
}
