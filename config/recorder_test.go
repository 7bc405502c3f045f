package config_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
)

// recorder is a store that keeps everything it is given, and can be told to
// fail or to let somebody else in first.
type recorder struct {
	*config.MemoryStore

	mu     sync.Mutex
	given  []string
	owners map[config.Owner]bool
	keys   map[string]bool
	fail   error
	before func() // called once, before the next write
}

func newRecorder() *recorder {
	return &recorder{MemoryStore: config.NewMemoryStore(), owners: map[config.Owner]bool{{}: true}, keys: map[string]bool{}}
}

func (s *recorder) Write(ctx context.Context, owner config.Owner, edit config.Edit, changes ...config.Change) (int64, error) {
	s.mu.Lock()
	fail, before := s.fail, s.before
	s.before = nil
	s.owners[owner] = true
	s.given = append(s.given, fmt.Sprintf("%+v %+v", owner, edit))
	for _, c := range changes {
		s.keys[c.Key] = true
		s.given = append(s.given, fmt.Sprintf("%s=%s", c.Key, c.Value))
	}
	s.mu.Unlock()
	if before != nil {
		before()
	}
	if fail != nil {
		return 0, fail
	}
	return s.MemoryStore.Write(ctx, owner, edit, changes...)
}

// put writes behind every resolver's back.
func (s *recorder) put(tb testing.TB, owner config.Owner, changes ...config.Change) int64 {
	tb.Helper()
	n, err := s.Write(background, owner, config.Edit{Actor: "store"}, changes...)
	require.NoError(tb, err)
	return n
}

func (s *recorder) set(fn func(*recorder)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn(s)
}

// all is everything that was ever given to the store, as text.
func (s *recorder) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.given, "\n")
}

// dump is every setting and every version of every key that the store has.
func (s *recorder) dump(tb testing.TB) string {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for owner := range s.owners {
		settings, _, err := s.Load(background, owner)
		require.NoError(tb, err)
		for _, set := range settings {
			lines = append(lines, fmt.Sprintf("%+v has %s=%s %+v", owner, set.Key, set.Value, set))
		}
		for key := range s.keys {
			history, err := s.History(background, owner, key, 1000)
			require.NoError(tb, err)
			for _, rev := range history {
				lines = append(lines, fmt.Sprintf("%+v had %s=%s %+v", owner, key, rev.Value, rev))
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// values are the settings that one owner has in a store.
func values(tb testing.TB, s config.Store, owner config.Owner) map[string]string {
	tb.Helper()
	settings, _, err := s.Load(background, owner)
	require.NoError(tb, err)
	out := map[string]string{}
	for _, set := range settings {
		if set.Group == owner.Group {
			out[set.Key] = string(set.Value)
		}
	}
	return out
}

// version of a key in a store, 0 where it is not there.
func version(tb testing.TB, s config.Store, owner config.Owner, key string) int64 {
	tb.Helper()
	settings, _, err := s.Load(background, owner)
	require.NoError(tb, err)
	for _, set := range settings {
		if set.Key == key && set.Group == owner.Group {
			return set.Version
		}
	}
	return 0
}

func keyring(tb testing.TB, current string, ids ...string) *config.Keyring {
	tb.Helper()
	keys := map[string][]byte{current: []byte(strings.Repeat(current, 32)[:32])}
	for _, id := range ids {
		keys[id] = []byte(strings.Repeat(id, 32)[:32])
	}
	k, err := config.NewKeyring(current, keys)
	require.NoError(tb, err)
	return k
}
