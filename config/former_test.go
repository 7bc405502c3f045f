package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
)

// TestUpdateByFormerName: a write goes to the present name, and takes what is
// under the former ones away.
func TestUpdateByFormerName(t *testing.T) {
	t.Parallel()
	key := config.Declare("new", 0, config.Alias("old", "older"))
	for name, c := range map[string]struct {
		has  map[string]string
		do   config.Assignment
		want map[string]string
		err  error
	}{
		"put by the former name":        {map[string]string{}, config.Put("old", 5), map[string]string{"new": "5"}, nil},
		"put over the former":           {map[string]string{"old": "1", "older": "2"}, config.Put("new", 5), map[string]string{"new": "5"}, nil},
		"remove both":                   {map[string]string{"old": "1", "new": "2"}, config.Remove("new"), map[string]string{}, nil},
		"remove by the former":          {map[string]string{"older": "1"}, config.Remove("old"), map[string]string{}, nil},
		"swap what has the former name": {map[string]string{"older": "1"}, key.Put(5).IfVersion(1), map[string]string{"new": "5"}, nil},
		"swap the first of them":        {map[string]string{"old": "1", "older": "2"}, key.Put(5).IfVersion(1), map[string]string{"new": "5"}, nil},
		"it is not absent":              {map[string]string{"older": "1"}, key.Put(5).IfVersion(0), map[string]string{"older": "1"}, config.ErrConflict},
		"absent indeed":                 {map[string]string{}, key.Put(5).IfVersion(0), map[string]string{"new": "5"}, nil},
		"mistyped by the former name":   {map[string]string{}, config.Put("old", "x"), map[string]string{}, config.ErrMistyped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newRecorder()
			r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{key}})
			var changes []config.Change
			for k, v := range c.has {
				changes = append(changes, config.Change{Key: k, Value: []byte(v)})
			}
			if len(changes) > 0 {
				store.put(t, ofAcme, changes...)
			}
			_, err := r.Update(in(r, "acme"), "", c.do)
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
				require.ErrorContains(t, err, `"new"`)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, c.want, values(t, store, ofAcme))
		})
	}

	store := newRecorder()
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{key}})
	_, err := r.Update(in(r, "acme"), "", config.Put("new", 1), config.Put("older", 2))
	require.ErrorIs(t, err, config.ErrBadKey, "one key by two names")

	// Somebody writes under the former name between the look and the write.
	store.put(t, ofAcme, config.Change{Key: "old", Value: []byte("1")})
	store.set(func(s *recorder) {
		s.before = func() { write(t, s.MemoryStore, "acme", "old", "2") }
	})
	_, err = r.Update(in(r, "acme"), "", key.Put(5).IfVersion(1))
	require.ErrorIs(t, err, config.ErrConflict)
	require.EqualError(t, err, `config: key "new" in the tenant layer: config: the setting has been changed by somebody else`)
	require.Equal(t, map[string]string{"old": "2"}, values(t, store, ofAcme))
}
