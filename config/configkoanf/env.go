package configkoanf

import (
	"errors"
	"os"
	"strings"

	"github.com/gotenancy/tenancy/config"
)

// Env is a koanf provider of declared keys that environment variables set:
//
//	err := k.Load(configkoanf.Env{Prefix: "APP_", Keys: keys}, nil)
//
// The variable of page.size is the prefix and PAGE_SIZE: capitals and digits
// are kept, and everything else becomes an underscore. A variable that means no
// key is left alone, one that could mean two is an error. Its text is converted
// by config.FromText. An empty variable is set, and to leave a setting alone is
// to leave its variable away. The errors name the variable, and are those of
// config.FromText otherwise.
//
// The delimiter of k has to be a dot for k to find the keys by their names;
// [Values] does not mind.
type Env struct {
	// Prefix is required: without one, a key called path would be the PATH of
	// the shell.
	Prefix string

	// Keys are the declared settings.
	Keys []config.Declaration

	// Environ returns the variables; os.Environ where it is nil.
	Environ func() []string
}

// Read implements koanf.Provider.
func (e Env) Read() (map[string]any, error) {
	if e.Prefix == "" {
		return nil, errors.New("configkoanf: Env needs a Prefix")
	}
	environ := e.Environ
	if environ == nil {
		environ = os.Environ
	}
	owners := spelt(e.Keys, variable)
	values := map[string]any{}
	for _, entry := range environ() {
		name, text, _ := strings.Cut(entry, "=")
		rest, ok := strings.CutPrefix(name, e.Prefix)
		if !ok {
			continue
		}
		if o, ok := owners[rest]; ok {
			if err := o.setting(values, "variable "+name, text); err != nil {
				return nil, err
			}
		}
	}
	return namesOf(e.Keys).nest(values)
}

// ReadBytes implements koanf.Provider, and fails: there is nothing to parse.
func (e Env) ReadBytes() ([]byte, error) { return nil, errNoBytes }

// variable returns how the environment writes a key's name.
func variable(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return '_'
	}, name)
}
