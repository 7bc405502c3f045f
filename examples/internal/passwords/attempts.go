package passwords

import (
	"strings"
	"sync"
	"time"
)

// Attempts bounds how often a password may be wrong, in this process. The zero
// value is ready to use, and safe for concurrent use.
type Attempts struct {
	mu  sync.Mutex
	all map[string]attempts
}

type attempts struct {
	times int
	last  time.Time
}

const (
	pause       = 15 * time.Minute
	maxAttempts = 10000 // accounts that are remembered
)

// Begin reports whether a password may be tried for the account of that key, and
// counts it as wrong until Succeeded says otherwise: of any number that are tried
// at the same moment no more than limit are.
func (a *Attempts) Begin(key string, limit int, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	key = fold(key)
	seen := a.all[key]
	if now.Sub(seen.last) >= pause {
		seen.times = 0
	}
	if seen.times >= limit {
		return false
	}
	if a.all == nil {
		a.all = make(map[string]attempts)
	}
	if len(a.all) >= maxAttempts {
		a.makeRoom(now)
	}
	a.all[key] = attempts{seen.times + 1, now}
	return true
}

// makeRoom forgets what is over, and some others where that is not enough.
func (a *Attempts) makeRoom(now time.Time) {
	for key, old := range a.all {
		if now.Sub(old.last) >= pause {
			delete(a.all, key)
		}
	}
	for key := range a.all {
		if len(a.all) <= maxAttempts/10*9 {
			return
		}
		delete(a.all, key)
	}
}

// Succeeded forgets the wrong ones.
func (a *Attempts) Succeeded(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.all, fold(key))
}

// fold makes one key of all that package member takes for one name: it ignores
// case by Unicode's folding, in which some letters have three forms.
func fold(key string) string { return strings.ToUpper(strings.ToLower(key)) }
