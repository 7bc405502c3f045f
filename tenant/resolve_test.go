package tenant_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

func says(id tenant.ID, err error) tenant.Resolver {
	return func(*http.Request) (tenant.ID, error) { return id, err }
}

func TestAgree(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	silent := says("", tenant.ErrNoAnswer)
	reg := site(t)
	nowhere := func(r *http.Request) (tenant.ID, error) { // an unknown host
		r = r.Clone(r.Context())
		r.Host = "nowhere.test"
		return tenant.ByHost(reg)(r)
	}
	for name, c := range map[string]struct {
		chain []tenant.Resolver
		id    tenant.ID
		err   error
	}{
		"none":                    {nil, "", tenant.ErrNoAnswer},
		"nobody answers":          {[]tenant.Resolver{silent, silent}, "", tenant.ErrNoAnswer},
		"one answers":             {[]tenant.Resolver{silent, says("acme", nil), silent}, "acme", nil},
		"two agree":               {[]tenant.Resolver{says("acme", nil), silent, says("acme", nil)}, "acme", nil},
		"two disagree":            {[]tenant.Resolver{says("acme", nil), says("bolt", nil)}, "", tenant.ErrDisagree},
		"the third disagrees":     {[]tenant.Resolver{says("acme", nil), says("acme", nil), says("bolt", nil)}, "", tenant.ErrDisagree},
		"an empty answer is one":  {[]tenant.Resolver{says("", nil), says("bolt", nil)}, "", tenant.ErrDisagree},
		"a wrong name":            {[]tenant.Resolver{says("acme", nil), says("", tenant.ErrUnknownTenant)}, "", tenant.ErrUnknownTenant},
		"a failure":               {[]tenant.Resolver{says("acme", nil), says("", boom)}, "", boom},
		"an unknown host":         {[]tenant.Resolver{silent, nowhere}, "", tenant.ErrUnknownTenant},
		"an unknown host, a name": {[]tenant.Resolver{nowhere, says("acme", nil)}, "", tenant.ErrUnknownTenant},
	} {
		id, err := tenant.Agree(c.chain...)(request("x"))
		require.Equal(t, c.id, id, name)
		if c.err == nil {
			require.NoError(t, err, name)
		} else {
			require.ErrorIs(t, err, c.err, name)
		}
	}
}

// TestMisconfigured: what was built wrongly answers every request with 500, and
// says what to mend where an operator sees it.
func TestMisconfigured(t *testing.T) {
	t.Parallel()
	reg := town(t)
	ids := tenant.IDs(reg)
	local := proxies(t, "127.0.0.1/32")
	text := func(*http.Request) (string, bool, error) { return "acme", true, nil }
	claims := func(*http.Request) (map[string]any, bool, error) { return nil, false, nil }
	chain := func([]*x509.Certificate) (string, bool) { return "acme", true }
	key := func(context.Context, string) (tenant.ID, bool, error) { return "acme", true, nil }
	issuer := func(i tenant.Issuer) tenant.Resolver {
		return tenant.ByClaim(tenant.ClaimConfig{Claims: claims, Names: ids, Issuers: map[string]tenant.Issuer{"x": i}})
	}
	for name, resolve := range map[string]tenant.Resolver{
		"host without registry":           tenant.ByHost(nil),
		"names without registry":          tenant.ByText(text, tenant.Names{}),
		"nil registry in names":           tenant.ByText(text, tenant.IDs(nil)),
		"text without function":           tenant.ByText(nil, ids),
		"first of nil":                    tenant.First(says("acme", nil), nil),
		"agree of nil":                    tenant.Agree(nil, says("acme", nil)),
		"no hosts":                        tenant.OnHosts(says("acme", nil)),
		"no resolver on hosts":            tenant.OnHosts(nil, "www.example.com"),
		"a malformed host":                tenant.OnHosts(says("acme", nil), "www example.com"),
		"template without tenant":         tenant.ByTemplate("www.example.com", ids),
		"template with two":               tenant.ByTemplate("{tenant}.{tenant}.example.com", ids),
		"template of one label":           tenant.ByTemplate("{tenant}", ids),
		"template that ends with it":      tenant.ByTemplate("www.{tenant}", ids),
		"template that ends in a star":    tenant.ByTemplate("{tenant}.*", ids),
		"template that ends in digits":    tenant.ByTemplate("{tenant}.*.*.1", ids),
		"template with a port":            tenant.ByTemplate("{tenant}.example.com:80", ids),
		"template with a dot":             tenant.ByTemplate("{tenant}.example.com.", ids),
		"template in capitals":            tenant.ByTemplate("{tenant}.Example.com", ids),
		"template with a part":            tenant.ByTemplate("app-{tenant}.example.com", ids),
		"template with an empty label":    tenant.ByTemplate("{tenant}..com", ids),
		"empty template":                  tenant.ByTemplate("", ids),
		"template without registry":       tenant.ByTemplate("{tenant}.example.com", tenant.Names{}),
		"path without slash":              tenant.ByPath("/t", ids),
		"path without root":               tenant.ByPath("t/", ids),
		"path with an empty segment":      tenant.ByPath("/t//", ids),
		"path with dots":                  tenant.ByPath("/t/../", ids),
		"path to be encoded":              tenant.ByPath("/ä/", ids),
		"empty path":                      tenant.ByPath("", ids),
		"path without registry":           tenant.ByPath("/t/", tenant.Names{}),
		"header nobody may send":          tenant.ByHeader("X-Tenant", tenant.Proxies{}, ids),
		"header without name":             tenant.ByHeader("", local, ids),
		"header with a colon":             tenant.ByHeader("X-Tenant:", local, ids),
		"header host":                     tenant.ByHeader("host", local, ids),
		"header without registry":         tenant.ByHeader("X-Tenant", local, tenant.Names{}),
		"query without name":              tenant.ByQuery("", ids),
		"query without registry":          tenant.ByQuery("tenant", tenant.Names{}),
		"cookie without name":             tenant.ByCookie("", ids),
		"cookie with a name that is none": tenant.ByCookie("a b", ids),
		"cookie without registry":         tenant.ByCookie("tenant", tenant.Names{}),
		"forwarded by nobody":             tenant.Proxies{}.ForwardedHost(tenant.ByHost(reg)),
		"forwarded to nobody":             local.ForwardedHost(nil),
		"claim without function":          tenant.ByClaim(tenant.ClaimConfig{Names: ids, Issuers: map[string]tenant.Issuer{"x": {Audience: "a", Claim: "c", AnyTenant: true}}}),
		"claim without issuers":           tenant.ByClaim(tenant.ClaimConfig{Claims: claims, Names: ids}),
		"claim without registry":          tenant.ByClaim(tenant.ClaimConfig{Claims: claims, Issuers: map[string]tenant.Issuer{"x": {Audience: "a", Claim: "c", AnyTenant: true}}}),
		"issuer without audience":         issuer(tenant.Issuer{Claim: "c", AnyTenant: true}),
		"issuer without claim":            issuer(tenant.Issuer{Audience: "a", AnyTenant: true}),
		"issuer of nobody":                issuer(tenant.Issuer{Audience: "a", Claim: "c"}),
		"issuer of some and of all":       issuer(tenant.Issuer{Audience: "a", Claim: "c", AnyTenant: true, Tenants: []tenant.ID{"acme"}}),
		"issuer of no id":                 issuer(tenant.Issuer{Audience: "a", Claim: "c", Tenants: []tenant.ID{"ACME"}}),
		"key without lookup":              tenant.ByAPIKey("X-Api-Key", reg, nil),
		"key without registry":            tenant.ByAPIKey("X-Api-Key", nil, key),
		"key in a cookie":                 tenant.ByAPIKey("Cookie", reg, key),
		"certificate without function":    tenant.ByCertificate(ids, nil),
		"certificate without registry":    tenant.ByCertificate(tenant.Names{}, chain),
		"user without function":           tenant.ByUser(nil, reg, key),
		"user without lookup":             tenant.ByUser(text, reg, nil),
		"user without registry":           tenant.ByUser(text, nil, key),
		"user name without function":      tenant.ByUserName(nil, ids),
		"user name without registry":      tenant.ByUserName(text, tenant.Names{}),
		"no patterns":                     tenant.ByUserPattern(text, reg),
		"an empty pattern":                tenant.ByUserPattern(text, reg, tenant.UserPattern{Tenant: "acme"}),
		"a pattern without tenant":        tenant.ByUserPattern(text, reg, tenant.UserPattern{Pattern: "x"}),
		"a malformed pattern":             tenant.ByUserPattern(text, reg, tenant.UserPattern{Tenant: "acme", Pattern: "("}),
		"a pattern that leaves its group": tenant.ByUserPattern(text, reg, tenant.UserPattern{Tenant: "acme", Pattern: "a)|(?:.*"}),
		"sessions without store":          tenant.BindSessions(nil).BySession(reg),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var cause error
			w := serve(tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: resolve, Default: "acme",
				OnError: func(w http.ResponseWriter, r *http.Request, fault *tenant.RequestError) {
					cause = fault
					tenant.WriteProblem(w, r, fault)
				}})(whoami), request("acme.example.com"))
			require.Equal(t, http.StatusInternalServerError, w.Code)
			require.ErrorIs(t, cause, tenant.ErrMisconfigured)
			require.Greater(t, len(cause.Error()), len(tenant.ErrMisconfigured.Error())+10)
			requireProblem(t, w)
		})
	}
}

func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	for _, bad := range [][]string{nil, {""}, {"10.0.0.1"}, {"10.0.0.1/8"}, {"0.0.0.0/0"}, {"::/0"}, {"10.0.0.0/33"}, {"::ffff:10.0.0.0/104"}, {"10.0.0.0/8", "x"}, {"fe80::1%eth0/64"}} {
		p, err := tenant.TrustedProxies(bad...)
		require.ErrorIs(t, err, tenant.ErrMisconfigured, "%v", bad)
		require.False(t, p.Sent(from("10.0.0.1:80")), "%v", bad)
	}
	p := proxies(t, "10.1.0.0/16", "192.0.2.7/32", "fd00::/8")
	for addr, trusted := range map[string]bool{
		"10.1.2.3:80": true, "[::ffff:10.1.2.3]:80": true, "192.0.2.7:1": true, "[fd12::1]:443": true,
		"10.2.0.1:80": false, "192.0.2.8:1": false, "[fe80::1]:80": false, "[fd12::1%eth0]:80": false,
		"": false, "10.1.2.3": false, "@": false, "10.1.2.3:http": false, "10.1.2.3, 8.8.8.8:80": false, "proxy:80": false,
	} {
		require.Equal(t, trusted, p.Sent(from(addr)), addr)
	}
	require.False(t, tenant.Proxies{}.Sent(from("127.0.0.1:80")), "the zero value trusts nobody")
}

func from(addr string) *http.Request {
	r := request("acme.example.com")
	r.RemoteAddr = addr
	return r
}

func TestByCertificate(t *testing.T) {
	t.Parallel()
	reg := town(t)
	leaf, other := &x509.Certificate{Raw: []byte("leaf")}, &x509.Certificate{Raw: []byte("other")}
	roots := map[string]*x509.Certificate{}
	for _, name := range []string{"acme", "bolt", "done", "ACME", ""} {
		roots[name] = &x509.Certificate{Raw: []byte(name)}
	}
	resolve := tenant.ByCertificate(tenant.IDs(reg), func(chain []*x509.Certificate) (string, bool) {
		root := string(chain[len(chain)-1].Raw)
		return root, root != ""
	})
	chains := func(names ...string) (all [][]*x509.Certificate) {
		for _, n := range names {
			all = append(all, []*x509.Certificate{leaf, roots[n]})
		}
		return all
	}
	for name, c := range map[string]struct {
		state *tls.ConnectionState
		id    tenant.ID
		err   error
	}{
		"no TLS":              {nil, "", tenant.ErrNoAnswer},
		"no certificate":      {&tls.ConnectionState{}, "", tenant.ErrNoAnswer},
		"verified":            {&tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf, other}, VerifiedChains: chains("acme")}, "acme", nil},
		"not verified":        {&tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf, roots["acme"]}}, "", tenant.ErrBadCredential},
		"two chains agree":    {&tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: chains("acme", "acme")}, "acme", nil},
		"two chains disagree": {&tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: chains("acme", "bolt")}, "", tenant.ErrDisagree},
		"one names nobody":    {&tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: chains("acme", "")}, "", tenant.ErrBadCredential},
		"the other does":      {&tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: chains("", "acme")}, "", tenant.ErrBadCredential},
		"it names nobody":     {&tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: chains("")}, "", tenant.ErrNoAnswer},
		"it names it wrongly": {&tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: chains("ACME")}, "", tenant.ErrMalformed},
	} {
		r := request("acme.example.com")
		r.TLS = c.state
		id, err := resolve(r)
		require.Equal(t, c.id, id, name)
		if c.err == nil {
			require.NoError(t, err, name)
		} else {
			require.ErrorIs(t, err, c.err, name)
		}
	}
}

func TestByUser(t *testing.T) {
	t.Parallel()
	reg := town(t)
	boom := errors.New("boom")
	resolve := tenant.ByUser(func(r *http.Request) (string, bool, error) {
		name := r.Header.Get("X-User")
		return name, name != "", nil
	}, reg, func(_ context.Context, user string) (tenant.ID, bool, error) {
		switch user {
		case "ann":
			return "acme", true, nil
		case "gina": // a global account
			return "", true, nil
		case "gus": // of a tenant that is gone
			return "gone", true, nil
		case "broken":
			return "acme", true, boom
		}
		return "acme", false, nil
	})
	for user, want := range map[string]error{"ann": nil, "": tenant.ErrNoAnswer, "gina": tenant.ErrNoAnswer, "gus": tenant.ErrUnknownTenant, "mallory": tenant.ErrBadCredential, "broken": boom} {
		r := request("x")
		r.Header.Set("X-User", user)
		id, err := resolve(r)
		if want == nil {
			require.NoError(t, err)
			require.Equal(t, tenant.ID("acme"), id)
			continue
		}
		require.ErrorIs(t, err, want, user)
		require.Empty(t, id)
	}
}

// TestStripPathMisplaced: without the middleware, or after a tenant that was
// named in another way, nothing is served under another tenant's path.
func TestStripPathMisplaced(t *testing.T) {
	t.Parallel()
	reg := town(t)
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "reached ", r.URL.Path) })
	strip := tenant.StripPath("/t/", tenant.IDs(reg), page)
	ask := func(ctx context.Context, h http.Handler, path string) (int, string) {
		r := request("acme.example.com").WithContext(ctx)
		r.URL.Path = path
		w := serve(h, r)
		return w.Code, w.Body.String()
	}
	record, _, err := reg.ByID(t.Context(), "acme")
	require.NoError(t, err)
	acme := tenant.NewContext(t.Context(), record)
	for name, c := range map[string]struct {
		ctx    context.Context
		h      http.Handler
		path   string
		status int
	}{
		"inside":              {acme, strip, "/t/acme/x", 200},
		"not under it":        {acme, strip, "/x", 200},
		"no tenant":           {t.Context(), strip, "/t/acme/x", 500},
		"a tenant, no record": {tenant.WithID(t.Context(), "acme"), strip, "/t/acme/x", 500},
		"another tenant":      {acme, strip, "/t/bolt/x", 400},
		"its code, not id":    {acme, strip, "/t/ACME/x", 400},
		"malformed":           {acme, strip, "/t/acme/../x", 400},
		"bad prefix":          {acme, tenant.StripPath("/t", tenant.IDs(reg), page), "/t/acme/x", 500},
		"no registry":         {acme, tenant.StripPath("/t/", tenant.Names{}, page), "/t/acme/x", 500},
	} {
		status, body := ask(c.ctx, c.h, c.path)
		require.Equal(t, c.status, status, name)
		if status == 200 {
			require.Equal(t, "reached /x", body, name)
		} else {
			require.NotContains(t, body, "reached", name)
		}
	}
	// Whoever changed one form of the path, and not the other.
	r := request("acme.example.com").WithContext(acme)
	r.URL.Path, r.URL.RawPath = "/t/acme/x", "/t/bolt/x"
	require.Equal(t, 400, serve(strip, r).Code)
}
