package tenant_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

func TestKey(t *testing.T) {
	t.Parallel()
	acme := tenant.WithID(context.Background(), "acme")
	for _, c := range []struct {
		ctx   context.Context
		parts []string
		want  string
	}{
		{acme, nil, "t:acme"},
		{acme, []string{""}, "t:acme:"},
		{acme, []string{"", ""}, "t:acme::"},
		{acme, []string{"invoice", "7"}, "t:acme:invoice:7"},
		{acme, []string{"invoice:7"}, "t:acme:invoice%3A7"},
		{acme, []string{"100%", "a b", "ü\n", "{x}"}, "t:acme:100%25:a%20b:%C3%BC%0A:%7Bx%7D"},
		{acme, []string{"GET /a?b=c&d"}, "t:acme:GET%20/a?b=c&d"},
		{tenant.WithID(context.Background(), "g"), []string{"a"}, "t:g:a"},
		{tenant.Global(context.Background()), []string{"countries", "de"}, "g:countries:de"},
		{tenant.Global(context.Background()), nil, "g"},
	} {
		got, err := tenant.Key(c.ctx, c.parts...)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	require.Equal(t, "g:countries:de", tenant.GlobalKey("countries", "de"))
}

func TestKeyRefusesWhereThereIsNoOneTenant(t *testing.T) {
	t.Parallel()
	for start, want := range map[string]error{
		"none": tenant.ErrNoTenant, "across": tenant.ErrSeveralTenants, "across-all": tenant.ErrSeveralTenants, "refused": tenant.ErrInvalidID,
	} {
		got, err := tenant.Key(starts[start](), "invoice")
		require.ErrorIs(t, err, want, start)
		require.Empty(t, got, start)
	}
}

func TestKeyAllocatesOnce(t *testing.T) {
	ctx := tenant.WithID(context.Background(), "acme")
	n := testing.AllocsPerRun(100, func() {
		if _, err := tenant.Key(ctx, "in:voice", "7"); err != nil {
			t.Fatal(err)
		}
	})
	require.LessOrEqual(t, n, 2.0, "the tenant's head, and the key")
}

// readKey undoes Key. That it can do so for every key is what makes the keys
// of two different inputs differ.
func readKey(t *testing.T, key string) (id tenant.ID, parts []string) {
	t.Helper()
	fields := strings.Split(key, ":")
	switch {
	case fields[0] == "g":
		fields = fields[1:]
	case fields[0] == "t" && len(fields) > 1:
		id, fields = tenant.ID(fields[1]), fields[2:]
	default:
		t.Fatalf("%q begins with neither", key)
	}
	for _, f := range fields {
		part, err := url.PathUnescape(f)
		require.NoError(t, err)
		parts = append(parts, part)
	}
	return id, parts
}

func FuzzKey(f *testing.F) {
	f.Add("acme", "a", "bc", 2)
	f.Add("acme", "ab", "c", 2)
	f.Add("a", "bc:d", "%3A", 1)
	f.Add("", "t:acme", "%", 2)
	f.Add("g", "\x00\xff", "", 2)
	f.Fuzz(func(t *testing.T, id, a, b string, n int) {
		parts := []string{a, b}[:max(0, min(n, 2))]
		ctx := tenant.WithID(context.Background(), tenant.ID(id))
		if !tenant.ID(id).Valid() {
			_, err := tenant.Key(ctx, parts...)
			require.ErrorIs(t, err, tenant.ErrInvalidID)
			id, ctx = "", tenant.Global(context.Background())
		}
		key, err := tenant.Key(ctx, parts...)
		require.NoError(t, err)
		for i := range len(key) {
			require.Greater(t, key[i], byte(' '))
			require.Less(t, key[i], byte(0x7f))
			require.NotContains(t, "{}", string(key[i]))
		}
		gotID, got := readKey(t, key)
		require.Equal(t, tenant.ID(id), gotID)
		require.Len(t, got, len(parts))
		for i := range got {
			require.Equal(t, parts[i], got[i])
		}
	})
}
