package web

import "net/http"

// RenderStatus is Render with another status than 200: a form that is shown
// again with what is wrong in it.
func (p *Pages) RenderStatus(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	p.render(w, r, status, name, data)
}
