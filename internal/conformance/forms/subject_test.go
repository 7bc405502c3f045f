package forms

import (
	"context"
	"encoding/json"
	"maps"
	"math/big"
	"math/rand"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// subject is a key and what the tests have to do with its type.
type subject struct {
	name   string
	key    config.Declaration
	random func(rng *rand.Rand) any // a value of the type
	set    func(ctx context.Context, v any) error
	again  func(ctx context.Context) error // reads the value and writes it

	// beyond reports values of which JSON Schema can not say whether they are
	// right.
	beyond func(value any) bool
}

func subjectOf[T any](name string, def T, opts ...config.Option) *subject {
	key := config.Declare(name, def, opts...)
	return &subject{
		name: name, key: key,
		random: func(rng *rand.Rand) any {
			v, ok := quick.Value(reflect.TypeFor[T](), rng)
			if !ok {
				return def
			}
			return v.Interface()
		},
		set: func(ctx context.Context, v any) error {
			t, _ := v.(T)
			return key.Set(ctx, t, "")
		},
		again: func(ctx context.Context) error {
			v, _, err := key.Lookup(ctx)
			if err != nil {
				return err
			}
			return key.Set(ctx, v, "")
		},
		beyond: func(any) bool { return false },
	}
}

func (s *subject) withRandom(random func(*rand.Rand) any) *subject {
	s.random = random
	return s
}

func (s *subject) withBeyond(beyond func(any) bool) *subject {
	s.beyond = beyond
	return s
}

type (
	small int8
	tiny  struct {
		On    bool             `json:"on"`
		Bytes []byte           `json:"bytes"`
		Three [3]uint8         `json:"three"`
		Note  *string          `json:"note,omitempty"`
		Many  map[string][]int `json:"many"`
	}
	// Base is exported, since it is embedded by a pointer.
	Base  struct{ Shade, Tone string }
	theme struct {
		*Base
		tiny
		Color string    `json:"color"`
		Tone  int16     `json:"Tone"`
		Gone  chan int  `json:"-"`
		Count int       `json:"count,string"`
		Ratio *float32  `json:"ratio"`
		Flags []bool    `json:",omitempty"`
		Deep  []tiny    `json:"deep"`
		Sizes map[int]u `json:"sizes"`
	}
	u    struct{ U uint16 }
	menu struct {
		Label string  `json:"label"`
		Items []*menu `json:"items"`
		First *menu   `json:"first"`
	}
)

// text is a beyond of types that look at the text themselves.
func text(value any) bool {
	_, ok := value.(string)
	return ok
}

// overflows reports whether there is a number in value, or a text with one, that
// only its size makes wrong.
func overflows(value any) bool {
	switch v := value.(type) {
	case string:
		digits := strings.Map(func(c rune) rune {
			if c < '0' || c > '9' {
				return -1
			}
			return c
		}, v)
		return len(digits) > 9
	case json.Number:
		return strings.ContainsAny(v.String(), "eE.") || len(v) > 18
	case []any:
		return slices.ContainsFunc(v, overflows)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), overflows) ||
			slices.ContainsFunc(slices.Collect(maps.Keys(v)), func(key string) bool { return overflows(key) })
	}
	return false
}

// huge reports whether there is a number in value that is no float64.
func huge(value any) bool {
	switch v := value.(type) {
	case json.Number:
		_, err := v.Float64()
		return err != nil
	case []any:
		return slices.ContainsFunc(v, huge)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), huge)
	default:
		return false
	}
}

func subjects() []*subject {
	moment := func(rng *rand.Rand) any {
		return time.Unix(rng.Int63n(1<<36)-1<<35, rng.Int63n(1e9)).In(time.FixedZone("", 60*(rng.Intn(2000)-1000)))
	}
	address := func(rng *rand.Rand) any { return netip.AddrFrom4([4]byte{byte(rng.Int()), 1, 2, 3}) }
	return []*subject{
		subjectOf("bool", false),
		subjectOf("string", ""),
		subjectOf("int", 0),
		subjectOf("int8", int8(0)),
		subjectOf("int16", int16(0)),
		subjectOf("int32", int32(0)),
		subjectOf("int64", int64(0)),
		subjectOf("small", small(0)),
		subjectOf("uint", uint(0)),
		subjectOf("uint8", uint8(0)),
		subjectOf("uint64", uint64(0)),
		subjectOf("float64", 0.0).withBeyond(huge),
		subjectOf("float32", float32(0)),
		subjectOf("number", json.Number("0")).withRandom(func(rng *rand.Rand) any { return json.Number(big.NewInt(rng.Int63()).String()) }).withBeyond(text),
		subjectOf("time", time.Time{}).withRandom(moment),
		subjectOf("duration", time.Duration(0)).withBeyond(overflows),
		subjectOf("address", netip.IPv4Unspecified()).withRandom(address).withBeyond(text),
		subjectOf("any", any(nil)).withRandom(func(rng *rand.Rand) any { return anything(rng, 3) }).withBeyond(huge),
		subjectOf("raw", json.RawMessage(nil)).withRandom(func(rng *rand.Rand) any { return json.RawMessage(written(anything(rng, 3))) }),
		subjectOf("ints", []int8(nil)).withBeyond(overflows),
		subjectOf("bytes", []byte(nil)),
		subjectOf("array", [2]bool{}),
		subjectOf("lists", [][]string(nil)),
		subjectOf("map", map[string]int16(nil)).withBeyond(overflows),
		subjectOf("numbered", map[uint8]string(nil)).withBeyond(overflows),
		subjectOf("pointer", (*bool)(nil)),
		subjectOf("pointer.list", (*[]*string)(nil)).withBeyond(overflows),
		subjectOf("tiny", tiny{}).withBeyond(overflows),
		subjectOf("theme", theme{}).withRandom(randomTheme).withBeyond(overflows),
		subjectOf("menu", menu{}).withRandom(func(rng *rand.Rand) any { return *randomMenu(rng, 3) }),
		subjectOf("menus", []menu(nil)).withRandom(func(rng *rand.Rand) any { return []menu{*randomMenu(rng, 2)} }),
		subjectOf("between", 50, config.Between(-3, 100)).withRandom(func(rng *rand.Rand) any { return rng.Intn(130) - 20 }),
		subjectOf("positive", 1, config.Between(1, 5)).withRandom(func(rng *rand.Rand) any { return rng.Intn(8) - 1 }),
		subjectOf("share", 0.5, config.Between(0, 1.0)).withRandom(func(rng *rand.Rand) any { return rng.Float64()*3 - 1 }),
		subjectOf("choice", "light", config.OneOf("light", "dark", "a<b")).withRandom(func(rng *rand.Rand) any {
			return []string{"light", "dark", "a<b", "", "Light", "x"}[rng.Intn(6)]
		}),
		subjectOf("numbers", 1, config.OneOf(1, 2, 30)).withRandom(func(rng *rand.Rand) any { return rng.Intn(34) }),
		subjectOf("wait", time.Minute, config.OneOf(time.Minute, time.Hour)).withRandom(func(rng *rand.Rand) any {
			return []time.Duration{time.Minute, time.Hour, time.Second, 0}[rng.Intn(4)]
		}),
		subjectOf("secret", config.NewSecret("standard")).withRandom(func(rng *rand.Rand) any {
			return config.NewSecret([]string{"", "hunter2", "[redacted]", "ünï"}[rng.Intn(4)])
		}),
	}
}

func randomTheme(rng *rand.Rand) any {
	var th theme
	for _, part := range []any{&th.tiny, &th.Color, &th.Tone, &th.Count, &th.Ratio, &th.Flags, &th.Deep, &th.Sizes} {
		p := reflect.ValueOf(part).Elem()
		if v, ok := quick.Value(p.Type(), rng); ok {
			p.Set(v)
		}
	}
	th.Base = &Base{Shade: "s"}
	return th
}

func randomMenu(rng *rand.Rand, depth int) *menu {
	m := &menu{Label: string(rune('a' + rng.Intn(26)))}
	for range rng.Intn(3) {
		if depth == 0 {
			m.Items = append(m.Items, nil)
		} else {
			m.Items = append(m.Items, randomMenu(rng, depth-1))
		}
	}
	if depth > 0 && rng.Intn(2) == 0 {
		m.First = randomMenu(rng, depth-1)
	}
	return m
}

// bench is a resolver with all subjects, and the validator of its schema.
type bench struct {
	t       *testing.T
	ctx     context.Context
	store   *config.MemoryStore
	r       *config.Resolver
	schema  *jsonschema.Schema
	members []*subject
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, store: config.NewMemoryStore(), members: subjects()}
	ring, err := config.NewKeyring("k1", map[string][]byte{"k1": []byte(strings.Repeat("k", 32))})
	require.NoError(t, err)
	cfg := config.Config{Store: b.store, Keyring: ring}
	for _, s := range b.members {
		cfg.Keys = append(cfg.Keys, s.key)
	}
	b.r, err = config.NewResolver(cfg)
	require.NoError(t, err)
	b.ctx = config.NewContext(tenant.WithID(t.Context(), "acme"), b.r)
	raw, err := b.r.Schema(b.ctx)
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.AssertContent()
	require.NoError(t, c.AddResource("settings.json", doc))
	b.schema, err = c.Compile("settings.json") // which checks it against the draft's own schema
	require.NoError(t, err)
	return b
}
