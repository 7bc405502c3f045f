package tenant

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// SplitUserName splits user@company, the form in which user names are unique
// across tenants. ok is false where there is no @. It is [ErrMalformed] where
// there are two, or nothing on one side.
func SplitUserName(full string) (user, company string, ok bool, err error) {
	user, company, ok = strings.Cut(full, "@")
	switch {
	case !ok:
		return full, "", false, nil
	case user == "" || company == "" || strings.Contains(company, "@"):
		return "", "", false, fmt.Errorf("%w: the user name is not of the form user@company", ErrMalformed)
	}
	return user, company, true, nil
}

// ByUserName resolves the company of a user name of the form user@company,
// where a person signs in, see [FormField]. A name without @ is no answer.
func ByUserName(name TextFunc, names Names) Resolver {
	if err := names.check(); err != nil || name == nil {
		return misconfigured("ByUserName needs a function and Names")
	}
	return ByText(func(r *http.Request) (string, bool, error) {
		full, ok, err := name(r)
		if err != nil || !ok {
			return "", false, err
		}
		_, company, ok, err := SplitUserName(full)
		return company, ok, err
	}, names)
}

// UserPattern is the form that a tenant's user names have, as a regular
// expression (package regexp) that the whole name has to match: `sk1_.*`.
type UserPattern struct {
	Tenant  ID
	Pattern string
}

// ByUserPattern resolves a user name by the tenants' patterns. A name that fits
// none is no answer; one that fits those of two tenants is [ErrDisagree]: the
// order of the list decides nothing.
func ByUserPattern(name TextFunc, reg Registry, patterns ...UserPattern) Resolver {
	if name == nil || reg == nil || len(patterns) == 0 {
		return misconfigured("ByUserPattern needs a function, a registry and patterns")
	}
	forms := make([]*regexp.Regexp, len(patterns))
	for i, p := range patterns {
		var err error
		if _, err = regexp.Compile(p.Pattern); err != nil {
			return misconfigured("ByUserPattern: pattern %d: %v", i, err) // it may only be whole inside the group
		}
		if forms[i], err = regexp.Compile(`\A(?:` + p.Pattern + `)\z`); err != nil {
			return misconfigured("ByUserPattern: pattern %d: %v", i, err)
		}
		if err := p.Tenant.check(); err != nil || p.Pattern == "" {
			return misconfigured("ByUserPattern: pattern %d is empty or has no valid tenant", i)
		}
	}
	return ByText(func(r *http.Request) (string, bool, error) {
		user, ok, err := name(r)
		if err != nil || !ok {
			return "", false, err
		}
		var id ID
		for i, form := range forms {
			switch {
			case !form.MatchString(user):
			case id != "" && id != patterns[i].Tenant:
				return "", false, ErrDisagree
			default:
				id = patterns[i].Tenant
			}
		}
		return string(id), id != "", nil
	}, IDs(reg))
}

// ByUser resolves a user by the one tenant that the account belongs to: at
// sign-in by the user name, later by the account in the session. tenantOf
// returns it, with found false for an account that is unknown, which is
// [ErrBadCredential], as a wrong password is: whether there is such an account
// is not said. A global account, which has no tenant, is the empty id, and no
// answer.
func ByUser(user TextFunc, reg Registry, tenantOf func(ctx context.Context, user string) (id ID, found bool, err error)) Resolver {
	if user == nil || reg == nil || tenantOf == nil {
		return misconfigured("ByUser needs two functions and a registry")
	}
	return ByText(func(r *http.Request) (string, bool, error) {
		name, ok, err := user(r)
		if err != nil || !ok {
			return "", false, err
		}
		id, ok, err := tenantOf(r.Context(), name)
		switch {
		case err != nil:
			return "", false, err
		case !ok:
			return "", false, fmt.Errorf("%w: there is no such account", ErrBadCredential)
		}
		return string(id), id != "", nil
	}, IDs(reg))
}
