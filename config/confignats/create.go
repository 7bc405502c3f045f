package confignats

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Create makes the bucket, unless it is there. Every process may call it when
// it starts. What is there is never changed: placement, limits and compression
// are the operator's. The error is [ErrUnsuitable] where the bucket would lose
// something, or what the server says.
//
// It needs the right to make streams. Whoever has made the stream with other
// tools can leave it out.
func Create(ctx context.Context, js jetstream.JetStream, cfg Config) error {
	s := NewStore(js, cfg)
	ctx, cancel := s.timed(ctx)
	defer cancel()
	_, err := s.bind(ctx)
	if !errors.Is(err, jetstream.ErrBucketNotFound) {
		return err
	}
	_, err = js.CreateStream(ctx, jetstream.StreamConfig{
		Name:              streamOf(s.cfg.Bucket),
		Description:       "settings of package confignats",
		Subjects:          []string{s.subject(">")},
		Replicas:          s.cfg.Replicas,
		MaxMsgsPerSubject: 1,
		Discard:           jetstream.DiscardNew,
		AllowRollup:       true, // for nats kv purge
		DenyDelete:        true,

		// Numbers begin where no stream of that name has been before: one that
		// was removed and made again does not use them a second time.
		FirstSeq: uint64(time.Now().UnixMicro() / 100),
	})
	if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another process was faster
		return wrap(err)
	}
	_, err = s.bind(ctx)
	return err
}

// check refuses a stream in which settings or versions could get lost, or that
// answers from a server which may be behind.
func check(c jetstream.StreamConfig) error {
	for _, rule := range []struct {
		broken bool
		want   string
	}{
		{c.AllowDirect, "allow_direct has to be off, or a replica that is behind may answer"},
		{c.MaxAge != 0, "max_age has to be 0"},
		{c.Retention != jetstream.LimitsPolicy, "retention has to be limits"},
		{c.Discard != jetstream.DiscardNew, "discard has to be new"},
		{c.Mirror != nil, "it must not be a mirror, which can not be written to"},
	} {
		if rule.broken {
			return fmt.Errorf("%w: stream %s: %s", ErrUnsuitable, c.Name, rule.want)
		}
	}
	return nil
}
