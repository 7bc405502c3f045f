package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"unicode/utf8"
)

// Files reads settings from JSON files, for [Config].Base or [Config].Forced:
//
//	base, err := config.Files(os.DirFS("/etc/app"), "settings.json", "local.json")
//
// A file is one object. Objects in it stand for keys with dots, as in
// Config.Base: {"page": {"size": 20}} and {"page.size": 20} say the same. A
// later file counts over an earlier one, field by field in objects; whatever is
// none, such as a list or null, takes the place of what was there. Without
// names the answer is empty.
//
// Which keys are declared is not known here: a key's former name in one file and
// its present one in another are two settings, and [NewResolver] refuses them.
//
// Numbers come as [json.Number], digit for digit. What is returned is the
// caller's own.
//
// Nothing is guessed: a file that is missing, that is not JSON in UTF-8, that
// has the same setting twice (in either way to write it), or that has a key at
// its top that [ValidKey] refuses is an error, and nothing is returned. Keys
// further down may be those of a value; [NewResolver] knows, and refuses the
// others. The error is a [FileError]. It is one of
//
//	fs.ErrNotExist, or what fsys says   the file can not be read
//	ErrMistyped                         it is no JSON object
//	ErrBadKey                           a key is malformed, or there twice
func Files(fsys fs.FS, names ...string) (map[string]any, error) {
	all := map[string]any{}
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			var at *fs.PathError // says the name again
			if errors.As(err, &at) {
				err = at.Err
			}
			return nil, &FileError{File: name, Err: err}
		}
		one, err := parseFile(name, data)
		if err != nil {
			return nil, err
		}
		overlay(all, all, "", one)
	}
	return all, nil
}

// FileError says where in a file of settings something is wrong. It never holds
// a value.
type FileError struct {
	File         string
	Line, Column int    // from 1, Column in characters; 0 where no place is to blame
	Key          string // empty where no key is to blame
	Err          error
}

// Error returns the cause, preceded by file, place and key.
func (e *FileError) Error() string {
	where := "config: file " + strconv.Quote(e.File)
	if e.Line > 0 {
		where += ", line " + strconv.Itoa(e.Line)
	}
	if e.Column > 0 {
		where += ", column " + strconv.Itoa(e.Column)
	}
	if e.Key != "" {
		where += ", key " + strconv.Quote(e.Key)
	}
	return where + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// overlay lays the fields of over on those of into, whose names begin with
// prefix within root. A setting that root has already is changed where it is,
// however it is written there: so root never has it twice.
func overlay(root, into map[string]any, prefix string, over map[string]any) {
	for key, v := range over {
		name := prefix + key
		holder, spelt := locate(root, name)
		if holder == nil {
			holder, spelt = into, key
		}
		fields, ok := v.(map[string]any)
		if !ok {
			holder[spelt] = v
			continue
		}
		there, ok := holder[spelt].(map[string]any)
		if !ok {
			there = make(map[string]any, len(fields))
			holder[spelt] = there
		}
		overlay(root, there, name+".", fields)
	}
}

// locate returns the object that has the setting, and as which field; nil if
// none has.
func locate(m map[string]any, name string) (map[string]any, string) {
	if _, ok := m[name]; ok {
		return m, name
	}
	for i := range len(name) {
		if name[i] != '.' {
			continue
		}
		if fields, ok := m[name[:i]].(map[string]any); ok {
			if holder, spelt := locate(fields, name[i+1:]); holder != nil {
				return holder, spelt
			}
		}
	}
	return nil, ""
}

// fileParser reads one file token by token, since only so are keys seen that
// are there twice.
type fileParser struct {
	name string
	data []byte
	dec  *json.Decoder
	seen map[string]bool // settings, by their whole names
}

func parseFile(name string, data []byte) (map[string]any, error) {
	p := &fileParser{name: name, data: data, seen: map[string]bool{}}
	for rest := data; ; { // encoding/json would replace what is no UTF-8
		r, size := utf8.DecodeRune(rest)
		if size == 0 {
			break
		}
		if r == utf8.RuneError && size == 1 {
			return nil, p.fail(len(data)-len(rest), "", fmt.Errorf("%w: it is no UTF-8", ErrMistyped))
		}
		rest = rest[size:]
	}
	// Unmarshal looks at the whole text first, and bounds its depth. Its own
	// message quotes a character of the text, which can be a secret's.
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		var at *json.SyntaxError
		if errors.As(err, &at) && at.Offset > 0 && !tooShort(data) {
			return nil, p.fail(int(at.Offset)-1, "", fmt.Errorf("%w: it is no JSON from here", ErrMistyped))
		}
		return nil, p.fail(len(data), "", fmt.Errorf("%w: the JSON ends too early", ErrMistyped))
	}
	if start := p.skip(0); data[start] != '{' {
		return nil, p.fail(start, "", fmt.Errorf("%w: settings are a JSON object", ErrMistyped))
	}
	p.dec = json.NewDecoder(bytes.NewReader(data))
	p.dec.UseNumber()
	if _, err := p.dec.Token(); err != nil {
		return nil, p.broken(err)
	}
	return p.object("", p.seen, true)
}

// tooShort reports whether the text is right as far as it goes.
func tooShort(data []byte) bool {
	var whole json.RawMessage
	err := json.NewDecoder(bytes.NewReader(data)).Decode(&whole)
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// value reads the next value. within is the name of the setting that it is of;
// in a list there are no settings, and within is empty.
func (p *fileParser) value(within string) (any, error) {
	token, err := p.dec.Token()
	if err != nil {
		return nil, p.broken(err)
	}
	switch token {
	case json.Delim('{'):
		if within == "" {
			return p.object("", map[string]bool{}, false)
		}
		return p.object(within+".", p.seen, true)
	case json.Delim('['):
		return p.list()
	}
	return token, nil
}

// object reads what follows a brace. prefix is what the names of its fields
// begin with, and seen has those that were there already.
func (p *fileParser) object(prefix string, seen map[string]bool, settings bool) (map[string]any, error) {
	fields := map[string]any{}
	for p.dec.More() {
		start := p.skip(int(p.dec.InputOffset()))
		token, err := p.dec.Token()
		if err != nil {
			return nil, p.broken(err)
		}
		key := token.(string) // as it is JSON
		name := prefix + key
		switch {
		case settings && prefix == "" && !ValidKey(key):
			return nil, p.fail(start, name, ErrBadKey)
		case seen[name]:
			return nil, p.fail(start, name, fmt.Errorf("%w: it is there twice", ErrBadKey))
		}
		seen[name] = true
		within := name
		if !settings {
			within = ""
		}
		if fields[key], err = p.value(within); err != nil {
			return nil, err
		}
	}
	_, err := p.dec.Token()
	return fields, p.broken(err)
}

func (p *fileParser) list() ([]any, error) {
	items := []any{}
	for p.dec.More() {
		v, err := p.value("")
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	_, err := p.dec.Token()
	return items, p.broken(err)
}

// skip returns where the next token begins, from the end of the last.
func (p *fileParser) skip(from int) int {
	return from + len(p.data[from:]) - len(bytes.TrimLeft(p.data[from:], " \t\r\n,:"))
}

// fail returns the error of what begins at that byte of the file.
func (p *fileParser) fail(at int, key string, err error) error {
	before := p.data[:at]
	return &FileError{
		File: p.name,
		Line: bytes.Count(before, []byte{'\n'}) + 1,
		// The bytes of a character count as one, also where they are not valid.
		Column: utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1,
		Key:    key,
		Err:    err,
	}
}

// broken keeps what a decoder says of a text to itself, which can be part of it.
func (p *fileParser) broken(err error) error {
	if err == nil {
		return nil
	}
	return p.fail(int(p.dec.InputOffset()), "", fmt.Errorf("%w: it is no JSON from here", ErrMistyped))
}
