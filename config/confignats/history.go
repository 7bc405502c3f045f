package confignats

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/gotenancy/tenancy/config"
)

// recordAtOnce is how many versions of one write are under way at a time.
const recordAtOnce = 32

// record brings versions into the history, under keys that hold their number.
// Those that are there already, from a writer that came no further or is doing
// the same now, are the same and stay as they are.
func (s *Store) record(ctx context.Context, b *bucket, owner config.Owner, number int64, versions map[string]version) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(recordAtOnce)
	for key, v := range versions {
		g.Go(func() error {
			data, err := encode(v)
			if err != nil {
				return wrap(err)
			}
			entry := historyOf(owner, key) + strconv.FormatInt(number, 10)
			_, err = b.kv.Update(ctx, entry, data, 0)
			if !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
				return wrap(err)
			}
			// A cluster also says so while somebody else's message is not
			// committed yet, and may never be. What is not there is tried again.
			switch m, failed := b.newest(ctx, s.subject(entry)); {
			case failed != nil:
				return failed
			case m == nil:
				return wrap(err)
			}
			return nil
		})
	}
	return g.Wait()
}

// History implements [config.Store]. It reads all versions of the key, however
// small the limit is.
//
// The last write's versions are in the document, the others in the history. The
// document is read first: a write after that only adds to the history.
func (s *Store) History(ctx context.Context, owner config.Owner, key string, limit int) ([]config.Revision, error) {
	if err := errors.Join(owner.Check(), ctx.Err()); err != nil {
		return nil, err
	}
	if limit <= 0 || !config.ValidKey(key) {
		return nil, nil
	}
	ctx, cancel := s.timed(ctx)
	defer cancel()
	b, err := s.bind(ctx)
	if err != nil {
		return nil, err
	}
	m, err := b.newest(ctx, s.subject(entryOf(owner)))
	if err != nil {
		return nil, err
	}
	doc, number, err := documentOf(m)
	if err != nil {
		return nil, err
	}
	out, err := b.recorded(ctx, historyOf(owner, key))
	if err != nil {
		return nil, err
	}
	if v, ok := doc.last(number)[key]; ok && doc.Last.Group == owner.Group {
		out = append(out, v.revision(number))
	}
	slices.SortFunc(out, func(a, b config.Revision) int { return cmp.Compare(b.Version, a.Version) })
	out = slices.CompactFunc(out, func(a, b config.Revision) bool { return a.Version == b.Version })
	return out[:min(limit, len(out))], nil
}

// recorded returns the versions in the history whose keys begin with prefix.
func (b *bucket) recorded(ctx context.Context, prefix string) (out []config.Revision, err error) {
	err = b.each(ctx, prefix+"*", func(entry jetstream.KeyValueEntry) error {
		var v version
		number := versionOf(entry.Key())
		if json.Unmarshal(entry.Value(), &v) != nil || number <= 0 {
			return ErrMalformed
		}
		out = append(out, v.revision(number))
		return nil
	})
	return out, err
}

// each calls fn for all entries there are under a pattern of keys.
func (b *bucket) each(ctx context.Context, pattern string, fn func(jetstream.KeyValueEntry) error, opts ...jetstream.WatchOpt) error {
	watch, err := b.kv.Watch(ctx, pattern, append(opts, jetstream.IgnoreDeletes())...)
	if err != nil {
		return wrap(err)
	}
	defer stop(watch)
	for {
		select {
		case <-ctx.Done():
			return wrap(ctx.Err())
		case entry, ok := <-watch.Updates():
			switch {
			case !ok:
				return cmp.Or(wrap(ctx.Err()), errStopped)
			case entry == nil: // that was the last one
				return nil
			}
			if err := fn(entry); err != nil {
				return err
			}
		}
	}
}
