package tenant

import (
	"crypto/x509"
	"fmt"
	"net/http"
)

// ByCertificate resolves the client's TLS certificate. name finds the tenant's
// name in a chain, the client's certificate first and the root last: where each
// customer has a certificate authority of its own, it has to look at the root,
// or one customer's authority could name another. found is false where the
// certificate names nobody.
//
// Only chains that the TLS layer has verified count. A certificate without one
// (tls.RequestClientCert does not verify) is [ErrBadCredential], and no
// certificate is no answer. Where there are several chains they have to name
// the same tenant, or it is [ErrDisagree]; one that names nobody then is
// [ErrBadCredential].
func ByCertificate(names Names, name func(chain []*x509.Certificate) (text string, found bool)) Resolver {
	if err := names.check(); err != nil || name == nil {
		return misconfigured("ByCertificate needs Names and a function")
	}
	return func(r *http.Request) (ID, error) {
		if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
			return "", ErrNoAnswer
		}
		chains := r.TLS.VerifiedChains
		if len(chains) == 0 {
			return "", fmt.Errorf("%w: the client's certificate is not verified", ErrBadCredential)
		}
		text, ok := name(chains[0])
		for _, chain := range chains[1:] {
			switch other, also := name(chain); {
			case ok != also:
				return "", fmt.Errorf("%w: one chain of the certificate names a tenant, and another none", ErrBadCredential)
			case ok && other != text:
				return "", ErrDisagree
			}
		}
		if !ok {
			return "", ErrNoAnswer
		}
		return names.find(r.Context(), text, false)
	}
}
