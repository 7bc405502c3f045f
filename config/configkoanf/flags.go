package configkoanf

import (
	"errors"
	"flag"
	"strings"

	"github.com/gotenancy/tenancy/config"
)

// Flags is a koanf provider of declared keys that were given on the command
// line:
//
//	err := k.Load(configkoanf.Flags{Set: flag.CommandLine, Keys: keys}, nil)
//
// The flag of page.size is called page.size or, with dashes for dots,
// underscores, colons and slashes, page-size. Defaults of flags do not count,
// since they would hide what files say. A flag that means no key is left alone,
// one that could mean two is an error. What its Value says in String is
// converted by config.FromText. The errors name the flag, and are those of
// config.FromText otherwise.
//
// For github.com/spf13/pflag there is koanf's own provider posflag.
type Flags struct {
	// Set has been parsed.
	Set *flag.FlagSet

	// Keys are the declared settings.
	Keys []config.Declaration
}

// Read implements koanf.Provider.
func (f Flags) Read() (map[string]any, error) {
	if f.Set == nil || !f.Set.Parsed() {
		return nil, errors.New("configkoanf: Flags needs a Set that has been parsed")
	}
	exact := spelt(f.Keys, func(name string) string { return name })
	dashed := spelt(f.Keys, strings.NewReplacer(".", "-", "_", "-", ":", "-", "/", "-").Replace)
	values := map[string]any{}
	var err error
	f.Set.Visit(func(given *flag.Flag) {
		o, ok := exact[given.Name]
		if !ok {
			o, ok = dashed[given.Name]
		}
		if ok && err == nil {
			err = o.setting(values, "flag -"+given.Name, given.Value.String())
		}
	})
	if err != nil {
		return nil, err
	}
	return namesOf(f.Keys).nest(values)
}

// ReadBytes implements koanf.Provider, and fails: there is nothing to parse.
func (f Flags) ReadBytes() ([]byte, error) { return nil, errNoBytes }
