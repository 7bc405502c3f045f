package application

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// contact is a row as the API shows it. Whoever wrote this has not heard of
// tenants.
type contact struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// routes are the application's own handlers. None of them names a tenant.
func (a *app) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		_, _, err := a.dir.SignIn(r.Context(), a.sessions, member.Attempt{UserName: r.PostFormValue("name"), Credential: r.PostFormValue("password")})
		if err != nil {
			http.Error(w, "wrong name or password", http.StatusUnauthorized)
		}
	})
	mux.HandleFunc("GET /site", func(w http.ResponseWriter, r *http.Request) {
		site, _ := tenant.FromContext(r.Context())
		orgs, err := a.orgs.List(r.Context(), "", 10)
		if answered(w, err) {
			return
		}
		fmt.Fprintf(w, "%s: %s", site.Name, config.Get(r.Context(), "title", "untitled"))
		for _, org := range orgs {
			fmt.Fprintf(w, " [%s]", org.ShortName)
		}
	})
	page := func(w http.ResponseWriter, r *http.Request) {
		list, err := a.contacts(r, `SELECT * FROM contacts ORDER BY name`)
		if answered(w, err) {
			return
		}
		for _, c := range list {
			fmt.Fprintf(w, "<li>%s</li>", c.Name)
		}
	}
	mux.Handle("GET /contacts", tenant.Require(http.HandlerFunc(page)))
	mux.Handle("GET /contacts/{id}", tenant.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		list, err := a.contacts(r, `SELECT * FROM contacts WHERE id = ?`, r.PathValue("id"))
		if answered(w, err) {
			return
		}
		if len(list) == 0 {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, "<h1>%s</h1>", list[0].Name)
	})))
	mux.Handle("/api/", tenant.Require(http.StripPrefix("/api", a.api())))
	return mux
}

// api serves the same as JSON.
func (a *app) api() http.Handler {
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, v any, err error) {
		if !answered(w, err) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(v)
		}
	}
	mux.HandleFunc("GET /contacts", func(w http.ResponseWriter, r *http.Request) {
		list, err := a.contacts(r, `SELECT * FROM contacts WHERE name LIKE ? OR 1 = 1 ORDER BY name`, r.URL.Query().Get("q")+"%")
		reply(w, list, err)
	})
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, r *http.Request) {
		var n int
		err := a.db.QueryRowContext(r.Context(), `SELECT COUNT(*) FROM contacts`).Scan(&n)
		reply(w, n, err)
	})
	mux.HandleFunc("GET /contacts/{id}", func(w http.ResponseWriter, r *http.Request) {
		list, err := a.contacts(r, `SELECT * FROM contacts WHERE id = ?`, r.PathValue("id"))
		if err == nil && len(list) == 0 {
			err = sql.ErrNoRows
		}
		reply(w, list, err)
	})
	write := func(query string, args func(r *http.Request, c contact) []any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			var c contact
			if r.Body != http.NoBody {
				if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
					http.Error(w, "no JSON", http.StatusBadRequest)
					return
				}
			}
			res, err := a.db.ExecContext(r.Context(), a.bind(query), args(r, c)...)
			var n int64
			if err == nil {
				n, err = res.RowsAffected()
			}
			if err == nil && n == 0 {
				err = sql.ErrNoRows
			}
			reply(w, n, err)
		}
	}
	mux.HandleFunc("POST /contacts", write(`INSERT INTO contacts (id, name) VALUES (?, ?)`, func(_ *http.Request, c contact) []any { return []any{c.ID, c.Name} }))
	mux.HandleFunc("PUT /contacts/{id}", write(`UPDATE contacts SET name = ? WHERE id = ?`, func(r *http.Request, c contact) []any { return []any{c.Name, r.PathValue("id")} }))
	mux.HandleFunc("DELETE /contacts/{id}", write(`DELETE FROM contacts WHERE id = ?`, func(r *http.Request, _ contact) []any { return []any{r.PathValue("id")} }))
	return mux
}

func (a *app) contacts(r *http.Request, query string, args ...any) ([]contact, error) {
	rows, err := a.db.QueryContext(r.Context(), a.bind(query), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []contact{}
	for rows.Next() {
		var c contact
		if err := rows.Scan(&c.ID, &c.Name); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// answered says what went wrong, if anything did.
func answered(w http.ResponseWriter, err error) bool {
	switch {
	case err == nil:
		return false
	case errors.Is(err, sql.ErrNoRows):
		http.Error(w, "no such thing", http.StatusNotFound)
	default:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
	return true
}

// browser is what asks, of a person with a cookie or of a program with a key.
type browser struct {
	*app
	cookie, key string
}

// send asks the server over TCP for what that host has there.
func (b *browser) send(method, host, path, body string) (status int, text string) {
	b.Helper()
	status, text, err := b.try(method, host, path, body)
	require.NoError(b, err)
	return status, text
}

func (b *browser) try(method, host, path, body string) (status int, text string, err error) {
	r, err := http.NewRequestWithContext(b.Context(), method, b.server.URL+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Host = host
	if path == "/sign-in" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if b.key != "" {
		r.Header.Set("X-Api-Key", b.key)
	}
	if b.cookie != "" {
		r.AddCookie(&http.Cookie{Name: b.sessions.Cookie.Name, Value: b.cookie})
	}
	resp, err := b.server.Client().Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	all, err := io.ReadAll(resp.Body)
	for _, c := range resp.Cookies() {
		if c.Name == b.sessions.Cookie.Name {
			b.cookie = c.Value
		}
	}
	return resp.StatusCode, string(all), err
}

// ann is her browser, signed in on a customer's site.
func (a *app) ann(id tenant.ID) *browser {
	a.Helper()
	b := &browser{app: a}
	status, text := b.send("POST", site(id), "/sign-in", "name=ann&password=ann-"+string(id))
	require.Equal(a, http.StatusOK, status, text)
	return b
}

func site(id tenant.ID) string { return string(id) + ".example.com" }
