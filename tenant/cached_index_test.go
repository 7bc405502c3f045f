package tenant

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCacheIndex puts and removes names in a random order and asks a map
// whether each look-up is right. The table must not grow with what comes and
// goes, and must keep a slot that ends a search.
func TestCacheIndex(t *testing.T) {
	const names, steps = 6_000, 300_000
	rnd := rand.New(rand.NewPCG(1, 2))
	list := &cacheList{}
	x := &cacheIndex{seed: maphash.MakeSeed(), kind: cacheByID, entries: list}
	there := map[string]*cacheEntry{}
	for range steps {
		name := fmt.Sprintf("t%d", rnd.IntN(names))
		e := there[name]
		require.Same(t, e, x.get(name))
		if e == nil {
			e = &cacheEntry{record: Tenant{ID: ID(name)}}
			list.add(e)
			x.put(name, e)
			there[name] = e
		} else {
			x.remove(name, &cacheEntry{number: names + 1}) // another one's name
			x.remove(name, e)
			list.remove(e)
			delete(there, name)
		}
	}
	n := 0
	for i := range x.parts {
		part := &x.parts[i]
		slots, live, used := *part.slots.Load(), 0, 0
		for k := range slots {
			if slots[k].Load()&slotNumber != 0 {
				live++
			}
			if slots[k].Load() != 0 {
				used++
			}
		}
		require.Equal(t, live, part.n)
		require.Equal(t, used, part.used)
		require.Less(t, used, len(slots))
		require.LessOrEqual(t, len(slots), 4*names/indexParts)
		n += live
	}
	require.Equal(t, len(there), n)
	for i := range names {
		name := fmt.Sprintf("t%d", i)
		require.Same(t, there[name], x.get(name))
	}
}

// TestCacheIndexBesideAWriter: while names come and go, and their numbers with
// them, readers find under a name its own entry or none, and one that stays each
// time.
func TestCacheIndexBesideAWriter(t *testing.T) {
	t.Parallel()
	const names, steps = 300, 30_000
	list := &cacheList{}
	x := &cacheIndex{seed: maphash.MakeSeed(), kind: cacheByID, entries: list}
	add := func(name string) *cacheEntry {
		e := &cacheEntry{record: Tenant{ID: ID(name)}}
		list.add(e)
		x.put(name, e)
		return e
	}
	stays := add("stays")
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				name := fmt.Sprintf("t%d", i%names)
				if e := x.get(name); e != nil && string(e.record.ID) != name {
					t.Errorf("%s leads to %s", name, e.record.ID)
				}
				if e := x.get("stays"); e != stays {
					t.Error("the one that stays was not found")
				}
			}
		})
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	there := map[string]*cacheEntry{}
	for range steps {
		name := fmt.Sprintf("t%d", rnd.IntN(names))
		if e := there[name]; e != nil {
			x.remove(name, e)
			list.remove(e)
			delete(there, name)
		} else {
			there[name] = add(name)
		}
	}
	close(done)
	readers.Wait()
}

// TestCacheIndexOldNumber: a reader that still has the slot of an entry that is
// gone does not take the one that has its number now.
func TestCacheIndexOldNumber(t *testing.T) {
	t.Parallel()
	list := &cacheList{}
	x := &cacheIndex{seed: maphash.MakeSeed(), kind: cacheByID, entries: list}
	acme, bolt := &cacheEntry{record: Tenant{ID: "acme"}}, &cacheEntry{record: Tenant{ID: "bolt"}}
	list.add(acme)
	x.put("acme", acme)
	require.Same(t, acme, x.get("acme"))
	list.remove(acme)
	require.Nil(t, x.get("acme"))
	list.add(bolt)
	require.Equal(t, acme.number, bolt.number)
	require.Nil(t, x.get("acme"))
}

// TestCacheIndexNumberGivenAway: a reader that has found the number of a tenant
// which goes at that moment meets who has got the number, and does not take it
// for the tenant, under no kind of name.
func TestCacheIndexNumberGivenAway(t *testing.T) {
	t.Parallel()
	record := func(name string) Tenant {
		return Tenant{
			ID: ID(name), Code: name, Host: name + ".test",
			Domains: []Domain{{Name: name + ".example", Verified: true}, {Name: "claimed.example"}},
		}
	}
	for kind := range cacheKinds {
		list := &cacheList{}
		x := &cacheIndex{seed: maphash.MakeSeed(), kind: kind, entries: list}
		gone, now := &cacheEntry{record: record("gone")}, &cacheEntry{record: record("now")}
		gone.gather()
		list.add(gone)
		var names []string
		gone.names(func(of cacheKind, name string) {
			if of == kind {
				names = append(names, name)
				x.put(name, gone)
				require.Same(t, gone, x.get(name))
			}
		})
		number := gone.number
		list.remove(gone) // and the slots, which lead to the number, are as the reader saw them
		for _, name := range names {
			require.Nil(t, x.get(name))
		}
		now.gather()
		list.add(now)
		require.Equal(t, number, now.number)
		for _, name := range append(names, "", "claimed.example") {
			require.Nil(t, x.get(name), name)
		}
	}
}
