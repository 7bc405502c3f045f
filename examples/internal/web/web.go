// Package web is what the pages of both applications have in common: a layout,
// the style sheet, sessions, protection against other sites' forms, and pages
// for what goes wrong. Nothing in it knows of rows or settings.
package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"

	"github.com/alexedwards/scs/v2"
)

//go:embed layout static
var files embed.FS

// Chrome is what surrounds the content of a page.
type Chrome struct {
	Brand  string
	Lang   string // of the page, such as "en"
	Style  string // the address of one more style sheet, or empty
	Nav    []Link
	Who    string // who is signed in; empty for a visitor
	Footer string // what the page says about isolation
}

// Link is an entry of the navigation.
type Link struct {
	Text, URL string
	Here      bool // it is the page that is shown
}

// Pages are the templates of an application. Each file of its folder defines
// "content", and "title" if it likes, and is given a View.
type Pages struct {
	pages    map[string]*template.Template
	chrome   func(*http.Request) Chrome
	sessions *scs.SessionManager
}

// View is what a template gets.
type View struct {
	Chrome Chrome
	Flash  string // a message of the request before; it is shown once
	Data   any
}

// NewPages reads the *.html files of a folder. The chrome is asked for each
// page. A template that does not parse is an error here and not in a request.
func NewPages(folder fs.FS, sessions *scs.SessionManager, chrome func(*http.Request) Chrome, funcs template.FuncMap) (*Pages, error) {
	p := &Pages{pages: map[string]*template.Template{}, chrome: chrome, sessions: sessions}
	layout, err := template.New("layout.html").Funcs(funcs).ParseFS(files, "layout/layout.html")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	names, err := fs.Glob(folder, "*.html")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	add := func(from fs.FS, name string) error {
		page, err := layout.Clone()
		if err == nil {
			page, err = page.ParseFS(from, name)
		}
		if err != nil {
			return fmt.Errorf("web: %w", err)
		}
		p.pages[path.Base(name)] = page
		return nil
	}
	if err := add(files, "layout/problem.html"); err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := add(folder, name); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Render answers 200 with the page of that file name.
func (p *Pages) Render(w http.ResponseWriter, r *http.Request, name string, data any) {
	p.render(w, r, http.StatusOK, name, data)
}

// Invalid answers 422 with a page: a form that was sent, and what is wrong with it.
func (p *Pages) Invalid(w http.ResponseWriter, r *http.Request, name string, data any) {
	p.render(w, r, http.StatusUnprocessableEntity, name, data)
}

func (p *Pages) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	p.write(w, r, status, name, data, func() string { return p.sessions.PopString(r.Context(), flashKey) })
}

// write is render with the message of the request before.
func (p *Pages) write(w http.ResponseWriter, r *http.Request, status int, name string, data any, flash func() string) {
	page, known := p.pages[name]
	if !known {
		slog.ErrorContext(r.Context(), "there is no such page", "name", name)
		http.Error(w, "sorry", http.StatusInternalServerError)
		return
	}
	// Into memory first: a page that fails halfway is no page.
	var text bytes.Buffer
	view := View{Chrome: p.chrome(r), Flash: flash(), Data: data}
	if err := page.Execute(&text, view); err != nil {
		slog.ErrorContext(r.Context(), "a page failed", "name", name, "error", err)
		http.Error(w, "sorry", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = text.WriteTo(w) // the visitor may have gone
}

const flashKey = "web.flash"

// Back leads to another page, which shows the message.
func (p *Pages) Back(w http.ResponseWriter, r *http.Request, to, message string) {
	if message != "" {
		p.sessions.Put(r.Context(), flashKey, message)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// Static serves the style sheets, under /static/. They are everybody's.
func Static() http.Handler {
	inner := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		inner.ServeHTTP(w, r)
	})
}
