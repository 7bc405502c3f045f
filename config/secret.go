package config

import (
	"crypto/subtle"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"unicode/utf8"
)

// redaction stands for every Secret that is shown.
const redaction = "[redacted]"

var (
	secretType      = reflect.TypeFor[Secret]()
	marshalJSONType = reflect.TypeFor[json.Marshaler]()
	marshalTextType = reflect.TypeFor[encoding.TextMarshaler]()
)

// Secret is text that does not show itself. Package fmt with any verb, package
// log/slog, encoding/json and everything else that asks for a text form get
// "[redacted]"; only [Secret.Reveal] gives the text. In an unexported field,
// where packages that look through reflection can not ask it, they see a
// pointer. The zero Secret is empty, and is redacted as well.
//
// A [Key] of type Secret is [Sealed] by itself, and what is stored is the text,
// encrypted. A Secret is a setting of its own: a key whose type has one in it,
// such as a struct with a field for a password, is an error of [NewResolver],
// since the rest of such a value would have to be hidden with it. Declare two
// keys then, or a struct with plain fields and [Sealed].
//
// Secrets are not compared with ==, which does not compile, but with
// [Secret.Equal].
type Secret struct {
	_    [0]func()
	text *string // a pointer, so that fmt does not follow it in an unexported field
}

// NewSecret returns text as a Secret. It has to be valid UTF-8 to be stored;
// write what is not as base64.
func NewSecret(text string) Secret { return Secret{text: &text} }

// Reveal returns the text.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Equal reports whether both have the same text, in a time that depends on
// nothing but how long they are.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// Format implements fmt.Formatter, for every verb, width and flag.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redaction) }

// String returns the redaction, for those who ask without package fmt.
func (s Secret) String() string { return redaction }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redaction) }

// MarshalJSON returns the redaction. [Resolver.Set] stores the text all the
// same.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redaction + `"`), nil }

// MarshalText returns the redaction.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redaction), nil }

// UnmarshalText takes text as it is, but for the redaction: a form that was
// filled from a redacted value and sent back would replace the secret by it.
func (s *Secret) UnmarshalText(text []byte) error {
	switch {
	case string(text) == redaction:
		return errors.New("config: this is what a secret is shown as, and not one")
	case !utf8.Valid(text):
		return errors.New("config: a secret is UTF-8")
	}
	*s = NewSecret(string(text))
	return nil
}

// UnmarshalJSON takes a string, as UnmarshalText does, and leaves s alone where
// there is null.
func (s *Secret) UnmarshalJSON(raw []byte) error {
	if string(raw) == null {
		return nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return errors.New("config: a secret is a JSON string") // the cause could quote it
	}
	return s.UnmarshalText([]byte(text))
}

// plain returns the text for storing, for package config alone.
func (s Secret) plain() (string, error) {
	text := s.Reveal()
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("%w: a secret is UTF-8", ErrMistyped)
	}
	return text, nil
}

// conceals reports whether encoding/json comes by a Secret inside v, and so
// would write its redaction. v must be a value that encoding/json has written
// already: that it has no end is found out there.
func conceals(v reflect.Value) bool {
	if !v.IsValid() {
		return false
	}
	holds, open := inType(v.Type(), map[reflect.Type]bool{})
	if holds || !open {
		return holds
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		return conceals(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if written(v.Type(), i) && conceals(v.Field(i)) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if conceals(v.Index(i)) {
				return true
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if conceals(it.Value()) {
				return true
			}
		}
	}
	return false
}

// inType reports whether a value of the type can have a Secret that
// encoding/json comes by, and whether it can have values of types that are not
// known from it.
func inType(t reflect.Type, seen map[reflect.Type]bool) (holds, open bool) {
	switch {
	case t == secretType:
		return true, false
	case t.Kind() == reflect.Interface:
		return false, true
	case seen[t]:
		return false, false
	}
	seen[t] = true
	var parts []reflect.Type
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		parts = append(parts, t.Elem())
	case reflect.Map:
		parts = append(parts, t.Key(), t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if written(t, i) {
				parts = append(parts, t.Field(i).Type)
			}
		}
	}
	for _, part := range parts {
		h, o := inType(part, seen)
		holds, open = holds || h, open || o
	}
	return holds, open
}

// written reports whether encoding/json looks at the field at all. A struct that
// writes itself is written by no field, unless it has that from an embedded one.
func written(t reflect.Type, field int) bool {
	f := t.Field(field)
	if t.Implements(marshalJSONType) || t.Implements(marshalTextType) {
		return f.Anonymous
	}
	return (f.IsExported() || f.Anonymous) && f.Tag.Get("json") != "-"
}
