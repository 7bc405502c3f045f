package web

import (
	"html/template"
	"io/fs"
	"net/http"
)

// RenderStatus is Render with another status than 200: a form that is shown
// again with what is wrong in it.
func (p *Pages) RenderStatus(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	p.render(w, r, status, name, data)
}

// With returns the templates of another folder, within the same chrome: those of
// a part of the application that is a package of its own.
func (p *Pages) With(folder fs.FS, funcs template.FuncMap) (*Pages, error) {
	return NewPages(folder, p.sessions, p.chrome, funcs)
}
