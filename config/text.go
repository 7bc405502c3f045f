package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Names returns the name of a declared setting, and then its former ones.
func Names(k Declaration) []string {
	d := k.declared()
	return append([]string{d.name}, d.aliases...)
}

// FromText converts the text of an environment variable or a flag to what
// [Config].Base takes as the value of a declared setting. The declaration says
// how to read it:
//
//	text           all of it, as it is; also what reads like JSON or a number
//	bool           what strconv.ParseBool takes: true, 1, t, false, ...
//	numbers        a JSON number, such as 20, -1.5 or 2e3
//	time.Duration  text with a unit, such as 90s
//	lists          JSON if it begins with a bracket, else items between commas,
//	               each read in the same way; none if there is no text. []byte
//	               is base64
//	maps, structs  JSON
//	any            as text
//	others         a type with UnmarshalText is asked first; one with
//	               UnmarshalJSON only gets the text if it is no JSON that it
//	               takes
//
// Blanks around anything but text do not count. An empty variable is no number
// and no bool: who wants to leave a setting alone leaves the variable away. A
// pointer is read as what it points to.
//
// The answer consists of what package encoding/json decodes to, with numbers as
// [json.Number]. It has passed the rules of the key. The error is a [KeyError]:
// [ErrMistyped], [ErrInvalid], or what is wrong with the declaration.
func FromText(k Declaration, text string) (any, error) {
	d := k.declared()
	if d.err != nil {
		return nil, keyError(d.name, LayerNone, d.err)
	}
	raw, err := d.jsonOf(text)
	if err != nil {
		return nil, keyError(d.name, LayerNone, err)
	}
	var v any
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return nil, keyError(d.name, LayerNone, ErrMistyped)
	}
	return v, nil
}

// jsonOf returns the first reading of text that the key takes.
func (d *definition) jsonOf(text string) (string, error) {
	err := fmt.Errorf("%w: the text is no %v", ErrMistyped, d.typ)
	if !utf8.ValidString(text) { // JSON would replace what is no UTF-8
		return "", err
	}
	for _, raw := range readings(d.typ, text) {
		if _, why := d.parse(raw); why == nil {
			return raw, nil
		} else if errors.Is(why, ErrInvalid) {
			err = why // of the right type, and refused
		}
	}
	return "", err
}

// readings returns what text can mean in JSON for a type, best first. Some may
// be no JSON.
func readings(typ reflect.Type, text string) []string {
	quoted, plain := quote(text), strings.TrimSpace(text)
	pointer := reflect.PointerTo(typ)
	switch {
	case typ == durationType:
		return []string{quote(plain)}
	case typ.Kind() == reflect.Interface, typ == secretType:
		return []string{quoted}
	case pointer.Implements(textType):
		if plain == null {
			return []string{quoted} // in JSON it would be the zero value
		}
		return []string{quoted, plain}
	case pointer.Implements(jsonType):
		return []string{plain, quoted}
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return readings(typ.Elem(), text)
	case reflect.String:
		return []string{quoted}
	case reflect.Bool:
		b, err := strconv.ParseBool(plain)
		if err != nil {
			return nil
		}
		return []string{strconv.FormatBool(b)}
	case reflect.Slice, reflect.Array:
		return listReadings(typ, plain)
	case reflect.Map, reflect.Struct:
		return []string{plain}
	}
	if plain == null {
		return nil // likewise
	}
	return []string{plain}
}

// listReadings takes a list in JSON, or its items between commas.
func listReadings(typ reflect.Type, text string) []string {
	switch {
	case typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.Uint8:
		return []string{quote(text)} // as encoding/json has it
	case strings.HasPrefix(text, "["):
		return []string{text}
	case text == "":
		return []string{"[]"}
	}
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		forms := readings(typ.Elem(), strings.TrimSpace(item))
		i := slices.IndexFunc(forms, func(raw string) bool { return fits(raw, typ.Elem()) })
		if i < 0 {
			return nil
		}
		items = append(items, forms[i])
	}
	return []string{"[" + strings.Join(items, ",") + "]"}
}

func fits(raw string, typ reflect.Type) bool {
	return decodeInto(raw, reflect.New(typ).Elem()) == nil
}

func quote(text string) string {
	raw, _ := json.Marshal(text) // text has a JSON form
	return string(raw)
}
