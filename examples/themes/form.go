package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/config"
)

// property is what a form needs to know of a setting, or of a field of one: a
// part of the JSON Schema that the resolver makes.
type property struct {
	Type        string              `json:"type"`
	Description string              `json:"description"`
	Enum        []string            `json:"enum"`
	Properties  map[string]property `json:"properties"`
	ReadOnly    bool                `json:"readOnly"`
	Isolation   string              `json:"x-isolation"`
	ForcedBy    string              `json:"x-forced-by"`
}

// row is one setting on the page.
type row struct {
	Key, Description string
	Now              string // the value that counts, for people
	Why              string // it can not be changed; "" where it can
	From             config.Layer
	Steps            []config.Step
	Problem          string // the value that should count is of no use

	Own     bool  // the tenant has set it
	Version int64 // the tenant's own, 0 where it has none
	Fields  []field

	Message, Reason string // after an attempt that failed
}

// field is one control of a form.
type field struct {
	ID, Name, Label string
	Kind            string // area, check, number, select or text
	Value           string
	Below           string // what counts while it is left empty
	Options         []string
}

// properties returns the settings as the actor of ctx may see and change them.
func (a *app) properties(ctx context.Context) (map[string]property, error) {
	raw, err := a.settings.Schema(ctx)
	if err != nil {
		return nil, err
	}
	var schema struct {
		Properties map[string]property `json:"properties"`
	}
	err = json.Unmarshal(raw, &schema)
	return schema.Properties, err
}

// rows returns all settings, each with what the tenant has set itself.
func (a *app) rows(ctx context.Context) ([]row, error) {
	properties, err := a.properties(ctx)
	if err != nil {
		return nil, err
	}
	var out []row
	for _, k := range keys {
		e, err := a.settings.Explain(ctx, k.Name())
		if err != nil {
			return nil, err
		}
		out = append(out, rowOf(properties[k.Name()], e))
	}
	return out, nil
}

// rowOf puts together what the schema says of a setting and where its value
// comes from. Of the layers it takes names and outcomes only: what values the
// installation has that do not count is none of a tenant's business.
func rowOf(p property, e config.Explanation) row {
	s := row{Key: e.Key, Description: p.Description, Now: forPeople(e.Value), From: e.Info.Layer,
		Steps: e.Steps, Problem: e.Problem, Why: why(p)}
	var own json.RawMessage
	for _, step := range e.Steps {
		if step.Layer == config.LayerTenant && step.Outcome != config.OutcomeFormerName {
			s.Own, s.Version, own = true, step.Version, step.Value
		}
	}
	if p.Type != "object" {
		s.Fields = []field{fieldOf(e.Key, "value", e.Key, p, e.Value)}
		return s
	}
	var mine, now map[string]json.RawMessage
	_ = json.Unmarshal(own, &mine) // no fields, where it has none
	_ = json.Unmarshal(e.Value, &now)
	for _, name := range slices.Sorted(maps.Keys(p.Properties)) {
		f := fieldOf(e.Key, "value."+name, name, p.Properties[name], mine[name])
		if f.Value == "" {
			f.Below = forPeople(now[name])
		}
		s.Fields = append(s.Fields, f)
	}
	return s
}

func fieldOf(key, name, label string, p property, value json.RawMessage) field {
	f := field{ID: key + "-" + name, Name: name, Label: label, Kind: "text", Value: forPeople(value), Options: p.Enum}
	switch {
	case p.Enum != nil:
		f.Kind = "select"
	case p.Type == "boolean":
		f.Kind = "check"
	case p.Type == "integer" || p.Type == "number":
		f.Kind = "number"
	case name == "value": // a text that is a setting of its own may be long
		f.Kind = "area"
	}
	return f
}

// why says why a setting can not be changed here, or nothing.
func why(p property) string {
	switch {
	case !p.ReadOnly:
		return ""
	case p.ForcedBy != "":
		return fmt.Sprintf("The installation holds it, in its %s settings.", p.ForcedBy)
	case p.Isolation == "shared":
		return "It is the same for everybody."
	default:
		return "It is for others to change."
	}
}

// forPeople writes a text without quotes, an object by its fields, and the rest
// as JSON.
func forPeople(raw json.RawMessage) string {
	var text string
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &text) == nil {
		return text
	} else if json.Unmarshal(raw, &object) != nil {
		return string(raw)
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		lines = append(lines, name+": "+forPeople(object[name]))
	}
	return strings.Join(lines, "\n")
}

// sent returns what a form gives the setting. What is no number is sent on as
// it is: the setting's own rules refuse it, and say why.
func sent(p property, name string, form url.Values) json.RawMessage {
	text := strings.ReplaceAll(form.Get(name), "\r\n", "\n")
	var v any
	switch p.Type {
	case "object":
		object := map[string]json.RawMessage{}
		for inner, q := range p.Properties {
			if at := name + "." + inner; form.Get(at) != "" { // empty is not set
				object[inner] = sent(q, at, form)
			}
		}
		v = object
	case "boolean":
		v = text == "true" // a box that is not ticked is not sent: that is false, and not nothing
	case "integer", "number":
		if n, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil {
			v = n
			break
		}
		v = text
	default:
		v = text
	}
	raw, _ := json.Marshal(v) // of texts, numbers and bools: never an error, but for infinity
	return json.RawMessage(cmp.Or(string(raw), `""`))
}
