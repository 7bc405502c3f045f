package tenant

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
)

// Proxies are the addresses whose word counts: of the load balancer or gateway
// in front of the application. They are made by [TrustedProxies]; the zero
// Proxies trusts nobody.
type Proxies struct{ trusted []netip.Prefix }

// TrustedProxies returns the proxies with addresses in these ranges, such as
// "10.0.0.0/8" or "fd00::/8"; of a single machine "10.1.2.3/32". It is an error
// if there are none, if one is malformed or has bits set beyond its length, and
// if one holds every address.
func TrustedProxies(cidrs ...string) (Proxies, error) {
	if len(cidrs) == 0 {
		return Proxies{}, fmt.Errorf("%w: TrustedProxies was given no address range", ErrMisconfigured)
	}
	var p Proxies
	for i, text := range cidrs {
		prefix, err := netip.ParsePrefix(text)
		switch {
		case err != nil:
			return Proxies{}, fmt.Errorf("%w: address range %d: %w", ErrMisconfigured, i, err)
		case prefix.Bits() == 0:
			return Proxies{}, fmt.Errorf("%w: address range %d holds every address", ErrMisconfigured, i)
		case prefix.Addr().Is4In6():
			return Proxies{}, fmt.Errorf("%w: address range %d: write an IPv4 range as such", ErrMisconfigured, i)
		case prefix.Masked() != prefix:
			return Proxies{}, fmt.Errorf("%w: address range %d has bits beyond its length; %s is meant?", ErrMisconfigured, i, prefix.Masked())
		}
		p.trusted = append(p.trusted, prefix)
	}
	return p, nil
}

// Sent reports whether the connection that r came by is one of the proxies', by
// r.RemoteAddr. A handler in front that writes another address into that field,
// such as a client's from X-Forwarded-For, makes it useless.
func (p Proxies) Sent(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr := at.Addr().Unmap()
	return slices.ContainsFunc(p.trusted, func(prefix netip.Prefix) bool { return prefix.Contains(addr) })
}

// ForwardedHost has resolve see the host that a proxy says its client asked
// for, in X-Forwarded-Host or in the host parameter of Forwarded (RFC 7239):
//
//	proxies.ForwardedHost(tenant.ByHost(reg))
//
// From anybody but the proxies these headers do not count, and the request's
// own host is what it is; so it is where a proxy sends neither. A header that
// names a host twice, that is a list (of several proxies, one of which is not
// known here) or malformed, and two headers that name different hosts, are
// [ErrBadHost].
func (p Proxies) ForwardedHost(resolve Resolver) Resolver {
	if resolve == nil || len(p.trusted) == 0 {
		return misconfigured("ForwardedHost needs a resolver, and proxies; use tenant.TrustedProxies")
	}
	return func(r *http.Request) (ID, error) {
		if len(r.Header["X-Forwarded-Host"]) == 0 && len(r.Header["Forwarded"]) == 0 || !p.Sent(r) {
			return resolve(r)
		}
		host, ok, err := forwardedHost(r.Header)
		if err != nil {
			return "", err
		}
		if !ok {
			return resolve(r)
		}
		asked := *r
		asked.Host = host
		id, err := resolve(&asked)
		// A form can be read once: what a resolver found there, such as the user
		// name of a login, the handler has to find too.
		r.Form, r.PostForm, r.MultipartForm, r.Body = asked.Form, asked.PostForm, asked.MultipartForm, asked.Body
		return id, err
	}
}

// forwardedHost returns the one host that the headers name.
func forwardedHost(h http.Header) (host string, found bool, err error) {
	for _, field := range []struct {
		values []string
		read   func(string) (string, bool, error)
	}{
		{h["X-Forwarded-Host"], func(v string) (string, bool, error) { return v, true, nil }},
		{h["Forwarded"], forwardedParameter},
	} {
		switch len(field.values) {
		case 0:
			continue
		case 1:
		default:
			return "", false, fmt.Errorf("%w: a header that forwards it was sent twice", ErrBadHost)
		}
		named, ok, err := field.read(field.values[0])
		if err != nil {
			return "", false, err
		}
		if !ok {
			continue
		}
		if named, err = CanonicalHost(named); err != nil {
			return "", false, err
		}
		if found && named != host {
			return "", false, fmt.Errorf("%w: two headers forward different ones", ErrBadHost)
		}
		host, found = named, true
	}
	return host, found, nil
}
