package tenant

import (
	"context"
	"fmt"
	"hash/maphash"
	"math"
	"math/bits"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// MemberCacheConfig says how long and how many answers a [MemberCache] keeps.
// The zero value is good.
type MemberCacheConfig struct {
	// MaxAge is how long a yes is kept, from when the question was asked; 1
	// minute where it is 0. Someone who was let go is out after that time at the
	// latest, also where no Invalidate tells of it.
	MaxAge time.Duration

	// MaxDenied is how long a no is kept; 5 seconds where it is 0. It is short
	// because somebody who was just let in tries again.
	MaxDenied time.Duration

	// Size is how many answers are kept at most; 65,536 where it is 0. One takes
	// about 200 bytes.
	Size int
}

// MemberCache remembers who may enter which tenant, so that a request need not
// ask the database. Equal questions at one time are one question. An error is
// an answer to whoever asked, and is not kept. It is safe for concurrent use.
type MemberCache struct {
	ask    func(ctx context.Context, a Actor, id ID) (bool, error)
	cfg    MemberCacheConfig
	seed   maphash.Seed
	began  time.Time     // what durations count from
	all    atomic.Uint64 // changes to what is global
	epochs [1 << 10]atomic.Uint64
	shards [1 << 4]memberShard
}

type memberKey struct {
	actor Actor
	id    ID
}

// clone returns k with texts of its own, in one piece. What is kept must not hold
// on to the request or the record of which a text is a part.
func (k memberKey) clone() memberKey {
	// Where all but one are empty the sum is that one itself.
	text := strings.Clone(k.actor.ID + string(k.actor.Tenant) + string(k.id))
	cut := func(n int) string {
		part := text[:n]
		text = text[n:]
		return part
	}
	return memberKey{Actor{cut(len(k.actor.ID)), ID(cut(len(k.actor.Tenant))), k.actor.Guest}, ID(cut(len(k.id)))}
}

// memberShard holds answers in two generations: when the newer is full it
// becomes the older, and what was in that is forgotten. So what is asked for
// stays, and the shard is bounded without a list.
type memberShard struct {
	mu           sync.Mutex
	newer, older map[uint64]memberAnswer // by the hash of their keys
	flights      map[memberKey]*memberFlight
}

// memberAnswer is kept under the hash of its key: the last of two that have the
// same one.
type memberAnswer struct {
	key   memberKey
	ok    bool
	until time.Duration // since the cache was made
	epoch memberEpoch
}

// memberEpoch counts the changes that an answer may depend on.
type memberEpoch struct{ all, tenant uint64 }

// memberFlight is a question that is being asked.
type memberFlight struct {
	done  chan struct{}
	epoch memberEpoch
	ok    bool
	err   error
	stale bool // whoever asked gave up: its error is not for others
}

// NewMemberCache returns a cache in front of ask, which is what Members of a
// [MiddlewareConfig] would be without it. The error is [ErrMisconfigured] where
// ask is nil or a field is negative.
func NewMemberCache(ask func(ctx context.Context, a Actor, id ID) (bool, error), cfg MemberCacheConfig) (*MemberCache, error) {
	if ask == nil || cfg.MaxAge < 0 || cfg.MaxDenied < 0 || cfg.Size < 0 {
		return nil, fmt.Errorf("%w: NewMemberCache needs a function, and nothing negative", ErrMisconfigured)
	}
	if cfg.MaxAge == 0 {
		cfg.MaxAge = time.Minute
	}
	if cfg.MaxDenied == 0 {
		cfg.MaxDenied = 5 * time.Second
	}
	if cfg.Size == 0 {
		cfg.Size = 1 << 16
	}
	c := &MemberCache{ask: ask, cfg: cfg, seed: maphash.MakeSeed(), began: time.Now()}
	for i := range c.shards {
		c.shards[i].newer = map[uint64]memberAnswer{}
		c.shards[i].flights = map[memberKey]*memberFlight{}
	}
	return c, nil
}

// Members answers like the function behind the cache, with an answer that is
// younger than MaxAge, or MaxDenied for a no, and that was asked for after the
// last Invalidate of the tenant. It is for [MiddlewareConfig].Members.
//
// The function behind is called with the ctx of one of those who ask; where
// that one gives up, another asks again.
func (c *MemberCache) Members(ctx context.Context, a Actor, id ID) (bool, error) {
	k := memberKey{a, id}
	ofTenant := maphash.String(c.seed, string(id))
	hash := c.hash(&k, ofTenant)
	shard := &c.shards[hash%uint64(len(c.shards))]
	tenants := &c.epochs[ofTenant%uint64(len(c.epochs))]
	for {
		ok, known, flight, mine := c.look(shard, &k, hash, memberEpoch{c.all.Load(), tenants.Load()})
		switch {
		case known:
			return ok, nil
		case mine:
			c.fly(ctx, shard, k, hash, flight)
			return flight.ok, flight.err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-flight.done:
		}
		if !flight.stale {
			return flight.ok, flight.err
		}
	}
}

// hash returns the hash of a key, given that of its tenant. One of tenant and
// actor has few values in some applications, so that each bit comes from both.
func (c *MemberCache) hash(k *memberKey, ofTenant uint64) uint64 {
	h := bits.RotateLeft64(ofTenant, 32) ^ maphash.String(c.seed, k.actor.ID)
	if k.actor.Tenant != "" {
		h ^= bits.RotateLeft64(maphash.String(c.seed, string(k.actor.Tenant)), 16)
	}
	if k.actor.Guest {
		h = ^h
	}
	return h
}

// Invalidate has every answer about the tenant asked for anew, and every one
// that is being asked for not kept; with the empty id all answers. It fits
// feed.Poller's Subscribe. The number is not needed: to ask again is never wrong.
func (c *MemberCache) Invalidate(id ID, _ int64) {
	if id == "" {
		c.all.Add(1)
		return
	}
	c.epochOf(id).Add(1)
}

// epochOf returns the counter of a tenant, which some tenants share: they are
// asked about anew together.
func (c *MemberCache) epochOf(id ID) *atomic.Uint64 {
	return &c.epochs[maphash.String(c.seed, string(id))%uint64(len(c.epochs))]
}

// look returns what is known as of epoch, or the question that is being asked;
// mine says that the caller has to ask it.
func (c *MemberCache) look(shard *memberShard, k *memberKey, hash uint64, epoch memberEpoch) (ok, known bool, flight *memberFlight, mine bool) {
	now := time.Since(c.began)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	kept, have := shard.newer[hash]
	if !have {
		if kept, have = shard.older[hash]; have {
			c.keep(shard, hash, kept)
		}
	}
	if have && kept.epoch == epoch && now < kept.until && kept.key == *k {
		return kept.ok, true, nil, false
	}
	if flight := shard.flights[*k]; flight != nil && flight.epoch == epoch {
		return false, false, flight, false
	}
	flight = &memberFlight{done: make(chan struct{}), epoch: epoch}
	shard.flights[*k] = flight
	return false, false, flight, true
}

// keep puts an answer into the newer generation.
func (c *MemberCache) keep(shard *memberShard, hash uint64, a memberAnswer) {
	if len(shard.newer) >= max(1, c.cfg.Size/len(c.shards)/2) {
		shard.older, shard.newer = shard.newer, make(map[uint64]memberAnswer, len(shard.newer))
	}
	shard.newer[hash] = a
}

// fly asks, and tells those who wait.
func (c *MemberCache) fly(ctx context.Context, shard *memberShard, k memberKey, hash uint64, f *memberFlight) {
	began := time.Since(c.began)
	f.err, f.stale = fmt.Errorf("tenant: the question who is a member did not come to an end"), true // if it panics
	defer func() {
		shard.mu.Lock()
		defer shard.mu.Unlock()
		if shard.flights[k] == f { // and not one that began after an Invalidate
			delete(shard.flights, k)
		}
		if f.err == nil {
			age := c.cfg.MaxAge
			if !f.ok {
				age = c.cfg.MaxDenied
			}
			c.keep(shard, hash, memberAnswer{k.clone(), f.ok, began + min(age, math.MaxInt64-began), f.epoch})
		}
		close(f.done)
	}()
	ok, err := c.ask(ctx, k.actor, k.id)
	f.ok, f.err, f.stale = ok && err == nil, err, err != nil && ctx.Err() != nil
}
