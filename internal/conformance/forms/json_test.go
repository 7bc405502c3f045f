package forms

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"math/rand"
	"slices"
)

// parsed returns JSON with its numbers as they are written.
func parsed(raw string) any {
	dec := json.NewDecoder(bytes.NewReader([]byte(raw)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		panic(err)
	}
	return v
}

func written(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// same reports whether two values are equal as JSON Schema sees it: 30 and 3e1
// are, null and 0 are not.
func same(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		n, ok := b.(json.Number)
		if !ok {
			return false
		}
		x, okX := new(big.Rat).SetString(a.String())
		y, okY := new(big.Rat).SetString(n.String())
		return okX && okY && x.Cmp(y) == 0
	case []any:
		l, ok := b.([]any)
		return ok && slices.EqualFunc(a, l, same)
	case map[string]any:
		m, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, m, same)
	default:
		return fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b) && a == b
	}
}

// numbers are those at which types end.
var numbers = []string{
	"0", "-1", "1", "5", "6", "100", "101", "127", "128", "-128", "-129", "255", "256", "32767", "32768", "2147483647", "2147483648",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
	"0.5", "1.0", "30.0", "3e1", "30.5", "1e18", "1e30", "-0.25", "3.4028234663852886e38", "3.41e38", "1e308", "1e400", "-1e39",
}

var texts = []string{
	"", "x", "true", "0", "30", "90s", "1h30m", "-1.5h", "1m0s", "60s", ".5s", "5", "s", "1 s", "1d", "+0", "light", "dark", "Light", "a<b", "hunter2", "[redacted]",
	"AAAA", "AA==", "AA", "*", "2026-11-28T10:00:00Z", "2026-11-28T10:00:00.5+01:00", "2026-11-28", "2026-13-28T10:00:00Z", "10.0.0.1", "ü",
}

// names are those of fields, and some that are none.
var names = []string{"on", "bytes", "three", "note", "many", "color", "Color", "Tone", "Shade", "count", "ratio", "deep", "sizes", "U", "label", "items", "first", "Gone", "-", "", "1", "-1", "007", "x"}

// anything returns a random JSON value.
func anything(rng *rand.Rand, depth int) any {
	kinds := 6
	if depth == 0 {
		kinds = 4
	}
	switch rng.Intn(kinds) {
	case 0:
		return nil
	case 1:
		return rng.Intn(2) == 0
	case 2:
		return json.Number(numbers[rng.Intn(len(numbers))])
	case 3:
		return texts[rng.Intn(len(texts))]
	case 4:
		list := []any{}
		for range rng.Intn(4) {
			list = append(list, anything(rng, depth-1))
		}
		return list
	default:
		object := map[string]any{}
		for range rng.Intn(4) {
			object[names[rng.Intn(len(names))]] = anything(rng, depth-1)
		}
		return object
	}
}

// altered returns v with a change in one place.
func altered(rng *rand.Rand, v any) any {
	switch v := v.(type) {
	case []any:
		list := slices.Clone(v)
		if len(list) > 0 && rng.Intn(3) > 0 {
			i := rng.Intn(len(list))
			if list[i] = altered(rng, list[i]); rng.Intn(4) == 0 {
				list = slices.Delete(list, i, i+1)
			}
			return list
		}
		return append(list, anything(rng, 1))
	case map[string]any:
		object := maps.Clone(v)
		if keys := slices.Sorted(maps.Keys(object)); len(keys) > 0 && rng.Intn(3) > 0 {
			key := keys[rng.Intn(len(keys))]
			if object[key] = altered(rng, object[key]); rng.Intn(4) == 0 {
				delete(object, key)
			}
			return object
		}
		object[names[rng.Intn(len(names))]] = anything(rng, 1)
		return object
	default:
		return anything(rng, 1)
	}
}
