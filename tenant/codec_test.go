package tenant_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// noon is the time at which the tests' messages are written.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func signingKey(id string) tenant.SigningKey {
	return tenant.SigningKey{ID: id, Secret: bytes.Repeat([]byte(id[1:]), 32)}
}

// codecConfig carries all that a codec can.
func codecConfig(keys ...string) tenant.CodecConfig {
	cfg := tenant.CodecConfig{Audience: "jobs", MaxAge: time.Hour, Actor: true, Now: func() time.Time { return noon }}
	for _, id := range keys {
		cfg.Keys, cfg.Global = append(cfg.Keys, signingKey(id)), true
	}
	return cfg
}

func signedCodec(t testing.TB, cfg tenant.CodecConfig) *tenant.Codec {
	t.Helper()
	c, err := tenant.NewSignedCodec(cfg)
	require.NoError(t, err)
	return c
}

func unsignedCodec(t testing.TB, cfg tenant.CodecConfig) *tenant.Codec {
	t.Helper()
	c, err := tenant.NewUnsignedCodecForTrustedQueue(cfg)
	require.NoError(t, err)
	return c
}

func encode(t testing.TB, c *tenant.Codec, ctx context.Context) string {
	t.Helper()
	text, err := c.Encode(ctx, nil)
	require.NoError(t, err)
	return text
}

// refusedWith checks that a reading failed, and that its context is of no use
// whatever the caller's was.
func refusedWith(t testing.TB, want error, ctx context.Context, err error) {
	t.Helper()
	require.ErrorIs(t, err, want)
	require.Equal(t, tenant.ModeRefused, tenant.ModeOf(ctx))
	require.ErrorIs(t, tenant.Err(ctx), want)
}

func TestCodecRoundTrip(t *testing.T) {
	t.Parallel()
	acme := tenant.WithID(context.Background(), "acme")
	signed := signedCodec(t, codecConfig("k1"))
	for name, c := range map[string]*tenant.Codec{"signed": signed, "unsigned": unsignedCodec(t, codecConfig())} {
		for _, actor := range []*tenant.Actor{
			nil, {}, {ID: "ann", Tenant: "acme"}, {ID: "root"}, {ID: "visitor", Guest: true}, {ID: "a:b%\n ü", Tenant: "acme", Guest: true},
		} {
			ctx := acme
			if actor != nil {
				ctx = tenant.WithActor(ctx, *actor)
			}
			headers := http.Header{}
			require.NoError(t, c.Inject(ctx, headers), name)
			got, err := c.Extract(context.Background(), headers, site(t))
			require.NoError(t, err, name)
			id, _ := tenant.IDFromContext(got)
			require.Equal(t, tenant.ID("acme"), id)
			record, ok := tenant.FromContext(got)
			require.True(t, ok, "with the registry's record")
			require.Equal(t, "acme.example.com", record.Host)
			who, known := tenant.ActorFromContext(got)
			require.Equal(t, actor != nil, known)
			if actor != nil {
				require.Equal(t, *actor, who)
			}
		}
	}
	text := encode(t, signed, tenant.WithActor(tenant.Global(context.Background()), tenant.Actor{ID: "root"}))
	got, err := signed.Decode(context.Background(), text, site(t), nil)
	require.NoError(t, err)
	require.Equal(t, tenant.ModeGlobal, tenant.ModeOf(got))
	who, _ := tenant.ActorFromContext(got)
	require.Equal(t, "root", who.ID)
}

// TestCodecText: the text is part of the contract between processes of
// different versions. The signature was made by Python's hmac.
func TestCodecText(t *testing.T) {
	t.Parallel()
	ctx := tenant.WithActor(tenant.WithID(context.Background(), "acme"), tenant.Actor{ID: "ann:1", Tenant: "acme"})
	require.Equal(t, "1:jobs:1772366400:t:acme:a:ann%3A1:acme::", encode(t, unsignedCodec(t, codecConfig()), ctx))
	signed := encode(t, signedCodec(t, codecConfig("k1")), ctx)
	require.Equal(t, "1:jobs:1772366400:t:acme:a:ann%3A1:acme:k1:C1YdLziyja4FFbQ9RefPlz4FhjQ-UXsuAQhgzqGqCLk", signed)
	require.Equal(t, 43, len(signed)-strings.LastIndexByte(signed, ':')-1)
}

func TestCodecWritesOnlyTenants(t *testing.T) {
	t.Parallel()
	member := tenant.WithActor(tenant.WithID(context.Background(), "acme"), tenant.Actor{ID: "bob", Tenant: "bolt"})
	noGlobal := codecConfig("k1")
	noGlobal.Global = false
	for _, c := range []struct {
		name  string
		codec *tenant.Codec
		ctx   context.Context
		want  error
	}{
		{"none", signedCodec(t, codecConfig("k1")), starts["none"](), tenant.ErrNoTenant},
		{"across", signedCodec(t, codecConfig("k1")), starts["across"](), tenant.ErrSeveralTenants},
		{"across all", signedCodec(t, codecConfig("k1")), starts["across-all"](), tenant.ErrSeveralTenants},
		{"refused", signedCodec(t, codecConfig("k1")), starts["refused"](), tenant.ErrInvalidID},
		{"global without leave", signedCodec(t, noGlobal), starts["global"](), tenant.ErrNoTenant},
		{"global unsigned", unsignedCodec(t, codecConfig()), starts["global"](), tenant.ErrNoTenant},
		{"a member of another tenant", signedCodec(t, codecConfig("k1")), member, tenant.ErrNotMember},
		{"a member in global mode", signedCodec(t, codecConfig("k1")),
			tenant.WithActor(starts["global"](), tenant.Actor{ID: "ann", Tenant: "acme"}), tenant.ErrNotMember},
	} {
		headers := tenant.MapCarrier{tenant.MessageHeader: "before"}
		require.ErrorIs(t, c.codec.Inject(c.ctx, headers), c.want, c.name)
		require.Equal(t, tenant.MapCarrier{tenant.MessageHeader: "before"}, headers, c.name)
	}
	long := tenant.WithActor(starts["tenant"](), tenant.Actor{ID: strings.Repeat("x", 401)})
	_, err := signedCodec(t, codecConfig("k1")).Encode(long, nil)
	require.ErrorContains(t, err, "400 bytes")
	nobody := tenant.WithActor(starts["tenant"](), tenant.Actor{Tenant: "acme"})
	_, err = signedCodec(t, codecConfig("k1")).Encode(nobody, nil)
	require.ErrorContains(t, err, "no id")
}

// TestCodecCarriesNoReason: after a switch the message is an ordinary one of
// that tenant.
func TestCodecCarriesNoReason(t *testing.T) {
	t.Parallel()
	c := signedCodec(t, codecConfig("k1"))
	text := encode(t, c, tenant.Switch(context.Background(), "acme", "a support call"))
	require.NotContains(t, text, "support")
	got, err := c.Decode(context.Background(), text, site(t), nil)
	require.NoError(t, err)
	require.Empty(t, carry.From(got).Reason)
}

func TestCodecWithoutActors(t *testing.T) {
	t.Parallel()
	cfg := codecConfig("k1")
	with := encode(t, signedCodec(t, cfg), tenant.WithActor(starts["tenant"](), tenant.Actor{ID: "ann"}))
	cfg.Actor = false
	c := signedCodec(t, cfg)
	text := encode(t, c, tenant.WithActor(starts["tenant"](), tenant.Actor{ID: "ann"}))
	require.NotContains(t, text, "ann")
	worker := tenant.WithActor(context.Background(), tenant.Actor{ID: "worker"})
	got, err := c.Decode(worker, text, site(t), nil)
	require.NoError(t, err)
	who, _ := tenant.ActorFromContext(got)
	require.Equal(t, "worker", who.ID, "the reader's own stays where the message has none")
	ctx, err := c.Decode(worker, with, site(t), nil)
	refusedWith(t, tenant.ErrMessageMalformed, ctx, err)
}

// TestCodecRefuses is every way in which a message can be wrong.
func TestCodecRefuses(t *testing.T) {
	t.Parallel()
	base := codecConfig("k1")
	c := signedCodec(t, base)
	good := encode(t, c, starts["tenant"]())
	with := func(change func(*tenant.CodecConfig)) string {
		cfg := codecConfig("k1")
		change(&cfg)
		return encode(t, signedCodec(t, cfg), starts["tenant"]())
	}
	of := func(id tenant.ID) string { return encode(t, c, tenant.WithID(context.Background(), id)) }
	unsigned := encode(t, unsignedCodec(t, codecConfig()), starts["tenant"]())
	fields := strings.Split(good, ":")
	changed := func(i int, value string) string {
		f := append([]string(nil), fields...)
		f[i] = value
		return strings.Join(f, ":")
	}
	for name, m := range map[string]struct {
		text string
		want error
	}{
		"nothing":                   {"", tenant.ErrNoTenant},
		"another tenant":            {changed(4, "bolt"), tenant.ErrMessageForged},
		"global mode":               {strings.Replace(good, ":t:acme:", ":g::", 1), tenant.ErrMessageForged},
		"an actor":                  {strings.Replace(good, ":-:::", ":a:root::", 1), tenant.ErrMessageForged},
		"a later time":              {changed(2, "1772366401"), tenant.ErrMessageForged},
		"another audience":          {changed(1, "mail"), tenant.ErrMessageForged},
		"an unknown key":            {changed(8, "k2"), tenant.ErrMessageForged},
		"another secret":            {with(func(c *tenant.CodecConfig) { c.Keys[0].Secret = bytes.Repeat([]byte("x"), 32) }), tenant.ErrMessageForged},
		"a shorter signature":       {good[:len(good)-3], tenant.ErrMessageForged},
		"a longer signature":        {good + "AAAA", tenant.ErrMessageForged},
		"an unsigned text":          {unsigned, tenant.ErrMessageForged},
		"no signature":              {changed(9, ""), tenant.ErrMessageMalformed},
		"no key":                    {changed(8, ""), tenant.ErrMessageMalformed},
		"written for somebody else": {with(func(c *tenant.CodecConfig) { c.Audience = "mail" }), tenant.ErrMessageAudience},
		"too old":                   {with(func(c *tenant.CodecConfig) { c.Now = func() time.Time { return noon.Add(-time.Hour - time.Second) } }), tenant.ErrMessageExpired},
		"from the future":           {with(func(c *tenant.CodecConfig) { c.Now = func() time.Time { return noon.Add(61 * time.Second) } }), tenant.ErrMessageExpired},
		"unknown tenant":            {of("nobody"), tenant.ErrUnknownTenant},
		"suspended":                 {of("cold"), tenant.ErrSuspended},
		"archived":                  {of("done"), tenant.ErrArchived},
		"words":                     {"acme", tenant.ErrMessageMalformed},
		"another version":           {changed(0, "2"), tenant.ErrMessageMalformed},
		"a field more":              {good + ":", tenant.ErrMessageMalformed},
		"a field less":              {strings.Join(fields[:9], ":"), tenant.ErrMessageMalformed},
		"a leading space":           {" " + good, tenant.ErrMessageMalformed},
		"a trailing line break":     {good + "\n", tenant.ErrMessageMalformed},
		"a line break within":       {good[:len(good)-4] + "\r\n" + good[len(good)-4:], tenant.ErrMessageMalformed},
		"joined with a comma":       {good + ", " + good, tenant.ErrMessageMalformed},
		"a needless escape":         {changed(4, "%61cme"), tenant.ErrMessageMalformed},
		"an escape in lower case":   {changed(6, "%3a"), tenant.ErrMessageMalformed},
		"half an escape":            {changed(6, "%3"), tenant.ErrMessageMalformed},
		"a leading zero":            {changed(2, "01772366400"), tenant.ErrMessageMalformed},
		"a plus sign":               {changed(2, "+1772366400"), tenant.ErrMessageMalformed},
		"no time":                   {changed(2, ""), tenant.ErrMessageMalformed},
		"a time before time":        {changed(2, "-1"), tenant.ErrMessageMalformed},
		"a time beyond 64 bits":     {changed(2, "99999999999999999999"), tenant.ErrMessageMalformed},
		"an unknown mode":           {changed(3, "x"), tenant.ErrMessageMalformed},
		"across":                    {changed(3, "across"), tenant.ErrMessageMalformed},
		"global mode of a tenant":   {changed(3, "g"), tenant.ErrMessageMalformed},
		"tenant mode of no tenant":  {changed(4, ""), tenant.ErrMessageMalformed},
		"an unknown kind of actor":  {changed(5, "admin"), tenant.ErrMessageMalformed},
		"no actor with an id":       {changed(6, "root"), tenant.ErrMessageMalformed},
		"padding after a signature": {good + "=", tenant.ErrMessageMalformed},
		"too long":                  {good + strings.Repeat("A", 3000), tenant.ErrMessageMalformed},
		"bits beyond the signature": {good[:len(good)-1] + next(good[len(good)-1]), tenant.ErrMessageMalformed},
		"the signature of a neighbour": {strings.Join(append(append([]string(nil), fields[:9]...),
			of("bolt")[strings.LastIndexByte(of("bolt"), ':')+1:]), ":"), tenant.ErrMessageForged},
	} {
		for start, from := range map[string]context.Context{"none": context.Background(), "global": tenant.Global(context.Background())} {
			t.Run(name+" on "+start, func(t *testing.T) {
				ctx, err := c.Extract(from, tenant.MapCarrier{tenant.MessageHeader: m.text}, site(t))
				refusedWith(t, m.want, ctx, err)
				require.NotContains(t, err.Error(), "bolt")
			})
		}
	}
	_, err := c.Decode(context.Background(), good, site(t), nil)
	require.NoError(t, err)
	_, err = c.Decode(context.Background(), with(func(c *tenant.CodecConfig) { c.Now = func() time.Time { return noon.Add(-time.Hour) } }), site(t), nil)
	require.NoError(t, err, "just not too old")
	_, err = c.Decode(context.Background(), with(func(c *tenant.CodecConfig) { c.Now = func() time.Time { return noon.Add(time.Minute) } }), site(t), nil)
	require.NoError(t, err, "clocks differ a little")
}

// next returns the following letter of base64url. The last letter of a signature
// holds two bits that mean nothing.
func next(b byte) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(letters[strings.IndexByte(letters, b)+1])
}

// TestCodecRefusesEvenIfSigned: what no writer of ours writes is refused from
// one that has the key, too.
func TestCodecRefusesEvenIfSigned(t *testing.T) {
	t.Parallel()
	c := unsignedCodec(t, codecConfig())
	for text, want := range map[string]error{
		"1:jobs:1772366400:t:Acme:-::::":                                 tenant.ErrInvalidID,
		"1:jobs:1772366400:t:acme:a:bob:bolt::":                          tenant.ErrNotMember,
		"1:jobs:1772366400:t:acme:a::acme::":                             tenant.ErrMessageMalformed,
		"1:jobs:1772366400:t:acme:g::::":                                 tenant.ErrMessageMalformed,
		"1:jobs:1772366400:g::-::::":                                     tenant.ErrMessageMalformed,
		"1:jobs:1772366400:t:acme:-:::k1:AAAA":                           tenant.ErrMessageForged,
		"1:mail:1772366400:t:acme:-::::":                                 tenant.ErrMessageAudience,
		"1:jobs:1772362799:t:acme:-::::":                                 tenant.ErrMessageExpired,
		"1:jobs:1772366400:t:nobody:-::::":                               tenant.ErrUnknownTenant,
		"1:jobs:1772366400:t:acme%2Fbolt:-::::":                          tenant.ErrMessageMalformed,
		"1:jobs:1772366400:t:acme:-::::\x00":                             tenant.ErrMessageMalformed,
		"1:jobs:1772366400:t:acme:a:" + strings.Repeat("x", 401) + ":::": tenant.ErrMessageMalformed,
	} {
		ctx, err := c.Decode(context.Background(), text, site(t), nil)
		refusedWith(t, want, ctx, err)
	}
}

func TestCodecDuplicates(t *testing.T) {
	t.Parallel()
	c := signedCodec(t, codecConfig("k1"))
	headers := http.Header{}
	require.NoError(t, c.Inject(starts["tenant"](), headers))
	require.NoError(t, c.Inject(starts["tenant"](), headers), "replaces the first")
	_, err := c.Extract(context.Background(), headers, site(t))
	require.NoError(t, err)
	headers.Add(tenant.MessageHeader, headers.Get(tenant.MessageHeader))
	ctx, err := c.Extract(context.Background(), headers, site(t))
	refusedWith(t, tenant.ErrMessageDuplicated, ctx, err)
}

func TestCodecBindsTheBody(t *testing.T) {
	t.Parallel()
	c := signedCodec(t, codecConfig("k1"))
	pay := []byte(`{"pay":1}`)
	headers, unbound := tenant.MapCarrier{}, tenant.MapCarrier{}
	require.NoError(t, c.InjectFor(starts["tenant"](), headers, pay))
	require.NoError(t, c.Inject(starts["tenant"](), unbound))
	_, err := c.ExtractFor(context.Background(), headers, site(t), pay)
	require.NoError(t, err)
	for name, m := range map[string]struct {
		headers tenant.Carrier
		body    []byte
	}{
		"another body":            {headers, []byte(`{"pay":1000}`)},
		"an empty body":           {headers, []byte{}},
		"no body":                 {headers, nil},
		"a header without a body": {unbound, pay},
		"the same, an empty one":  {unbound, []byte{}},
	} {
		ctx, err := c.ExtractFor(context.Background(), m.headers, site(t), m.body)
		require.ErrorIs(t, err, tenant.ErrMessageForged, name)
		refusedWith(t, tenant.ErrMessageForged, ctx, err)
	}
}

func TestCodecRotation(t *testing.T) {
	t.Parallel()
	before, during, after := signedCodec(t, codecConfig("k1")), signedCodec(t, codecConfig("k2", "k1")), signedCodec(t, codecConfig("k2"))
	oldText, newText := encode(t, before, starts["tenant"]()), encode(t, during, starts["tenant"]())
	require.Contains(t, newText, ":k2:", "the first key writes")
	for text, readers := range map[string][]*tenant.Codec{oldText: {before, during}, newText: {during, after}} {
		for _, c := range readers {
			_, err := c.Decode(context.Background(), text, site(t), nil)
			require.NoError(t, err)
		}
	}
	ctx, err := after.Decode(context.Background(), oldText, site(t), nil)
	refusedWith(t, tenant.ErrMessageForged, ctx, err)
	// The name of a key is not enough, and a name may not be had twice.
	twin := codecConfig("k2")
	twin.Keys[0].ID = "k1"
	ctx, err = signedCodec(t, twin).Decode(context.Background(), oldText, site(t), nil)
	refusedWith(t, tenant.ErrMessageForged, ctx, err)
}

func TestCodecKeepsTheReadersTenant(t *testing.T) {
	t.Parallel()
	c := signedCodec(t, codecConfig("k1"))
	text := encode(t, c, starts["tenant"]())
	for start, want := range map[string]error{"global": tenant.ErrTenantConflict, "across": tenant.ErrTenantConflict,
		"across-all": tenant.ErrTenantConflict, "refused": tenant.ErrInvalidID, "bolt": tenant.ErrTenantConflict} {
		from := tenant.WithID(context.Background(), "bolt")
		if start != "bolt" {
			from = starts[start]()
		}
		ctx, err := c.Decode(from, text, site(t), nil)
		refusedWith(t, want, ctx, err)
	}
	_, err := c.Decode(tenant.WithID(context.Background(), "acme"), text, site(t), nil)
	require.NoError(t, err, "the same tenant again is none")
	ctx, err := c.Decode(tenant.WithID(context.Background(), "acme"), encode(t, c, starts["global"]()), site(t), nil)
	refusedWith(t, tenant.ErrTenantConflict, ctx, err)
}

func TestCodecAndTheRegistry(t *testing.T) {
	t.Parallel()
	c := signedCodec(t, codecConfig("k1"))
	text := encode(t, c, starts["tenant"]())
	down := errors.New("connection refused")
	reg := faulty{byID: func(tenant.ID) (*tenant.Tenant, bool, error) { return nil, false, down }}
	ctx, err := c.Decode(context.Background(), text, reg, nil)
	refusedWith(t, down, ctx, err)
	reg.byID = func(tenant.ID) (*tenant.Tenant, bool, error) { return &tenant.Tenant{ID: "bolt"}, true, nil }
	ctx, err = c.Decode(context.Background(), text, reg, nil)
	refusedWith(t, tenant.ErrUnknownTenant, ctx, err)
	ctx, err = c.Decode(context.Background(), text, nil, nil)
	require.ErrorContains(t, err, "Registry")
	require.Equal(t, tenant.ModeRefused, tenant.ModeOf(ctx))
}

func TestCodecConfigRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*tenant.CodecConfig){
		"no audience":     func(c *tenant.CodecConfig) { c.Audience = "" },
		"a long audience": func(c *tenant.CodecConfig) { c.Audience = strings.Repeat("x", 101) },
		"no age":          func(c *tenant.CodecConfig) { c.MaxAge = 0 },
		"a negative age":  func(c *tenant.CodecConfig) { c.MaxAge = -1 },
		"no key":          func(c *tenant.CodecConfig) { c.Keys = nil },
		"a short key":     func(c *tenant.CodecConfig) { c.Keys[0].Secret = c.Keys[0].Secret[1:] },
		"a nameless key":  func(c *tenant.CodecConfig) { c.Keys[0].ID = "" },
		"a misnamed key":  func(c *tenant.CodecConfig) { c.Keys[0].ID = "a:b" },
		"a name for two":  func(c *tenant.CodecConfig) { c.Keys = append(c.Keys, signingKey("k1")) },
	} {
		cfg := codecConfig("k1")
		change(&cfg)
		c, err := tenant.NewSignedCodec(cfg)
		require.Error(t, err, name)
		require.Nil(t, c, name)
	}
	for _, change := range []func(*tenant.CodecConfig){
		func(c *tenant.CodecConfig) { c.Keys = []tenant.SigningKey{signingKey("k1")} },
		func(c *tenant.CodecConfig) { c.Global = true },
		func(c *tenant.CodecConfig) { c.Audience = "" },
		func(c *tenant.CodecConfig) { c.MaxAge = -1 },
	} {
		cfg := codecConfig()
		change(&cfg)
		_, err := tenant.NewUnsignedCodecForTrustedQueue(cfg)
		require.Error(t, err)
	}
}

// TestCodecHidesItsKeys, and does not follow what the caller does to them.
func TestCodecHidesItsKeys(t *testing.T) {
	t.Parallel()
	cfg := codecConfig("k1")
	cfg.Keys[0].Secret = []byte("a secret of more than thirty-two bytes")
	c := signedCodec(t, cfg)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
		for _, x := range []any{cfg.Keys[0], cfg.Keys, &cfg.Keys[0], cfg, c} {
			out := fmt.Sprintf(verb, x)
			require.NotContains(t, out, "secret of", verb)
			require.NotContains(t, out, "97 32 115", verb)
			require.NotContains(t, out, "612073", verb)
			require.NotContains(t, out, "0x61, 0x20", verb)
		}
	}
	out, err := json.Marshal(cfg.Keys)
	require.NoError(t, err)
	require.JSONEq(t, `[{"ID":"k1"}]`, string(out))
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("", "codec", c, "keys", cfg.Keys)
	require.NotContains(t, log.String(), "secret of")

	text := encode(t, c, starts["tenant"]())
	clear(cfg.Keys[0].Secret)
	require.Equal(t, text, encode(t, c, starts["tenant"]()))
}
