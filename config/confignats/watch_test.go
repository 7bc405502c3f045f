package confignats_test

import (
	"context"
	"net"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/confignats"
	"github.com/gotenancy/tenancy/tenant"
)

var (
	acme = config.Owner{Tenant: "acme"}
	bolt = config.Owner{Tenant: "bolt"}
	ann  = config.Owner{Tenant: "acme", Account: "ann@example.com"}
	gold = config.Owner{Group: "gold"}
)

// process is what one process of an application has.
func process(t *testing.T, url string, cfg confignats.Config) (*config.Resolver, context.Context, told) {
	s := confignats.NewStore(connect(t, url), cfg)
	r, err := config.NewResolver(config.Config{Store: s, LoadTimeout: patience})
	require.NoError(t, err)
	w, _ := watch(t, s, r.Invalidate)
	return r, config.NewContext(tenant.WithID(background, "acme"), r), w
}

func TestTwoProcessesSeeEachOther(t *testing.T) {
	t.Parallel()
	url := start(t, t.TempDir(), server.RANDOM_PORT).ClientURL()
	cfg := newBucket(t, connect(t, url))
	one, inOne, newsOne := process(t, url, cfg)
	two, inTwo, newsTwo := process(t, url, cfg)
	s := confignats.NewStore(connect(t, url), cfg)
	number := func(owner config.Owner) int64 {
		_, n := load(t, s, owner)
		return n
	}

	require.Equal(t, "default", config.Get(inOne, "k", "default"))
	require.Equal(t, "default", config.Get(inTwo, "k", "default"))
	require.NoError(t, one.Set(inOne, "k", "one's", ""))
	newsTwo.wait(t, "acme", number(acme))
	require.Equal(t, "one's", config.Get(inTwo, "k", "default"))

	require.NoError(t, two.Set(inTwo, "k", "two's", ""))
	newsOne.wait(t, "acme", number(acme))
	require.Equal(t, "two's", config.Get(inOne, "k", "default"))

	require.NoError(t, one.Set(tenant.Global(background), "all", "global", ""))
	newsTwo.wait(t, "", number(config.Owner{}))
	require.Equal(t, "global", config.Get(inTwo, "all", "default"))

	_, err := s.DeleteTenant(background, "acme")
	require.NoError(t, err)
	newsOne.wait(t, "acme", number(acme))
	newsTwo.wait(t, "acme", number(acme))
	require.Equal(t, "default", config.Get(inOne, "k", "default"))
	require.Equal(t, "default", config.Get(inTwo, "k", "default"))
}

// Whoever begins to watch is told of everybody, and then of each change, by the
// number that Load gives to all who share it.
func TestWatchTells(t *testing.T) {
	t.Parallel()
	s, js, cfg := newStore(t)
	write(t, s, acme, set("k", `1`))
	inAcme := write(t, s, ann, set("k", `1`))
	inBolt := write(t, s, bolt, set("k", `1`))
	write(t, s, config.Owner{}, set("k", `1`))
	global := write(t, s, config.Owner{Account: "ann"}, set("k", `1`))
	w, end := watch(t, s, nil)
	for _, n := range []news{{"acme", inAcme}, {"bolt", inBolt}, {"", global}} {
		got, number := load(t, s, config.Owner{Tenant: n.id})
		require.NotEmpty(t, got)
		require.Equal(t, n.number, number)
		w.wait(t, n.id, number)
	}
	w.wait(t, "", write(t, s, gold, set("k", `1`)))
	w.wait(t, "acme", write(t, s, ann, config.Change{Key: "k"}))
	w.wait(t, "acme", write(t, s, acme))

	// With the command line: what is gone is news too, and numbers go on.
	kv, err := js.KeyValue(background, cfg.Bucket)
	require.NoError(t, err)
	for i, remove := range []func() error{
		func() error { return kv.Delete(background, "settings.tenant.bolt.own") },
		func() error { return kv.Purge(background, "settings.tenant.bolt.own") },
	} {
		require.NoError(t, remove())
		got, number := load(t, s, bolt)
		require.Empty(t, got)
		require.Greater(t, number, inBolt)
		w.wait(t, "bolt", number)
		again := write(t, s, bolt, set("k", `2`))
		require.Greater(t, again, number, "%d", i)
		w.wait(t, "bolt", again)
		got, inBolt = load(t, s, bolt)
		require.Equal(t, map[string]string{"k": `2`}, got)
	}

	require.ErrorIs(t, end(), context.Canceled)
}

// Watch leaves nothing behind: no subscription, and no consumer on the server.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	s, js, cfg := newStore(t)
	n := write(t, s, acme, set("k", `1`))
	stream, err := js.Stream(background, "KV_"+cfg.Bucket)
	require.NoError(t, err)
	before := js.Conn().NumSubscriptions()
	w, end := watch(t, s, nil)
	w.wait(t, "acme", n)
	require.Greater(t, js.Conn().NumSubscriptions(), before)
	require.ErrorIs(t, end(), context.Canceled)
	require.Equal(t, before, js.Conn().NumSubscriptions())
	_, err = s.History(background, acme, "k", 1)
	require.NoError(t, err)
	require.Equal(t, before, js.Conn().NumSubscriptions())
	for consumer := range stream.ListConsumers(background).Info() {
		require.Fail(t, "a consumer is left", "%+v", consumer.Config)
	}

	w, _ = watch(t, s, nil)
	w.wait(t, "acme", n)
	js.Conn().Close()
	require.ErrorIs(t, <-w.end, nats.ErrConnectionClosed)
	w.end <- nil // for the cleanup
}

// What happens while the line is cut is told once it is mended, and everybody
// else is told of again: nobody knows what was missed.
func TestWatchAfterTheLineWasCut(t *testing.T) {
	t.Parallel()
	url := start(t, t.TempDir(), server.RANDOM_PORT).ClientURL()
	direct := connect(t, url)
	cfg := newBucket(t, direct)
	s := confignats.NewStore(direct, cfg)
	still := write(t, s, bolt, set("k", `1`))
	n := write(t, s, acme, set("k", `1`))

	l := newLine(t, url)
	js := connect(t, l.at)
	w, _ := watch(t, confignats.NewStore(js, cfg), nil)
	w.wait(t, "bolt", still)
	w.wait(t, "acme", n)
	for range 3 {
		cut := lost(js)
		l.cut()
		await(t, cut)
		write(t, s, acme, set("k", `2`))
		n = write(t, s, acme, set("k", `3`))
		l.mend()
		w.wait(t, "bolt", still)
		w.wait(t, "acme", n)
	}
	w.wait(t, "acme", write(t, s, acme, set("k", `4`)))
}

// A server that is started again on the same folder goes on where it was.
func TestServerRestarted(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	srv := start(t, folder, server.RANDOM_PORT)
	js := connect(t, srv.ClientURL())
	cfg := newBucket(t, js)
	s := confignats.NewStore(js, cfg)
	r, err := config.NewResolver(config.Config{Store: s, LoadTimeout: patience})
	require.NoError(t, err)
	in := config.NewContext(tenant.WithID(background, "acme"), r)
	w, _ := watch(t, s, r.Invalidate)
	first := write(t, s, acme, set("k", `"first"`))
	second := write(t, s, acme, set("k", `"second"`))
	w.wait(t, "acme", second)
	require.Equal(t, "second", config.Get(in, "k", ""))

	for range 2 {
		gone, port := lost(js), srv.Addr().(*net.TCPAddr).Port
		stop(srv)
		await(t, gone)
		back := found(js)
		srv = start(t, folder, port)
		await(t, back)

		got, number := load(t, s, acme)
		require.Equal(t, second, number)
		require.NotEmpty(t, got)
		require.Equal(t, []int64{second, first}, versions(t, s, acme, "k")[:2])
		other := confignats.NewStore(connect(t, srv.ClientURL()), cfg)
		n := write(t, other, acme, set("k", `"third"`))
		require.Greater(t, n, second)
		w.wait(t, "acme", n)
		require.Equal(t, "third", config.Get(in, "k", ""))
		first, second = second, n
	}
}

// Watch goes on trying, and says so.
func TestWatchBeforeThereIsABucket(t *testing.T) {
	t.Parallel()
	js := connect(t, start(t, t.TempDir(), server.RANDOM_PORT).ClientURL())
	keep(t, js)
	failed := make(chan error, 1000)
	cfg := confignats.Config{OnError: func(err error) { failed <- err }}
	w, _ := watch(t, confignats.NewStore(js, cfg), nil)
	require.ErrorIs(t, <-failed, jetstream.ErrBucketNotFound)
	require.NoError(t, confignats.Create(background, js, cfg))
	w.wait(t, "acme", write(t, confignats.NewStore(js, cfg), acme, set("k", `1`)))

	// The stream goes, and with it the server's end of the watch.
	require.NoError(t, js.DeleteKeyValue(background, "tenancy_settings"))
	require.NoError(t, confignats.Create(background, js, cfg))
	w.wait(t, "acme", write(t, confignats.NewStore(js, cfg), acme, set("k", `1`)))
}
