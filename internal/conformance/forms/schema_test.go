package forms

import (
	"encoding/json"
	"errors"
	"flag"
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
)

var rounds = flag.Int("forms.rounds", 40, "random values of each type")

// validates reports whether the schema takes the value for the subject.
func (b *bench) validates(s *subject, value any) bool {
	return b.schema.Validate(map[string]any{s.name: value}) == nil
}

// accepts reports whether the key takes a value, and whether it then gives back
// the same.
func (b *bench) accepts(s *subject, raw string) (accepted, kept bool) {
	b.t.Helper()
	err := b.r.Set(b.ctx, s.name, json.RawMessage(raw), "")
	if err != nil {
		require.True(b.t, errors.Is(err, config.ErrMistyped) || errors.Is(err, config.ErrInvalid), "%s: %v", s.name, err)
		return false, false
	}
	if s.name == "secret" {
		return true, raw != "null" // it is stored sealed, and so can not be looked at
	}
	require.NoError(b.t, s.again(b.ctx), "%s: %s", s.name, raw)
	return true, same(parsed(raw), parsed(b.stored(s)))
}

// stored returns what the store has of the subject.
func (b *bench) stored(s *subject) string {
	b.t.Helper()
	settings, _, err := b.store.Load(b.ctx, config.Owner{Tenant: "acme"})
	require.NoError(b.t, err)
	for _, set := range settings {
		if set.Key == s.name {
			return string(set.Value)
		}
	}
	b.t.Fatalf("%s is not stored", s.name)
	return ""
}

// agree checks that key and schema are of one mind about a value: what the
// schema takes, the key takes, and what the key keeps, the schema takes.
func (b *bench) agree(s *subject, value any) (accepted bool) {
	b.t.Helper()
	raw := written(value)
	accepted, kept := b.accepts(s, raw)
	valid := b.validates(s, value)
	if valid && !accepted && !s.beyond(value) {
		b.t.Errorf("%s: the schema takes %s, and the key refuses it", s.name, raw)
	}
	if kept && !valid {
		b.t.Errorf("%s: the key keeps %s, and the schema refuses it", s.name, raw)
	}
	return accepted
}

// Each text, number, and so on at which a type ends, for each type.
func TestTable(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	values := []any{nil, true, false, []any{}, map[string]any{}, []any{nil}, []any{true, false}, []any{true}, []any{true, false, true}, []any{[]any{}, nil, []any{"x"}}, []any{"x", nil}}
	for _, n := range numbers {
		values = append(values, json.Number(n), []any{json.Number(n)}, map[string]any{"x": json.Number(n)}, map[string]any{"U": json.Number(n)})
	}
	for _, text := range texts {
		values = append(values, text, []any{text}, map[string]any{text: text}, map[string]any{"label": text})
	}
	for _, name := range names {
		for _, v := range []any{nil, true, "x", json.Number("1"), []any{}, map[string]any{}, []any{map[string]any{}}} {
			values = append(values, map[string]any{name: v})
		}
	}
	for _, s := range b.members {
		accepted := 0
		for _, value := range values {
			if b.agree(s, value) {
				accepted++
			}
		}
		t.Logf("%s: %d of %d accepted", s.name, accepted, len(values))
		require.NotZero(t, accepted, s.name)
	}
}

// Random values of each type, such values with a change in one place, and
// random JSON.
func TestRandom(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i, s := range b.members {
		rng := rand.New(rand.NewSource(int64(i)))
		accepted, refused := 0, 0
		for range *rounds {
			v := s.random(rng)
			switch err := s.set(b.ctx, v); {
			case err == nil && s.name != "secret":
				raw := b.stored(s)
				require.True(t, b.validates(s, parsed(raw)), "%s: the key has stored %s, and the schema refuses it", s.name, raw)
				if b.agree(s, altered(rng, parsed(raw))) {
					accepted++
				} else {
					refused++
				}
			case errors.Is(err, config.ErrInvalid):
				raw := written(v)
				if d, ok := v.(time.Duration); ok {
					raw = written(d.String())
				}
				require.False(t, b.validates(s, parsed(raw)), "%s: a rule refuses %s, and the schema takes it", s.name, raw)
			}
			b.agree(s, anything(rng, 2))
		}
		t.Logf("%s: of the altered ones %d accepted, %d refused", s.name, accepted, refused)
	}
}

// Where a key is more lenient than its schema: the list in the documentation of
// Schema, and no more.
func TestStricter(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	byName := map[string]*subject{}
	for _, s := range b.members {
		byName[s.name] = s
	}
	for _, tt := range []struct{ name, raw string }{
		{"int", `null`}, {"bool", `null`}, {"theme", `null`}, {"tiny", `{"on":null}`},
		{"duration", `0`},
		{"tiny", `{"off":true}`}, {"tiny", `{"ON":true}`},
		{"array", `[true]`}, {"array", `[true,false,true]`}, {"tiny", `{"three":[1]}`},
		{"wait", `"60s"`},
		{"secret", `null`},
	} {
		s := byName[tt.name]
		accepted, kept := b.accepts(s, tt.raw)
		require.True(t, accepted && !kept, "%s: %s", tt.name, tt.raw)
		require.False(t, b.validates(s, parsed(tt.raw)), "%s: %s", tt.name, tt.raw)
	}
	// The validator is one: it knows formats, contents and references.
	for _, tt := range []struct {
		name, raw string
		valid     bool
	}{
		{"time", `"2026-11-28T10:00:00Z"`, true}, {"time", `"yesterday"`, false},
		{"bytes", `"AA=="`, true}, {"bytes", `"*"`, false},
		{"menu", `{"items":[{"label":"x","first":{"items":[]}},null]}`, true}, {"menu", `{"items":[{"first":{"label":1}}]}`, false},
		{"theme", `{"Tone":1,"Shade":"x","count":"7"}`, true}, {"theme", `{"Tone":"x"}`, false}, {"theme", `{"count":7}`, false}, {"theme", `{"Gone":null}`, false},
		{"secret", `"[redacted]"`, false}, {"secret", `"hunter2"`, true},
	} {
		accepted, _ := b.accepts(byName[tt.name], tt.raw)
		require.Equal(t, tt.valid, b.validates(byName[tt.name], parsed(tt.raw)), "%s: %s", tt.name, tt.raw)
		require.Equal(t, tt.valid || tt.raw == `{"Gone":null}`, accepted, "%s: %s", tt.name, tt.raw)
	}
}

// The default that a form begins with is one that it may send.
func TestDefaults(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	raw, err := b.r.Schema(b.ctx)
	require.NoError(t, err)
	var schema struct {
		Properties map[string]struct {
			Default   *json.RawMessage `json:"default"`
			WriteOnly bool             `json:"writeOnly"`
		} `json:"properties"`
	}
	require.NoError(t, json.Unmarshal(raw, &schema))
	require.Len(t, schema.Properties, len(b.members))
	for _, s := range b.members {
		p := schema.Properties[s.name]
		if p.WriteOnly {
			require.Nil(t, p.Default, s.name)
			continue
		}
		def := "null" // which decodes as no RawMessage
		if p.Default != nil {
			def = string(*p.Default)
		}
		require.True(t, b.validates(s, parsed(def)), "%s: %s", s.name, def)
	}
}
