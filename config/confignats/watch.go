package confignats

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gotenancy/tenancy/tenant"
)

// lookEvery is how often Watch looks whether the connection was replaced, and
// how long it waits before it tries again after a failure.
const lookEvery = time.Second

// errStopped is why a watcher was of no more use.
var errStopped = errors.New("confignats: the server's consumer has ended")

// Watch tells fn of every change, in this process or another, until ctx is done
// or the connection is closed, and returns why. [config.Resolver.Invalidate] is
// such a fn:
//
//	go store.Watch(ctx, settings.Invalidate)
//
// At first and after each reconnect it tells of the last change of everybody,
// since nobody knows what was missed; several changes in a row may come as one.
// The empty id is what is global. fn is called by one goroutine, and must return
// quickly. While the server can not be reached Watch goes on trying, and tells
// [Config].OnError. The error is the context's, [nats.ErrConnectionClosed], or
// [ErrUnsuitable].
func (s *Store) Watch(ctx context.Context, fn func(id tenant.ID, number int64)) error {
	conn := s.js.Conn()
	for {
		// Counted first, so that a reconnect during the set-up counts as one.
		err := s.watch(ctx, conn, conn.Stats().Reconnects, fn)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case conn.IsClosed():
			return wrap(nats.ErrConnectionClosed)
		case errors.Is(err, ErrUnsuitable):
			return err
		case err == nil: // reconnected
			continue
		}
		if s.cfg.OnError != nil {
			s.cfg.OnError(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookEvery):
		}
	}
}

// watch is one watcher's life. The error is nil where the connection has been
// replaced since it had that many reconnects.
//
// The client also repairs a watcher by itself, but only once it has missed some
// heartbeats, and what it lacked till then would be served as the newest.
func (s *Store) watch(ctx context.Context, conn *nats.Conn, reconnects uint64, fn func(tenant.ID, int64)) error {
	// The watcher lives as long as its context, but has to be there in time.
	life, cancel := context.WithCancel(ctx)
	defer cancel()
	late := time.AfterFunc(s.cfg.Timeout, cancel)
	defer late.Stop()
	b, err := s.bind(life)
	if err != nil {
		return err
	}
	watch, err := b.kv.Watch(life, settingsPrefix+">", jetstream.MetaOnly())
	if err != nil {
		return wrap(err)
	}
	defer stop(watch)
	late.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			if conn.IsClosed() {
				return nats.ErrConnectionClosed
			}
			if conn.Stats().Reconnects != reconnects {
				return nil
			}
		case entry, ok := <-watch.Updates():
			if !ok {
				return errStopped
			}
			if entry == nil { // all that was there has been told
				continue
			}
			if id, ours := tenantOf(entry.Key()); ours {
				fn(id, int64(entry.Revision()))
			}
		}
	}
}

// stop ends a watcher, and takes what is still coming, which would otherwise
// hold a goroutine of the client for ever.
func stop(watch jetstream.KeyWatcher) {
	_ = watch.Stop() // it fails where it has ended already
	late := time.NewTimer(lookEvery)
	defer late.Stop()
	for {
		select {
		case _, ok := <-watch.Updates():
			if !ok {
				return
			}
		case <-late.C: // a connection that was closed closes no channel
			return
		}
	}
}
