package office

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/tenant"
)

// tenantSettings is why the office reads and writes a tenant's settings.
const tenantSettings = "the platform's administrators manage settings"

// setting is one key as the page shows it. What is sealed has no value here:
// package config leaves it out of everything that the page is made of.
type setting struct {
	config.Explanation
	Description string
	Set         bool  // some layer above the declared default has a value
	Version     int64 // of the value in the layer that the page writes, 0 where it has none
	Now         string
	Steps       []step
	History     []revision
}

type step struct {
	config.Step
	Shown string
}

type revision struct {
	config.Revision
	By, Shown string
}

// place is the context in which settings are read and written: the chosen
// tenant's, or the installation's where none is chosen.
func (o *Office) place(r *http.Request) (context.Context, *tenant.Tenant, error) {
	id := r.FormValue("tenant")
	if id == "" {
		return tenant.Global(r.Context()), nil, nil
	}
	t, err := o.byID(r.Context(), id)
	if err != nil {
		return nil, nil, err
	}
	return tenant.Switch(r.Context(), t.ID, tenantSettings), t, nil
}

func (o *Office) settings(w http.ResponseWriter, r *http.Request) error {
	ctx, t, err := o.place(r)
	if err != nil {
		return err
	}
	all, err := o.choices(r.Context())
	if err != nil {
		return err
	}
	var list []setting
	for _, key := range app.Settings() {
		s, err := o.setting(ctx, config.Names(key)[0], t != nil)
		if err != nil {
			return err
		}
		list = append(list, s)
	}
	o.pages.Render(w, r, "settings.html", map[string]any{"Settings": list, "Tenant": t, "Tenants": all, "Reason": tenantSettings})
	return nil
}

func (o *Office) setting(ctx context.Context, key string, own bool) (setting, error) {
	why, err := o.Settings.Explain(ctx, key)
	if err != nil {
		return setting{}, err
	}
	written := config.LayerGlobal
	if own {
		written = config.LayerTenant
	}
	s := setting{Explanation: why, Set: why.Info.Found && why.Info.Layer > config.LayerDefault, Now: text(why.Value)}
	for _, st := range why.Steps {
		shown := text(st.Value)
		if why.Sealed && st.Version > 0 {
			shown = "set, and sealed"
		}
		s.Steps = append(s.Steps, step{st, shown})
		if st.Layer == written {
			s.Version = st.Version
		}
	}
	past, err := o.Settings.History(ctx, key, 10)
	if err != nil {
		return setting{}, err
	}
	for _, p := range past {
		shown := "deleted"
		switch {
		case p.Value != nil && why.Sealed:
			shown = "set, and sealed"
		case p.Value != nil:
			shown = text(p.Value)
		}
		by, err := o.name(ctx, p.Actor)
		if err != nil {
			return setting{}, err
		}
		s.History = append(s.History, revision{p, by, shown})
	}
	s.Description, err = o.describe(ctx, key)
	return s, err
}

// describe returns what the declaration says of a key, from the schema that
// package config makes for forms.
func (o *Office) describe(ctx context.Context, key string) (string, error) {
	raw, err := o.Settings.Schema(ctx)
	if err != nil {
		return "", err
	}
	var schema struct {
		Properties map[string]struct {
			Description string `json:"description"`
		} `json:"properties"`
	}
	err = json.Unmarshal(raw, &schema)
	return schema.Properties[key].Description, err
}

// text shows a value: text without quotes, everything else as the JSON it is.
func text(raw json.RawMessage) string {
	var t string
	if json.Unmarshal(raw, &t) == nil {
		return t
	}
	return string(raw)
}

// setSetting writes, removes or takes back one value. Who had the page open while
// somebody else changed the value is told, and overwrites nothing.
func (o *Office) setSetting(r *http.Request, reason string) (string, error) {
	ctx, t, err := o.place(r)
	if err != nil {
		return "", err
	}
	var about tenant.ID
	if t != nil {
		about = t.ID
	}
	key := r.PostFormValue("key")
	at := slices.IndexFunc(app.Settings(), func(d config.Declaration) bool { return config.Names(d)[0] == key })
	version, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if at < 0 || err != nil {
		return "", errChoice
	}
	// The history of the settings has it too, by key; the log has it by tenant.
	if err := o.note(r.Context(), about, "office.setting", key, reason); err != nil {
		return "", err
	}
	var change config.Assignment
	switch r.PostFormValue("do") {
	case "set":
		if change, err = o.put(ctx, app.Settings()[at], strings.TrimSpace(r.PostFormValue("value"))); err != nil {
			return "", err
		}
		if r.PostFormValue("force") != "" {
			change = change.Force()
		}
	case "remove":
		change = config.Remove(key)
	case "rollback":
		return fmt.Sprintf("%s is what it was.", key), o.Settings.Rollback(ctx, key, version, reason)
	default:
		return "", errChoice
	}
	_, err = o.Settings.Update(ctx, reason, change.IfVersion(version))
	return fmt.Sprintf("%s is changed.", key), err
}

// put reads what was typed by the type that the key declares. What is sealed is
// text.
func (o *Office) put(ctx context.Context, key config.Declaration, typed string) (config.Assignment, error) {
	name := config.Names(key)[0]
	why, err := o.Settings.Explain(ctx, name)
	if err != nil {
		return config.Assignment{}, err
	}
	if why.Sealed {
		if typed == "" {
			return config.Assignment{}, fmt.Errorf("%w: type the new value", errChoice)
		}
		return config.Put(name, typed), nil
	}
	value, err := config.FromText(key, typed)
	return config.Put(name, value), err
}
