package tenant

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// Resolver finds the tenant that a request is for. It returns [ErrNoAnswer] if
// the request says nothing it understands, [ErrUnknownTenant] if it names a
// tenant that does not exist, and [ErrBadHost], [ErrMalformed] or another error
// if the request is malformed. A resolver must be safe for concurrent use.
//
// The By... functions of this package return resolvers that look up what they
// find in a registry, and hand the record over to a [Middleware] on the same
// one, which looks it up again after every other resolver. One that was built
// wrongly, for example without a registry, fails with [ErrMisconfigured]: every
// request that asks it is answered with 500.
type Resolver func(r *http.Request) (ID, error)

// ErrNoAnswer is returned by a [Resolver] that finds nothing in the request
// which would name a tenant. A chain of resolvers then asks the next one.
var ErrNoAnswer = errors.New("tenant: the request names no tenant")

// errUnknownHost tells a host that nobody has from a name that nobody has:
// every request has a host, so it may mean nothing by it.
var errUnknownHost = fmt.Errorf("%w: no tenant has the request's host", ErrUnknownTenant)

// ByHost resolves the request's host name, exactly, through the registry: the
// primary hosts and the verified domains. Forwarded headers are not read; see
// [Proxies.ForwardedHost].
func ByHost(reg Registry) Resolver {
	if reg == nil {
		return misconfigured("ByHost was given no registry")
	}
	return func(r *http.Request) (ID, error) {
		host, err := requestHost(r)
		if err != nil {
			return "", err
		}
		t, ok, err := reg.ByHost(r.Context(), host)
		return answer(r.Context(), reg, t, ok, err, true, errUnknownHost)
	}
}

// OnHosts asks resolve only where the request's host is one of hosts, for the
// host that several tenants share: the main site, where a path or the session
// names the tenant. On others it has no answer.
//
//	tenant.First(
//		tenant.OnHosts(tenant.ByPath("/t/", tenant.Codes(reg)), "www.example.com"),
//		tenant.ByHost(reg))
func OnHosts(resolve Resolver, hosts ...string) Resolver {
	if resolve == nil || len(hosts) == 0 {
		return misconfigured("OnHosts was given no resolver, or no hosts")
	}
	names := make([]string, len(hosts))
	for i, h := range hosts {
		var err error
		if names[i], err = CanonicalHost(h); err != nil {
			return misconfigured("host %d of OnHosts: %v", i, err)
		}
	}
	return func(r *http.Request) (ID, error) {
		host, err := requestHost(r)
		if err != nil {
			return "", err
		}
		if !slices.Contains(names, host) {
			return "", ErrNoAnswer
		}
		return resolve(r)
	}
}

// First asks the resolvers in order and takes the first answer. An error other
// than [ErrNoAnswer] ends the search: a request that names a tenant wrongly
// must not be served as another one. Where none answers the result is
// [ErrNoAnswer].
//
// The resolvers after the one that answers are not asked: where the request
// must not say two things at once, use [Agree].
//
// Where two resolvers read the same thing, the one that is exact comes first.
// [ByHost] before [ByTemplate]: a registered host is one tenant's, whatever it
// looks like, but a template takes it for a name, and answers with the tenant
// whose code that is, or with [ErrUnknownTenant], which ends the search. ByHost
// then has to be wrapped, because a host that nobody has registered is
// ErrUnknownTenant to it too; see the example of ByTemplate.
func First(resolvers ...Resolver) Resolver {
	if slices.ContainsFunc(resolvers, isNil) {
		return misconfigured("First was given a nil resolver")
	}
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

// Agree asks all resolvers, and takes the answer that those which answer agree
// on. The error is [ErrDisagree] where two of them name different tenants, and
// [ErrNoAnswer] where none answers. Any other error of any of them is returned,
// the first in their order: a request with a good host and a bad token is not
// served.
func Agree(resolvers ...Resolver) Resolver {
	if slices.ContainsFunc(resolvers, isNil) {
		return misconfigured("Agree was given a nil resolver")
	}
	return func(r *http.Request) (ID, error) {
		var agreed ID
		var answered, nowhere bool
		for _, resolve := range resolvers {
			id, err := resolve(r)
			switch {
			case errors.Is(err, ErrNoAnswer):
			case errors.Is(err, errUnknownHost):
				nowhere = true
			case err != nil:
				return "", err
			case answered && id != agreed:
				return "", ErrDisagree
			default:
				agreed, answered = id, true
			}
		}
		switch {
		case nowhere && answered:
			return "", ErrUnknownTenant // and not the default tenant: it was named
		case nowhere:
			return "", errUnknownHost
		case !answered:
			return "", ErrNoAnswer
		}
		return agreed, nil
	}
}

func isNil(r Resolver) bool { return r == nil }
