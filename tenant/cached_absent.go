package tenant

import "strings"

// absentNames remembers the names that lead to no tenant: the last limit of
// them, each until its time is over or everything is forgotten.
type absentNames struct {
	limit int
	until map[cacheKey]int64
	ring  []cacheKey // those of until, in the order of their coming
	next  int        // where the next one goes once the ring is full
}

func (a *absentNames) has(key cacheKey, now int64) bool {
	until, ok := a.until[key]
	return ok && now < until
}

func (a *absentNames) add(key cacheKey, until int64) {
	if _, ok := a.until[key]; ok {
		a.until[key] = until
		return
	}
	if a.until == nil {
		a.until = map[cacheKey]int64{}
	}
	key.name = strings.Clone(key.name) // not the request that it is a part of
	if len(a.ring) < a.limit {
		a.ring = append(a.ring, key)
	} else {
		delete(a.until, a.ring[a.next])
		a.ring[a.next] = key
		a.next = (a.next + 1) % a.limit
	}
	a.until[key] = until
}

func (a *absentNames) forget() {
	if len(a.ring) == 0 {
		return
	}
	clear(a.until)
	clear(a.ring)
	a.ring, a.next = a.ring[:0], 0
}
