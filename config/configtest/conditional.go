package configtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gotenancy/tenancy/config"
)

// testIf has changes that require a version, of every kind there is.
func testIf(t *testing.T, s config.Store) {
	st := store{t, s}
	acme := of("acme")
	first := st.write(acme, only(set("a", `1`), 0))
	st.refuses("a key that is there must not be", config.ErrConflict, acme, only(set("a", `2`), 0))
	st.refuses("a later version", config.ErrConflict, acme, only(set("a", `2`), first+1))
	st.refuses("no version at all", config.ErrConflict, acme, only(set("a", `2`), -1))
	st.refuses("a key that is not there", config.ErrConflict, acme, only(set("b", `2`), first))
	st.refuses("the deletion of one that is not there", config.ErrConflict, acme, only(config.Change{Key: "b"}, first))

	second := st.write(acme, only(set("a", `2`), first))
	st.want(acme, map[string]string{"a": `2`})
	st.refuses("an older version", config.ErrConflict, acme, only(set("a", `3`), first))
	st.refuses("an older version to delete", config.ErrConflict, acme, only(config.Change{Key: "a"}, first))

	// Another key's write does not move this one's version.
	third := st.write(acme, set("b", `1`))
	st.refuses("the tenant's number", config.ErrConflict, acme, only(set("a", `3`), third))
	fourth := st.write(acme, only(set("a", `2`), second)) // the same value is a version too
	st.refuses("the same value's older version", config.ErrConflict, acme, only(set("a", `3`), second))

	// A batch stands and falls together, wherever the one in it is that fails.
	st.refuses("a batch, the first", config.ErrConflict, acme, only(set("a", `9`), first), set("b", `9`), set("c", `9`))
	st.refuses("a batch, the last", config.ErrConflict, acme, set("b", `9`), set("c", `9`), only(set("a", `9`), first))
	st.refuses("a batch, a deletion in it", config.ErrConflict, acme, config.Change{Key: "b"}, only(set("a", `9`), first), only(set("c", `9`), 0))
	st.refuses("a batch with a bad value", config.ErrMistyped, acme, only(set("a", `9`), fourth), set("b", `{`))
	fifth := st.write(acme, only(set("a", `5`), fourth), only(config.Change{Key: "b"}, third), only(set("c", `5`), 0), set("d", `5`))
	st.want(acme, map[string]string{"a": `5`, "c": `5`, "d": `5`})

	// The error says which key and holds no value.
	_, err := s.Write(context.Background(), acme, config.Edit{}, set("b", `"hidden"`), only(set("c", `"hidden"`), fourth))
	var ke *config.KeyError
	if !errors.As(err, &ke) || ke.Key != "c" || !errors.Is(err, config.ErrConflict) || strings.Contains(err.Error(), "hidden") {
		t.Errorf("the error of a conflict is %v, want one of key c", err)
	}

	st.write(acme, only(config.Change{Key: "a"}, fifth))
	st.refuses("a key that was deleted", config.ErrConflict, acme, only(set("a", `6`), fifth))
	before := st.history(acme, "a")
	st.write(acme, only(config.Change{Key: "a"}, 0)) // it is not there, as required
	if after := st.history(acme, "a"); len(after) != len(before) {
		t.Errorf("the deletion of what is not there has left %+v", after[0])
	}
	st.write(acme, only(set("a", `7`), 0))
	st.want(acme, map[string]string{"a": `7`, "c": `5`, "d": `5`})
}

// testIfOwners: a version is that of this owner's key.
func testIfOwners(t *testing.T, s config.Store) {
	st := store{t, s}
	versions := map[config.Owner]int64{}
	for i, o := range each {
		for range i % 4 { // so that neighbours have different ones
			st.write(o, set("b", `0`))
		}
		versions[o] = st.write(o, only(set("a", fmt.Sprint(i)), 0))
	}
	for _, o := range each {
		for _, other := range each {
			if versions[other] != versions[o] {
				st.refuses("another owner's version", config.ErrConflict, o, only(set("a", `-1`), versions[other]))
			}
		}
		st.refuses("not there", config.ErrConflict, o, only(set("a", `-1`), 0))
	}
	for i, o := range each {
		st.write(o, only(set("a", fmt.Sprint(-i)), versions[o]))
		if got, _, _ := st.load(o); got["a"] != fmt.Sprint(-i) {
			t.Errorf("%+v has %v after a write on its version", o, got)
		}
	}
}

// testIfAtOnce has many writers who all require the same version: exactly one
// gets it, whether the key is new, there, or to be deleted.
func testIfAtOnce(t *testing.T, s config.Store) {
	st := store{t, s}
	const writers = 8
	for _, o := range []config.Owner{of("acme"), {Tenant: "acme", Account: "ann"}, {}, {Group: "gold"}} {
		version := int64(0)
		for round := range 4 {
			var (
				wg     sync.WaitGroup
				won    atomic.Int64
				winner atomic.Int64
				start  = make(chan struct{})
			)
			for w := range writers {
				wg.Go(func() {
					c := set("a", fmt.Sprint(w))
					if round == 2 {
						c = config.Change{Key: "a"}
					}
					<-start
					n, err := s.Write(context.Background(), o, config.Edit{}, only(c, version), set("b", fmt.Sprint(w)))
					switch {
					case err == nil:
						won.Store(n)
						winner.Add(1<<32 + int64(w))
					case !errors.Is(err, config.ErrConflict):
						t.Errorf("round %d of %+v: %v", round, o, err)
					}
				})
			}
			close(start)
			wg.Wait()
			if n := winner.Load() >> 32; n != 1 {
				t.Fatalf("round %d of %+v: %d of %d writers have won", round, o, n, writers)
			}
			want := fmt.Sprint(winner.Load() & (1<<32 - 1))
			values, versions, _ := st.load(o)
			if values["b"] != want || versions["b"] != won.Load() || round != 2 && values["a"] != want {
				t.Errorf("round %d of %+v: writer %s has won, and there is %v", round, o, want, values)
			}
			version = versions["a"]
		}
	}
}

// testCount has many who read, add one and write on the condition that nobody
// else has: no addition is lost.
func testCount(t *testing.T, s config.Store) {
	st := store{t, s}
	const writers, additions = 4, 5
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for done := 0; done < additions; {
				settings, _, err := s.Load(context.Background(), of("acme"))
				if err != nil {
					t.Errorf("Load: %v", err)
					return
				}
				count, version := 0, int64(0)
				for _, set := range settings {
					version = set.Version
					if _, err := fmt.Sscan(string(set.Value), &count); err != nil {
						t.Errorf("count %s: %v", set.Value, err)
						return
					}
				}
				_, err = s.Write(context.Background(), of("acme"), config.Edit{}, only(set("a", fmt.Sprint(count+1)), version))
				switch {
				case err == nil:
					done++
				case !errors.Is(err, config.ErrConflict):
					t.Errorf("Write: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	st.want(of("acme"), map[string]string{"a": fmt.Sprint(writers * additions)})
	if n := len(st.history(of("acme"), "a")); n != writers*additions {
		t.Errorf("the history has %d versions, want %d", n, writers*additions)
	}
}
