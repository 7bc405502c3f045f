package tenant

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
)

// MessageHeader is the name under which [Codec.Inject] puts the context's text
// into the headers of a message.
const MessageHeader = "Tenancy-Context"

// Carrier holds the headers of a message. http.Header, the Header of nats.go
// and OpenTelemetry's carriers are carriers as they are; [MapCarrier] is one
// for a payload of your own.
//
// A carrier that can hold a name twice should also have
//
//	Values(name string) []string
//
// as those have. Without it a second header can not be noticed, and Get decides.
type Carrier interface {
	// Get returns the value under that name, or "".
	Get(name string) string

	// Set puts the value in the place of all values under that name.
	Set(name, value string)
}

// MapCarrier is a [Carrier] in a map.
type MapCarrier map[string]string

// Get implements [Carrier].
func (m MapCarrier) Get(name string) string { return m[name] }

// Set implements [Carrier].
func (m MapCarrier) Set(name, value string) { m[name] = value }

// What can be wrong with the context's text in a message. A message without one
// is [ErrNoTenant]; what is wrong with the tenant it names is
// [ErrUnknownTenant], [ErrSuspended] or [ErrArchived]. An actor who is a member
// of another tenant is [ErrNotMember] too.
var (
	// ErrMessageMalformed: it is not a text that a codec of this kind writes,
	// or it says what this codec does not accept, such as global mode.
	ErrMessageMalformed = errors.New("tenant: malformed message context")

	// ErrMessageDuplicated: the message carries it twice.
	ErrMessageDuplicated = errors.New("tenant: the message carries its context twice")

	// ErrMessageForged: the signature is not one of ours for this text and, if
	// it was bound to one, this body; or the key is unknown.
	ErrMessageForged = errors.New("tenant: the message context has no valid signature")

	// ErrMessageExpired: it was written longer ago than the codec accepts, or
	// in the future.
	ErrMessageExpired = errors.New("tenant: the message context is too old, or from the future")

	// ErrMessageAudience: it was written for another purpose.
	ErrMessageAudience = errors.New("tenant: the message context is meant for somebody else")

	// ErrMessageLimited: it is not written, because its actor is held to less
	// than the actor's own rights, taken on by somebody else for example, and a
	// message does not carry that. Write it without the actor.
	ErrMessageLimited = errors.New("tenant: a message carries no actor with bounds")
)

// CodecConfig is what writer and reader of messages agree on.
type CodecConfig struct {
	// Audience says what the messages are for, such as "billing-jobs": a text
	// written for one audience is refused by every other one, so that a
	// message of one queue is of no use in another. 1 to 100 bytes.
	Audience string

	// Keys are the secrets that sign. The first one writes, all of them read.
	// To rotate, add the new key at the end everywhere, then move it to the
	// front, and remove the old one once MaxAge has passed.
	Keys []SigningKey

	// MaxAge is how old a message may be when it is read; longer than it can
	// wait in the queue, retries included. A signature can be replayed for
	// that long: queues deliver twice, so nothing else would notice.
	// [NewSignedCodec] demands it; without signatures 0 means no limit.
	MaxAge time.Duration

	// Actor carries the actor too. The reader learns who asked, not that this
	// person still may: rights are checked anew, and they are the actor's own.
	// Where the context holds the actor to less, such as an administrator who
	// was taken on by somebody else, nothing is written: [ErrMessageLimited].
	Actor bool

	// Global accepts and writes global mode as well as tenants; only where the
	// text is signed.
	Global bool

	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// SigningKey is a secret that the writers and readers of messages share.
type SigningKey struct {
	// ID names the key in the text. It has the form of an [ID].
	ID string

	// Secret is at least 32 random bytes.
	Secret []byte `json:"-"`
}

// Format implements fmt.Formatter: whatever the verb, a key is printed by its id
// and without its secret.
func (k SigningKey) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "signing key %s", k.ID) }

// minSecret is the length of the hash, below which RFC 2104 section 3
// discourages a key.
const minSecret = sha256.Size

// clockSkew is how far ahead of ours the writer's clock may be.
const clockSkew = time.Minute

// A Codec turns the tenant of a context into a text for the headers or the
// payload of a message, and back: for queues, for calls between services, for
// jobs in a table. The text holds the tenant, or global mode, and, if the
// configuration says so, the actor. It never holds a reason, a reach across
// tenants or a tenant's settings: a crossing begins in the source, not in a
// message. It is no secret; it is readable text of at most 2 KiB in ASCII.
//
// The reader may never do more than the writer. A context that may not switch
// ([TenancySeparate]) arrives as one that may not; what a text can not say is
// refused when it is written: a read-only context with [ErrReadOnly], an actor
// with bounds with [ErrMessageLimited].
//
// Reading fails closed. The result is the registered, active tenant that was
// written, or an error together with a context in which everything refuses.
//
// A Codec is safe for concurrent use.
type Codec struct {
	cfg   CodecConfig       // without the keys
	keys  map[string][]byte // nil where texts are not signed
	first string            // the id of the key that writes
}

// Format implements fmt.Formatter: a codec is printed without its keys.
func (c *Codec) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "codec for %q", c.cfg.Audience) }

// NewSignedCodec returns a codec whose texts carry an HMAC-SHA256 under the
// first key: who does not have a key can not write one. It refuses texts
// without a signature.
func NewSignedCodec(cfg CodecConfig) (*Codec, error) {
	if len(cfg.Keys) == 0 {
		return nil, errors.New("tenant: a signed codec needs a key")
	}
	if cfg.MaxAge <= 0 {
		return nil, errors.New("tenant: a signed codec needs a MaxAge")
	}
	keys := make(map[string][]byte, len(cfg.Keys))
	for i, k := range cfg.Keys {
		if !ID(k.ID).Valid() {
			return nil, fmt.Errorf("tenant: the id of signing key %d: %w", i, ID(k.ID).check())
		}
		if _, twice := keys[k.ID]; twice {
			return nil, fmt.Errorf("tenant: two signing keys are called %s", k.ID)
		}
		if len(k.Secret) < minSecret {
			return nil, fmt.Errorf("tenant: signing key %s has less than %d bytes", k.ID, minSecret)
		}
		keys[k.ID] = slices.Clone(k.Secret)
	}
	return newCodec(cfg, keys)
}

// NewUnsignedCodecForTrustedQueue returns a codec whose texts anybody can
// write. It is for a queue that only this application can write to, such as a
// table in its own database: whoever else can put a message there chooses its
// tenant. It refuses texts with a signature, which it could not check.
func NewUnsignedCodecForTrustedQueue(cfg CodecConfig) (*Codec, error) {
	if len(cfg.Keys) > 0 || cfg.Global {
		return nil, errors.New("tenant: an unsigned codec has no keys and no global mode")
	}
	return newCodec(cfg, nil)
}

func newCodec(cfg CodecConfig, keys map[string][]byte) (*Codec, error) {
	if n := len(cfg.Audience); n == 0 || n > 100 {
		return nil, errors.New("tenant: a codec's audience has 1 to 100 bytes")
	}
	if cfg.MaxAge < 0 {
		return nil, errors.New("tenant: a codec's MaxAge is not negative")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	c := &Codec{cfg: cfg, keys: keys}
	if len(cfg.Keys) > 0 {
		c.first = cfg.Keys[0].ID
	}
	c.cfg.Keys = nil
	return c, nil
}

// Inject puts the context's text into the headers, in the place of one that is
// there. A context without a tenant fails with [ErrNoTenant], one across
// tenants with [ErrSeveralTenants], one that refuses with its cause.
func (c *Codec) Inject(ctx context.Context, headers Carrier) error {
	return c.InjectFor(ctx, headers, nil)
}

// InjectFor is Inject with the signature bound to the message's body, so that
// the header of one message can not be put on another. Read it with
// [Codec.ExtractFor] and the same bytes. An unsigned codec ignores the body.
func (c *Codec) InjectFor(ctx context.Context, headers Carrier, body []byte) error {
	text, err := c.Encode(ctx, body)
	if err != nil {
		return err
	}
	headers.Set(MessageHeader, text)
	return nil
}

// Encode returns the text itself, for payloads without headers; see
// [Codec.InjectFor] for body, which may be nil.
func (c *Codec) Encode(ctx context.Context, body []byte) (string, error) {
	m := message{audience: c.cfg.Audience, issued: c.cfg.Now().Unix()}
	v := carry.From(ctx)
	switch {
	case v.ReadOnly:
		// Whoever works the message would do it in a context that writes.
		return "", fmt.Errorf("tenant: a visitor's request puts nothing into a message: %w", ErrReadOnly)
	case v.Mode == carry.Tenant:
		m.tenant, m.bound = ID(v.ID), v.Bound
	case v.Mode == carry.Global && c.cfg.Global:
	case v.Mode == carry.Global:
		return "", fmt.Errorf("tenant: this codec carries no global mode: %w", ErrNoTenant)
	case v.Mode == carry.Across || v.Mode == carry.AcrossAll:
		return "", fmt.Errorf("tenant: a message belongs to one tenant: %w", ErrSeveralTenants)
	default:
		return "", fmt.Errorf("tenant: nothing to put into the message: %w", Err(ctx))
	}
	if a, ok := ActorFromContext(ctx); ok && c.cfg.Actor {
		if carry.Limited(ctx) {
			return "", ErrMessageLimited
		}
		m.actor = &a
	}
	if err := m.check(); err != nil {
		return "", err
	}
	if c.keys == nil {
		return m.unsigned(), nil
	}
	return m.signed(c.first, c.keys[c.first], body), nil
}

// Extract returns ctx with what the headers say: in tenant mode for the tenant
// with its record, or in global mode, and with the actor if they carry one. ctx
// is a context without a mode, such as the worker's own; see [NewContext].
//
// On an error the context refuses everything, whatever ctx was. The registry's
// own errors are passed on: try those messages again.
func (c *Codec) Extract(ctx context.Context, headers Carrier, reg Registry) (context.Context, error) {
	return c.ExtractFor(ctx, headers, reg, nil)
}

// ExtractFor is Extract for a message that was written with [Codec.InjectFor].
func (c *Codec) ExtractFor(ctx context.Context, headers Carrier, reg Registry, body []byte) (context.Context, error) {
	if all, ok := headers.(interface{ Values(string) []string }); ok && len(all.Values(MessageHeader)) > 1 {
		return refuse(ctx, ErrMessageDuplicated), ErrMessageDuplicated
	}
	return c.Decode(ctx, headers.Get(MessageHeader), reg, body)
}

// Decode is [Codec.ExtractFor] for the text itself. The empty text is a message
// without a tenant: [ErrNoTenant].
func (c *Codec) Decode(ctx context.Context, text string, reg Registry, body []byte) (context.Context, error) {
	out, err := c.decode(ctx, text, reg, body)
	if err == nil {
		err = Err(out) // a conflict with the mode of ctx
	}
	if err != nil {
		return refuse(ctx, err), err
	}
	return out, nil
}

func (c *Codec) decode(ctx context.Context, text string, reg Registry, body []byte) (context.Context, error) {
	if err := carry.From(ctx).Err(); err != nil {
		return ctx, err
	}
	if text == "" {
		return ctx, fmt.Errorf("the message carries none: %w", ErrNoTenant)
	}
	if reg == nil {
		return ctx, errors.New("tenant: a message can not be read without a Registry")
	}
	m, err := parseMessage(text)
	if err != nil {
		return ctx, err
	}
	if err := c.accept(m, body); err != nil {
		return ctx, err
	}
	if m.tenant == "" {
		ctx = Global(ctx)
	} else {
		t, found, err := reg.ByID(ctx, m.tenant)
		switch {
		case err != nil:
			return ctx, fmt.Errorf("tenant: look up the tenant of a message: %w", err)
		case !found || t.ID != m.tenant:
			return ctx, ErrUnknownTenant
		case t.Status != Active:
			return ctx, t.Status.Err()
		}
		ctx = NewContext(ctx, t)
	}
	v := *carry.From(ctx)
	v.Bound = v.Bound || m.bound
	switch {
	case m.actor != nil:
		v.Actor = m.actor
	case c.cfg.Actor: // one that is there would be of the message before
		v.Actor = nil
	}
	return carry.With(ctx, &v), nil
}

// accept says whether the parsed text is one that this codec may believe. The
// signature comes first: whoever can not sign learns nothing else.
func (c *Codec) accept(m *message, body []byte) error {
	if m.key == "" && c.keys == nil {
		if m.tenant == "" {
			return fmt.Errorf("%w: it names no tenant", ErrMessageMalformed)
		}
	} else if err := c.verify(m, body); err != nil {
		return err
	}
	if m.audience != c.cfg.Audience {
		return ErrMessageAudience
	}
	now := c.cfg.Now().Unix()
	if m.issued > now+int64(clockSkew/time.Second) {
		return ErrMessageExpired
	}
	if limit := c.cfg.MaxAge; limit > 0 && now-m.issued > int64(limit/time.Second) {
		return ErrMessageExpired
	}
	if m.actor != nil && !c.cfg.Actor {
		return fmt.Errorf("%w: this codec carries no actors", ErrMessageMalformed)
	}
	if m.tenant == "" && !c.cfg.Global {
		return fmt.Errorf("%w: this codec carries no global mode", ErrMessageMalformed)
	}
	if err := m.check(); err != nil {
		return fmt.Errorf("%w: %w", ErrMessageMalformed, err)
	}
	return nil
}

func (c *Codec) verify(m *message, body []byte) error {
	secret, known := c.keys[m.key]
	if m.key == "" || !known || !hmac.Equal(m.mac, m.sign(secret, body)) {
		return ErrMessageForged
	}
	return nil
}
