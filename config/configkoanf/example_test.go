package configkoanf_test

import (
	"context"
	"flag"
	"fmt"
	"sync/atomic"
	"testing/fstest"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/v2"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configkoanf"
	"github.com/gotenancy/tenancy/tenant"
)

// The base is read from files, the environment and flags. A signal reads it
// anew: new requests get a new Resolver, those under way keep theirs.
func ExampleLoad() {
	size := config.Declare("page.size", 10)
	title := config.Declare("page.title", "Courses")
	all := []config.Declaration{size, title}

	etc := fstest.MapFS{"settings.yaml": {Data: []byte("page:\n  size: 20\n  title: Kurse\n")}} // or os.DirFS("/etc/app")
	line := flag.NewFlagSet("app", flag.ContinueOnError)                                        // or flag.CommandLine
	line.String("page-title", "", "what stands above a page")
	_ = line.Parse([]string{"-page-title", "Cours"})

	var current atomic.Pointer[config.Resolver] // the Extend of tenant.Middleware takes it from here
	store := config.NewMemoryStore()
	reload := func() error {
		base, err := configkoanf.Load(configkoanf.Sources{
			FS: etc, Files: []string{"settings.yaml"},
			EnvPrefix: "APP_",
			Environ:   func() []string { return []string{"APP_PAGE_SIZE=50"} }, // os.Environ without it
			Flags:     line,
			Keys:      all,
		})
		if err != nil {
			return err // the old one stays
		}
		r, err := config.NewResolver(config.Config{Store: store, Keys: all, Base: base})
		if err == nil {
			current.Store(r)
		}
		return err
	}
	if err := reload(); err != nil {
		panic(err)
	}
	acme := config.NewContext(tenant.WithID(context.Background(), "acme"), current.Load())
	fmt.Println(size.Get(acme), title.Get(acme))

	etc["settings.yaml"].Data = []byte("page: [\n")
	fmt.Println(reload())
	// Output:
	// 50 Cours
	// config: file "settings.yaml", line 1: config: the value does not fit: it is malformed, has a key twice, or is no object
}

// An application with a koanf of its own keeps it.
func ExampleValues() {
	size := config.Declare("page.size", 10)
	k := koanf.New(".")
	if err := k.Load(text("page: {size: 20}\nsite: {title: Hello}\n"), yaml.Parser()); err != nil {
		panic(err)
	}
	_ = k.Set("page.size", "30") // as providers for the environment do: text
	base, err := configkoanf.Values(k, size)
	if err != nil {
		panic(err)
	}
	settings, err := config.NewResolver(config.Config{Store: config.NewMemoryStore(), Keys: []config.Declaration{size}, Base: base})
	if err != nil {
		panic(err)
	}
	acme := config.NewContext(tenant.WithID(context.Background(), "acme"), settings)
	fmt.Println(size.Get(acme), config.Get(acme, "site.title", ""))
	// Output:
	// 30 Hello
}

// Env is one of the providers of a koanf.
func ExampleEnv() {
	keys := []config.Declaration{config.Declare("page.size", 10), config.Declare("cdn.hosts", []string{})}
	k := koanf.New(".")
	err := k.Load(configkoanf.Env{
		Prefix:  "APP_",
		Keys:    keys,
		Environ: func() []string { return []string{"APP_PAGE_SIZE=20", "APP_CDN_HOSTS=eu,us", "APP_DEBUG=1"} },
	}, nil)
	fmt.Println(k.All(), err)
	// Output:
	// map[cdn.hosts:[eu us] page.size:20] <nil>
}

// text is a koanf provider of bytes, such as its rawbytes.
type text string

func (t text) ReadBytes() ([]byte, error)    { return []byte(t), nil }
func (t text) Read() (map[string]any, error) { return nil, nil }
