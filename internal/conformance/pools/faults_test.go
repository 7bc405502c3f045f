package pools

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// faults is what goes wrong in a place while a storm lasts.
type faults struct {
	cancel  bool                            // contexts end
	kill    func(ctx context.Context) error // ends one connection, from the server
	cut     *cutter                         // ends connections on their way; or nil
	restart func(ctx context.Context) error // of the server; or nil
	times   int                             // how often it restarts

	revive func(ctx context.Context) error // starts a pooler again that has died; or nil
}

// none is whether every statement has to succeed.
func (f faults) none() bool {
	return !f.cancel && f.kill == nil && f.cut == nil && f.restart == nil
}

// cutter passes connections on to a server, and cuts each of them after some
// bytes, wherever in a message that is, while it is on.
type cutter struct {
	listener         net.Listener
	network, address string // of the server
	on               atomic.Bool
	cuts             atomic.Int64
	all              sync.WaitGroup
	done             chan struct{}
}

func newCutter(t *testing.T, network, address string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &cutter{listener: l, network: network, address: address, done: make(chan struct{})}
	c.all.Go(c.accept)
	t.Cleanup(func() {
		close(c.done)
		l.Close()
		c.all.Wait()
	})
	return c
}

// host and port are where it listens.
func (c *cutter) host() string { return "127.0.0.1" }
func (c *cutter) port() int    { return c.listener.Addr().(*net.TCPAddr).Port }

func (c *cutter) accept() {
	for n := uint64(1); ; n++ {
		from, err := c.listener.Accept()
		if err != nil {
			return // closed
		}
		c.all.Go(func() { c.pass(from, rand.New(rand.NewPCG(n, 3))) })
	}
}

func (c *cutter) pass(from net.Conn, rng *rand.Rand) {
	defer from.Close()
	to, err := net.Dial(c.network, c.address)
	if err != nil {
		return // the server restarts
	}
	defer to.Close()
	var left atomic.Int64 // bytes, both ways
	left.Store(1_000 + rng.Int64N(24_000))
	over := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
		c.all.Go(func() {
			_, _ = io.Copy(pair[1], &limited{pair[0], &left, c})
			over <- struct{}{}
		})
	}
	select {
	case <-over:
		if left.Load() < 0 {
			c.cuts.Add(1)
		}
	case <-c.done:
	}
}

// limited reads until the bytes of a connection are used up.
type limited struct {
	from net.Conn
	left *atomic.Int64
	c    *cutter
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.from.Read(p)
	if !l.c.on.Load() {
		return n, err
	}
	if left := l.left.Add(-int64(n)); left < 0 {
		return max(0, n+int(left)), errors.New("cut")
	}
	return n, err
}

// What a cutter lets through is what was sent, up to a point.
func TestCutter(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	got := make(chan []byte, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		text, _ := io.ReadAll(c)
		got <- text
	}()
	defer l.Close()

	c := newCutter(t, "tcp", l.Addr().String())
	c.on.Store(true)
	client, err := net.Dial("tcp", c.listener.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	sent := make([]byte, 200_000)
	for i := range sent {
		sent[i] = byte(i % 251)
	}
	_, _ = client.Write(sent) // it may or may not notice
	text := <-got
	require.Greater(t, len(text), 1000)
	require.Less(t, len(text), len(sent))
	require.Equal(t, sent[:len(text)], text)
}
