package feedpgx

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gotenancy/tenancy/tenant/feed"
)

// Config says how a [Listener] listens. Conn and Poller are required.
type Config struct {
	// Conn is how to reach the server: directly, not through a pooler, see the
	// documentation of the package. It is copied.
	Conn *pgx.ConnConfig

	// Poller is told of each change, and tells its subscribers. Its own Run is
	// not needed; it may keep running.
	Poller *feed.Poller

	// Every is how often the table is looked at while listening; 15 seconds
	// where it is 0. What asks Poller.Fresh gets no younger answer than that.
	// The connection is tried at the same time.
	Every time.Duration

	// Fallback is how often the table is looked at while not listening; 2
	// seconds where it is 0.
	Fallback time.Duration

	// Retry is the longest time between two attempts to listen; 30 seconds
	// where it is 0. The first ones come sooner.
	Retry time.Duration

	// Timeout is how long connecting, and trying a connection, may take; 10
	// seconds where it is 0.
	Timeout time.Duration

	// OnError is told why the listener does not listen, and of each look that
	// failed. It goes on by itself.
	OnError func(error)

	// OnListen is told true each time when the listener listens and has
	// compared all numbers, and false when that is over.
	OnListen func(bool)
}

var (
	// ErrPooled says that there is a pooler between this process and the server.
	ErrPooled = errors.New("feedpgx: the connection goes through a pooler, which does not deliver notices; give the listener the address of the server itself")

	// ErrNoTrigger says that nothing sends notices.
	ErrNoTrigger = errors.New("feedpgx: there is no enabled trigger tenancy_changes_notify on table tenancy_changes; apply feedpgx.Migrations")

	// ErrRunning says that a listener runs already.
	ErrRunning = errors.New("feedpgx: the listener runs already")
)

// firstRetry is the time before the second attempt to listen; each further one
// doubles it.
const firstRetry = 100 * time.Millisecond

// Listener tells a poller of changes when they are committed. One serves a
// whole process.
type Listener struct {
	cfg     Config
	running atomic.Bool
}

// NewListener returns a listener that does nothing until Run is called.
func NewListener(cfg Config) (*Listener, error) {
	if cfg.Conn == nil || cfg.Poller == nil {
		return nil, errors.New("feedpgx: Config needs Conn and Poller")
	}
	cfg.Conn = cfg.Conn.Copy()
	cfg.Conn.OnNotification = nil // pgx keeps them for WaitForNotification then
	cfg.Every = orDefault(cfg.Every, 15*time.Second)
	cfg.Fallback = orDefault(cfg.Fallback, 2*time.Second)
	cfg.Retry = orDefault(cfg.Retry, 30*time.Second)
	cfg.Timeout = orDefault(cfg.Timeout, 10*time.Second)
	return &Listener{cfg: cfg}, nil
}

func orDefault(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}

// Run listens until ctx is done, closes the connection and returns ctx's error.
// A second call beside the first returns [ErrRunning]. It needs no tenant in
// ctx.
func (l *Listener) Run(ctx context.Context) error {
	if !l.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer l.running.Store(false)
	wait := firstRetry
	for {
		listened, err := l.listen(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.report(err)
		if listened {
			wait = firstRetry
		}
		// Processes that lost the same server do not come back together.
		if err := l.lookFor(ctx, wait/2+rand.N(wait/2+1)); err != nil {
			return err
		}
		wait = min(2*wait, l.cfg.Retry)
	}
}

func (l *Listener) report(err error) {
	if l.cfg.OnError != nil {
		l.cfg.OnError(err)
	}
}

// lookFor looks at the table for that long, as often as Fallback says, and at
// once if that is longer than the time.
func (l *Listener) lookFor(ctx context.Context, d time.Duration) error {
	end := time.Now().Add(d)
	for {
		if err := l.cfg.Poller.Poll(ctx); err != nil && ctx.Err() == nil {
			l.report(err)
		}
		left := time.Until(end)
		timer := time.NewTimer(min(left, l.cfg.Fallback))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		if left <= l.cfg.Fallback {
			return nil
		}
	}
}

// listen connects and listens until something fails; listened is whether it
// came so far.
func (l *Listener) listen(ctx context.Context) (listened bool, err error) {
	conn, table, err := l.connect(ctx)
	if err != nil {
		return false, fmt.Errorf("feedpgx: listen: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx) // it has failed already, or nobody needs it
	}()
	// What was committed before LISTEN took effect is in the table, what comes
	// afterwards will be told: nothing lies between.
	if err := l.cfg.Poller.Sweep(ctx); err != nil {
		return false, err
	}
	if l.cfg.OnListen != nil {
		l.cfg.OnListen(true)
		defer l.cfg.OnListen(false)
	}
	next := time.Now().Add(l.cfg.Every)
	for {
		within, cancel := context.WithDeadline(ctx, next)
		n, err := conn.WaitForNotification(within)
		cancel()
		switch {
		case ctx.Err() != nil:
			return true, ctx.Err()
		case err == nil:
			c, ours, err := parse(n.Payload, table)
			if err == nil && ours {
				err = l.cfg.Poller.Notice(c)
			}
			if err != nil {
				l.report(err) // somebody else uses the channel; the table is what counts
			}
		case conn.IsClosed() || time.Now().Before(next):
			return true, fmt.Errorf("feedpgx: the connection that listens: %w", err)
		}
		if time.Now().Before(next) {
			continue
		}
		if err := l.try(ctx, conn); err != nil {
			return true, fmt.Errorf("feedpgx: the connection that listens: %w", err)
		}
		if err := l.cfg.Poller.Poll(ctx); err != nil && ctx.Err() == nil {
			l.report(err)
		}
		next = time.Now().Add(l.cfg.Every)
	}
}

// try makes sure that the server is still there: a connection can be lost
// without anybody saying so.
func (l *Listener) try(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.Timeout)
	defer cancel()
	return conn.Ping(ctx)
}
