package confignats_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/confignats"
	"github.com/gotenancy/tenancy/tenant"
)

var background = context.Background()

// patience is for what has to happen, on however slow a machine.
const patience = time.Minute

// start starts a server with JetStream in this process, so that the tests need
// none. With a port it is the one that was stopped.
func start(tb testing.TB, folder string, port int) *server.Server {
	tb.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, StoreDir: folder, JetStream: true, NoLog: true, NoSigs: true,
	})
	require.NoError(tb, err)
	s.Start()
	tb.Cleanup(func() { stop(s) })
	require.True(tb, s.ReadyForConnections(patience))
	return s
}

func stop(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// connect returns a client that never gives up.
func connect(tb testing.TB, url string) jetstream.JetStream {
	tb.Helper()
	conn, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond), nats.ReconnectJitter(0, 0),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // which would print them
	require.NoError(tb, err)
	tb.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(tb, err)
	return js
}

var buckets atomic.Int64

// newBucket makes a bucket that nobody else has.
func newBucket(tb testing.TB, js jetstream.JetStream) confignats.Config {
	tb.Helper()
	cfg := confignats.Config{Bucket: fmt.Sprintf("test_%d_%d", time.Now().UnixNano(), buckets.Add(1)), Timeout: patience}
	require.NoError(tb, confignats.Create(background, js, cfg))
	tb.Cleanup(func() { _ = js.DeleteKeyValue(background, cfg.Bucket) }) // the server may be gone
	return cfg
}

// keep has a stream on the server until the test ends. When its last one goes,
// the server removes the folder around it from another goroutine, some time
// after it has answered, and a stream made just then fails (nats-server 2.14).
func keep(tb testing.TB, js jetstream.JetStream) {
	tb.Helper()
	name := fmt.Sprintf("kept_%d_%d", time.Now().UnixNano(), buckets.Add(1))
	_, err := js.CreateStream(background, jetstream.StreamConfig{Name: name, Subjects: []string{name}})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = js.DeleteStream(background, name) }) // the server may be gone
}

// newStore returns a store on a server of its own, and what it is made of.
func newStore(tb testing.TB) (*confignats.Store, jetstream.JetStream, confignats.Config) {
	tb.Helper()
	js := connect(tb, start(tb, tb.TempDir(), server.RANDOM_PORT).ClientURL())
	cfg := newBucket(tb, js)
	return confignats.NewStore(js, cfg), js, cfg
}

func set(key, value string) config.Change { return config.Change{Key: key, Value: []byte(value)} }

// write is a write that succeeds.
func write(tb testing.TB, s config.Store, owner config.Owner, changes ...config.Change) int64 {
	tb.Helper()
	n, err := s.Write(background, owner, config.Edit{Actor: "ann", Reason: "because"}, changes...)
	require.NoError(tb, err)
	return n
}

// load returns the settings by key, with the group before it where there is one.
func load(tb testing.TB, s config.Store, owner config.Owner) (map[string]string, int64) {
	tb.Helper()
	settings, number, err := s.Load(background, owner)
	require.NoError(tb, err)
	out := map[string]string{}
	for _, set := range settings {
		key := set.Key
		if set.Group != "" {
			key = set.Group + "|" + key
		}
		require.NotContains(tb, out, key, "it came twice")
		out[key] = string(set.Value)
		if set.Forced {
			out[key] += " forced"
		}
	}
	return out, number
}

// versions returns the numbers of all versions of a key, newest first.
func versions(tb testing.TB, s config.Store, owner config.Owner, key string) []int64 {
	tb.Helper()
	revs, err := s.History(background, owner, key, 1_000_000)
	require.NoError(tb, err)
	var out []int64
	for _, rev := range revs {
		out = append(out, rev.Version)
	}
	return out
}

// tapped is a client whose calls can be looked at and made to fail.
type tapped struct {
	jetstream.JetStream
	before func(key string) error // instead of the write, where it fails
	after  func(key string) error // instead of its answer, where it fails
	look   func()                 // before each look at what is there
}

func (j tapped) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	stream, err := j.JetStream.Stream(ctx, name)
	return tappedStream{stream, j}, err
}

type tappedStream struct {
	jetstream.Stream
	tap tapped
}

func (s tappedStream) GetLastMsgForSubject(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	if s.tap.look != nil {
		s.tap.look()
	}
	return s.Stream.GetLastMsgForSubject(ctx, subject)
}

func (j tapped) KeyValue(ctx context.Context, name string) (jetstream.KeyValue, error) {
	kv, err := j.JetStream.KeyValue(ctx, name)
	return tappedKV{kv, j}, err
}

type tappedKV struct {
	jetstream.KeyValue
	tap tapped
}

func (k tappedKV) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if k.tap.before != nil {
		if err := k.tap.before(key); err != nil {
			return 0, err
		}
	}
	n, err := k.KeyValue.Update(ctx, key, value, revision)
	if k.tap.after != nil && err == nil {
		err = k.tap.after(key)
	}
	return n, err
}

// told is what Watch tells, to wait for.
type told struct {
	ch  chan news
	end chan error
}

type news struct {
	id     tenant.ID
	number int64
}

// watch runs Watch until the test ends, or stop is called. fn may be nil.
func watch(tb testing.TB, s *confignats.Store, fn func(tenant.ID, int64)) (w told, stop func() error) {
	tb.Helper()
	ctx, cancel := context.WithCancel(background)
	w = told{ch: make(chan news, 10_000), end: make(chan error, 1)}
	go func() {
		w.end <- s.Watch(ctx, func(id tenant.ID, number int64) {
			if fn != nil {
				fn(id, number)
			}
			w.ch <- news{id, number}
		})
	}()
	stop = sync.OnceValue(func() error { cancel(); return <-w.end })
	tb.Cleanup(func() { _ = stop() })
	return w, stop
}

// wait returns once Watch has told of that number.
func (w told) wait(tb testing.TB, id tenant.ID, number int64) {
	tb.Helper()
	late := time.After(patience)
	for {
		select {
		case got := <-w.ch:
			if got.id == id && got.number == number {
				return
			}
		case <-late:
			tb.Fatalf("Watch has not told of %q with number %d", id, number)
		}
	}
}

// line is a connection to a server that can be cut and mended.
type line struct {
	tb      testing.TB
	to, at  string
	mu      sync.Mutex
	listens net.Listener
	open    []net.Conn
}

func newLine(tb testing.TB, url string) *line {
	l := &line{tb: tb, to: strings.TrimPrefix(url, "nats://"), at: "127.0.0.1:0"}
	l.mend()
	tb.Cleanup(l.cut)
	return l
}

func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	listens, err := net.Listen("tcp", l.at)
	require.NoError(l.tb, err)
	l.listens, l.at = listens, listens.Addr().String()
	go func() {
		for {
			in, err := listens.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", l.to)
			if err != nil {
				in.Close()
				continue
			}
			l.mu.Lock()
			if l.listens != listens { // it has been cut meanwhile
				in.Close()
				out.Close()
			}
			l.open = append(l.open, in, out)
			l.mu.Unlock()
			go func() { _, _ = io.Copy(in, out); in.Close() }()
			go func() { _, _ = io.Copy(out, in); out.Close() }()
		}
	}()
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listens.Close()
	l.listens = nil
	for _, c := range l.open {
		c.Close()
	}
	l.open = nil
}

// lost returns a channel that is closed once the client has lost its connection.
func lost(js jetstream.JetStream) <-chan struct{} {
	ch := make(chan struct{})
	once := sync.OnceFunc(func() { close(ch) })
	js.Conn().SetDisconnectErrHandler(func(*nats.Conn, error) { once() })
	return ch
}

// found returns a channel that is closed once the client is connected again.
func found(js jetstream.JetStream) <-chan struct{} {
	ch := make(chan struct{})
	once := sync.OnceFunc(func() { close(ch) })
	js.Conn().SetReconnectHandler(func(*nats.Conn) { once() })
	return ch
}

func await(tb testing.TB, ch <-chan struct{}) {
	tb.Helper()
	select {
	case <-ch:
	case <-time.After(patience):
		tb.Fatal("it did not happen")
	}
}
