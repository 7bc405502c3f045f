package configkoanf

import (
	"fmt"

	"github.com/gotenancy/tenancy/config"
)

// owner is the declared key that a variable or a flag means.
type owner struct {
	key   config.Declaration
	name  string // the key's present one
	other string // another key's that it could mean as well
}

// spelt returns who is meant by each way to write a name. Two names of one key
// may be written alike.
func spelt(keys []config.Declaration, spell func(string) string) map[string]owner {
	owners := map[string]owner{}
	for _, key := range keys {
		own := map[string]bool{}
		for _, name := range config.Names(key) {
			s := spell(name)
			if own[s] {
				continue
			}
			own[s] = true
			o, taken := owners[s]
			if taken {
				o.other = name
			} else {
				o = owner{key: key, name: config.Names(key)[0]}
			}
			owners[s] = o
		}
	}
	return owners
}

// setting puts the value into values. what names the variable or the flag.
func (o owner) setting(values map[string]any, what, text string) error {
	if o.other != "" {
		return fmt.Errorf("configkoanf: %s: it could be %q or %q", what, o.name, o.other)
	}
	if _, twice := values[o.name]; twice {
		return fmt.Errorf("configkoanf: %s: %w", what, &config.KeyError{Key: o.name, Err: fmt.Errorf("%w: it is given twice", config.ErrBadKey)})
	}
	v, err := config.FromText(o.key, text)
	if err != nil {
		return fmt.Errorf("configkoanf: %s: %w", what, err)
	}
	values[o.name] = v
	return nil
}
