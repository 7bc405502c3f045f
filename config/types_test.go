package config_test

import (
	"math"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
)

// color has a text form and knows which are valid.
type color struct{ name string }

func (c *color) UnmarshalText(text []byte) error {
	if string(text) != "red" {
		return &url.Error{Op: "color", URL: string(text)}
	}
	c.name = string(text)
	return nil
}

func (c color) MarshalText() ([]byte, error) { return []byte(c.name), nil }

type theme struct {
	Color  string `json:"color"`
	Width  int    `json:"width"`
	Nested struct {
		Items []int `json:"items"`
	} `json:"nested"`
}

type level int8

// fits checks that a stored value is read as want, and misfits that it is
// neither read nor shown.
func fits[T any](t *testing.T, raw string, want T) {
	t.Helper()
	got, info, err := lookup[T](t, raw)
	require.NoError(t, err, raw)
	require.Equal(t, want, got, raw)
	require.True(t, info.Found)
}

func misfits[T any](t *testing.T, raw string) {
	t.Helper()
	_, info, err := lookup[T](t, raw)
	require.ErrorIs(t, err, config.ErrMistyped, raw)
	require.False(t, info.Found)
	require.Equal(t, config.LayerTenant, info.Layer, "the error is about a layer")
	var zero T
	if secret := strings.Trim(raw, `"`); len(secret) > 3 && secret != "null" {
		require.NotContains(t, err.Error(), secret, "%T: a value can be a secret", zero)
	}
}

func lookup[T any](t *testing.T, raw string) (T, config.Info, error) {
	t.Helper()
	store := config.NewMemoryStore()
	write(t, store, "acme", "key", raw)
	r := resolver(t, config.Config{Store: store})
	ctx := in(r, "acme")
	v, info, err := config.Lookup[T](ctx, "key")
	again, infoAgain, errAgain := config.Lookup[T](ctx, "key")
	require.Equal(t, v, again, "the second reading, from memory, is the same")
	require.Equal(t, info, infoAgain)
	require.Equal(t, err == nil, errAgain == nil)
	return v, info, err
}

func TestTypes(t *testing.T) {
	t.Parallel()
	t.Run("text", func(t *testing.T) {
		fits(t, `"x"`, "x")
		fits(t, `""`, "")
		fits(t, `null`, "")
		fits(t, ` "padded" `, "padded")
		fits(t, `"\u00fc\n"`, "ü\n")
		misfits[string](t, `30`)
		misfits[string](t, `true`)
		misfits[string](t, `["secret"]`)
	})
	t.Run("bools", func(t *testing.T) {
		fits(t, `true`, true)
		fits(t, `false`, false)
		fits(t, `null`, false)
		misfits[bool](t, `1`)
		misfits[bool](t, `"true"`)
		misfits[bool](t, `""`)
	})
	t.Run("integers", func(t *testing.T) {
		fits(t, `30`, 30)
		fits(t, `30.0`, 30)
		fits(t, `3e1`, 30)
		fits(t, `3.0E+1`, 30)
		fits(t, `300e-1`, int64(30))
		fits(t, `-7`, -7)
		fits(t, `-0.0`, 0)
		fits(t, `-0`, uint(0))
		fits(t, `0e999`, 0)
		fits(t, `0.00`, 0)
		fits(t, `1e18`, int64(1e18))
		fits(t, `10.50e1`, 105)
		fits(t, `0.0030e4`, 30)
		fits(t, `100`, 100)
		fits(t, `0`, 0)
		fits(t, `null`, 0)
		fits(t, `127`, int8(127))
		fits(t, `5`, level(5))
		fits(t, `9223372036854775807`, int64(math.MaxInt64))
		fits(t, `18446744073709551615`, uint64(math.MaxUint64))
		fits(t, `9007199254740993`, int64(9007199254740993))
		fits(t, `255`, byte(255))
		misfits[int](t, `30.5`)
		misfits[int](t, `"30"`)
		misfits[int](t, `true`)
		misfits[int](t, `"3e1"`)
		misfits[int](t, `1e999999999`)
		misfits[int](t, `1e-9999999999`)
		misfits[int](t, `30.00000000000000000001`)
		misfits[int](t, `1e19`)
		misfits[int](t, `{"e":1}`)
		misfits[int](t, `[]`)
		misfits[int8](t, `128`)
		misfits[level](t, `-129`)
		misfits[int64](t, `9223372036854775808`)
		misfits[uint](t, `-1`)
		misfits[uint8](t, `256`)
		misfits[uint8](t, `25600e-1`)
	})
	t.Run("floats", func(t *testing.T) {
		fits(t, `30.5`, 30.5)
		fits(t, `30`, 30.0)
		fits(t, `1e3`, float32(1000))
		misfits[float64](t, `"30.5"`)
		misfits[float64](t, `1e400`)
		misfits[float32](t, `1e39`)
	})
	t.Run("durations", func(t *testing.T) {
		fits(t, `"90s"`, 90*time.Second)
		fits(t, `"-1h30m"`, -90*time.Minute)
		fits(t, `0`, time.Duration(0))
		fits(t, `"0"`, time.Duration(0))
		misfits[time.Duration](t, `90`) // of what?
		misfits[time.Duration](t, `"9000"`)
		misfits[time.Duration](t, `"soonish"`)
	})
	t.Run("times", func(t *testing.T) {
		fits(t, `"2024-02-29T12:00:00Z"`, time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC))
		misfits[time.Time](t, `"2024-02-30T12:00:00Z"`)
		misfits[time.Time](t, `1709208000`)
	})
	t.Run("lists and maps", func(t *testing.T) {
		fits(t, `["a","b"]`, []string{"a", "b"})
		fits(t, `[]`, []string{})
		fits(t, `null`, []string(nil))
		fits(t, `[1,2]`, [2]int{1, 2})
		fits(t, `{"a":1}`, map[string]int{"a": 1})
		fits(t, `{}`, map[string]int{})
		fits(t, `{"a":[1,{"b":null}]}`, any(map[string]any{"a": []any{1.0, map[string]any{"b": nil}}}))
		misfits[[]string](t, `"secret"`)
		misfits[[]int](t, `["secret"]`)
		misfits[map[string]int](t, `["secret"]`)
		misfits[map[string]int](t, `{"a":12345.5}`)
	})
	t.Run("structs and pointers", func(t *testing.T) {
		want := theme{Color: "red", Width: 3}
		want.Nested.Items = []int{1}
		fits(t, `{"color":"red","width":3,"nested":{"items":[1]},"more":true}`, want)
		fits(t, `{"color":"red","width":3,"nested":{"items":[1]}}`, &want)
		fits(t, `null`, (*theme)(nil))
		fits(t, `{}`, theme{})
		misfits[theme](t, `{"width":"secret"}`)
		misfits[theme](t, `{"nested":{"items":[98765.5]}}`)
		misfits[theme](t, `"secret"`)
	})
	t.Run("text forms", func(t *testing.T) {
		fits(t, `"red"`, color{"red"})
		fits(t, `"192.0.2.1"`, netip.MustParseAddr("192.0.2.1"))
		misfits[color](t, `"secret"`)
		misfits[color](t, `5`)
		misfits[netip.Addr](t, `"not-an-address"`)
	})
}

// What does not fit is counted, and is not searched for in the layers below:
// a limit that was mistyped must not become the larger one of everybody.
func TestMistypedGet(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	write(t, store, "", "limit", `30`)
	write(t, store, "acme", "limit", `30.5`)
	write(t, store, "acme", "closed", `"many"`)
	limit, closed := config.Declare("limit", 10), config.Declare("closed", 10, config.Closed(0))
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{limit, closed}})
	ctx := in(r, "acme")
	require.Equal(t, 20, config.Get(ctx, "limit", 20))
	require.Equal(t, 10, limit.Get(ctx))
	require.Equal(t, 0, closed.Get(ctx))
	require.Equal(t, 0, config.Get(ctx, "closed", 20))
	require.Equal(t, config.Stats{Mistyped: 4, Tenants: 1}, r.Stats())
	require.Equal(t, 30, limit.Get(in(r, "bolt")))

	// What does not fit the declaration is of no use, whatever type is asked for.
	require.Equal(t, 7.5, config.Get(ctx, "limit", 7.5))
	require.Equal(t, 30.0, config.Get(in(r, "bolt"), "limit", 7.5), "what fits can be read as other types")

	// Without one the caller decides the type, and one key can be read as several.
	write(t, store, "coil", "free", `30.5`)
	require.Equal(t, 30.5, config.Get(in(r, "coil"), "free", 0.0))
	require.EqualValues(t, 30.5, config.Get(in(r, "coil"), "free", float32(0)))
	require.Equal(t, 20, config.Get(in(r, "coil"), "free", 20))

	_, _, err := limit.Lookup(ctx)
	require.EqualError(t, err, `config: key "limit" in the tenant layer: config: the value does not fit: this JSON number is no int`)
}

// Nobody's change to a value reaches anybody else's.
func TestValuesAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	list := config.Declare("list", []string{"a", "b"})
	table := config.Declare("table", map[string][]int{"a": {1}})
	pointer := config.Declare("pointer", &theme{Color: "red"})
	r := resolver(t, config.Config{
		Keys: []config.Declaration{list, table, pointer},
		Base: map[string]any{"base": []int{1}},
	})
	acme, bolt := in(r, "acme"), in(r, "bolt")
	require.NoError(t, r.Set(acme, "own", map[string]any{"k": []string{"v"}}, ""))

	for range 2 { // from the store, and from memory
		list.Get(acme)[0] = "stolen"
		table.Get(acme)["a"][0] = 99
		pointer.Get(acme).Color = "stolen"
		config.Get(acme, "own", map[string][]string{})["k"][0] = "stolen"
		config.Get[any](acme, "own", nil).(map[string]any)["k"] = "stolen"
		config.Get(acme, "base", []int{})[0] = 99
		list.Get(background)[0] = "stolen" // the default, for want of a tenant
	}
	require.Equal(t, []string{"a", "b"}, list.Get(acme))
	require.Equal(t, []string{"a", "b"}, list.Get(bolt))
	require.Equal(t, []string{"a", "b"}, list.Get(background))
	require.Equal(t, map[string][]int{"a": {1}}, table.Get(bolt))
	require.Equal(t, "red", pointer.Get(bolt).Color)
	require.Equal(t, map[string][]string{"k": {"v"}}, config.Get(acme, "own", map[string][]string{}))
	require.Equal(t, []int{1}, config.Get(bolt, "base", []int{}))

	// Nor does a change to what was written.
	mine := []string{"c"}
	require.NoError(t, list.Set(acme, mine, ""))
	mine[0] = "stolen"
	require.Equal(t, []string{"c"}, list.Get(acme))
}
