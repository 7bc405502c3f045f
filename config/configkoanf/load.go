package configkoanf

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/v2"
	gotoml "github.com/pelletier/go-toml/v2"

	"github.com/gotenancy/tenancy/config"
)

// Sources says where an installation's settings come from, in the order in
// which they count: files, the environment, flags. Every part may be left away.
type Sources struct {
	// FS has the files, such as os.DirFS("/etc/app").
	FS fs.FS

	// Files are their names, a later one over an earlier one. The end of the
	// name says what is in it: .json, .yaml or .yml, .toml. All have to be
	// there. Of a YAML file the first document counts.
	Files []string

	// EnvPrefix is what the variables begin with, such as "APP_"; without it
	// there are none. See [Env].
	EnvPrefix string

	// Environ returns the variables; os.Environ where it is nil.
	Environ func() []string

	// Flags have been parsed. See [Flags].
	Flags *flag.FlagSet

	// Keys are the declared settings, the only ones that variables and flags
	// can set.
	Keys []config.Declaration
}

// Load reads the sources and returns what they say together, for Base or Forced
// of a config.Config. Objects are laid over each other field by field, also the
// value of a declared key that is one; lists are replaced.
//
// Each call begins anew, so what has been removed from a file is gone. The error
// is a config.FileError, or the one of [Values], [Env] or [Flags], and holds no
// value.
func Load(s Sources) (map[string]any, error) {
	declared := namesOf(s.Keys)
	k := koanf.New(".")
	lay := func(values map[string]any, err error) error {
		if err != nil {
			return err
		}
		return k.Load(provider(values), nil)
	}
	for _, name := range s.Files {
		if err := lay(readFile(s.FS, name, declared)); err != nil {
			return nil, err
		}
	}
	if s.EnvPrefix != "" {
		if err := lay(Env{Prefix: s.EnvPrefix, Keys: s.Keys, Environ: s.Environ}.Read()); err != nil {
			return nil, err
		}
	}
	if s.Flags != nil {
		if err := lay(Flags{Set: s.Flags, Keys: s.Keys}.Read()); err != nil {
			return nil, err
		}
	}
	return k.Raw(), nil
}

// readFile returns what one file says, each setting at its path.
func readFile(fsys fs.FS, name string, declared names) (map[string]any, error) {
	if fsys == nil {
		return nil, errors.New("configkoanf: files need an FS")
	}
	var parser koanf.Parser
	switch strings.ToLower(path.Ext(name)) {
	case ".json": // the parser of koanf makes a float64 of every number
		values, err := config.Files(fsys, name)
		if err != nil {
			return nil, err
		}
		return nested(name, values, declared)
	case ".yaml", ".yml":
		parser = yaml.Parser()
	case ".toml":
		parser = toml.Parser()
	default:
		return nil, &config.FileError{File: name, Err: errors.New("its name ends in none of .json, .yaml, .yml and .toml")}
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		var at *fs.PathError // says the name again
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, &config.FileError{File: name, Err: err}
	}
	values, err := parser.Unmarshal(data)
	if err != nil {
		return nil, malformed(name, err)
	}
	// YAML has keys that are no text; koanf makes some of them.
	k := koanf.New(".")
	if err := k.Load(provider(values), nil); err != nil {
		return nil, &config.FileError{File: name, Err: config.ErrMistyped}
	}
	return nested(name, k.Raw(), declared)
}

func nested(name string, values map[string]any, declared names) (map[string]any, error) {
	values, err := declared.nest(values)
	var at *config.KeyError
	if errors.As(err, &at) {
		return nil, &config.FileError{File: name, Key: at.Key, Err: at.Err}
	}
	return values, err
}

// yamlLine finds the place in what the YAML parser says.
var yamlLine = regexp.MustCompile(`\bline (\d+)`)

// malformed keeps the place of a parser's error, and not its text, which quotes
// what is there. In YAML the place may be a line or two too early.
func malformed(name string, err error) error {
	e := &config.FileError{File: name, Err: fmt.Errorf("%w: it is malformed, has a key twice, or is no object", config.ErrMistyped)}
	var at *gotoml.DecodeError
	if errors.As(err, &at) {
		e.Line, e.Column = at.Position()
	} else if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		e.Line, _ = strconv.Atoi(m[1]) // digits; 0 if there are too many
	}
	return e
}
