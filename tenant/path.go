package tenant

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// ByPath resolves the path segment after prefix, which begins and ends with a
// slash: with "/t/" the request for /t/acme/invoices is acme's. A path that does
// not begin with prefix is no answer. Put [StripPath] around the handlers.
//
// A path that two programs might read differently is [ErrMalformed], wherever
// in it that is and whether it begins with prefix or not: an empty segment
// (//), a segment . or .., a backslash, a control character, a slash, dot or
// backslash that is percent-encoded, and any encoding within prefix and name.
func ByPath(prefix string, names Names) Resolver {
	err := checkPrefix(prefix)
	if err == nil {
		err = names.check()
	}
	if err != nil {
		return misconfigured("ByPath: %v", err)
	}
	return func(r *http.Request) (ID, error) {
		name, err := pathName(r.URL, prefix)
		if err != nil {
			return "", err
		}
		return names.find(r.Context(), name, false)
	}
}

// StripPath serves requests without the part of their path that names the
// tenant, as http.StripPrefix does: next gets /invoices for /t/acme/invoices.
// It belongs inside [Middleware], and takes what [ByPath] takes.
//
// A path that does not begin with prefix is served as it is: its tenant was
// named in another way. A path that names another tenant than that of the
// request is refused with [ErrDisagree], and so 400. As with http.StripPrefix, a
// redirect that next makes by itself, such as http.ServeMux from /a to /a/, does
// not know of the prefix.
func StripPath(prefix string, names Names, next http.Handler) http.Handler {
	broken := checkPrefix(prefix)
	if broken == nil {
		broken = names.check()
	}
	if broken != nil {
		broken = fmt.Errorf("%w: StripPath: %w", ErrMisconfigured, broken)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if broken != nil {
			Refuse(w, r, broken)
			return
		}
		name, err := pathName(r.URL, prefix)
		switch {
		case err == ErrNoAnswer: //nolint:errorlint // pathName's own
			next.ServeHTTP(w, r)
			return
		case err != nil:
			Refuse(w, r, err)
			return
		}
		t, ok := FromContext(r.Context())
		switch {
		case !ok:
			Refuse(w, r, fmt.Errorf("%w: StripPath belongs inside Middleware", ErrMisconfigured))
			return
		case !names.named(t, name):
			Refuse(w, r, ErrDisagree)
			return
		}
		next.ServeHTTP(w, stripped(r, len(prefix)+len(name)))
	})
}

// stripped returns r without the first n bytes of its path, which are not
// encoded in any way.
func stripped(r *http.Request, n int) *http.Request {
	r2, u := *r, *r.URL
	u.Path = u.Path[n:]
	if u.RawPath != "" {
		u.RawPath = u.RawPath[n:]
	}
	if u.Path == "" {
		u.Path, u.RawPath = "/", ""
	}
	r2.URL = &u
	return &r2
}

func checkPrefix(prefix string) error {
	if !strings.HasPrefix(prefix, "/") || !strings.HasSuffix(prefix, "/") {
		return fmt.Errorf("the prefix has to begin and end with a slash")
	}
	u := url.URL{Path: prefix}
	if u.EscapedPath() != prefix || oddPath(&u) {
		return fmt.Errorf("the prefix has to be a plain path: no empty segments, nothing that has to be encoded")
	}
	return nil
}

// pathName returns the segment after prefix; [ErrNoAnswer] where the path
// begins otherwise.
func pathName(u *url.URL, prefix string) (string, error) {
	if oddPath(u) {
		return "", fmt.Errorf("%w: its path can be read in two ways", ErrMalformed)
	}
	rest, under := strings.CutPrefix(u.Path, prefix)
	if !under {
		return "", ErrNoAnswer
	}
	name, _, _ := strings.Cut(rest, "/")
	if raw, same := strings.CutPrefix(u.EscapedPath(), prefix+name); !same || raw != "" && raw[0] != '/' {
		return "", fmt.Errorf("%w: the tenant in its path is percent-encoded", ErrMalformed)
	}
	return name, nil
}

// oddPath reports whether the path is one that ByPath refuses.
func oddPath(u *url.URL) bool {
	raw := u.EscapedPath()
	if u.RawPath != "" && u.RawPath != raw {
		return true // somebody changed one of the two
	}
	for i := 0; i < len(u.Path); i++ {
		if c := u.Path[i]; c < ' ' || c == 0x7f || c == '\\' {
			return true
		}
	}
	for segment := range strings.SplitSeq(strings.TrimPrefix(u.Path, "/"), "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	if strings.Contains(u.Path, "//") {
		return true
	}
	for {
		_, after, found := strings.Cut(raw, "%")
		if !found {
			return false
		}
		if len(after) < 2 || strings.EqualFold(after[:2], "2f") || strings.EqualFold(after[:2], "2e") || strings.EqualFold(after[:2], "5c") {
			return true
		}
		raw = after
	}
}
