package confignats

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/gotenancy/tenancy/config"
)

// format is that of the documents written here. One with another number was
// written by a later version of this package, and is not to be cut down.
const format = 1

// document is the entry of one owner; the global settings and those of all
// groups have one together. Its own number is the revision of the entry, which
// is known only once it is stored, so what the last write set has version 0 in
// it, and counts as that revision.
type document struct {
	Format   int                          `json:"format"`
	Settings map[string]map[string]stored `json:"settings,omitempty"` // by group, "" where there is none
	Last     lastEdit                     `json:"last"`
}

// stored is a setting in a document. The value is text, since the JSON would
// not come back as it was.
type stored struct {
	Value   string `json:"value"`
	Version int64  `json:"version,omitempty"`
	Forced  bool   `json:"forced,omitempty"`
}

// lastEdit is what, with the settings of version 0, makes up the versions of
// the last write. They are not in the history yet: the next write brings them
// there.
type lastEdit struct {
	Group   string   `json:"group,omitempty"`
	Actor   string   `json:"actor,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	At      int64    `json:"at"` // Unix milliseconds
	Deleted []string `json:"deleted,omitempty"`
}

// version is an entry of the history, as its value; owner, key and number are
// in its key.
type version struct {
	Value  *string `json:"value"` // null where it was deleted
	Forced bool    `json:"forced,omitempty"`
	Actor  string  `json:"actor,omitempty"`
	Reason string  `json:"reason,omitempty"`
	At     int64   `json:"at"`
}

// decode reads the document that is stored with a revision.
func decode(data []byte, revision int64) (*document, error) {
	doc := &document{}
	// The cause would quote what is in it.
	if json.Unmarshal(data, doc) != nil || doc.Format != format || revision <= 0 {
		return nil, ErrMalformed
	}
	for _, settings := range doc.Settings {
		for key, set := range settings {
			if set.Version == 0 {
				set.Version = revision
				settings[key] = set
			}
		}
	}
	return doc, nil
}

// encode returns v as JSON, with < and > as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// apply makes all changes or none.
func (d *document) apply(owner config.Owner, edit config.Edit, changes []config.Change, at time.Time) error {
	settings := d.Settings[owner.Group]
	for _, c := range changes {
		if c.If != nil && *c.If != settings[c.Key].Version {
			return &config.KeyError{Key: c.Key, Err: config.ErrConflict}
		}
	}
	d.Format = format
	d.Last = lastEdit{Group: owner.Group, Actor: edit.Actor, Reason: edit.Reason, At: at.UnixMilli()}
	if settings == nil {
		settings = map[string]stored{}
	}
	if d.Settings == nil {
		d.Settings = map[string]map[string]stored{}
	}
	for _, c := range changes {
		if c.Value != nil {
			settings[c.Key] = stored{Value: string(c.Value), Forced: c.Forced}
		} else if _, ok := settings[c.Key]; ok {
			delete(settings, c.Key)
			d.Last.Deleted = append(d.Last.Deleted, c.Key)
		}
	}
	if len(settings) == 0 {
		delete(d.Settings, owner.Group)
	} else {
		d.Settings[owner.Group] = settings
	}
	return nil
}

// last returns what the last write did, by key.
func (d *document) last(revision int64) map[string]version {
	l := d.Last
	out := make(map[string]version, len(l.Deleted))
	for _, key := range l.Deleted {
		out[key] = version{Actor: l.Actor, Reason: l.Reason, At: l.At}
	}
	for key, set := range d.Settings[l.Group] {
		if set.Version == revision {
			out[key] = version{Value: &set.Value, Forced: set.Forced, Actor: l.Actor, Reason: l.Reason, At: l.At}
		}
	}
	return out
}

// settings returns those of an owner; the zero Owner's with those of groups.
func (d *document) settings(owner config.Owner) []config.Setting {
	var out []config.Setting
	for group, settings := range d.Settings {
		if group != owner.Group && owner != (config.Owner{}) {
			continue
		}
		for key, set := range settings {
			out = append(out, config.Setting{
				Key: key, Value: json.RawMessage(set.Value), Version: set.Version, Forced: set.Forced, Group: group,
			})
		}
	}
	return out
}

// revision returns v as the version with that number.
func (v version) revision(number int64) config.Revision {
	rev := config.Revision{
		Version: number, Forced: v.Forced, Actor: v.Actor, Reason: v.Reason, At: time.UnixMilli(v.At).UTC(),
	}
	if v.Value != nil {
		rev.Value = json.RawMessage(*v.Value)
	}
	return rev
}
