package tenant_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// FuzzDecode: whatever the text, the result is the registered tenant that the
// text names, and writing that context again gives the text; or it is an error
// and a context that refuses. A signed codec takes none but its own texts.
func FuzzDecode(f *testing.F) {
	signed, unsigned := signedCodec(f, codecConfig("k1", "k2")), unsignedCodec(f, codecConfig())
	own := map[string]bool{}
	for _, c := range []*tenant.Codec{signed, signedCodec(f, codecConfig("k2")), unsigned} {
		for _, actor := range []tenant.Actor{{}, {ID: "ann", Tenant: "acme"}, {ID: "a:b%\n ü", Guest: true}} {
			text := encode(f, c, tenant.WithActor(starts["tenant"](), actor))
			own[text] = c != unsigned
			f.Add(text)
		}
	}
	text := encode(f, signed, starts["global"]())
	own[text] = true
	f.Add(text)
	f.Add("1:jobs:1772366400:t:bolt:-::::")
	f.Add("1:jobs:1772366400:t:cold:-::::")
	f.Add("1:jobs:1772366400:g::a:root:::")
	reg := site(f)
	f.Fuzz(func(t *testing.T, text string) {
		ctx, err := signed.Decode(context.Background(), text, reg, nil)
		require.Equal(t, own[text], err == nil, "signed: %v", err)
		if err != nil {
			require.Equal(t, tenant.ModeRefused, tenant.ModeOf(ctx))
		}
		ctx, err = unsigned.Decode(context.Background(), text, reg, nil)
		if err != nil {
			require.Equal(t, tenant.ModeRefused, tenant.ModeOf(ctx))
			return
		}
		id, ok := tenant.IDFromContext(ctx)
		require.True(t, ok)
		require.Contains(t, []tenant.ID{"acme", "bolt", "six"}, id)
		require.Equal(t, string(id), strings.Split(text, ":")[4])
		if a, ok := tenant.ActorFromContext(ctx); ok && a.Tenant != "" {
			require.Equal(t, id, a.Tenant)
		}
		again := strings.Split(encode(t, unsigned, ctx), ":")
		fields := strings.Split(text, ":")
		again[2] = fields[2] // when
		require.Equal(t, fields, again)
	})
}

// FuzzEncode: every tenant and actor that can be written is read back as it was.
func FuzzEncode(f *testing.F) {
	codec := signedCodec(f, codecConfig("k1"))
	f.Add("acme", "ann", true, []byte("body"))
	f.Add("bolt", "a:b%3A\x00ü", false, []byte{})
	f.Add("", "root", false, []byte(nil))
	f.Fuzz(func(t *testing.T, id, actor string, guest bool, body []byte) {
		ctx := tenant.WithID(context.Background(), tenant.ID(id))
		reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: tenant.ID(id)})
		if id == "" {
			ctx, reg, err = tenant.Global(context.Background()), nil, nil
			reg = site(t)
		}
		who := tenant.Actor{ID: actor, Guest: guest && actor != ""}
		text, fault := codec.Encode(tenant.WithActor(ctx, who), body)
		if err != nil || len(actor) > 400 {
			require.Error(t, fault)
			return
		}
		require.NoError(t, fault)
		require.LessOrEqual(t, len(text), 2048)
		got, err := codec.Decode(context.Background(), text, reg, body)
		require.NoError(t, err)
		require.Equal(t, tenant.ModeOf(ctx), tenant.ModeOf(got))
		gotID, _ := tenant.IDFromContext(got)
		require.Equal(t, tenant.ID(id), gotID)
		gotActor, _ := tenant.ActorFromContext(got)
		require.Equal(t, who, gotActor)
		_, err = codec.Decode(context.Background(), text, reg, append([]byte("x"), body...))
		require.ErrorIs(t, err, tenant.ErrMessageForged)
	})
}
