package configtest

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

func testEmpty(t *testing.T, s config.Store) {
	for _, id := range []tenant.ID{"", "acme"} {
		settings, number, err := s.Load(context.Background(), of(id))
		if len(settings) != 0 || number != 0 || err != nil {
			t.Errorf("Load of an empty store gave %v, number %d, error %v", settings, number, err)
		}
	}
	if revs, err := s.History(context.Background(), of("acme"), "a", 10); len(revs) != 0 || err != nil {
		t.Errorf("History of an empty store gave %v, error %v", revs, err)
	}
}

// testValues writes what a store is tempted to take for no value.
func testValues(t *testing.T, s config.Store) {
	st := store{t, s}
	want := map[string]string{
		"false": `false`, "zero": `0`, "empty": `""`, "null": `null`, "list": `[]`, "object": `{}`,
		"text": `"Ünïcode 'quotes' \"double\" \\ and \u0000 \ud83e\udd84 🦄"`, "fraction": `30.50`, "large": `12345678901234567890`,
		"spaces": `{ "a" : [ 1,  2 ] }`, "a.b-c_d:e/f": `1`, "Case": `"upper"`, "case": `"lower"`,
		"long": `"` + strings.Repeat("x", 100_000) + `"`, strings.Repeat("k", 190): `1`,
	}
	for key, value := range want {
		st.write(of("acme"), set(key, value))
	}
	st.want(of("acme"), want)

	st.write(of("acme"), set("zero", `false`))
	want["zero"] = `false`
	st.want(of("acme"), want)

	for key := range want {
		st.write(of("acme"), config.Change{Key: key})
	}
	st.want(of("acme"), map[string]string{})
	st.write(of("acme"), config.Change{Key: "zero"})
	st.want(of("acme"), map[string]string{})
	st.write(of("acme"), set("zero", `1`))
	st.want(of("acme"), map[string]string{"zero": `1`})

	// What a caller does to its own bytes is not the store's.
	value := json.RawMessage(`"mine"`)
	st.write(of("acme"), config.Change{Key: "zero", Value: value})
	copy(value, `"your"`)
	settings, _, _ := s.Load(context.Background(), of("acme"))
	for _, set := range settings {
		copy(set.Value, `"his."`)
	}
	st.want(of("acme"), map[string]string{"zero": `"mine"`})
}

func testNumbers(t *testing.T, s config.Store) {
	st := store{t, s}
	var last int64
	for i, c := range []config.Change{set("a", `1`), set("b", `1`), set("a", `1`), {Key: "a"}, {Key: "a"}, set("a", `1`)} {
		n := st.write(of("acme"), c)
		if n <= last {
			t.Fatalf("write %d has number %d after %d", i, n, last)
		}
		last = n
		_, versions, number := st.load(of("acme"))
		if number != n {
			t.Errorf("after write %d Load gives number %d, want %d", i, number, n)
		}
		if c.Value != nil && versions[c.Key] != n {
			t.Errorf("write %d has version %d, want its number %d", i, versions[c.Key], n)
		}
	}
	if _, versions, _ := st.load(of("acme")); versions["b"] >= versions["a"] {
		t.Errorf("a write has changed the version of another key: %v", versions)
	}
}

func testBatch(t *testing.T, s config.Store) {
	st := store{t, s}
	st.write(of("acme"), set("a", `1`), set("b", `1`))
	n := st.write(of("acme"), set("a", `2`), config.Change{Key: "b"}, set("c", `2`))
	st.want(of("acme"), map[string]string{"a": `2`, "c": `2`})
	if _, versions, number := st.load(of("acme")); versions["a"] != n || versions["c"] != n || number != n {
		t.Errorf("one write has versions %v and number %d, want %d", versions, number, n)
	}
	_, err := s.Write(context.Background(), of("acme"), config.Edit{}, set("a", `3`), set("c", `{`))
	if err == nil {
		t.Error("a batch with one bad value was accepted")
	}
	st.want(of("acme"), map[string]string{"a": `2`, "c": `2`})
	st.write(of("acme"))
	st.want(of("acme"), map[string]string{"a": `2`, "c": `2`})
}
