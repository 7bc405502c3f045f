// Package configkoanf takes an installation's own settings, which lie below
// those of the tenants, from files, the environment and flags by way of koanf.
// It is a module of its own, so that only those who want YAML, TOML or koanf
// depend on it; for JSON files alone there is config.Files.
//
//	base, err := configkoanf.Load(configkoanf.Sources{
//		FS: os.DirFS("/etc/app"), Files: []string{"settings.yaml", "local.toml"},
//		EnvPrefix: "APP_",
//		Flags:     flag.CommandLine,
//		Keys:      keys,
//	})
//	...
//	resolver, err := config.NewResolver(config.Config{Store: store, Keys: keys, Base: base})
//
// An application that has a koanf already keeps it, and gives [Values] of it to
// the Resolver. [Env] and [Flags] are providers for it.
//
// # Names
//
// A key's name is a path with dots: page.size is the field size of the object
// page, or in a file also the field "page.size". Case is kept. Where a declared
// key is an object, what is in it is its value and no further settings; where
// page and page.size are both declared, page.size is written with the dot.
//
// The environment has no dots and one case, so nothing can be told from a
// variable alone: APP_PAGE_SIZE may be page.size, page_size or Page.Size.
// Therefore variables and flags set declared keys only, and one that could mean
// two of them is an error.
//
// # Types
//
// Files have types of their own, and a Resolver is strict with them: "20" is no
// int. Variables and flags are text, and are converted to what the key is
// declared as, see config.FromText.
//
// # Reloading
//
// Loading into a koanf once more leaves what has been removed from the file in
// it. [Load] begins with an empty one each time. A Resolver takes its base once:
// what is to change while the program runs belongs into the store, and for the
// rest a new Resolver is made and put into the contexts of new requests, as in
// the example of Load.
//
// Everything here may be called by several goroutines at once.
package configkoanf
