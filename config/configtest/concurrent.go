package configtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/gotenancy/tenancy/config"
)

func testCancelled(t *testing.T, s config.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Write(ctx, of("acme"), config.Edit{}, set("a", `1`)); err == nil {
		t.Error("Write ignores a cancelled context")
	}
	if _, _, err := s.Load(ctx, of("acme")); err == nil {
		t.Error("Load ignores a cancelled context")
	}
	if _, err := s.History(ctx, of("acme"), "a", 1); err == nil {
		t.Error("History ignores a cancelled context")
	}
	store{t, s}.want(of("acme"), map[string]string{})
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
				n, err := s.Write(context.Background(), of("acme"), config.Edit{}, set(key, fmt.Sprint(i)), set("all", fmt.Sprint(w)))
				if err != nil {
					t.Errorf("Write: %v", err)
					return
				}
				settings, number, err := s.Load(context.Background(), of("acme"))
				if err != nil || number < n {
					t.Errorf("Load after write %d gave number %d, error %v", n, number, err)
				}
				for _, set := range settings {
					if set.Key == "all" && set.Version < number {
						t.Errorf("Load gave number %d without the write of that number: it has version %d", number, set.Version)
					}
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
	revs, err := s.History(context.Background(), of("acme"), "all", 1000)
	if err != nil || len(revs) != writers*writes {
		t.Errorf("of %d writes the history has %d, error %v", writers*writes, len(revs), err)
	}
}

// testConcurrentOwners has writers of many owners at once, who make their first
// settings and delete others: none is kept waiting for ever by another one, or
// refused.
func testConcurrentOwners(t *testing.T, s config.Store) {
	const writes = 6
	var wg sync.WaitGroup
	for i, o := range each {
		wg.Go(func() {
			for n := range writes {
				changes := []config.Change{
					only(set(fmt.Sprint("new", n), fmt.Sprint(i)), 0),
					{Key: fmt.Sprint("new", n-1)},
					{Key: fmt.Sprint("never", n)},
					set("a", fmt.Sprint(n)),
				}
				if _, err := s.Write(context.Background(), o, config.Edit{}, changes...); err != nil {
					t.Errorf("Write for %+v: %v", o, err)
					return
				}
			}
		})
	}
	wg.Wait()
	st := store{t, s}
	for i, o := range each {
		st.want(o, map[string]string{"a": fmt.Sprint(writes - 1), fmt.Sprint("new", writes-1): fmt.Sprint(i)})
	}
}
