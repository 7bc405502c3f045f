package confignats_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/confignats"
	"github.com/gotenancy/tenancy/tenant"
)

var errBoom = errors.New("boom")

// requires returns a change that asks for a version.
func requires(version int64, c config.Change) config.Change {
	c.If = &version
	return c
}

// A writer that was overtaken between its look and its write looks again: it
// keeps what the other wrote, and its If is asked of that.
func TestLostRace(t *testing.T) {
	t.Parallel()
	s, js, cfg := newStore(t)
	first := write(t, s, acme, set("mine", `1`), set("theirs", `1`))

	overtaken := func(other func()) *confignats.Store {
		var once sync.Once
		return confignats.NewStore(tapped{JetStream: js, before: func(key string) error {
			if strings.HasPrefix(key, "settings.") {
				once.Do(other)
			}
			return nil
		}}, cfg)
	}
	var theirs int64
	slow := overtaken(func() { theirs = write(t, s, acme, set("theirs", `2`)) })
	mine := write(t, slow, acme, requires(first, set("mine", `2`)))
	require.Greater(t, mine, theirs)
	got, number := load(t, s, acme)
	require.Equal(t, map[string]string{"mine": `2`, "theirs": `2`}, got)
	require.Equal(t, mine, number)
	require.Equal(t, []int64{mine, first}, versions(t, s, acme, "mine"))
	require.Equal(t, []int64{theirs, first}, versions(t, s, acme, "theirs"))

	slow = overtaken(func() { theirs = write(t, s, acme, set("mine", `3`)) })
	_, err := slow.Write(background, acme, config.Edit{}, set("new", `1`), requires(mine, set("mine", `4`)))
	require.ErrorIs(t, err, config.ErrConflict)
	var key *config.KeyError
	require.ErrorAs(t, err, &key)
	require.Equal(t, "mine", key.Key)
	got, number = load(t, s, acme)
	require.Equal(t, map[string]string{"mine": `3`, "theirs": `2`}, got)
	require.Equal(t, theirs, number)

	// One who comes first of all is overtaken by another such.
	slow = overtaken(func() { theirs = write(t, s, bolt, set("theirs", `1`)) })
	mine = write(t, slow, bolt, requires(0, set("mine", `1`)))
	require.Greater(t, mine, theirs)
	got, _ = load(t, s, bolt)
	require.Equal(t, map[string]string{"mine": `1`, "theirs": `1`}, got)

	// Others of the same tenant are no rivals, but share the number.
	slow = overtaken(func() { theirs = write(t, s, ann, set("k", `1`)) })
	mine = write(t, slow, acme, set("mine", `5`))
	require.Greater(t, mine, theirs)
	_, number = load(t, s, ann)
	require.Equal(t, mine, number)
}

// Many writers of one document: each write happens once, and none is lost.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	url := start(t, t.TempDir(), server.RANDOM_PORT).ClientURL()
	cfg := newBucket(t, connect(t, url))
	const writers, writes = 8, 10
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		numbers = map[int64]bool{}
	)
	for w := range writers {
		s := confignats.NewStore(connect(t, url), cfg)
		owner := []config.Owner{{}, gold}[w%2] // who share one
		wg.Go(func() {
			for i := range writes {
				n, err := s.Write(background, owner, config.Edit{Actor: fmt.Sprint(w)},
					set(fmt.Sprint("own", w), fmt.Sprint(i)), set("all", fmt.Sprint(w)))
				if err != nil {
					t.Errorf("Write: %v", err)
					return
				}
				mu.Lock()
				numbers[n] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Len(t, numbers, writers*writes)
	s := confignats.NewStore(connect(t, url), cfg)
	for w := range writers {
		owner := []config.Owner{{}, gold}[w%2]
		revs, err := s.History(background, owner, fmt.Sprint("own", w), 1000)
		require.NoError(t, err)
		require.Len(t, revs, writes)
		for i, rev := range revs {
			require.Equal(t, fmt.Sprint(writes-1-i), string(rev.Value))
			require.Equal(t, fmt.Sprint(w), rev.Actor)
			require.True(t, numbers[rev.Version])
		}
	}
	require.Len(t, versions(t, s, config.Owner{}, "all"), writers*writes/2)
	require.Len(t, versions(t, s, gold, "all"), writers*writes/2)
}

// A writer can end at any point. What was written is in the history then, once,
// and what was not is not.
func TestCrash(t *testing.T) {
	t.Parallel()
	s, js, cfg := newStore(t)
	edit := config.Edit{Actor: "ann", Reason: "before"}
	crashing := func(prefix string, nth int, answered bool) *confignats.Store {
		var mu sync.Mutex
		fail := func(key string) error {
			mu.Lock()
			defer mu.Unlock()
			if strings.HasPrefix(key, prefix) {
				if nth--; nth < 0 {
					return errBoom
				}
			}
			return nil
		}
		if answered {
			return confignats.NewStore(tapped{JetStream: js, after: fail}, cfg)
		}
		return confignats.NewStore(tapped{JetStream: js, before: fail}, cfg)
	}
	for name, crash := range map[string]struct {
		prefix   string
		nth      int
		answered bool
		happened bool
	}{
		"before the history":            {"history.", 0, false, false},
		"amid the history":              {"history.", 2, false, false},
		"amid the history, unknown":     {"history.", 2, true, false},
		"between history and document":  {"settings.", 0, false, false},
		"after the document, not heard": {"settings.", 0, true, true},
	} {
		for i, owner := range []config.Owner{acme, ann, {}, gold} {
			what := fmt.Sprintf("%s, owner %d", name, i)
			wipe := []config.Change{{Key: "a"}, {Key: "b"}, {Key: "c"}, {Key: "d"}, {Key: "e"}}
			write(t, s, owner, wipe...)
			begun := len(versions(t, s, owner, "a"))
			first, err := s.Write(background, owner, edit, set("a", `1`), set("b", `1`), set("c", `1`), set("d", `1`))
			require.NoError(t, err)
			second, err := s.Write(background, owner, edit, set("a", `2`), set("b", `2`), config.Change{Key: "c"}, config.Change{Key: "d"})
			require.NoError(t, err)

			_, err = crashing(crash.prefix, crash.nth, crash.answered).
				Write(background, owner, edit, set("a", `3`), set("e", `3`))
			require.ErrorIs(t, err, errBoom, what)
			want := []int64{second, first}
			_, number := load(t, s, owner)
			if crash.happened {
				require.Greater(t, number, second)
				want = []int64{number, second, first}
			} else {
				require.Equal(t, second, number, what)
			}
			for range 2 { // before and after the next writer has repaired it
				require.Equal(t, want, versions(t, s, owner, "a")[:len(want)], what)
				require.Len(t, versions(t, s, owner, "a"), begun+len(want), what)
				require.Equal(t, []int64{second, first}, versions(t, s, owner, "b")[:2], what)
				revs, err := s.History(background, owner, "c", 2)
				require.NoError(t, err)
				require.Nil(t, revs[0].Value, what)
				require.Equal(t, `1`, string(revs[1].Value), what)
				require.Equal(t, "before", revs[0].Reason, what)
				write(t, s, owner, set("other", `1`))
			}
		}
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	s, js, cfg := newStore(t)
	first := write(t, s, acme, set("k", `1`))
	half := `"` + strings.Repeat("secret", 100_000) + `"`
	write(t, s, bolt, set("k", half))
	write(t, s, ann, set("k", half)) // each has a document of its own
	write(t, s, acme, set("half", half))

	_, err := s.Write(background, acme, config.Edit{}, set("k", `2`), set("other", half))
	var size *confignats.SizeError
	require.ErrorAs(t, err, &size)
	require.Greater(t, int64(size.Size), size.Limit)
	require.Greater(t, size.Limit, int64(1_000_000))
	require.Contains(t, err.Error(), "max_payload")
	masked(t, err)
	got, _ := load(t, s, acme)
	require.Equal(t, map[string]string{"k": `1`, "half": half}, got)
	require.Equal(t, []int64{first}, versions(t, s, acme, "k"))

	// At the limit it is this error or none: the message with its headers counts.
	var outcomes []bool
	for _, free := range []int{2000, 800, 700, 600, 500, 400, 0} {
		_, err := s.Write(background, config.Owner{Account: "ann"}, config.Edit{},
			set("k", `"`+strings.Repeat("x", int(js.Conn().MaxPayload())-free)+`"`))
		if err != nil {
			require.ErrorAs(t, err, &size, "with %d bytes free", free)
		}
		outcomes = append(outcomes, err == nil)
	}
	require.True(t, outcomes[0])
	require.False(t, outcomes[len(outcomes)-1])

	stream, err := js.Stream(background, "KV_"+cfg.Bucket)
	require.NoError(t, err)
	limited := stream.CachedInfo().Config
	limited.MaxMsgSize = 700_000
	_, err = js.UpdateStream(background, limited)
	require.NoError(t, err)
	_, err = s.Write(background, acme, config.Edit{}, set("more", `"`+strings.Repeat("secret", 20_000)+`"`))
	require.ErrorAs(t, err, &size)
	require.Contains(t, err.Error(), "max_msg_size")
	masked(t, err)
	write(t, s, acme, config.Change{Key: "half"})
}

// masked holds that an error does not say whose settings it is about, nor what
// they are.
func masked(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	for _, secret := range []string{"acme", "ann", "example.com", "secret", "gold"} {
		require.NotContains(t, err.Error(), secret)
	}
}

// While there is no connection what is known is served, and a write fails at
// once and for good: it does not come through later.
func TestServerDown(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	srv := start(t, folder, server.RANDOM_PORT)
	port := srv.Addr().(*net.TCPAddr).Port
	js := connect(t, srv.ClientURL())
	cfg := newBucket(t, js)
	s := confignats.NewStore(js, cfg)
	r, err := config.NewResolver(config.Config{Store: s, LoadTimeout: patience})
	require.NoError(t, err)
	in := config.NewContext(tenant.WithID(background, "acme"), r)
	require.NoError(t, r.Set(in, "k", "secret", ""))
	require.Equal(t, "secret", config.Get(in, "k", "default"))

	gone := lost(js)
	stop(srv)
	await(t, gone)
	require.Equal(t, "secret", config.Get(in, "k", "default"))
	r.Invalidate("acme", 1<<62) // as Watch does, before it is cut
	v, info, err := config.Lookup[string](in, "k")
	require.NoError(t, err)
	require.Equal(t, "secret", v)
	require.True(t, info.Stale)
	err = r.Set(in, "k", "late", "")
	require.ErrorIs(t, err, nats.ErrConnectionReconnecting)
	masked(t, err)
	_, _, err = s.Load(background, ann)
	require.ErrorIs(t, err, nats.ErrConnectionReconnecting)
	masked(t, err)
	_, err = s.History(background, acme, "k", 1)
	require.ErrorIs(t, err, nats.ErrConnectionReconnecting)
	_, err = s.DeleteTenant(background, "acme")
	require.ErrorIs(t, err, nats.ErrConnectionReconnecting)

	back := found(js)
	start(t, folder, port)
	await(t, back)
	got, _ := load(t, s, acme)
	require.Equal(t, map[string]string{"k": `"secret"`}, got)

	js.Conn().Close()
	_, _, err = s.Load(background, acme)
	require.ErrorIs(t, err, nats.ErrConnectionClosed)
	require.ErrorIs(t, confignats.Create(background, js, cfg), nats.ErrConnectionClosed)
}

// A writer that loses every race tries no longer than its context lasts.
func TestCancelledInBetween(t *testing.T) {
	t.Parallel()
	_, js, cfg := newStore(t)
	ctx, cancel := context.WithCancel(background)
	s := confignats.NewStore(tapped{JetStream: js, before: func(key string) error {
		if strings.HasPrefix(key, "settings.") {
			cancel()
			return fmt.Errorf("lost: %w", jetstream.ErrKeyRevisionMismatch)
		}
		return nil
	}}, cfg)
	_, err := s.Write(ctx, acme, config.Edit{}, set("k", `1`))
	require.ErrorIs(t, err, ctx.Err())
	got, _ := load(t, s, acme)
	require.Empty(t, got)
}
