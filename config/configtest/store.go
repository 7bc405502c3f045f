// Package configtest holds implementations of [config.Store] to their
// contract. It needs nothing but package testing.
package configtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// TestStore runs the contract of [config.Store] against the stores that
// newStore makes. newStore is called several times; each store must be empty.
func TestStore(t *testing.T, newStore func(t *testing.T) config.Store) {
	t.Run("empty", func(t *testing.T) { testEmpty(t, newStore(t)) })
	t.Run("values", func(t *testing.T) { testValues(t, newStore(t)) })
	t.Run("numbers", func(t *testing.T) { testNumbers(t, newStore(t)) })
	t.Run("tenants apart", func(t *testing.T) { testApart(t, newStore(t)) })
	t.Run("batch", func(t *testing.T) { testBatch(t, newStore(t)) })
	t.Run("refusals", func(t *testing.T) { testRefusals(t, newStore(t)) })
	t.Run("history", func(t *testing.T) { testHistory(t, newStore(t)) })
	t.Run("cancelled", func(t *testing.T) { testCancelled(t, newStore(t)) })
	t.Run("concurrent", func(t *testing.T) { testConcurrent(t, newStore(t)) })
}

// store is a Store with the failures checked.
type store struct {
	t *testing.T
	config.Store
}

func (s store) write(id tenant.ID, changes ...config.Change) int64 {
	s.t.Helper()
	n, err := s.Write(context.Background(), id, config.Edit{}, changes...)
	if err != nil {
		s.t.Fatalf("Write: %v", err)
	}
	return n
}

// load returns the settings of a tenant as text, and checks that no key comes
// twice.
func (s store) load(id tenant.ID) (map[string]string, map[string]int64, int64) {
	s.t.Helper()
	settings, number, err := s.Load(context.Background(), id)
	if err != nil {
		s.t.Fatalf("Load: %v", err)
	}
	values, versions := map[string]string{}, map[string]int64{}
	for _, set := range settings {
		if _, twice := values[set.Key]; twice {
			s.t.Errorf("Load gave %s twice", set.Key)
		}
		values[set.Key], versions[set.Key] = string(set.Value), set.Version
	}
	return values, versions, number
}

func (s store) want(id tenant.ID, want map[string]string) {
	s.t.Helper()
	if got, _, _ := s.load(id); !reflect.DeepEqual(got, want) {
		s.t.Errorf("tenant %q has %v, want %v", id, got, want)
	}
}

func set(key, value string) config.Change {
	return config.Change{Key: key, Value: json.RawMessage(value)}
}

func testEmpty(t *testing.T, s config.Store) {
	for _, id := range []tenant.ID{"", "acme"} {
		settings, number, err := s.Load(context.Background(), id)
		if len(settings) != 0 || number != 0 || err != nil {
			t.Errorf("Load of an empty store gave %v, number %d, error %v", settings, number, err)
		}
	}
	if revs, err := s.History(context.Background(), "acme", "a", 10); len(revs) != 0 || err != nil {
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
		st.write("acme", set(key, value))
	}
	st.want("acme", want)

	st.write("acme", set("zero", `false`))
	want["zero"] = `false`
	st.want("acme", want)

	for key := range want {
		st.write("acme", config.Change{Key: key})
	}
	st.want("acme", map[string]string{})
	st.write("acme", config.Change{Key: "zero"})
	st.want("acme", map[string]string{})
	st.write("acme", set("zero", `1`))
	st.want("acme", map[string]string{"zero": `1`})

	// What a caller does to its own bytes is not the store's.
	value := json.RawMessage(`"mine"`)
	st.write("acme", config.Change{Key: "zero", Value: value})
	copy(value, `"your"`)
	settings, _, _ := s.Load(context.Background(), "acme")
	for _, set := range settings {
		copy(set.Value, `"his."`)
	}
	st.want("acme", map[string]string{"zero": `"mine"`})
}

func testNumbers(t *testing.T, s config.Store) {
	st := store{t, s}
	var last int64
	for i, c := range []config.Change{set("a", `1`), set("b", `1`), set("a", `1`), {Key: "a"}, {Key: "a"}, set("a", `1`)} {
		n := st.write("acme", c)
		if n <= last {
			t.Fatalf("write %d has number %d after %d", i, n, last)
		}
		last = n
		_, versions, number := st.load("acme")
		if number != n {
			t.Errorf("after write %d Load gives number %d, want %d", i, number, n)
		}
		if c.Value != nil && versions[c.Key] != n {
			t.Errorf("write %d has version %d, want its number %d", i, versions[c.Key], n)
		}
	}
	if _, versions, _ := st.load("acme"); versions["b"] >= versions["a"] {
		t.Errorf("a write has changed the version of another key: %v", versions)
	}
}

func testApart(t *testing.T, s config.Store) {
	st := store{t, s}
	st.write("acme", set("k", `"acme"`))
	st.write("bolt", set("k", `"bolt"`))
	st.write("", set("k", `"global"`))
	st.write("acme-2", set("k", `"other"`))
	_, _, before := st.load("bolt")
	st.write("acme", config.Change{Key: "k"}, set("own", `1`))
	st.want("acme", map[string]string{"own": `1`})
	st.want("bolt", map[string]string{"k": `"bolt"`})
	st.want("", map[string]string{"k": `"global"`})
	st.want("acme-2", map[string]string{"k": `"other"`})
	if _, _, after := st.load("bolt"); after != before {
		t.Errorf("a write of one tenant has moved the number of another from %d to %d", before, after)
	}
	revs, err := s.History(context.Background(), "bolt", "own", 10)
	if err != nil || len(revs) != 0 {
		t.Errorf("a tenant sees the history of another: %v, error %v", revs, err)
	}
}

func testBatch(t *testing.T, s config.Store) {
	st := store{t, s}
	st.write("acme", set("a", `1`), set("b", `1`))
	n := st.write("acme", set("a", `2`), config.Change{Key: "b"}, set("c", `2`))
	st.want("acme", map[string]string{"a": `2`, "c": `2`})
	if _, versions, number := st.load("acme"); versions["a"] != n || versions["c"] != n || number != n {
		t.Errorf("one write has versions %v and number %d, want %d", versions, number, n)
	}
	_, err := s.Write(context.Background(), "acme", config.Edit{}, set("a", `3`), set("c", `{`))
	if err == nil {
		t.Error("a batch with one bad value was accepted")
	}
	st.want("acme", map[string]string{"a": `2`, "c": `2`})
	st.write("acme")
	st.want("acme", map[string]string{"a": `2`, "c": `2`})
}

func testRefusals(t *testing.T, s config.Store) {
	for name, c := range map[string]struct {
		id      tenant.ID
		changes []config.Change
		want    error
	}{
		"no key":            {"acme", []config.Change{set("", `1`)}, config.ErrBadKey},
		"a space":           {"acme", []config.Change{set("a ", `1`)}, config.ErrBadKey},
		"a NUL":             {"acme", []config.Change{set("a\x00", `1`)}, config.ErrBadKey},
		"foreign letters":   {"acme", []config.Change{set("ключ", `1`)}, config.ErrBadKey},
		"a key too long":    {"acme", []config.Change{set(strings.Repeat("k", 191), `1`)}, config.ErrBadKey},
		"a key twice":       {"acme", []config.Change{set("a", `1`), {Key: "a"}}, config.ErrBadKey},
		"a bad deletion":    {"acme", []config.Change{{Key: "a b"}}, config.ErrBadKey},
		"an empty value":    {"acme", []config.Change{set("a", ``)}, config.ErrMistyped},
		"no JSON":           {"acme", []config.Change{set("a", `nil`)}, config.ErrMistyped},
		"no UTF-8":          {"acme", []config.Change{set("a", "\"\xff\"")}, config.ErrMistyped},
		"two values":        {"acme", []config.Change{set("a", `1 2`)}, config.ErrMistyped},
		"a malformed id":    {"Acme", []config.Change{set("a", `1`)}, tenant.ErrInvalidID},
		"an id with spaces": {"acme ", []config.Change{set("a", `1`)}, tenant.ErrInvalidID},
	} {
		if _, err := s.Write(context.Background(), c.id, config.Edit{}, c.changes...); !errors.Is(err, c.want) {
			t.Errorf("%s: Write gave %v, want %v", name, err, c.want)
		}
	}
	if settings, number, err := s.Load(context.Background(), "acme"); len(settings) != 0 || number != 0 || err != nil {
		t.Errorf("refused writes have left %v, number %d, error %v", settings, number, err)
	}
}

func testHistory(t *testing.T, s config.Store) {
	ctx := context.Background()
	began := time.Now().Add(-time.Second)
	var numbers []int64
	for i, c := range []config.Change{set("k", `1`), set("k", `null`), {Key: "k"}, {Key: "k"}, set("k", `"last"`), set("other", `1`)} {
		n, err := s.Write(ctx, "acme", config.Edit{Actor: fmt.Sprint("actor ", i), Reason: fmt.Sprint("reason ", i)}, c)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	revs, err := s.History(ctx, "acme", "k", 100)
	if err != nil {
		t.Fatal(err)
	}
	// The deletion of what was gone already leaves no trace.
	want := []config.Revision{
		{Version: numbers[4], Value: json.RawMessage(`"last"`), Actor: "actor 4", Reason: "reason 4"},
		{Version: numbers[2], Actor: "actor 2", Reason: "reason 2"},
		{Version: numbers[1], Value: json.RawMessage(`null`), Actor: "actor 1", Reason: "reason 1"},
		{Version: numbers[0], Value: json.RawMessage(`1`), Actor: "actor 0", Reason: "reason 0"},
	}
	for i := range revs {
		if revs[i].At.Before(began) || revs[i].At.After(time.Now().Add(time.Second)) || revs[i].At.Location() != time.UTC {
			t.Errorf("version %d is of %v", revs[i].Version, revs[i].At)
		}
		revs[i].At = time.Time{}
	}
	if !reflect.DeepEqual(revs, want) {
		t.Errorf("History gave\n%+v, want\n%+v", revs, want)
	}
	for limit, n := range map[int]int{-1: 0, 0: 0, 1: 1, 3: 3, 4: 4, 5: 4} {
		if revs, err := s.History(ctx, "acme", "k", limit); err != nil || len(revs) != n {
			t.Errorf("History with limit %d gave %d versions and error %v, want %d", limit, len(revs), err, n)
		}
	}
	if revs, err := s.History(ctx, "acme", "k ", 10); err != nil || len(revs) != 0 {
		t.Errorf("a name that is no key has history %v, error %v", revs, err)
	}
}

func testCancelled(t *testing.T, s config.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Write(ctx, "acme", config.Edit{}, set("a", `1`)); err == nil {
		t.Error("Write ignores a cancelled context")
	}
	if _, _, err := s.Load(ctx, "acme"); err == nil {
		t.Error("Load ignores a cancelled context")
	}
	if _, err := s.History(ctx, "acme", "a", 1); err == nil {
		t.Error("History ignores a cancelled context")
	}
	store{t, s}.want("acme", map[string]string{})
}

// testConcurrent has several writers of one tenant. Each number must be given
// once, and a reader that has seen a number must find everything up to it.
func testConcurrent(t *testing.T, s config.Store) {
	const writers, writes = 4, 10
	var (
		mu      sync.Mutex
		numbers []int64
		wg      sync.WaitGroup
	)
	for w := range writers {
		wg.Go(func() {
			key := fmt.Sprint("k", w)
			for i := range writes {
				n, err := s.Write(context.Background(), "acme", config.Edit{}, set(key, fmt.Sprint(i)), set("all", fmt.Sprint(w)))
				if err != nil {
					t.Errorf("Write: %v", err)
					return
				}
				settings, number, err := s.Load(context.Background(), "acme")
				if err != nil || number < n {
					t.Errorf("Load after write %d gave number %d, error %v", n, number, err)
				}
				for _, set := range settings {
					if set.Key == key && string(set.Value) != fmt.Sprint(i) {
						t.Errorf("a writer that wrote %d reads %s", i, set.Value)
					}
				}
				mu.Lock()
				numbers = append(numbers, n)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(numbers)
	if len(slices.Compact(slices.Clone(numbers))) != writers*writes {
		t.Errorf("numbers were given twice: %v", numbers)
	}
	revs, err := s.History(context.Background(), "acme", "all", 1000)
	if err != nil || len(revs) != writers*writes {
		t.Errorf("of %d writes the history has %d, error %v", writers*writes, len(revs), err)
	}
}
