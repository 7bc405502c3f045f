package config

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// maxDigits is more than the largest integer has.
const maxDigits = 20

// null is the JSON null. Stored, it is a value: the zero value of the type.
const null = "null"

var (
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonType     = reflect.TypeFor[json.Unmarshaler]()
)

// encode returns v as JSON. A duration becomes its text, as decode wants it, and
// so does a Secret. One inside another value is an error: what would be stored
// is its redaction.
func encode(v any) (string, error) {
	switch known := v.(type) {
	case time.Duration:
		v = known.String()
	case Secret:
		text, err := known.plain()
		if err != nil {
			return "", err
		}
		v = text
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("%w: %T has no JSON form", ErrMistyped, v)
	}
	if conceals(reflect.ValueOf(v)) {
		return "", fmt.Errorf("%w: %T has a Secret in it, which has to be a setting of its own", ErrMistyped, v)
	}
	return string(raw), nil
}

// decode converts a stored value. It is strict: text is not a number, a number
// is not text, and what does not fit exactly is an error. The error is
// ErrMistyped and says nothing of the value, which may be a secret.
func decode[T any](raw string) (v T, err error) {
	if err := decodeInto(raw, reflect.ValueOf(&v).Elem()); err != nil {
		var zero T
		return zero, err
	}
	return v, nil
}

func decodeInto(raw string, dst reflect.Value) error {
	typ := dst.Type()
	switch {
	case !json.Valid([]byte(raw)):
		return fmt.Errorf("%w: it is no JSON", ErrMistyped)
	case strings.TrimSpace(raw) == null:
		return nil // dst is zero
	case typ == durationType:
		return decodeDuration(raw, dst)
	case reflect.PointerTo(typ).Implements(jsonType), reflect.PointerTo(typ).Implements(textType):
		return unmarshal(raw, dst)
	case dst.CanInt():
		digits, ok := plainDigits(raw)
		n, err := strconv.ParseInt(digits, 10, typ.Bits())
		if !ok || err != nil {
			return misfit(raw, typ)
		}
		dst.SetInt(n)
	case dst.CanUint():
		digits, ok := plainDigits(raw)
		n, err := strconv.ParseUint(digits, 10, typ.Bits())
		if !ok || err != nil {
			return misfit(raw, typ)
		}
		dst.SetUint(n)
	default:
		return unmarshal(raw, dst)
	}
	return nil
}

// decodeDuration wants text such as "90s". A number would have to guess its
// unit, so only 0 is one.
func decodeDuration(raw string, dst reflect.Value) error {
	if strings.TrimSpace(raw) == "0" {
		return nil
	}
	var text string
	if json.Unmarshal([]byte(raw), &text) != nil {
		return fmt.Errorf("%w: a duration is text with a unit, such as \"90s\"", ErrMistyped)
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%w: a duration is text with a unit, such as \"90s\"", ErrMistyped)
	}
	dst.SetInt(int64(d))
	return nil
}

// plainDigits writes a JSON number that is integral without point and exponent:
// 30, 30.0 and 3e1 are the same number. ok is false for one that is not; from
// what is no number nothing comes that a parser would take.
func plainDigits(raw string) (digits string, ok bool) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(strings.TrimSpace(raw)), "e")
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	shift := 0
	if exponent != "" {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil {
			return "", false
		}
	}
	all := whole + fraction
	digits = strings.TrimRight(all, "0")
	zeros := len(all) - len(digits) - len(fraction) + shift // after the last digit that is none
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		return "0", true
	}
	if zeros < 0 || zeros > maxDigits {
		return "", false
	}
	digits += strings.Repeat("0", zeros)
	if negative {
		digits = "-" + digits
	}
	return digits, true
}

// unmarshal follows encoding/json, and replaces its error, which quotes parts
// of the value.
func unmarshal(raw string, dst reflect.Value) error {
	err := json.Unmarshal([]byte(raw), dst.Addr().Interface())
	if err == nil {
		return nil
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		kind, _, _ := strings.Cut(wrong.Value, " ")
		return fmt.Errorf("%w: a JSON %s in field %s is no %v", ErrMistyped, kind, wrong.Field, wrong.Type)
	}
	return misfit(raw, dst.Type())
}

func misfit(raw string, typ reflect.Type) error {
	kind := "number"
	switch c := strings.TrimSpace(raw)[0]; c {
	case '"':
		kind = "string"
	case '{':
		kind = "object"
	case '[':
		kind = "array"
	case 't', 'f':
		kind = "bool"
	}
	return fmt.Errorf("%w: this JSON %s is no %v", ErrMistyped, kind, typ)
}

// shareable reports whether a value of the type can be handed to several
// callers: none can change what another one sees.
func shareable(typ reflect.Type) bool {
	switch typ.Kind() {
	case reflect.Struct:
		if typ == timeType || typ == secretType {
			return true // its pointer is to a location or text, which nobody changes
		}
		for i := range typ.NumField() {
			if !shareable(typ.Field(i).Type) {
				return false
			}
		}
		return true
	case reflect.Array:
		return shareable(typ.Elem())
	case reflect.String:
		return true
	default:
		return typ.Kind() >= reflect.Bool && typ.Kind() <= reflect.Complex128
	}
}
