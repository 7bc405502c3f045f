package config_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

func revisions(tb testing.TB, revs []config.Revision, err error) []string {
	tb.Helper()
	require.NoError(tb, err)
	var out []string
	for _, rev := range revs {
		out = append(out, fmt.Sprintf("%d:%s", rev.Version, rev.Value))
	}
	return out
}

// TestHistory: of one key of one owner, newest first, whatever its name was.
func TestHistory(t *testing.T) {
	t.Parallel()
	key := config.Declare("new", 0, config.Alias("old"))
	store := newRecorder()
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{key}})
	ctx := in(r, "acme")
	store.put(t, ofAcme, config.Change{Key: "old", Value: []byte("1")})
	store.put(t, ofAcme, config.Change{Key: "old", Value: []byte("2")})
	require.NoError(t, r.Set(in(r, "bolt"), "new", 77, ""))
	require.NoError(t, r.Set(ctx, "new", 3, "")) // moves it
	require.NoError(t, r.Set(ctx, "other", 88, ""))
	require.NoError(t, r.Delete(ctx, "old", ""))

	for _, name := range []string{"new", "old"} {
		revs, err := r.History(ctx, name, 10)
		require.Equal(t, []string{"5:", "3:3", "2:2", "1:1"}, revisions(t, revs, err))
		for limit, want := range map[int]int{-1: 0, 0: 0, 1: 1, 3: 3, 4: 4} {
			revs, err := r.History(ctx, name, limit)
			require.NoError(t, err)
			require.Len(t, revs, want)
		}
	}
	revs, err := r.History(tenant.ReadOnly(ctx), "new", 1)
	require.Equal(t, []string{"5:"}, revisions(t, revs, err), "read-only is no obstacle")

	for name, c := range map[string]struct {
		ctx context.Context
		key string
		err error
	}{
		"no tenant": {background, "new", tenant.ErrNoTenant},
		"several":   {tenant.AcrossAll(background, "look"), "new", tenant.ErrSeveralTenants},
		"malformed": {ctx, "no good", config.ErrBadKey},
		"cancelled": {cancelled(ctx), "new", context.Canceled},
	} {
		_, err := r.History(c.ctx, c.key, 1)
		require.ErrorIs(t, err, c.err, name)
		var named *config.KeyError
		require.ErrorAs(t, err, &named, name)
		require.Equal(t, c.key, named.Key, name)
	}
	_, err = r.Group("gold").History(ctx, "new", 1)
	require.ErrorIs(t, err, config.ErrNotGlobal)
}

func cancelled(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

// TestRollback: an old value comes back as a new version, also a deletion, a
// null, what was forced, and what had a former name.
func TestRollback(t *testing.T) {
	t.Parallel()
	key := config.Declare("new", 0, config.Alias("old"))
	for name, c := range map[string]struct {
		ctx   context.Context
		group string
		owner config.Owner
	}{
		"tenant": {tenant.WithID(background, "acme"), "", ofAcme},
		"global": {tenant.Global(background), "", config.Owner{}},
		"group":  {tenant.Global(background), "gold", ofGold},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newRecorder()
			r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{key}})
			ctx := ann(config.NewContext(c.ctx, r))
			rollback, history := r.Rollback, r.History
			if c.group != "" {
				rollback, history = r.Group(c.group).Rollback, r.Group(c.group).History
			}
			forced := c.owner.Tenant == ""
			store.put(t, c.owner, config.Change{Key: "old", Value: []byte("1"), Forced: forced}) // 1
			store.put(t, c.owner, config.Change{Key: "new", Value: []byte("null")})              // 2
			store.put(t, c.owner, config.Change{Key: "new"})                                     // 3
			store.put(t, c.owner, config.Change{Key: "new", Value: []byte("4")})                 // 4
			store.put(t, c.owner, config.Change{Key: "unrelated", Value: []byte("5")})           // 5
			require.NoError(t, rollback(ctx, "new", 1, "as it was"))                             // 6
			require.Equal(t, map[string]string{"new": "1", "unrelated": "5"}, values(t, store, c.owner))
			require.NoError(t, rollback(ctx, "old", 2, "null is a value")) // 7
			require.Equal(t, map[string]string{"new": "null", "unrelated": "5"}, values(t, store, c.owner))
			require.NoError(t, rollback(ctx, "new", 3, "it was gone")) // 8
			require.Equal(t, map[string]string{"unrelated": "5"}, values(t, store, c.owner))
			require.NoError(t, rollback(ctx, "new", 4, "back")) // 9
			require.Equal(t, map[string]string{"new": "4", "unrelated": "5"}, values(t, store, c.owner))

			revs, err := history(ctx, "new", 20)
			require.Equal(t, []string{"9:4", "8:", "7:null", "6:1", "4:4", "3:", "2:null", "1:1"}, revisions(t, revs, err))
			require.Equal(t, forced, revs[3].Forced)
			require.False(t, revs[2].Forced)
			for i, reason := range []string{"back", "it was gone", "null is a value", "as it was"} {
				require.Equal(t, reason, revs[i].Reason)
				require.Equal(t, "ann", revs[i].Actor)
			}
		})
	}
}

// TestRollbackFar: the version may be older than what is asked for at first.
func TestRollbackFar(t *testing.T) {
	t.Parallel()
	store := newRecorder()
	r := resolver(t, config.Config{Store: store})
	for i := range 700 {
		store.put(t, ofAcme, config.Change{Key: "n", Value: fmt.Append(nil, i)})
	}
	for _, v := range []int64{1, 637, 636, 700, 444} {
		require.NoError(t, r.Rollback(in(r, "acme"), "n", v, ""))
		require.Equal(t, int(v)-1, config.Get(in(r, "acme"), "n", -1))
	}
	require.ErrorIs(t, r.Rollback(in(r, "acme"), "n", 0, ""), config.ErrNoRevision)
}

// TestRollbackRefuses: what is not there, or not allowed today, changes nothing.
func TestRollbackRefuses(t *testing.T) {
	t.Parallel()
	keys := []config.Declaration{
		config.Declare("few", 3, config.Between(1, 5), config.EditableBy(config.EditorManager)),
		config.Declare("shared", 0, config.Isolation(tenant.Shared)),
		config.Declare("forced", 0, config.EditableBy(config.EditorManager)),
		config.Declare("operator", 0),
	}
	acme := tenant.WithID(background, "acme")
	for name, c := range map[string]struct {
		ctx     context.Context
		editor  config.Editor
		key     string
		version int64
		err     error
		layer   config.Layer
	}{
		"no tenant":        {background, 0, "few", 1, tenant.ErrNoTenant, config.LayerNone},
		"read-only":        {tenant.ReadOnly(acme), 0, "few", 1, tenant.ErrReadOnly, config.LayerNone},
		"malformed":        {acme, 0, "no good", 1, config.ErrBadKey, config.LayerTenant},
		"shared":           {acme, 0, "shared", 1, config.ErrNotOverridable, config.LayerTenant},
		"forced":           {acme, 0, "forced", 1, config.ErrForced, config.LayerTenant},
		"not editable":     {acme, config.EditorManager, "operator", 1, config.ErrNotEditable, config.LayerTenant},
		"too many now":     {acme, 0, "few", 1, config.ErrInvalid, config.LayerTenant},
		"mistyped now":     {acme, 0, "few", 2, config.ErrMistyped, config.LayerTenant},
		"never":            {acme, 0, "few", 99, config.ErrNoRevision, config.LayerTenant},
		"of no number":     {acme, 0, "few", 0, config.ErrNoRevision, config.LayerTenant},
		"of another key":   {acme, 0, "few", 3, config.ErrNoRevision, config.LayerTenant},
		"of another owner": {tenant.WithID(background, "bolt"), 0, "few", 1, config.ErrNoRevision, config.LayerTenant},
		"never there":      {acme, 0, "nowhere", 1, config.ErrNoRevision, config.LayerTenant},
		"cancelled":        {cancelled(acme), 0, "operator", 1, context.Canceled, config.LayerTenant},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newRecorder()
			cfg := config.Config{Store: store, Keys: keys}
			if c.editor != 0 {
				cfg.Editor = editor(c.editor)
			}
			r := resolver(t, cfg)
			store.put(t, ofAcme, config.Change{Key: "few", Value: []byte("77")}, config.Change{Key: "operator", Value: []byte("1")},
				config.Change{Key: "shared", Value: []byte("1")}, config.Change{Key: "forced", Value: []byte("1")})
			store.put(t, ofAcme, config.Change{Key: "few", Value: []byte(`"hush"`)})
			store.put(t, ofAcme, config.Change{Key: "operator", Value: []byte("2")})
			store.put(t, config.Owner{}, config.Change{Key: "forced", Value: []byte("5"), Forced: true})
			before := store.dump(t)
			err := r.Rollback(config.NewContext(c.ctx, r), c.key, c.version, "secret reason")
			require.ErrorIs(t, err, c.err)
			var named *config.KeyError
			require.ErrorAs(t, err, &named)
			require.Equal(t, c.key, named.Key)
			require.Equal(t, c.layer, named.Layer)
			require.NotContains(t, err.Error(), "hush")
			require.Equal(t, before, store.dump(t))
		})
	}
}

// TestRollbackMeanwhile: somebody else's edit is not overwritten.
func TestRollbackMeanwhile(t *testing.T) {
	t.Parallel()
	for name, now := range map[string]*string{"there": new(string), "gone": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newRecorder()
			r := resolver(t, config.Config{Store: store})
			store.put(t, ofAcme, config.Change{Key: "n", Value: []byte("1")})
			store.put(t, ofAcme, config.Change{Key: "n"})
			if now != nil {
				store.put(t, ofAcme, config.Change{Key: "n", Value: []byte("3")})
			}
			store.set(func(s *recorder) {
				s.before = func() { write(t, s.MemoryStore, "acme", "n", `"theirs"`) }
			})
			err := r.Rollback(in(r, "acme"), "n", 1, "")
			require.ErrorIs(t, err, config.ErrConflict)
			require.Equal(t, map[string]string{"n": `"theirs"`}, values(t, store, ofAcme))
		})
	}
}
