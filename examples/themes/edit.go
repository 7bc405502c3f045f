package main

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gotenancy/tenancy/config"
)

// maxForm is how large a form may be, in bytes.
const maxForm = 64 << 10

// form shows the settings of the tenant.
func (a *app) form(w http.ResponseWriter, r *http.Request) {
	rows, err := a.rows(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	saved := r.URL.Query().Get("saved")
	if !slices.ContainsFunc(rows, func(s row) bool { return s.Key == saved }) {
		saved = "" // a link can not make the page say something
	}
	a.show(w, r, http.StatusOK, rows, saved)
}

func (a *app) show(w http.ResponseWriter, r *http.Request, status int, rows []row, saved string) {
	render(w, status, "settings.html", map[string]any{
		"Logo": logo(theme.Get(r.Context())), "Settings": rows, "Saved": saved,
		"Failed": status != http.StatusOK, "Forbidden": status == http.StatusForbidden,
	})
}

// save changes one setting. Who may, and what is allowed, is what the setting's
// declaration says; here is only who hears of it and how.
func (a *app) save(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form can not be read", http.StatusBadRequest)
		return
	}
	properties, err := a.properties(ctx)
	if err != nil {
		fail(w, err)
		return
	}
	key := r.PostForm.Get("key")
	version, err := strconv.ParseInt(r.PostForm.Get("version"), 10, 64)
	p, known := properties[key]
	if !known || err != nil {
		http.Error(w, "this form has no such setting", http.StatusBadRequest)
		return
	}
	change := config.Put(key, sent(p, "value", r.PostForm))
	if r.PostForm.Get("action") == "remove" {
		change = config.Remove(key)
	}
	// The version is the one that the form was drawn from: what somebody else
	// has saved since is not overwritten unseen.
	_, err = a.settings.Update(ctx, r.PostForm.Get("reason"), change.IfVersion(version))
	if err == nil {
		http.Redirect(w, r, "/settings?saved="+url.QueryEscape(key)+"#"+url.PathEscape(key), http.StatusSeeOther)
		return
	}
	a.refused(w, r, key, err)
}

// refused draws the form again, with what was sent in it, and why it was not
// saved. It has the present version: who sends it again has seen what is there.
func (a *app) refused(w http.ResponseWriter, r *http.Request, key string, err error) {
	status, message := http.StatusInternalServerError, ""
	switch {
	case errors.Is(err, config.ErrConflict):
		status, message = http.StatusConflict, "Somebody else has changed this setting meanwhile. Save again to put yours in its place."
	case errors.Is(err, config.ErrInvalid), errors.Is(err, config.ErrMistyped):
		status, message = http.StatusUnprocessableEntity, "It was not saved: "+cause(err)
	case errors.Is(err, config.ErrForced), errors.Is(err, config.ErrNotEditable), errors.Is(err, config.ErrNotOverridable):
		status = http.StatusForbidden // the page says why, where the form would be
	default:
		fail(w, err)
		return
	}
	rows, failed := a.rows(r.Context())
	if failed != nil {
		fail(w, failed)
		return
	}
	for i := range rows {
		s := &rows[i]
		if s.Key != key {
			continue
		}
		s.Message, s.Reason = message, r.PostForm.Get("reason")
		for j := range s.Fields {
			s.Fields[j].Value = r.PostForm.Get(s.Fields[j].Name)
		}
	}
	a.show(w, r, status, rows, "")
}

// cause returns what is wrong without the key, which the page names already.
func cause(err error) string {
	var of *config.KeyError
	if errors.As(err, &of) {
		return of.Err.Error()
	}
	return err.Error()
}
