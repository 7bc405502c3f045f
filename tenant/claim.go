package tenant

import (
	"fmt"
	"net/http"
	"slices"
)

// ClaimConfig says how the token of a request (a JWT, an OpenID Connect ID
// token) names its tenant.
type ClaimConfig struct {
	// Claims returns the claims of the request's token. It has verified the
	// token: its signature with a key of the issuer that the token names, its
	// times, its type. found is false where the request has no token. An error
	// is answered with 401.
	Claims func(*http.Request) (claims map[string]any, found bool, err error)

	// Issuers says whom the token may come from, by the exact text of its claim
	// iss. Tokens of others are refused, however good their signature.
	Issuers map[string]Issuer

	// Names says what the claim holds, see IDs and Codes.
	Names Names
}

// Issuer is one that may say which tenant a token is for.
type Issuer struct {
	// Audience is what the token's claim aud has to be: this and nothing else.
	// A token for several audiences could have been handed on by another one.
	Audience string

	// Claim is the name of the claim that holds the tenant, for example
	// "org_id". It is read at the top level, and has to be a text.
	Claim string

	// Tenants are those that this issuer may name. One that belongs to a
	// customer, such as its own identity provider, may name that customer only.
	Tenants []ID

	// AnyTenant is set for the installation's own issuer, which may name all.
	AnyTenant bool
}

// check returns what is wrong with the issuer.
func (i Issuer) check() error {
	switch {
	case i.Audience == "" || i.Claim == "":
		return fmt.Errorf("it needs Audience and Claim")
	case i.AnyTenant == (len(i.Tenants) > 0):
		return fmt.Errorf("it needs either Tenants or AnyTenant")
	}
	for _, id := range i.Tenants {
		if err := id.check(); err != nil {
			return err
		}
	}
	return nil
}

// ByClaim resolves a claim of the request's token. A request without a token,
// and a good token without the claim, is no answer. [ErrBadCredential] is a
// token that Claims refuses, of an unknown issuer, without exactly the issuer's
// audience, or naming a tenant that is not the issuer's to name; [ErrMalformed]
// one whose claim is no text, and a request with two Authorization fields.
func ByClaim(cfg ClaimConfig) Resolver {
	if cfg.Claims == nil || len(cfg.Issuers) == 0 {
		return misconfigured("ByClaim needs Claims and at least one of Issuers")
	}
	for name, issuer := range cfg.Issuers {
		if err := issuer.check(); err != nil || name == "" {
			return misconfigured("ByClaim: issuer %q: %v", name, err)
		}
	}
	if err := cfg.Names.check(); err != nil {
		return misconfigured("ByClaim: %v", err)
	}
	return func(r *http.Request) (ID, error) {
		if len(r.Header["Authorization"]) > 1 {
			return "", fmt.Errorf("%w: Authorization was sent twice", ErrMalformed)
		}
		claims, ok, err := cfg.Claims(r)
		switch {
		case err != nil:
			return "", fmt.Errorf("%w: %w", ErrBadCredential, err)
		case !ok:
			return "", ErrNoAnswer
		}
		return cfg.tenantOf(r, claims)
	}
}

func (cfg *ClaimConfig) tenantOf(r *http.Request, claims map[string]any) (ID, error) {
	name, _ := claims["iss"].(string)
	issuer, known := cfg.Issuers[name]
	switch {
	case !known:
		return "", fmt.Errorf("%w: the token's issuer is not among Issuers", ErrBadCredential)
	case !onlyAudience(claims["aud"], issuer.Audience):
		return "", fmt.Errorf("%w: the token is not for the issuer's Audience alone", ErrBadCredential)
	}
	value, ok := claims[issuer.Claim]
	if !ok {
		return "", ErrNoAnswer
	}
	text, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("%w: the claim that names the tenant is no text", ErrMalformed)
	}
	id, err := cfg.Names.find(r.Context(), text, false)
	if err == nil && !issuer.AnyTenant && !slices.Contains(issuer.Tenants, id) {
		return "", fmt.Errorf("%w: the tenant is not the issuer's to name", ErrBadCredential)
	}
	return id, err
}

// onlyAudience reports whether aud, a text or a list of them (RFC 7519 section
// 4.1.3), is that one audience.
func onlyAudience(aud any, want string) bool {
	switch a := aud.(type) {
	case string:
		return a == want
	case []string:
		return len(a) == 1 && a[0] == want
	case []any:
		return len(a) == 1 && a[0] == any(want)
	default:
		return false
	}
}
