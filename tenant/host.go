package tenant

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// maxHostLen is the longest host name in bytes, RFC 1035 section 2.3.4.
const maxHostLen = 253

// CanonicalHost returns the one form in which hosts are compared: lower-case
// ASCII without port and without the trailing dot. hostport is a host name or
// an IP address (IPv6 in brackets), with or without a decimal port.
//
// Everything else is an error that is [ErrBadHost]: an empty host, empty or
// over-long labels, characters outside letters, digits and hyphen, a port that
// is no number from 1 to 65535. An internationalised name is accepted in its
// ASCII form (xn--...) only, so that two spellings can not look alike to people
// and differ to us, or the reverse.
func CanonicalHost(hostport string) (string, error) {
	if strings.HasPrefix(hostport, "[") {
		return canonicalIPv6(hostport)
	}
	host, port, hasPort := strings.Cut(hostport, ":")
	if hasPort && !validPort(port) {
		return "", fmt.Errorf("%w: the port is no number from 1 to 65535", ErrBadHost)
	}
	host = strings.TrimSuffix(host, ".")
	if host == "" {
		return "", fmt.Errorf("%w: it is empty", ErrBadHost)
	}
	if len(host) > maxHostLen {
		return "", fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrBadHost, len(host), maxHostLen)
	}
	upper, label := false, 0
	for i := 0; i < len(host); i++ {
		c := host[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			label++
		case c >= 'A' && c <= 'Z':
			upper = true
			label++
		case c == '-' && label > 0 && i+1 < len(host) && host[i+1] != '.':
			label++
		case c == '.' && label > 0:
			label = 0
		default:
			return "", fmt.Errorf("%w: byte %d does not belong there", ErrBadHost, i)
		}
		if label > MaxIDLen {
			return "", fmt.Errorf("%w: a label is longer than %d bytes", ErrBadHost, MaxIDLen)
		}
	}
	if label == 0 {
		return "", fmt.Errorf("%w: its last label is empty", ErrBadHost)
	}
	if upper {
		host = strings.ToLower(host)
	}
	return host, nil
}

func canonicalIPv6(hostport string) (string, error) {
	inner, rest, ok := strings.Cut(hostport[1:], "]")
	if !ok || rest != "" && (rest[0] != ':' || !validPort(rest[1:])) {
		return "", fmt.Errorf("%w: brackets or port do not fit an IPv6 address", ErrBadHost)
	}
	addr, err := netip.ParseAddr(inner)
	if err != nil || !addr.Is6() || addr.Zone() != "" {
		return "", fmt.Errorf("%w: no IPv6 address between the brackets", ErrBadHost)
	}
	return "[" + addr.String() + "]", nil
}

func validPort(s string) bool {
	if len(s) == 0 || len(s) > 5 {
		return false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n >= 1 && n <= 65535
}

// requestHost returns the canonical host of r. net/http takes the host out of
// the headers, so one that is still there was sent twice or put in by hand.
func requestHost(r *http.Request) (string, error) {
	if _, again := r.Header["Host"]; again {
		return "", fmt.Errorf("%w: it was sent twice", ErrBadHost)
	}
	return CanonicalHost(r.Host)
}
