package office

import (
	"bytes"
	"embed"
	"html/template"
	"time"
)

//go:embed parts
var partFiles embed.FS

var parts = template.Must(template.ParseFS(partFiles, "parts/parts.html"))

// funcs are what the templates call: parts of pages that several have alike.
var funcs = template.FuncMap{
	"day": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
	// reason is the field that every form of a change has. Its id makes the
	// label the form's own.
	"reason": func(id any) (template.HTML, error) { return part("reason", id) },
	"grid":   func(g grid) (template.HTML, error) { return part("grid", g) },
}

func part(name string, data any) (template.HTML, error) {
	var out bytes.Buffer
	err := parts.ExecuteTemplate(&out, name, data)
	return template.HTML(out.String()), err //nolint:gosec // html/template has made it
}
