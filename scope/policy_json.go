package scope

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ParsePolicy reads a policy from JSON, in the form in which encoding/json
// writes a [Policy]:
//
//	{
//		"dialect": "postgres",
//		"column": "tenant_id",
//		"default": "per-tenant",
//		"tables": {
//			"countries": "shared",
//			"deals": {"module": "sales", "globallyUnique": ["id"]}
//		},
//		"modules": [{"name": "sales", "isolation": "per-tenant"}],
//		"functions": ["invoice_total"]
//	}
//
// A table of which only the class is to be said may be the name of the class,
// as "countries" is here: it means {"class": "shared"}.
//
// It is strict, because what is overlooked in a policy opens a table: a field
// that does not exist, a class that does not exist, a name that stands twice in
// one object, and text after the policy are errors, and so is everything that
// [NewRewriter] refuses. The Catalogue of a policy has no JSON form.
func ParsePolicy(text []byte) (Policy, error) {
	if err := distinctFields(text); err != nil {
		return Policy{}, fmt.Errorf("scope: reading a policy: %w", err)
	}
	type plain Policy
	var in struct {
		plain
		Tables map[string]json.RawMessage `json:"tables"` // one by one, for errors that name the table
	}
	if err := strictly(text, &in); err != nil {
		return Policy{}, fmt.Errorf("scope: reading a policy: %w", err)
	}
	p := Policy(in.plain)
	if in.Tables != nil {
		p.Tables = make(map[string]Table, len(in.Tables))
	}
	for name, raw := range in.Tables {
		t, err := parseTable(raw)
		if err != nil {
			return Policy{}, fmt.Errorf("scope: reading a policy: table %s: %w", name, err)
		}
		p.Tables[name] = t
	}
	if _, err := p.check(); err != nil {
		return Policy{}, err
	}
	return p, nil
}

// parseTable reads one entry of the tables: an object, or the class alone.
func parseTable(raw json.RawMessage) (t Table, err error) {
	if len(raw) > 0 && raw[0] == '"' {
		return t, strictly(raw, &t.Class)
	}
	return t, strictly(raw, &t)
}

// strictly decodes one JSON value that has all of text for itself.
func strictly(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("text after the policy, at byte %d", dec.InputOffset())
	}
	return nil
}

// distinctFields refuses an object that has a name twice: encoding/json takes
// the last of them and says nothing. Like encoding/json it ignores the case of
// fields, but not that of tables.
func distinctFields(text []byte) error {
	type object struct {
		names  map[string]bool
		tables bool // its names are those of tables
		name   string
		key    bool // a name is next
	}
	var open []object // an array has no names
	dec := json.NewDecoder(bytes.NewReader(text))
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		in := len(open) - 1
		if name, ok := tok.(string); ok && in >= 0 && open[in].key {
			o := &open[in]
			o.name, o.key = name, false
			if !o.tables {
				name = strings.ToLower(name)
			}
			if o.names[name] {
				return fmt.Errorf("%q stands twice in one object, at byte %d", o.name, dec.InputOffset())
			}
			o.names[name] = true
			continue
		}
		switch tok {
		case json.Delim('{'):
			tables := len(open) == 1 && strings.EqualFold(open[0].name, "tables")
			open = append(open, object{names: map[string]bool{}, tables: tables, key: true})
			continue
		case json.Delim('['):
			open = append(open, object{})
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:in]
		}
		if in = len(open) - 1; in >= 0 && open[in].names != nil {
			open[in].key = true // a value has ended
		}
	}
}
