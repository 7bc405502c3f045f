package confignats_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/confignats"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	js := connect(t, start(t, t.TempDir(), server.RANDOM_PORT).ClientURL())
	keep(t, js)

	t.Run("by many processes at once", func(t *testing.T) {
		cfg := confignats.Config{Bucket: "at_once", Timeout: patience}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := confignats.Create(background, js, cfg); err != nil {
					t.Errorf("Create: %v", err)
				}
			})
		}
		wg.Wait()
		write(t, confignats.NewStore(js, cfg), acme, set("k", `1`))
		require.NoError(t, confignats.Create(background, js, cfg))
		got, _ := load(t, confignats.NewStore(js, cfg), acme)
		require.Equal(t, map[string]string{"k": `1`}, got, "what is there stays")
	})
	t.Run("made again, numbers go on", func(t *testing.T) {
		cfg := confignats.Config{Bucket: "again", Timeout: patience}
		require.NoError(t, confignats.Create(background, js, cfg))
		var last int64
		for range 3 {
			s := confignats.NewStore(js, cfg)
			_, number := load(t, s, acme)
			require.Zero(t, number)
			for range 20 {
				n := write(t, s, acme, set("k", `1`))
				require.Greater(t, n, last)
				last = n
			}
			require.NoError(t, js.DeleteKeyValue(background, "again"))
			require.NoError(t, confignats.Create(background, js, cfg))
		}
	})
	t.Run("what is there and unfit is left alone", func(t *testing.T) {
		fit := jetstream.StreamConfig{
			Name: "KV_unfit", Subjects: []string{"$KV.unfit.>"}, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew,
		}
		cfg := confignats.Config{Bucket: "unfit", Timeout: patience}
		for name, change := range map[string]func(*jetstream.StreamConfig){
			"allow_direct": func(c *jetstream.StreamConfig) { c.AllowDirect = true },
			"max_age":      func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour },
			"retention":    func(c *jetstream.StreamConfig) { c.Retention = jetstream.InterestPolicy },
			"discard":      func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld },
			"mirror": func(c *jetstream.StreamConfig) {
				c.Mirror, c.Subjects = &jetstream.StreamSource{Name: "KV_at_once"}, nil
			},
		} {
			unfit := fit
			change(&unfit)
			_, err := js.CreateStream(background, unfit)
			require.NoError(t, err)
			s := confignats.NewStore(js, cfg)
			_, _, load := s.Load(background, acme)
			ctx, cancel := context.WithTimeout(background, patience)
			watch := s.Watch(ctx, nil)
			cancel()
			for _, err := range []error{confignats.Create(background, js, cfg), load, watch} {
				require.ErrorIs(t, err, confignats.ErrUnsuitable, name)
				require.Contains(t, err.Error(), name)
			}
			require.NoError(t, js.DeleteStream(background, "KV_unfit"))
		}
		_, err := js.CreateStream(background, fit)
		require.NoError(t, err)
		require.NoError(t, confignats.Create(background, js, cfg))
	})
	t.Run("no bucket", func(t *testing.T) {
		s := confignats.NewStore(js, confignats.Config{Bucket: "nowhere"})
		_, _, err := s.Load(background, acme)
		require.ErrorIs(t, err, jetstream.ErrBucketNotFound)
		require.Contains(t, err.Error(), "Create")
		require.NoError(t, confignats.Create(background, js, confignats.Config{Bucket: "nowhere"}))
		_, _, err = s.Load(background, acme)
		require.NoError(t, err, "it is looked for again")
	})
	t.Run("names that no bucket can have", func(t *testing.T) {
		for _, name := range []string{"a.b", "a b", "*", ">", "a=b", "ä", "a\r\n"} {
			require.ErrorIs(t, confignats.Create(background, js, confignats.Config{Bucket: name}), jetstream.ErrInvalidBucketName, name)
		}
	})
}

// What another program has put there is not taken for settings, and not
// written over.
func TestMalformed(t *testing.T) {
	t.Parallel()
	s, js, cfg := newStore(t)
	kv, err := js.KeyValue(background, cfg.Bucket)
	require.NoError(t, err)
	write(t, s, acme, set("k", `1`))
	for name, document := range map[string]string{
		"nothing":         ``,
		"no JSON":         `secret`,
		"another's JSON":  `{"k": "secret"}`,
		"no text":         `{"format": 1, "settings": {"": {"k": {"value": 12345678}}}}`,
		"a later version": `{"format": 2, "settings": {"": {"k": {"value": "\"secret\"", "new": true}}}}`,
	} {
		revision, err := kv.Put(background, "settings.tenant.acme.own", []byte(document))
		require.NoError(t, err)
		_, _, load := s.Load(background, acme)
		_, write := s.Write(background, acme, config.Edit{}, set("k", `2`))
		_, history := s.History(background, acme, "k", 1)
		_, remove := s.DeleteTenant(background, "acme")
		for _, err := range []error{load, write, history, remove} {
			require.ErrorIs(t, err, confignats.ErrMalformed, name)
			masked(t, err)
			require.NotContains(t, err.Error(), "12345678")
		}
		entry, err := kv.Get(background, "settings.tenant.acme.own")
		require.NoError(t, err)
		require.Equal(t, revision, entry.Revision(), name)
	}
	write(t, s, bolt, set("k", `1`))
	_, err = kv.Put(background, "history.tenant.bolt.own.k.7", []byte(`secret`))
	require.NoError(t, err)
	_, err = s.History(background, bolt, "k", 1)
	require.ErrorIs(t, err, confignats.ErrMalformed)
	masked(t, err)
}

// Names that mean something to NATS, or to the layout of the bucket, mean
// nothing here.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	s, js, cfg := newStore(t)
	keys := []string{
		".", "..", "a..b", ".a", "a.", "a.b", "a-b", "a:b", "a/b", "/", ":", "-", "_", "own", "account", "1", "a.1",
		strings.Repeat(".", 190), strings.Repeat(":", 190),
	}
	accounts := []string{
		"*", ">", ".", "..", "a.b", "a", "b", "own", "account", "=", "=2E", "=2e", "$KV", "$", " ", "\r\n", "\x01",
		"a*", "a>", "own.k", "a.own", strings.Repeat("*", 128), strings.Repeat("ÿ", 64),
	}
	owners := []config.Owner{acme, {}, {Group: "own"}, {Group: "account"}, {Group: "group"}, {Tenant: "own"}, {Tenant: "account"}}
	for _, account := range accounts {
		owners = append(owners, config.Owner{Account: account}, config.Owner{Tenant: "acme", Account: account})
	}
	value := func(owner, key int) string { return fmt.Sprintf(`"key %d of owner %d"`, key, owner) }
	var wipe []config.Change
	for _, key := range keys {
		wipe = append(wipe, config.Change{Key: key})
	}
	for i, owner := range owners {
		var changes []config.Change
		for j, key := range keys {
			changes = append(changes, requires(0, set(key, value(i, j))))
		}
		write(t, s, owner, changes...)
		got, _, err := s.Load(background, owner)
		require.NoError(t, err)
		own := 0
		for _, set := range got {
			if set.Group == owner.Group {
				own++
			}
		}
		require.Equal(t, len(keys), own, "%+v", owner)
	}
	for i, owner := range owners {
		write(t, s, owner, wipe...) // which also records what was set
		for j, key := range keys {
			revs, err := s.History(background, owner, key, 10)
			require.NoError(t, err)
			require.Len(t, revs, 2, "%+v %q", owner, key)
			require.Nil(t, revs[0].Value)
			require.Equal(t, value(i, j), string(revs[1].Value), "%+v %q", owner, key)
		}
	}
	// Every entry is where the documentation says, and nobody else's.
	kv, err := js.KeyValue(background, cfg.Bucket)
	require.NoError(t, err)
	all, err := kv.Keys(background)
	require.NoError(t, err)
	for _, key := range all {
		require.Regexp(t, `^(settings|history)\.(global|tenant\.[a-z0-9_-]+)\.(own|account\.[-A-Za-z0-9_=]+|group\.[-a-z0-9_]+)(\.[-A-Za-z0-9_=]+\.[0-9]+)?$`, key)
	}
}
