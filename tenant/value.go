package tenant

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// ByHeader resolves the value of a header field, for tenants that a gateway in
// front has found out: it counts only where the request comes from one of the
// proxies, and is no answer elsewhere, because every client can send it. The
// gateway has to take away what its own clients sent under that name.
//
// A field that is empty or sent twice is [ErrMalformed].
func ByHeader(name string, proxies Proxies, names Names) Resolver {
	key := http.CanonicalHeaderKey(name)
	switch {
	case !isToken(name) || key == "Host":
		return misconfigured("ByHeader was given no name of a header that could name a tenant")
	case len(proxies.trusted) == 0:
		return misconfigured("ByHeader trusts nobody's header; use tenant.TrustedProxies")
	}
	if err := names.check(); err != nil {
		return misconfigured("ByHeader: %v", err)
	}
	return func(r *http.Request) (ID, error) {
		values := r.Header[key]
		if len(values) == 0 || !proxies.Sent(r) {
			return "", ErrNoAnswer
		}
		name, err := one(values, "the header that names the tenant")
		if err != nil {
			return "", err
		}
		return names.find(r.Context(), name, false)
	}
}

// ByQuery resolves a parameter of the query string. Anybody can write it into a
// link, so it is for tenants whose pages are public, and for members: the
// middleware checks who enters. A parameter that is empty or given twice, and a
// query string that can not be read as a whole, is [ErrMalformed].
func ByQuery(name string, names Names) Resolver {
	err := names.check()
	switch {
	case name == "":
		return misconfigured("ByQuery was given no name")
	case err != nil:
		return misconfigured("ByQuery: %v", err)
	}
	return func(r *http.Request) (ID, error) {
		if r.URL.RawQuery == "" {
			return "", ErrNoAnswer
		}
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return "", fmt.Errorf("%w: its query string can not be read", ErrMalformed)
		}
		given, ok := values[name]
		if !ok {
			return "", ErrNoAnswer
		}
		value, err := one(given, "the parameter that names the tenant")
		if err != nil {
			return "", err
		}
		return names.find(r.Context(), value, false)
	}
}

// ByCookie resolves a cookie of that name, for what a visitor chose last time.
// It is nothing to be trusted: anybody can set it, also from a neighbouring
// host. A cookie that is empty, quoted or sent twice is [ErrMalformed].
func ByCookie(name string, names Names) Resolver {
	err := names.check()
	switch {
	case !isToken(name):
		return misconfigured("ByCookie was given no name of a cookie")
	case err != nil:
		return misconfigured("ByCookie: %v", err)
	}
	return func(r *http.Request) (ID, error) {
		// net/http leaves out cookies that are malformed; here they count.
		var values []string
		for _, line := range r.Header["Cookie"] {
			for part := range strings.SplitSeq(line, ";") {
				key, value, _ := strings.Cut(part, "=")
				if strings.Trim(key, " \t") == name {
					values = append(values, value)
				}
			}
		}
		if len(values) == 0 {
			return "", ErrNoAnswer
		}
		value, err := one(values, "the cookie that names the tenant")
		if err != nil {
			return "", err
		}
		return names.find(r.Context(), value, false)
	}
}

// one returns the only value.
func one(values []string, what string) (string, error) {
	switch {
	case len(values) != 1:
		return "", fmt.Errorf("%w: %s was sent %d times", ErrMalformed, what, len(values))
	case values[0] == "":
		return "", fmt.Errorf("%w: %s is empty", ErrMalformed, what)
	}
	return values[0], nil
}

// isToken reports whether s is a token, RFC 9110 section 5.6.2: the name of a
// header or a cookie.
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// FormField finds a field of the form in a request's body, for example the user
// name or the tenant of a login. It reads the body, as r.ParseForm does, so put
// http.MaxBytesHandler in front. A field that is given twice or empty, and a
// body that can not be read, is [ErrMalformed]. A request without a form in its
// body has none, and neither does one whose form has no such field.
func FormField(name string) TextFunc {
	return func(r *http.Request) (string, bool, error) {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != "application/x-www-form-urlencoded" {
			return "", false, nil
		}
		if err := r.ParseForm(); err != nil {
			return "", false, fmt.Errorf("%w: its form can not be read", ErrMalformed)
		}
		values, ok := r.PostForm[name]
		if !ok {
			return "", false, nil
		}
		value, err := one(values, "the field of the form")
		return value, err == nil, err
	}
}
