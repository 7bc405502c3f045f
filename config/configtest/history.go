package configtest

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/gotenancy/tenancy/config"
)

func testHistory(t *testing.T, s config.Store) {
	ctx := context.Background()
	began := time.Now().Add(-time.Second)
	var numbers []int64
	for i, c := range []config.Change{set("k", `1`), set("k", `null`), {Key: "k"}, {Key: "k"}, set("k", `"last"`), set("other", `1`)} {
		n, err := s.Write(ctx, of("acme"), config.Edit{Actor: fmt.Sprint("actor ", i), Reason: fmt.Sprint("reason ", i)}, c)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	revs, err := s.History(ctx, of("acme"), "k", 100)
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
		if revs, err := s.History(ctx, of("acme"), "k", limit); err != nil || len(revs) != n {
			t.Errorf("History with limit %d gave %d versions and error %v, want %d", limit, len(revs), err, n)
		}
	}
	if revs, err := s.History(ctx, of("acme"), "k ", 10); err != nil || len(revs) != 0 {
		t.Errorf("a name that is no key has history %v, error %v", revs, err)
	}
}

// testHistoryApart has the same key with several owners, in turns.
func testHistoryApart(t *testing.T, s config.Store) {
	st := store{t, s}
	for round := range 3 {
		for i, o := range each {
			edit := config.Edit{Actor: fmt.Sprint("actor ", i), Reason: fmt.Sprint("round ", round)}
			if _, err := s.Write(context.Background(), o, edit, set("a", fmt.Sprint(i*10+round))); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, o := range each {
		revs := st.history(o, "a")
		if len(revs) != 3 {
			t.Fatalf("%+v has %d versions, want 3", o, len(revs))
		}
		for back, rev := range revs {
			round := 2 - back
			want := config.Revision{
				Version: rev.Version, Value: json.RawMessage(fmt.Sprint(i*10 + round)),
				Actor: fmt.Sprint("actor ", i), Reason: fmt.Sprint("round ", round), At: rev.At,
			}
			if !reflect.DeepEqual(rev, want) {
				t.Errorf("version %d of %+v is %+v, want %+v", back, o, rev, want)
			}
			if back > 0 && rev.Version >= revs[back-1].Version {
				t.Errorf("the versions of %+v are not newest first: %+v", o, revs)
			}
		}
	}

	// What a caller does to what it was given is not the store's.
	copy(st.history(of("acme"), "a")[0].Value, `99`)
	if again := st.history(of("acme"), "a")[0]; string(again.Value) != `42` {
		t.Errorf("a caller has changed the history to %s", again.Value)
	}
}
