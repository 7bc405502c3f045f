package configkoanf_test

import (
	"encoding/json"
	"flag"
	"sync"
	"testing"

	"github.com/knadh/koanf/v2"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configkoanf"
)

// raw is a provider of an application's own.
type raw map[string]any

func (r raw) Read() (map[string]any, error) { return r, nil }
func (r raw) ReadBytes() ([]byte, error)    { return nil, nil }

func koanfOf(t testing.TB, delim string, providers ...koanf.Provider) *koanf.Koanf {
	t.Helper()
	k := koanf.New(delim)
	for _, p := range providers {
		require.NoError(t, k.Load(p, nil))
	}
	return k
}

func TestValues(t *testing.T) {
	for _, delim := range []string{".", "/", "_"} {
		k := koanfOf(t, delim,
			raw{"page": map[string]any{"size": "20", "Title": "x"}, "http": map[string]any{"read_timeout": "90s"}},
			raw{"cdn.hosts": "a, b", "labels": map[string]any{"x.y": "20"}, "free": "20", "list": []any{"1"}, "big": json.Number("1.0"),
				"old": map[any]any{1: true}})
		got, err := configkoanf.Values(k, keys...)
		require.NoError(t, err)
		require.Equal(t, map[string]any{
			"page": map[string]any{"size": json.Number("20"), "Title": "x"},
			"http": map[string]any{"read_timeout": "90s"},
			"cdn":  map[string]any{"hosts": []any{"a", "b"}},
			// what nobody has declared, or what is inside a value, stays
			"labels": map[string]any{"x.y": "20"},
			"free":   "20",
			"list":   []any{"1"},
			"big":    json.Number("1.0"),
			"old":    map[string]any{"1": true},
		}, got, delim)
		ctx := acme(t, got, nil)
		require.Equal(t, 20, app.size.Get(ctx))
		require.Equal(t, map[string]string{"x.y": "20"}, app.labels.Get(ctx))

		got["page"].(map[string]any)["size"] = 0
		again, err := configkoanf.Values(k, keys...)
		require.NoError(t, err)
		require.Equal(t, json.Number("20"), again["page"].(map[string]any)["size"], "the caller's change reached the koanf")
	}
}

func TestValuesErrors(t *testing.T) {
	_, err := configkoanf.Values(koanfOf(t, ".", raw{"page": map[string]any{"size": "s3cret"}}), keys...)
	require.EqualError(t, err, `config: key "page.size": config: the value does not fit: the text is no int`)
	_, err = configkoanf.Values(koanfOf(t, ".", raw{"page": map[string]any{"size": 20}, "page.size": 30}), keys...)
	require.ErrorIs(t, err, config.ErrBadKey)

	got, err := configkoanf.Values(koanfOf(t, "."), keys...)
	require.NoError(t, err)
	require.Empty(t, got)
	// an object without fields is one all the same
	got, err = configkoanf.Values(koanfOf(t, ".", raw{"x": map[string]any{}, "x.y": 1, "z": map[string]any{}, "a.b": 1, "a": map[string]any{}}))
	require.NoError(t, err)
	require.Equal(t, map[string]any{"x": map[string]any{"y": 1}, "z": map[string]any{}, "a": map[string]any{"b": 1}}, got)
}

// Values of one moment, while the application loads its koanf.
func TestValuesWhileLoading(t *testing.T) {
	k := koanfOf(t, ".", raw{"page": map[string]any{"size": "0", "title": "0"}})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 50 {
				n := string('0' + rune(i))
				if err := k.Load(raw{"page": map[string]any{"size": n, "title": n}}, nil); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 50 {
				got, err := configkoanf.Values(k, config.Declare("page.size", 0))
				if err != nil {
					t.Error(err)
					return
				}
				page := got["page"].(map[string]any)
				if page["size"] != json.Number(page["title"].(string)) {
					t.Errorf("of two moments: %v", page)
				}
			}
		})
	}
	wg.Wait()
}

func TestEnv(t *testing.T) {
	env := configkoanf.Env{Prefix: "APP_", Keys: keys, Environ: environ(
		"APP_PAGE_SIZE=20", "APP_PAGE_TITLE= a=b ", "APP_CDN_HOSTS=a,b", "APP_BETA=1", "APP_SMTP_PASSWORD=null",
		"APP_page_size=1", "APP_UNKNOWN=1", "OTHER_PAGE_SIZE=1", "APP_", "")}
	k := koanfOf(t, ".", env)
	require.Equal(t, 20, k.Int("page.size"))
	require.Equal(t, " a=b ", k.String("page.title"))
	require.Equal(t, []string{"a", "b"}, k.Strings("cdn.hosts"))
	require.True(t, k.Bool("beta"))
	require.Equal(t, "null", k.String("smtp.password"))
	require.Equal(t, []string{"beta", "cdn.hosts", "page.size", "page.title", "smtp.password"}, k.Keys())

	env.Environ = environ("APP_PAGE_SIZE=")
	require.ErrorIs(t, koanf.New(".").Load(env, nil), config.ErrMistyped)
	env.Environ = environ("APP_PAGE_SIZE=s3cret")
	require.EqualError(t, koanf.New(".").Load(env, nil), `configkoanf: variable APP_PAGE_SIZE: config: key "page.size": config: the value does not fit: the text is no int`)
	env.Environ = environ("APP_PAGE_SIZE=101")
	require.ErrorIs(t, koanf.New(".").Load(env, nil), config.ErrInvalid)
	env.Prefix = ""
	require.ErrorContains(t, koanf.New(".").Load(env, nil), "Prefix")
	_, err := env.ReadBytes()
	require.Error(t, err)
}

// The process's own environment, where nothing else is said.
func TestEnvOfTheProcess(t *testing.T) {
	t.Setenv("TENANCY_KOANF_TEST_PAGE_SIZE", "20")
	require.Equal(t, 20, koanfOf(t, ".", configkoanf.Env{Prefix: "TENANCY_KOANF_TEST_", Keys: keys}).Int("page.size"))
}

// A variable that could be two keys is nobody's, and says so when it is set.
func TestEnvAmbiguous(t *testing.T) {
	env := configkoanf.Env{Prefix: "APP_", Keys: []config.Declaration{
		config.Declare("page.size", 0), config.Declare("page_size", 0), config.Declare("other", 0),
		config.Declare("a.b", 0, config.Alias("a_b")), // of one key
	}}
	env.Environ = environ("APP_OTHER=1", "APP_A_B=2")
	k := koanfOf(t, ".", env)
	require.Equal(t, 1, k.Int("other"))
	require.Equal(t, 2, k.Int("a.b"))
	env.Environ = environ("APP_PAGE_SIZE=1")
	require.EqualError(t, koanf.New(".").Load(env, nil), `configkoanf: variable APP_PAGE_SIZE: it could be "page.size" or "page_size"`)
}

func TestFlags(t *testing.T) {
	k := koanfOf(t, ".", configkoanf.Flags{Set: flags(t, "-page-size=20", "-page.title=x", "-http-read-timeout=90s", "-beta", "-verbose=1"), Keys: keys})
	require.Equal(t, []string{"beta", "http.read_timeout", "page.size", "page.title"}, k.Keys())
	require.Equal(t, 20, k.Int("page.size"))
	require.Equal(t, "1m30s", k.String("http.read_timeout"))
	require.True(t, k.Bool("beta"))

	require.Empty(t, koanfOf(t, ".", configkoanf.Flags{Set: flags(t), Keys: keys}).Keys(), "defaults of flags")

	err := koanf.New(".").Load(configkoanf.Flags{Set: flags(t, "-page-size=101"), Keys: keys}, nil)
	require.ErrorIs(t, err, config.ErrInvalid)
	require.ErrorContains(t, err, "flag -page-size: ")
	require.ErrorContains(t, koanf.New(".").Load(configkoanf.Flags{Set: flag.NewFlagSet("", flag.ContinueOnError)}, nil), "parsed")
	require.ErrorContains(t, koanf.New(".").Load(configkoanf.Flags{}, nil), "parsed")
	_, err = configkoanf.Flags{}.ReadBytes()
	require.Error(t, err)
}

func TestFlagsAmbiguous(t *testing.T) {
	set := func(args ...string) *flag.FlagSet {
		s := flag.NewFlagSet("", flag.ContinueOnError)
		for _, name := range []string{"a-b", "a.b", "c-d"} {
			s.Int(name, 0, "")
		}
		require.NoError(t, s.Parse(args))
		return s
	}
	declared := []config.Declaration{config.Declare("a.b", 0), config.Declare("a-b", 0), config.Declare("c.d", 0), config.Declare("c_d", 0)}
	k := koanfOf(t, ".", configkoanf.Flags{Set: set("-a-b=1", "-a.b=2"), Keys: declared})
	require.Equal(t, 1, k.Int("a-b"), "the exact name counts")
	require.Equal(t, 2, k.Int("a.b"))
	err := koanf.New(".").Load(configkoanf.Flags{Set: set("-c-d=1"), Keys: declared}, nil)
	require.EqualError(t, err, `configkoanf: flag -c-d: it could be "c.d" or "c_d"`)
	err = koanf.New(".").Load(configkoanf.Flags{Set: set("-a-b=1", "-a.b=2"), Keys: declared[:1]}, nil)
	require.ErrorIs(t, err, config.ErrBadKey)
	require.ErrorContains(t, err, "given twice")
}
