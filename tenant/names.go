package tenant

import (
	"context"
	"fmt"
	"net/http"
)

// Names says what a name in a request stands for: a tenant's id or its code. It
// is made by [IDs] or [Codes]; with the zero Names a resolver fails with
// [ErrMisconfigured].
type Names struct {
	registry Registry
	codes    bool
}

// IDs reads names as ids of the registry's tenants, exactly.
func IDs(reg Registry) Names { return Names{registry: reg} }

// Codes reads names as the registry's short names, ignoring ASCII case.
func Codes(reg Registry) Names { return Names{registry: reg, codes: true} }

// check returns why no name can be looked up.
func (n Names) check() error {
	if n.registry == nil {
		return fmt.Errorf("%w: a resolver was given no registry; use tenant.IDs or tenant.Codes", ErrMisconfigured)
	}
	return nil
}

// find returns the tenant of that name. It is [ErrMalformed] for what can be no
// name, and [ErrUnknownTenant] for one that nobody has.
func (n Names) find(ctx context.Context, name string, byHost bool) (ID, error) {
	var t *Tenant
	var ok bool
	var err error
	switch id := ID(name); {
	case n.registry == nil:
		return "", n.check()
	case n.codes && !ValidCode(name):
		return "", fmt.Errorf("%w: what should be a code is none", ErrMalformed)
	case n.codes:
		t, ok, err = n.registry.ByCode(ctx, name)
	default:
		if err := id.check(); err != nil {
			return "", fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		t, ok, err = n.registry.ByID(ctx, id)
	}
	return answer(ctx, n.registry, t, ok, err, byHost, ErrUnknownTenant)
}

// answer is what a resolver returns that asked its registry.
func answer(ctx context.Context, reg Registry, t *Tenant, ok bool, err error, byHost bool, unknown error) (ID, error) {
	switch {
	case err != nil:
		return "", err
	case !ok || t == nil:
		return "", unknown
	}
	found(ctx, reg, t, byHost)
	return t.ID, nil
}

// named reports whether text is the tenant's name in a request.
func (n Names) named(t *Tenant, text string) bool {
	if !n.codes {
		return text == string(t.ID)
	}
	return ValidCode(text) && foldASCII(text) == foldASCII(t.Code)
}

// foldASCII returns s with its ASCII letters in lower case.
func foldASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// ByText resolves the name that text finds in the request, for whatever the
// other resolvers do not know: a field of the login form (see [FormField]), a
// part of a message.
func ByText(text TextFunc, names Names) Resolver {
	if text == nil {
		return misconfigured("ByText was given no function")
	}
	return func(r *http.Request) (ID, error) {
		name, ok, err := text(r)
		switch {
		case err != nil:
			return "", err
		case !ok:
			return "", ErrNoAnswer
		}
		return names.find(r.Context(), name, false)
	}
}

// TextFunc finds a text in a request. found is false where the request has
// none. The error should be [ErrMalformed] or [ErrBadCredential] where the
// request is at fault; any other is a failure behind us.
type TextFunc func(r *http.Request) (text string, found bool, err error)

// misconfigured is a resolver that was built wrongly: it admits nothing.
func misconfigured(format string, args ...any) Resolver {
	err := fmt.Errorf("%w: %s", ErrMisconfigured, fmt.Sprintf(format, args...))
	return func(*http.Request) (ID, error) { return "", err }
}
