package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/examples/sales/front"
)

// canaries are in the names of all rows.
var canaries = regexp.MustCompile(`canary-\d+-`)

// question is one thing that somebody does.
type question struct {
	path string
	form url.Values // nil to read
}

// random returns what people do: nine pages are read for each that is written.
func random(rng *rand.Rand, c customer) question {
	switch n := rng.IntN(20); {
	case n < 5:
		return question{path: "/contacts"}
	case n < 8:
		return question{path: "/contacts?q=contact+1"}
	case n < 11:
		return question{path: "/companies"}
	case n < 13:
		return question{path: fmt.Sprintf("/companies/%d", c.company)}
	case n < 16:
		return question{path: "/opportunities"}
	case n < 18:
		return question{path: "/tasks"}
	case n < 19:
		return question{"/contacts", url.Values{
			"name": {c.canary + " new"}, "email": {"new@example.com"}, "phone": {"2"}, "company": {fmt.Sprint(c.company)},
		}}
	default:
		return question{"/tasks", url.Values{
			"title": {c.canary + " new"}, "due": {time.Now().Format(time.DateOnly)}, "company": {fmt.Sprint(c.company)},
		}}
	}
}

// ask asks as somebody of the organisation, and reads the answer to its end.
func (w *world) ask(ctx context.Context, r *running, c customer, q question) (status int, err error) {
	method, body := http.MethodGet, io.Reader(nil)
	if q.form != nil {
		method, body = http.MethodPost, strings.NewReader(q.form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+r.at+q.path, body)
	if err != nil {
		return 0, err
	}
	req.Host = c.code + "." + front.Domain
	req.AddCookie(r.cookie[c.code])
	if q.form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	w.answers.Add(1)
	own, other := look(string(text), c.canary)
	if other != "" {
		w.foreign.Add(1)
		fmt.Fprintf(w.out, "A FOREIGN ROW: %s of %s shows %s\n", q.path, c.code, other)
	}
	if q.form == nil && resp.StatusCode == http.StatusOK && own == 0 {
		return resp.StatusCode, fmt.Errorf("load: %s of %s shows no row at all", q.path, c.code)
	}
	return resp.StatusCode, nil
}

// look counts the organisation's own rows in a page, and returns the canary of
// somebody else's if there is one.
func look(text, canary string) (own int, other string) {
	for _, found := range canaries.FindAllString(text, -1) {
		if found != canary {
			return own, found
		}
		own++
	}
	return own, ""
}
