package confignats

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// DeleteTenant removes every setting of a tenant and of the accounts in it, and
// their history, and returns how many settings and versions those were. The
// tenant's number stays and grows, so that every process hears of it. The error
// is [tenant.ErrInvalidID], or what the server says; then some of it may be
// gone, and another call removes the rest.
//
// Nobody should write settings of the tenant meanwhile: what is written then
// may stay. The account of the connection needs the right to purge the stream.
func (s *Store) DeleteTenant(ctx context.Context, id tenant.ID) (rows int64, err error) {
	if !id.Valid() { // the empty one would be everybody's
		return 0, tenant.ErrInvalidID
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	ctx, cancel := s.timed(ctx)
	defer cancel()
	for {
		rows, err = s.deleteTenant(ctx, config.Owner{Tenant: id})
		if !errors.Is(err, jetstream.ErrKeyRevisionMismatch) || ctx.Err() != nil {
			return rows, err
		}
	}
}

func (s *Store) deleteTenant(ctx context.Context, owner config.Owner) (rows int64, err error) {
	b, err := s.bind(ctx)
	if err != nil {
		return 0, err
	}
	history := historyPrefix + scopeOf(owner) + ".>"
	recorded := map[string]bool{}
	err = b.each(ctx, history, func(entry jetstream.KeyValueEntry) error {
		recorded[entry.Key()] = true
		return nil
	}, jetstream.MetaOnly())
	if err != nil {
		return 0, err
	}
	revisions := map[string]uint64{}
	entries := settingsPrefix + scopeOf(owner) + "."
	err = b.each(ctx, entries+">", func(entry jetstream.KeyValueEntry) error {
		revision := int64(entry.Revision())
		doc, err := decode(entry.Value(), revision)
		if err != nil {
			return err
		}
		revisions[entry.Key()] = entry.Revision()
		rows += int64(len(doc.settings(config.Owner{Tenant: owner.Tenant})))
		for key := range doc.last(revision) {
			of := historyPrefix + entry.Key()[len(settingsPrefix):] + "." + escape(key) + "."
			recorded[of+strconv.FormatInt(revision, 10)] = true
		}
		return nil
	})
	if err != nil {
		return 0, err
	}

	// The accounts' documents are emptied before the tenant's own, whose number
	// then stands for all of them; only what is older can be taken away, or the
	// number would go back.
	empty, err := encode(document{Format: format, Last: lastEdit{At: time.Now().UnixMilli()}})
	if err != nil {
		return 0, wrap(err)
	}
	own := entryOf(owner)
	for entry, revision := range revisions {
		if entry == own {
			continue
		}
		if _, err := b.kv.Update(ctx, entry, empty, revision); err != nil {
			return 0, wrap(err)
		}
	}
	m, err := b.newest(ctx, s.subject(own)) // which may be a mark of deletion
	if err != nil {
		return 0, err
	}
	revision := revisions[own]
	if m != nil && revision == 0 && deleted(m) {
		revision = m.Sequence
	}
	number, err := b.kv.Update(ctx, own, empty, revision)
	if err != nil {
		return 0, wrap(err)
	}
	for _, pattern := range []string{entries + "account.>", history} {
		err := b.stream.Purge(ctx, jetstream.WithPurgeSubject(s.subject(pattern)), jetstream.WithPurgeSequence(number))
		if err != nil {
			return 0, wrap(err)
		}
	}
	return rows + int64(len(recorded)), nil
}
