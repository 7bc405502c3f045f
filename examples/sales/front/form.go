package front

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

//go:embed parts
var parts embed.FS

var fields = template.Must(template.ParseFS(parts, "parts/fields.html"))

// form is what was typed and what is wrong with it, by the names of the fields.
type form struct {
	Values map[string]string
	Wrong  map[string]string
}

func newForm() *form { return &form{map[string]string{}, map[string]string{}} }

// typed reads the named fields of a request, without space around them.
func typed(r *http.Request, names ...string) *form {
	f := newForm()
	for _, name := range names {
		f.Values[name] = strings.TrimSpace(r.PostFormValue(name))
	}
	return f
}

func (f *form) text(name string, longest int) string {
	switch text := f.Values[name]; {
	case text == "":
		f.Wrong[name] = "This is needed."
	case len(text) > longest:
		f.Wrong[name] = fmt.Sprintf("At most %d characters.", longest)
	}
	return f.Values[name]
}

func (f *form) short(name string, longest int) string {
	if len(f.Values[name]) > longest {
		f.Wrong[name] = fmt.Sprintf("At most %d characters.", longest)
	}
	return f.Values[name]
}

func (f *form) day(name string) string {
	if _, err := time.Parse(time.DateOnly, f.Values[name]); err != nil {
		f.Wrong[name] = "A day such as 2026-12-31."
	}
	return f.Values[name]
}

func (f *form) oneOf(name string, choices []string) string {
	for _, c := range choices {
		if f.Values[name] == c {
			return c
		}
	}
	f.Wrong[name] = "Choose one of the list."
	return ""
}

// cents reads an amount such as 1250.50.
func (f *form) cents(name string) int64 {
	amount, err := strconv.ParseFloat(f.Values[name], 64)
	if err != nil || amount < 0 || amount > 1e12 || math.IsNaN(amount) {
		f.Wrong[name] = "An amount such as 1250.50."
		return 0
	}
	return int64(math.Round(amount * 100))
}

// number reads the id of another row; nil stands for none.
func (f *form) number(name string) *int64 {
	if f.Values[name] == "" {
		return nil
	}
	id, err := strconv.ParseInt(f.Values[name], 10, 64)
	if err != nil {
		f.Wrong[name] = "Choose one of the list."
	}
	return &id
}

func (f *form) valid() bool { return len(f.Wrong) == 0 }

// choice is an entry of a list to choose from.
type choice struct{ Value, Text string }

func choices(texts []string) []choice {
	var all []choice
	for _, t := range texts {
		all = append(all, choice{t, t})
	}
	return all
}

// funcs are what the templates call. A field is a label, an input, and what is
// wrong with it, so that each page has them alike.
func funcs() template.FuncMap {
	render := func(name string, data any) (template.HTML, error) {
		var out bytes.Buffer
		err := fields.ExecuteTemplate(&out, name, data)
		return template.HTML(out.String()), err // html/template has made it
	}
	type field struct {
		Label, Name, Type, Value, Wrong, Hint, Complete string
		Required                                        bool
		Choices                                         []choice
	}
	autocomplete := map[string]string{"password": "current-password", "user": "username", "email": "off", "new-password": "new-password"}
	return template.FuncMap{
		"field": func(f *form, kind, label, name string, hint ...string) (template.HTML, error) {
			kind, required := strings.TrimSuffix(kind, "!"), strings.HasSuffix(kind, "!")
			value := f.Values[name]
			if kind == "password" {
				value = ""
			}
			return render("field", field{Label: label, Name: name, Type: kind, Value: value, Wrong: f.Wrong[name],
				Hint: strings.Join(hint, ""), Complete: autocomplete[name], Required: required})
		},
		"choose": func(f *form, label, name string, from []choice) (template.HTML, error) {
			return render("choose", field{Label: label, Name: name, Value: f.Values[name], Wrong: f.Wrong[name], Choices: from})
		},
		"money": money,
	}
}

// money shows an amount.
func money(cents int64, currency string) string {
	return fmt.Sprintf("%d.%02d %s", cents/100, cents%100, currency)
}
