package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
)

type textPlan struct {
	Name  string
	Seats int
}

// textLevel has its own text and its own JSON, which is a number.
type textLevel int

func (l *textLevel) UnmarshalText(text []byte) error {
	if string(text) != "high" {
		return errors.New("neither high nor a number")
	}
	*l = 9
	return nil
}

func (l textLevel) MarshalText() ([]byte, error) { return []byte("high"), nil }

// takesText checks that text, as a value in Base, is want to the key's reader.
func takesText[T any](t *testing.T, def, want T, text string) {
	t.Helper()
	k := config.Declare("k", def)
	v, err := config.FromText(k, text)
	require.NoError(t, err, text)
	r := resolver(t, config.Config{Keys: []config.Declaration{k}, Base: map[string]any{"k": v}})
	got, info, err := k.Lookup(everywhere(r))
	require.NoError(t, err, text)
	require.Equal(t, want, got, text)
	require.Equal(t, config.LayerBase, info.Layer)
}

func TestFromText(t *testing.T) {
	for _, text := range []string{"", " a ", "20", "true", "null", `"quoted"`, `{"a":1}`, "[1]", "é\n"} {
		takesText(t, "default", text, text)
		takesText[any](t, "default", text, text)
	}
	for text, want := range map[string]bool{"true": true, "1": true, " T ": true, "false": false, "0": false, "FALSE": false} {
		takesText(t, !want, want, text)
	}
	takesText(t, 1, 20, "20")
	takesText(t, 1, -2000, " -2e3 ")
	takesText(t, 1, 0, "0")
	takesText[int64](t, 1, 9007199254740993, "9007199254740993")
	takesText[uint64](t, 1, 18446744073709551615, "18446744073709551615")
	takesText[uint8](t, 1, 255, "255")
	takesText(t, 1.0, 1.5, "1.5")
	takesText(t, 1.0, 20, "20")
	takesText(t, time.Second, 90*time.Second, " 90s ")
	takesText(t, time.Second, 0, "0")
	takesText(t, time.Unix(0, 0).UTC(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "2026-01-02T03:04:05Z")
	takesText(t, netip.Addr{}, netip.MustParseAddr("10.0.0.1"), "10.0.0.1")
	takesText(t, slog.LevelInfo, slog.LevelWarn, "WARN")
	takesText[textLevel](t, 9, 9, "high")

	takesText(t, []string{"x"}, []string{"a", "b", "20"}, "a, b,20")
	takesText(t, []string{"x"}, []string{"a,b", "c"}, `["a,b","c"]`)
	takesText(t, []string{"x"}, []string{}, " ")
	takesText(t, []string{"x"}, []string{"", ""}, ",")
	takesText(t, []int{1}, []int{1, 2, 3}, "1,2 ,3")
	takesText(t, []int{1}, []int{1, 2, 3}, " [1,2,3] ")
	takesText(t, []bool{}, []bool{true, false}, "1,f")
	takesText(t, []netip.Addr{}, []netip.Addr{netip.MustParseAddr("::1")}, "::1")
	takesText(t, [2]int{}, [2]int{3, 4}, "3,4")
	takesText(t, []byte{}, []byte("hi"), "aGk=")
	takesText(t, []textPlan{}, []textPlan{{"pro", 5}}, `[{"Name":"pro","Seats":5}]`)
	takesText(t, textPlan{}, textPlan{"pro", 5}, `{"Name":"pro","Seats":5}`)
	takesText(t, map[string]int{"x": 1}, map[string]int{"a": 1}, ` {"a":1} `)
	takesText(t, json.RawMessage("1"), json.RawMessage(`{"a":1}`), `{"a":1}`)
	takesText(t, json.RawMessage("1"), json.RawMessage(`"not JSON"`), `not JSON`)
	for _, text := range []string{"s3cret", "20", `"quoted"`, "null"} {
		v, err := config.FromText(config.Declare("password", config.Secret{}), text)
		require.NoError(t, err)
		require.Equal(t, text, v, "it is plain in Base")
	}
	n := 20
	takesText(t, new(int), &n, "20")
}

// What comes back is of the same forms as what Files returns.
func TestFromTextForms(t *testing.T) {
	for _, c := range []struct {
		key  config.Declaration
		text string
		want any
	}{
		{config.Declare("k", 0), "20", json.Number("20")},
		{config.Declare("k", 0.0), "1.50", json.Number("1.50")},
		{config.Declare("k", false), "1", true},
		{config.Declare("k", ""), "20", "20"},
		{config.Declare("k", time.Second), "90s", "90s"},
		{config.Declare("k", []int{}), "1,2", []any{json.Number("1"), json.Number("2")}},
		{config.Declare("k", textPlan{}), `{"Seats":1}`, map[string]any{"Seats": json.Number("1")}},
	} {
		got, err := config.FromText(c.key, c.text)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
}

func refusesText[T any](t *testing.T, def T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		v, err := config.FromText(config.Declare("the.key", def), text)
		require.ErrorIs(t, err, config.ErrMistyped, text)
		require.Nil(t, v)
		var key *config.KeyError
		require.ErrorAs(t, err, &key)
		require.Equal(t, "the.key", key.Key)
		require.NotContains(t, err.Error(), "s3cret")
	}
}

func TestFromTextRefuses(t *testing.T) {
	refusesText(t, 1, "", " ", "null", "s3cret", "20.5", "0x10", "010", "1_000", "20s", "true", `"20"`, "[20]", "99999999999999999999")
	refusesText(t, uint8(1), "256", "-1", "null")
	refusesText(t, 1.0, "", "null", "NaN", "Inf", "1,5")
	refusesText(t, true, "", "null", "yes", "2", "s3cret")
	refusesText(t, time.Second, "", "90", "null", "s3cret")
	refusesText(t, time.Time{}, "", "null", "s3cret", "2026-01-02")
	refusesText(t, new(int), "", "null", "s3cret")
	refusesText(t, []int{}, "1,s3cret", "1,", "1 2", "[1", "[1,\"s3cret\"]", "null", "[1],[2]")
	refusesText(t, []textPlan{}, "s3cret", `{"Name":"s3cret","Seats":1}`)
	refusesText(t, textPlan{}, "", "s3cret", `{"Seats":"s3cret"}`, "[]")
	refusesText(t, map[string]int{}, "", "a=1", `{"a":"s3cret"}`)
	refusesText(t, []byte{}, "s3cret!")
	refusesText(t, config.Secret{}, "\xff", "[redacted]")
	refusesText(t, "", "\xff")
	refusesText(t, []string{}, "a,\xff")
}

// The rules of the key hold before the value is anywhere.
func TestFromTextRules(t *testing.T) {
	size := config.Declare("page.size", 20, config.Between(1, 100))
	_, err := config.FromText(size, "101")
	require.ErrorIs(t, err, config.ErrInvalid)
	require.NotErrorIs(t, err, config.ErrMistyped)
	_, err = config.FromText(size, "100")
	require.NoError(t, err)

	_, err = config.FromText(config.Declare("no key", 1), "1")
	require.ErrorIs(t, err, config.ErrBadKey)
	_, err = config.FromText(config.Key[int]{}, "1")
	require.ErrorIs(t, err, config.ErrBadKey)
}

func TestNames(t *testing.T) {
	require.Equal(t, []string{"a"}, config.Names(config.Declare("a", 1)))
	require.Equal(t, []string{"a", "old", "older"}, config.Names(config.Declare("a", 1, config.Alias("old", "older"))))
}

// An environment variable is text; the declaration knows what it means.
func ExampleFromText() {
	size := config.Declare("page.size", 20, config.Between(1, 100))
	hosts := config.Declare("cdn.hosts", []string{})

	fmt.Println(config.FromText(size, "50"))
	fmt.Println(config.FromText(hosts, "eu.example.com, us.example.com"))
	fmt.Println(config.FromText(size, "many"))
	// Output:
	// 50 <nil>
	// [eu.example.com us.example.com] <nil>
	// <nil> config: key "page.size": config: the value does not fit: the text is no int
}
