package config_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

const hunter = "hunter2"

// account has a Secret where packages that look through reflection can ask it,
// and where they can not.
type account struct {
	Name     string
	Password config.Secret
	Former   *config.Secret
	hidden   config.Secret
	pointer  *config.Secret
	list     []config.Secret
	byName   map[string]config.Secret
}

func newAccount() account {
	s := config.NewSecret(hunter)
	return account{"ada", s, &s, s, &s, []config.Secret{s}, map[string]config.Secret{"x": s}}
}

// Whoever shows a Secret, or something with one in it, shows no part of it.
func TestSecretIsNotShown(t *testing.T) {
	t.Parallel()
	s := config.NewSecret(hunter)
	values := map[string]any{
		"secret": s, "pointer": &s, "struct": newAccount(), "pointer to a struct": func() any { a := newAccount(); return &a }(),
		"list": []config.Secret{s}, "map": map[string]any{"x": s}, "array": [1]config.Secret{s}, "interface": []any{s},
		"error": fmt.Errorf("sign-in with %v failed: %w", s, errors.New("refused")),
	}
	for name, v := range values {
		var shown []string
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%T", "%t", "%c", "%w", "%40v", "%-5.3s", "%!", "%08x"} {
			shown = append(shown, fmt.Sprintf(verb, v))
		}
		shown = append(shown, fmt.Sprint(v), fmt.Sprintln(v), fmt.Errorf("%w", fmt.Errorf("%v", v)).Error())
		var out bytes.Buffer
		for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(h).Info("m", "v", v, slog.Group("g", slog.Any("v", v)))
			slog.New(h).With("v", v).Info(fmt.Sprint(v))
		}
		raw, err := json.Marshal(v)
		require.NoError(t, err)
		shown = append(shown, out.String(), string(raw))
		if raw, err := xml.Marshal(v); err == nil {
			shown = append(shown, string(raw))
		}
		require.NoError(t, template.Must(template.New("").Parse(`{{.}}<script>f({{.}})</script><a href="?{{.}}">`)).Execute(&out, v))
		shown = append(shown, out.String())
		for _, text := range shown {
			require.NotContains(t, text, hunter, name)
			require.NotContains(t, text, fmt.Sprintf("%x", hunter), name)
			require.NotContains(t, text, fmt.Sprintf("%X", hunter), name)
			require.NotContains(t, text, "104 117 110", name)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		require.Equal(t, "[redacted]", fmt.Sprintf(verb, s))
		require.Equal(t, "[redacted]", fmt.Sprintf(verb, config.Secret{}), "nor whether there is one")
	}
	require.Equal(t, "[redacted]", s.String())
	require.Equal(t, "[redacted]", s.LogValue().String())
	raw, err := json.Marshal(map[string]any{"a": s, "b": &s, "c": config.Secret{}})
	require.NoError(t, err)
	require.JSONEq(t, `{"a":"[redacted]","b":"[redacted]","c":"[redacted]"}`, string(raw))
	raw, err = json.Marshal(map[string]any{"a": map[fmt.Stringer]int{}, "n": (*config.Secret)(nil)})
	require.Error(t, err, string(raw))
}

func TestSecret(t *testing.T) {
	t.Parallel()
	s := config.NewSecret(hunter)
	require.Equal(t, hunter, s.Reveal())
	require.Empty(t, config.Secret{}.Reveal())
	require.True(t, s.Equal(config.NewSecret(hunter)))
	require.True(t, config.Secret{}.Equal(config.NewSecret("")))
	require.False(t, s.Equal(config.NewSecret("hunter3")))
	require.False(t, s.Equal(config.NewSecret("hunter22")))
	require.False(t, s.Equal(config.Secret{}))
	require.False(t, config.Secret{}.Equal(s))
}

func TestSecretIsLoaded(t *testing.T) {
	t.Parallel()
	var in struct{ A, B, C config.Secret }
	in.C = config.NewSecret("kept")
	require.NoError(t, json.Unmarshal([]byte(`{"A":"hunter2","B":"","C":null}`), &in))
	require.Equal(t, hunter, in.A.Reveal())
	require.Empty(t, in.B.Reveal())
	require.Equal(t, "kept", in.C.Reveal())
	var s config.Secret
	require.NoError(t, s.UnmarshalText([]byte("ünï")))
	require.Equal(t, "ünï", s.Reveal())

	before := s.Reveal()
	for _, raw := range []string{`30`, `["hunter2"]`, `{"hunter2":1}`, `"[redacted]"`, `true`} {
		err := json.Unmarshal([]byte(raw), &s)
		require.Error(t, err, raw)
		require.NotContains(t, err.Error(), hunter)
		require.Equal(t, before, s.Reveal())
	}
	require.Error(t, s.UnmarshalJSON([]byte(`"hunter2`)))
	require.Error(t, s.UnmarshalText([]byte("hunter\xff")))
	require.Error(t, s.UnmarshalText([]byte("[redacted]")), "a form sent back does not overwrite a secret")
	require.Equal(t, before, s.Reveal())

	text := []byte(hunter)
	require.NoError(t, s.UnmarshalText(text))
	clear(text)
	require.Equal(t, hunter, s.Reveal())
}

// A key of type Secret keeps the text through the way to the store and back.
func TestSecretAsAKey(t *testing.T) {
	t.Parallel()
	ring, err := config.NewKeyring("k1", map[string][]byte{"k1": bytes.Repeat([]byte{1}, 32)})
	require.NoError(t, err)
	password := config.Declare("smtp.password", config.NewSecret("standard"),
		config.Validate(func(s config.Secret) error {
			if len(s.Reveal()) < 3 {
				return errors.New("too short")
			}
			return nil
		}))
	choice := config.Declare("choice", config.NewSecret("a"), config.OneOf(config.NewSecret("a"), config.NewSecret("b")))
	r := resolver(t, config.Config{Keys: []config.Declaration{password, choice}, Keyring: ring})
	ctx := in(r, "acme")
	require.Equal(t, "standard", password.Get(ctx).Reveal())
	require.NoError(t, password.Set(ctx, config.NewSecret(hunter), ""))
	got, info, err := password.Lookup(ctx)
	require.NoError(t, err)
	require.Equal(t, hunter, got.Reveal())
	require.Equal(t, config.LayerTenant, info.Layer)
	require.Equal(t, "standard", password.Get(in(r, "bolt")).Reveal())

	require.ErrorIs(t, password.Set(ctx, config.NewSecret("x"), ""), config.ErrInvalid)
	require.ErrorIs(t, password.Set(ctx, config.NewSecret("[redacted]"), ""), config.ErrMistyped)
	err = password.Set(ctx, config.NewSecret("hunter2\xff"), "")
	require.ErrorIs(t, err, config.ErrMistyped)
	require.NotContains(t, err.Error(), hunter)
	require.NoError(t, choice.Set(ctx, config.NewSecret("b"), ""))
	require.ErrorIs(t, choice.Set(ctx, config.NewSecret("c"), ""), config.ErrInvalid)
	require.Equal(t, hunter, password.Get(ctx).Reveal(), "what was refused has changed nothing")
}

// A Secret is text, and is shared by those who read it as text is.
func TestReadingASecretDoesNotAllocate(t *testing.T) {
	password := config.Declare("smtp.password", config.NewSecret(hunter))
	ring, err := config.NewKeyring("k1", map[string][]byte{"k1": bytes.Repeat([]byte{1}, 32)})
	require.NoError(t, err)
	ctx := in(resolver(t, config.Config{Keys: []config.Declaration{password}, Keyring: ring}), "acme")
	require.Equal(t, hunter, password.Get(ctx).Reveal())
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = password.Get(ctx) }))
}

// embeds is written by the Secret in it; writes decides for itself.
type embeds struct{ config.Secret }

type writes struct{ S config.Secret }

func (w writes) MarshalText() ([]byte, error) { return []byte(w.S.Reveal()), nil }

func (w *writes) UnmarshalText(text []byte) error { return w.S.UnmarshalText(text) }

type chain struct {
	Next   *chain
	Secret *config.Secret
}

type hides struct {
	Name  string
	inner config.Secret
	Gone  config.Secret `json:"-"`
	At    time.Time
	Any   any
}

// What would be stored redacted is not stored: a Secret in another value is an
// error where the key is declared, or else where it is written.
func TestSecretWithinAnotherValue(t *testing.T) {
	t.Parallel()
	s := config.NewSecret(hunter)
	for name, d := range map[string]config.Declaration{
		"struct":        config.Declare("k", account{}),
		"pointer":       config.Declare[*config.Secret]("k", nil),
		"two pointers":  config.Declare[**config.Secret]("k", nil),
		"list":          config.Declare[[]config.Secret]("k", nil),
		"map":           config.Declare[map[string]config.Secret]("k", nil),
		"array":         config.Declare("k", [2]config.Secret{}),
		"recursive":     config.Declare("k", chain{}),
		"embedded":      config.Declare("k", embeds{}),
		"to embedded":   config.Declare[*embeds]("k", nil),
		"anonymous":     config.Declare("k", struct{ A struct{ B []config.Secret } }{}),
		"an any's":      config.Declare[any]("k", map[string]any{"x": s}),
		"closed":        config.Declare[any]("k", nil, config.Closed([]any{1, s})),
		"one of":        config.Declare[any]("k", nil, config.OneOf[any](nil, &s)),
		"in interfaces": config.Declare[any]("k", struct{ X any }{[]any{map[string]any{"y": &s}}}),
	} {
		_, err := config.NewResolver(config.Config{Store: config.NewMemoryStore(), Keys: []config.Declaration{d}})
		require.ErrorIs(t, err, config.ErrMistyped, name)
		require.ErrorContains(t, err, "has to be a setting of its own", name)
		require.NotContains(t, err.Error(), hunter)
	}
	store := config.NewMemoryStore()
	r := resolver(t, config.Config{Store: store})
	ctx := in(r, "acme")
	for _, v := range []any{&s, []any{s}, map[string]any{"x": map[string]any{"y": s}}, newAccount(), embeds{s}, [1]any{&s},
		struct{ error }{nil}, chain{Next: &chain{}}, hides{Any: s}} {
		err := r.Set(ctx, "k", v, "")
		if _, fine := v.(struct{ error }); fine {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, config.ErrMistyped, "%T", v)
		require.NotContains(t, err.Error(), hunter)
	}
	require.NoError(t, r.Set(ctx, "k", writes{s}, ""))
	require.Equal(t, hunter, config.Get(ctx, "k", ""))
	require.NoError(t, r.Set(ctx, "k", hides{Name: "n", inner: s, Gone: s, Any: []any{1, nil}}, ""))
	settings, _, err := store.Load(background, config.Owner{Tenant: "acme"})
	require.NoError(t, err)
	for _, set := range settings {
		require.NotContains(t, string(set.Value), hunter)
		require.NotContains(t, string(set.Value), "redacted")
	}
}

// A Secret is shown redacted in a line of the log, and given to whoever asks.
func ExampleSecret() {
	password := config.NewSecret("hunter2")
	var line strings.Builder
	log := slog.New(slog.NewTextHandler(&line, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	log.Info("signing in", "host", "mail.example.com", "password", password)
	fmt.Print(line.String())
	fmt.Printf("%+v\n", struct{ Password config.Secret }{password})
	fmt.Println(len(password.Reveal()))
	// Output:
	// level=INFO msg="signing in" host=mail.example.com password=[redacted]
	// {Password:[redacted]}
	// 7
}

// A new key is given to every process first, then made the current one. What
// the old one sealed is written once more before it goes.
func ExampleNewKeyring() {
	// In earnest these come from a key management service.
	old, fresh := bytes.Repeat([]byte("o"), 32), bytes.Repeat([]byte("n"), 32)

	password := config.Declare("smtp.password", config.Secret{})
	store := config.NewMemoryStore()
	process := func(current string, keys map[string][]byte) context.Context {
		ring, err := config.NewKeyring(current, keys)
		if err != nil {
			panic(err)
		}
		settings, err := config.NewResolver(config.Config{Store: store, Keyring: ring, Keys: []config.Declaration{password}})
		if err != nil {
			panic(err)
		}
		return config.NewContext(tenant.WithID(context.Background(), "acme"), settings)
	}

	acme := process("2025", map[string][]byte{"2025": old})
	_ = password.Set(acme, config.NewSecret("hunter2"), "")

	acme = process("2026", map[string][]byte{"2025": old, "2026": fresh})
	fmt.Println(password.Get(acme).Reveal())
	_ = password.Set(acme, password.Get(acme), "sealed with the key of 2026")

	acme = process("2026", map[string][]byte{"2026": fresh})
	fmt.Println(password.Get(acme).Reveal())
	// Output:
	// hunter2
	// hunter2
}
