package main

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/gotenancy/tenancy/config"
)

//go:embed pages
var pages embed.FS

var (
	templates = template.Must(template.ParseFS(pages, "pages/*.html"))
	layout, _ = pages.ReadFile("pages/layout.css") // of all tenants, after the theme
)

// words is what the front page says in each language.
var words = map[string]map[string]string{
	"en": {"signup": "You can sign up.", "closed": "Sign-up is closed.", "settings": "Settings", "help": "Help:"},
	"de": {"signup": "Sie können sich anmelden.", "closed": "Die Anmeldung ist geschlossen.", "settings": "Einstellungen", "help": "Hilfe:"},
}

// front is the front page. It reads from one snapshot, so that what it shows
// belongs together whatever is changed meanwhile.
func (a *app) front(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	s, err := config.TakeSnapshot(ctx)
	if err != nil {
		fail(w, err)
		return
	}
	lang := config.GetIn(s, language.Name(), "en")
	render(w, http.StatusOK, "front.html", map[string]any{
		"Lang": lang, "Words": words[lang],
		"Logo":    logo(config.GetIn(s, theme.Name(), standard)),
		"Text":    paragraphs(config.GetIn(s, frontText.Name(), "")),
		"Signup":  config.GetIn(s, signup.Name(), false),
		"Support": config.GetIn(s, support.Name(), ""),
	})
}

// style is the style sheet: the tenant's theme, and the layout of all. Its
// address is the same for all tenants, and the host is what tells them apart: a
// cache that left the host out would mix them.
func (a *app) style(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = io.WriteString(w, theme.Get(r.Context()).css())
	_, _ = w.Write(layout)
}

func logo(t Theme) string {
	if t.Logo == "" {
		return standard.Logo
	}
	return t.Logo
}

// paragraphs splits a text at its empty lines. It stays text: the template
// escapes it.
func paragraphs(text string) (out []string) {
	for p := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// render writes a page whole or not at all.
func render(w http.ResponseWriter, status int, name string, data any) {
	var page bytes.Buffer
	if err := templates.ExecuteTemplate(&page, name, data); err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
}

// fail tells the log what is wrong, and the visitor that something is.
func fail(w http.ResponseWriter, err error) {
	log.Print(err)
	http.Error(w, "sorry, something is wrong here", http.StatusInternalServerError)
}
