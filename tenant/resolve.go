package tenant

import (
	"errors"
	"net/http"
)

// Resolver finds the tenant that a request is for. It returns [ErrNoAnswer] if
// the request says nothing it understands, [ErrUnknownTenant] if it names a
// tenant that does not exist, and [ErrBadHost] or another error if the request
// is malformed. A resolver must be safe for concurrent use.
type Resolver func(r *http.Request) (ID, error)

// ErrNoAnswer is returned by a [Resolver] that finds nothing in the request
// which would name a tenant. A chain of resolvers then asks the next one.
var ErrNoAnswer = errors.New("tenant: the request names no tenant")

// ByHost resolves the request's host name, exactly, through the registry: the
// primary hosts and the verified domains. Forwarded headers are not read.
func ByHost(reg Registry) Resolver {
	return func(r *http.Request) (ID, error) {
		host, err := requestHost(r)
		if err != nil {
			return "", err
		}
		t, found, err := reg.ByHost(r.Context(), host)
		if err != nil {
			return "", err
		}
		if !found {
			return "", ErrUnknownTenant
		}
		return t.ID, nil
	}
}

// First asks the resolvers in order and takes the first answer. An error other
// than [ErrNoAnswer] ends the search: a request that names a tenant wrongly
// must not be served as another one. Where none answers the result is
// [ErrNoAnswer].
func First(resolvers ...Resolver) Resolver {
	return func(r *http.Request) (ID, error) {
		for _, resolve := range resolvers {
			id, err := resolve(r)
			if !errors.Is(err, ErrNoAnswer) {
				return id, err
			}
		}
		return "", ErrNoAnswer
	}
}
