package configkoanf_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configkoanf"
	"github.com/gotenancy/tenancy/tenant"
)

// app is what the tests declare.
var app = struct {
	size    config.Key[int]
	title   config.Key[string]
	timeout config.Key[time.Duration]
	hosts   config.Key[[]string]
	labels  config.Key[map[string]string]
	beta    config.Key[bool]
	percent config.Key[int]
	secret  config.Key[config.Secret]
}{
	config.Declare("page.size", 1, config.Between(1, 100), config.Alias("pageSize")),
	config.Declare("page.title", "default"),
	config.Declare("http.read_timeout", time.Second),
	config.Declare("cdn.hosts", []string{}),
	config.Declare("labels", map[string]string{}),
	config.Declare("beta", false),
	config.Declare("beta.percent", 0), // below another key
	config.Declare("smtp.password", config.Secret{}),
}

var keys = []config.Declaration{app.size, app.title, app.timeout, app.hosts, app.labels, app.beta, app.percent, app.secret}

func files(texts ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(texts); i += 2 {
		fsys[texts[i]] = &fstest.MapFile{Data: []byte(texts[i+1])}
	}
	return fsys
}

func environ(entries ...string) func() []string {
	return func() []string { return entries }
}

func flags(t testing.TB, args ...string) *flag.FlagSet {
	t.Helper()
	set := flag.NewFlagSet("app", flag.ContinueOnError)
	set.Int("page-size", 7, "")
	set.String("page.title", "of the flag", "")
	set.Duration("http-read-timeout", time.Hour, "")
	set.Bool("beta", true, "")
	set.String("verbose", "", "no key")
	require.NoError(t, set.Parse(args))
	return set
}

// acme returns the context of a tenant with a resolver over base and forced.
func acme(t testing.TB, base, forced map[string]any) context.Context {
	t.Helper()
	ring, err := config.NewKeyring("1", map[string][]byte{"1": make([]byte, 32)})
	require.NoError(t, err)
	r, err := config.NewResolver(config.Config{Store: config.NewMemoryStore(), Keys: keys, Keyring: ring, Base: base, Forced: forced})
	require.NoError(t, err)
	return config.NewContext(tenant.WithID(context.Background(), "acme"), r)
}

// Files, then the environment, then flags; and a tenant's own value over all of
// them, but not over what is forced.
func TestLoadOrder(t *testing.T) {
	sources := configkoanf.Sources{
		FS: files(
			"a.json", `{"page": {"size": 10, "title": "json"}, "labels": {"de": "ja", "en": "yes"}, "free": {"text": "json"}}`,
			"b.yaml", "page:\n  size: 11\nlabels:\n  fr: oui\nfree.text: yaml\nlist: [1, 2]\n",
			"c.toml", "\"page.size\" = 12\n[cdn]\nhosts = [\"a\", \"b\"]\n"),
		Files: []string{"a.json", "b.yaml", "c.toml"},
		Keys:  keys,
	}
	base, err := configkoanf.Load(sources)
	require.NoError(t, err)
	ctx := acme(t, base, nil)
	require.Equal(t, 12, app.size.Get(ctx))
	require.Equal(t, "json", app.title.Get(ctx))
	require.Equal(t, []string{"a", "b"}, app.hosts.Get(ctx))
	require.Equal(t, map[string]string{"de": "ja", "en": "yes", "fr": "oui"}, app.labels.Get(ctx))
	require.Equal(t, "yaml", config.Get(ctx, "free.text", ""))
	require.Equal(t, []int{1, 2}, config.Get(ctx, "list", []int{}))
	_, info, err := app.size.Lookup(ctx)
	require.NoError(t, err)
	require.Equal(t, config.LayerBase, info.Layer)
	require.False(t, info.Forced)

	sources.EnvPrefix, sources.Environ = "APP_", environ("APP_PAGE_SIZE=13", "APP_HTTP_READ_TIMEOUT=2s", "APP_SMTP_PASSWORD=12", "APP_OTHER=x", "PAGE_TITLE=x")
	base, err = configkoanf.Load(sources)
	require.NoError(t, err)
	ctx = acme(t, base, nil)
	require.Equal(t, 13, app.size.Get(ctx))
	require.Equal(t, "json", app.title.Get(ctx))
	require.Equal(t, 2*time.Second, app.timeout.Get(ctx))
	require.Equal(t, "12", app.secret.Get(ctx).Reveal())

	sources.Flags = flags(t, "-page-size=14", "-verbose=x")
	base, err = configkoanf.Load(sources)
	require.NoError(t, err)
	ctx = acme(t, base, nil)
	require.Equal(t, 14, app.size.Get(ctx))
	require.Equal(t, "json", app.title.Get(ctx), "the default of a flag counted")
	require.Equal(t, 2*time.Second, app.timeout.Get(ctx), "the default of a flag counted")

	require.NoError(t, app.size.Set(ctx, 15, ""))
	require.Equal(t, 15, app.size.Get(ctx))

	ctx = acme(t, map[string]any{"page.size": 10}, base)
	require.Equal(t, 14, app.size.Get(ctx))
	_, info, err = app.size.Lookup(ctx)
	require.NoError(t, err)
	require.True(t, info.Forced)
	_ = app.size.Set(ctx, 15, "") // refused or not: it does not count
	require.Equal(t, 14, app.size.Get(ctx))
}

// A key below another one, and the case of keys.
func TestLoadNames(t *testing.T) {
	base, err := configkoanf.Load(configkoanf.Sources{
		FS:        files("a.yaml", "beta: true\nbeta.percent: 5\nPage:\n  Size: 9\n"),
		Files:     []string{"a.yaml"},
		EnvPrefix: "APP_", Environ: environ("APP_BETA_PERCENT=30"),
		Flags: flags(t, "-beta=false"),
		Keys:  keys,
	})
	require.NoError(t, err)
	require.Equal(t, map[string]any{"beta": false, "beta.percent": json.Number("30"), "Page": map[string]any{"Size": 9}}, base)
	ctx := acme(t, base, nil)
	require.False(t, app.beta.Get(ctx))
	require.Equal(t, 30, app.percent.Get(ctx))
	require.Equal(t, 9, config.Get(ctx, "Page.Size", 0))
	require.Equal(t, 1, app.size.Get(ctx))
}

// A file that still has the former name is overridden under the new one.
func TestLoadFormerNames(t *testing.T) {
	s := configkoanf.Sources{FS: files("a.json", `{"pageSize": 10}`), Files: []string{"a.json"}, Keys: keys, EnvPrefix: "APP_"}
	for _, c := range []struct {
		environ []string
		want    int
	}{{nil, 10}, {[]string{"APP_PAGE_SIZE=20"}, 20}, {[]string{"APP_PAGESIZE=30"}, 30}} {
		s.Environ = environ(c.environ...)
		base, err := configkoanf.Load(s)
		require.NoError(t, err)
		require.Equal(t, c.want, app.size.Get(acme(t, base, nil)))
	}
	s.Environ = environ("APP_PAGE_SIZE=20", "APP_PAGESIZE=30")
	_, err := configkoanf.Load(s)
	require.ErrorIs(t, err, config.ErrBadKey)
	require.ErrorContains(t, err, `variable APP_PAGESIZE`)
}

// Numbers keep their digits, in files and in variables.
func TestLoadNumbers(t *testing.T) {
	big := config.Declare("big", int64(0))
	sources := configkoanf.Sources{
		FS:    files("a.json", `{"big": 9007199254740993}`, "a.yaml", "big: 9007199254740993", "a.toml", "big = 9007199254740993", "none.json", "{}"),
		Keys:  []config.Declaration{big},
		Files: []string{"none.json"}, EnvPrefix: "APP_", Environ: environ(),
	}
	for _, file := range []string{"a.json", "a.yaml", "a.toml", ""} {
		s := sources
		if s.Files = []string{file}; file == "" {
			s.Files, s.Environ = nil, environ("APP_BIG=9007199254740993")
		}
		base, err := configkoanf.Load(s)
		require.NoError(t, err)
		r, err := config.NewResolver(config.Config{Store: config.NewMemoryStore(), Keys: s.Keys, Base: base})
		require.NoError(t, err)
		require.EqualValues(t, 9007199254740993, big.Get(config.NewContext(tenant.WithID(context.Background(), "acme"), r)), file)
	}
}

// Dates, which YAML and TOML have types for, arrive as the text of JSON.
func TestLoadDates(t *testing.T) {
	at, day := config.Declare("at", time.Time{}), config.Declare("day", "")
	want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for file, text := range map[string]string{
		"a.json": `{"at": "2026-01-02T03:04:05Z", "day": "2026-01-02"}`,
		"a.yaml": "at: 2026-01-02T03:04:05Z\nday: \"2026-01-02\"\n",
		"a.toml": "at = 2026-01-02T03:04:05Z\nday = 2026-01-02\n",
	} {
		s := configkoanf.Sources{FS: files(file, text), Files: []string{file}, Keys: []config.Declaration{at, day}}
		base, err := configkoanf.Load(s)
		require.NoError(t, err)
		r, err := config.NewResolver(config.Config{Store: config.NewMemoryStore(), Keys: s.Keys, Base: base})
		require.NoError(t, err, file)
		ctx := config.NewContext(tenant.WithID(context.Background(), "acme"), r)
		require.True(t, want.Equal(at.Get(ctx)), file)
		require.Equal(t, "2026-01-02", day.Get(ctx), file)
	}
}

// What is removed from a file is gone.
func TestLoadAnew(t *testing.T) {
	fsys := files("a.yaml", "page: {size: 10, title: x}\n")
	s := configkoanf.Sources{FS: fsys, Files: []string{"a.yaml"}, Keys: keys}
	base, err := configkoanf.Load(s)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"page": map[string]any{"size": 10, "title": "x"}}, base)

	fsys["a.yaml"] = &fstest.MapFile{Data: []byte("page: {title: x}\n")}
	base, err = configkoanf.Load(s)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"page": map[string]any{"title": "x"}}, base)
}

func TestLoadFileErrors(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		line       int
		key        string
		is         error
	}{
		"JSON":                    {"a.json", "{\n\"a\": s3cret}", 2, "", config.ErrMistyped},
		"YAML":                    {"a.yml", "a: 1\nb: s3cret: 1\n", 2, "", config.ErrMistyped},
		"YAML, a text":            {"a.yaml", "s3cret", 1, "", config.ErrMistyped},
		"YAML, a key twice":       {"a.yaml", "a: 1\nb: 1\na: s3cret\n", 3, "", config.ErrMistyped},
		"TOML":                    {"a.TOML", "a = 1\nb = s3cret\n", 2, "", config.ErrMistyped},
		"TOML, a key twice":       {"a.toml", "a = 1\na = \"s3cret\"\n", 2, "", config.ErrMistyped},
		"twice in two ways":       {"a.yaml", "page: {size: 1}\npage.size: 2\n", 0, "page.size", config.ErrBadKey},
		"twice by a former name":  {"a.yaml", "page: {size: 1}\npageSize: 2\n", 0, "page.size", config.ErrBadKey},
		"below a value":           {"a.yaml", "x: s3cret\nx.y: 2\n", 0, "x.y", config.ErrBadKey},
		"below a value, JSON":     {"a.json", `{"x": 1, "x.y": 2}`, 0, "x.y", config.ErrBadKey},
		"above a value":           {"a.yaml", "x.y: {z: 1}\nx: {y: 2}\n", 0, "x.y.z", config.ErrBadKey},
		"above a value, in order": {"a.yaml", "x: {y: {z: 1}}\nx.y: s3cret\n", 0, "x.y", config.ErrBadKey},
		"an unknown kind":         {"a.ini", "a=s3cret", 0, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			base, err := configkoanf.Load(configkoanf.Sources{FS: files(c.file, c.text), Files: []string{c.file}, Keys: keys})
			require.Nil(t, base)
			var at *config.FileError
			require.ErrorAs(t, err, &at)
			require.Equal(t, c.file, at.File)
			require.Equal(t, c.line, at.Line, err)
			require.Equal(t, c.key, at.Key)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			require.NotContains(t, err.Error(), "s3cret")
		})
	}
	_, err := configkoanf.Load(configkoanf.Sources{FS: files(), Files: []string{"gone.yaml"}})
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.EqualError(t, err, `config: file "gone.yaml": file does not exist`)
	_, err = configkoanf.Load(configkoanf.Sources{Files: []string{"gone.yaml"}})
	require.ErrorContains(t, err, "need an FS")
}

// Several load and read at once.
func TestLoadAtOnce(t *testing.T) {
	s := configkoanf.Sources{
		FS: files("a.yaml", "page: {size: 10}\n"), Files: []string{"a.yaml"},
		EnvPrefix: "APP_", Environ: environ("APP_PAGE_TITLE=x"), Flags: flags(t, "-beta"), Keys: keys,
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			base, err := configkoanf.Load(s)
			if err == nil && fmt.Sprint(base) != "map[beta:true page:map[size:10 title:x]]" {
				err = fmt.Errorf("%v", base)
			}
			if err != nil {
				t.Error(err)
			}
			base["page"].(map[string]any)["size"] = 0 // it is the caller's own
		})
	}
	wg.Wait()
}
