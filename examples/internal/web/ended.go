package web

import (
	"sync"
	"time"

	"github.com/alexedwards/scs/v2/memstore"
)

// endedSessions is a store of sessions in which one that has ended stays ended.
//
// At the end of each request its session is written back. In a store that takes
// whatever it is given, a request that runs while somebody signs out, switches or
// chooses another password would bring the former session back to life, and who
// has a stolen cookie can make one run as long as they like.
type endedSessions struct {
	*memstore.MemStore

	mu    sync.Mutex
	ended map[string]time.Time // tokens, until when a session could have lasted
}

func newEndedSessions(inner *memstore.MemStore) *endedSessions {
	return &endedSessions{MemStore: inner, ended: map[string]time.Time{}}
}

// Delete implements scs.Store.
func (e *endedSessions) Delete(token string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	for old, until := range e.ended {
		if now.After(until) {
			delete(e.ended, old)
		}
	}
	e.ended[token] = now.Add(lifetime)
	return e.MemStore.Delete(token)
}

// Commit implements scs.Store.
func (e *endedSessions) Commit(token string, b []byte, expiry time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ended := e.ended[token]; ended {
		return nil
	}
	return e.MemStore.Commit(token, b, expiry)
}
