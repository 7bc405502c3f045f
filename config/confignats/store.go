package confignats

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gotenancy/tenancy/config"
)

// Config says where settings are kept. The zero value is good.
type Config struct {
	// Bucket is the name of the key-value bucket; tenancy_settings where it is
	// empty. It holds nothing else.
	Bucket string

	// Replicas is how many servers keep what [Create] makes; 1 where it is 0.
	Replicas int

	// Timeout bounds each call whose context has no deadline; 5 seconds where it
	// is 0.
	Timeout time.Duration

	// OnError is told whenever [Store.Watch] has lost its place or could not
	// begin. It goes on by itself.
	OnError func(error)
}

// Store is a [config.Store] in a key-value bucket of NATS JetStream. It is safe
// for concurrent use, and needs nothing but its connection.
type Store struct {
	js    jetstream.JetStream
	cfg   Config
	bound atomic.Pointer[bucket]
}

var _ config.Store = (*Store)(nil)

// bucket is the two sides of one stream.
type bucket struct {
	kv     jetstream.KeyValue // to write and to watch
	stream jetstream.Stream   // to read, with what kv hides
}

// NewStore returns a store in the bucket that [Create] has made. It does not
// ask the server: that is done when a setting is read first.
func NewStore(js jetstream.JetStream, cfg Config) *Store {
	return &Store{js: js, cfg: withDefaults(cfg)}
}

func withDefaults(cfg Config) Config {
	if cfg.Bucket == "" {
		cfg.Bucket = "tenancy_settings"
	}
	if cfg.Replicas <= 0 {
		cfg.Replicas = 1
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 5 * time.Second
	}
	return cfg
}

// timed returns ctx with a deadline. The client waits for its end in goroutines
// of its own, so it is to be cancelled.
func (s *Store) timed(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, s.cfg.Timeout)
}

// bind finds the bucket. While there is no connection it fails at once: the
// client would keep what is written, and send it long after the caller was told
// that it failed.
func (s *Store) bind(ctx context.Context) (*bucket, error) {
	if conn := s.js.Conn(); conn.IsClosed() {
		return nil, wrap(nats.ErrConnectionClosed)
	} else if !conn.IsConnected() {
		return nil, wrap(nats.ErrConnectionReconnecting)
	}
	if b := s.bound.Load(); b != nil {
		return b, nil
	}
	if !validBucket(s.cfg.Bucket) {
		return nil, wrap(jetstream.ErrInvalidBucketName)
	}
	stream, err := s.js.Stream(ctx, streamOf(s.cfg.Bucket))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("confignats: %w; make it with Create", jetstream.ErrBucketNotFound)
	}
	if err != nil {
		return nil, wrap(err)
	}
	if err := check(stream.CachedInfo().Config); err != nil {
		return nil, err
	}
	kv, err := s.js.KeyValue(ctx, s.cfg.Bucket)
	if err != nil {
		return nil, wrap(err)
	}
	b := &bucket{kv: kv, stream: stream}
	s.bound.Store(b)
	return b, nil
}

// newest returns the last message on a subject or a pattern of them, nil where
// there is none.
func (b *bucket) newest(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	m, err := b.stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	return m, wrap(err)
}

// documentOf reads the document of an entry, which may be nil.
func documentOf(m *jetstream.RawStreamMsg) (doc *document, revision int64, err error) {
	if m == nil {
		return &document{}, 0, nil
	}
	revision = int64(m.Sequence)
	if deleted(m) {
		return &document{}, revision, nil
	}
	doc, err = decode(m.Data, revision)
	return doc, revision, err
}

// Load implements [config.Store].
//
// The number is read before the settings. A write in between is in the settings
// without being in the number, which costs another load; the other way round it
// would be missed. Where the owner itself was the last to write, which is the
// rule, both come in one answer.
func (s *Store) Load(ctx context.Context, owner config.Owner) ([]config.Setting, int64, error) {
	if err := errors.Join(owner.Check(), ctx.Err()); err != nil {
		return nil, 0, err
	}
	ctx, cancel := s.timed(ctx)
	defer cancel()
	b, err := s.bind(ctx)
	if err != nil {
		return nil, 0, err
	}
	last, err := b.newest(ctx, s.subject(settingsPrefix+scopeOf(owner)+".>"))
	if err != nil || last == nil {
		return nil, 0, err
	}
	own := last
	if entry := s.subject(entryOf(owner)); last.Subject != entry {
		if own, err = b.newest(ctx, entry); err != nil {
			return nil, 0, err
		}
	}
	doc, _, err := documentOf(own)
	if err != nil {
		return nil, 0, err
	}
	return doc.settings(owner), int64(last.Sequence), nil
}

// Write implements [config.Store]. Besides what is said there the error can be
// a [*SizeError]. Where the connection is lost during the call, the write may
// have happened.
//
// It reads the document, brings the versions of the write before into the
// history, and stores the new document if nobody else has stored one meanwhile.
// Otherwise it begins again, so that If is always asked of what is replaced.
func (s *Store) Write(ctx context.Context, owner config.Owner, edit config.Edit, changes ...config.Change) (int64, error) {
	if err := config.CheckWrite(owner, changes); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	ctx, cancel := s.timed(ctx)
	defer cancel()
	for lost := 0; ; lost++ {
		number, err := s.attempt(ctx, owner, edit, changes)
		if !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return number, err
		}
		// Somebody else has won, so that all together never stand still. The
		// pause is for the losers, who would meet again.
		select {
		case <-ctx.Done():
			return 0, wrap(ctx.Err())
		case <-time.After(rand.N(time.Duration(min(lost+1, 16)) * time.Millisecond)):
		}
	}
}

func (s *Store) attempt(ctx context.Context, owner config.Owner, edit config.Edit, changes []config.Change) (int64, error) {
	b, err := s.bind(ctx)
	if err != nil {
		return 0, err
	}
	m, err := b.newest(ctx, s.subject(entryOf(owner)))
	if err != nil {
		return 0, err
	}
	doc, revision, err := documentOf(m)
	if err != nil {
		return 0, err
	}
	before := doc.last(revision)
	of := config.Owner{Tenant: owner.Tenant, Account: owner.Account, Group: doc.Last.Group}
	if err := doc.apply(owner, edit, changes, time.Now()); err != nil {
		return 0, err
	}
	data, err := encode(doc)
	if err != nil {
		return 0, wrap(err)
	}
	if limit := s.js.Conn().MaxPayload() - headerSize; int64(len(data)) > limit {
		return 0, &SizeError{Size: len(data), Limit: limit}
	}
	if err := s.record(ctx, b, of, revision, before); err != nil {
		return 0, err
	}
	number, err := b.kv.Update(ctx, entryOf(owner), data, uint64(revision))
	if err != nil {
		return 0, wrap(sizeError(err, len(data)))
	}
	return int64(number), nil
}
