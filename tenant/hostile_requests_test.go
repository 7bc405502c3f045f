package tenant_test

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// get is a GET of that target on acme's host, with header lines.
func get(target string, lines ...string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: acme.example.com\r\n" + strings.Join(append(lines, "Connection: close"), "\r\n") + "\r\n\r\n"
}

// at is a GET of / on that host.
func at(host string, lines ...string) string {
	return "GET / HTTP/1.1\r\nHost: " + host + "\r\n" + strings.Join(append(lines, "Connection: close"), "\r\n") + "\r\n\r\n"
}

// post is a POST of a form.
func post(form string, lines ...string) string {
	lines = append(lines, "Content-Type: application/x-www-form-urlencoded", fmt.Sprintf("Content-Length: %d", len(form)), "Connection: close")
	return "POST / HTTP/1.1\r\nHost: acme.example.com\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n" + form
}

// bearer is the header line of a token with these claims.
func bearer(claims string) string {
	return "Authorization: Bearer " + base64.StdEncoding.EncodeToString([]byte(claims))
}

// hostileRequests are more than two hundred requests that want to be taken for
// a tenant they are not, each with a few good ones beside it which show that the
// chain does answer.
func hostileRequests() []hostile {
	var all []hostile
	add := func(site string, pairs ...string) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, hostile{site, pairs[i], pairs[i+1]})
		}
	}

	for _, host := range hostileHosts { // malformed ones; net/http refuses some itself
		if len(host) < 1000 && !strings.ContainsAny(host, "\r\n") && strings.Trim(host, " \t") == host {
			add("host", at(host), "400")
			add("forwarded", at("acme.example.com", "X-Forwarded-Host: "+host), "400")
		}
	}
	add("host",
		at("acme.example.com"), "acme at /",
		at("xn--mnchen-3ya.example"), "t-3 at /",
		at("XN--MNCHEN-3YA.example."), "t-3 at /",
		at("xn--cme-7cd.example.com"), "404", // Cyrillic a
		at("xn--acme-.example.com"), "400",
		at("acrne.example.com"), "404",
		at("acme.example.co"), "404",
		at("acme.example.com.evil.test"), "404",
		at("evil.test", "X-Forwarded-Host: acme.example.com"), "404",
		at("evil.test", "Forwarded: host=acme.example.com"), "404",
		at("evil.test", "X-Original-Host: acme.example.com"), "404",
		at("evil.test", "Origin: http://acme.example.com"), "404",
		at("evil.test", "Referer: http://acme.example.com/"), "404",
		at("done.example.com"), "404",
		at("acme.example.com\r\nHost: bolt.example.com"), "400",
		"GET //acme.example.com/ HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n", "404",
		"GET http://bolt.example.com:80/ HTTP/1.1\r\nHost: acme.example.com\r\nConnection: close\r\n\r\n", "bolt at /",
		"GET http://[::1%25acme]/ HTTP/1.1\r\nHost: acme.example.com\r\nConnection: close\r\n\r\n", "400",
		"GET http:acme.example.com/ HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n", "404",
	)

	add("template",
		at("acme.example.com"), "acme at /",
		at("core.example.com"), "t-3 at /",
		at("CORE.example.com.:81"), "t-3 at /",
		at("example.com"), "404",
		at("nobody.example.com"), "404",
		at("a.example.com"), "400", // no code is that short
		at("t-3.example.com"), "404", // an id is not a code
		at("-acme.example.com"), "400",
		at("1acme.example.com"), "400",
		at("x.acme.example.com"), "404",
		at("acme.x.example.com"), "404",
		at("acme.example.com.evil.test"), "404",
		at("acme.exampleXcom"), "404",
		at("xn--80ak6aa92e.example.com"), "400", // registered, and yet: it looks like apple
		at("xn--bolt.example.com"), "400",
		at("{tenant}.example.com"), "400",
		at("*.example.com"), "400",
		at("acme%2eexample.com"), "400",
		at("127.0.0.1"), "404",
		at("[::1]"), "404",
		at("done.example.com"), "404",
	)
	add("region",
		at("acme.eu.example.com"), "acme at /",
		at("t-3.US-1.example.com"), "t-3 at /",
		at("acme.example.com"), "404",
		at("acme.eu.west.example.com"), "404",
		at("acme..example.com"), "400",
		at("eu.acme.example.com"), "404",
		at("core.eu.example.com"), "404", // a code is not an id
		at("xn--80ak6aa92e.eu.example.com"), "400",
		at("acme.*.example.com"), "400",
	)

	add("path",
		get("/t/acme/x"), "acme at /x",
		get("/t/acme"), "acme at /",
		get("/t/acme/"), "acme at /",
		get("/t/acme/x/t/bolt/"), "acme at /x/t/bolt/",
		get("/t/acme/a%20b/%C3%A4"), "acme at /a%20b/%C3%A4",
		get("/t/acme/it's(1)"), "acme at /it's(1)",
		get("/t/acme/x?tenant=bolt"), "acme at /x",
		get("/t/acme%3Fx"), "400",
		get("/"), "404",
		get("/t"), "404",
		get("/t/"), "400",
		get("/T/acme/"), "404",
		get("/x/t/acme/"), "404",
		get("/t/nobody/"), "404",
		get("/t/done/"), "404",
		get("/t/ACME/"), "400",
		get("/t/Acme/"), "400",
		get("/t/acme%2Fbolt/"), "400",
		get("/t/acme%2fbolt/"), "400",
		get("/t%2Facme/"), "400",
		get("/%74/acme/"), "400",
		get("/t/%61cme/"), "400",
		get("/t/acm%65"), "400",
		get("/t/acme%00/"), "400",
		get("/t/acme%0A/"), "400",
		get("/t/acme%20/"), "400",
		get("/t/%20acme/"), "400",
		get("/t/acme%09/"), "400",
		get("/t/acme%7F/"), "400",
		get("/t/acme;x=1/"), "400",
		get("/t/acme,bolt/"), "400",
		get("/t/acme:80/"), "400",
		get("/t/acme@bolt/"), "400",
		get("/t/acme+/"), "400",
		get("/t/acme./"), "400",
		get("/t/.acme/"), "400",
		get("/t/*/"), "400",
		get("/t//acme/"), "400",
		get("//t/acme/"), "400",
		get("/t/acme//x"), "400",
		get("/t/acme/x//"), "400",
		get("///"), "400",
		get("/./t/acme/"), "400",
		get("/../t/acme/"), "400",
		get("/x/../t/acme/"), "400",
		get("/t/../t/acme/"), "400",
		get("/t/./acme/"), "400",
		get("/t/acme/../bolt/"), "400",
		get("/t/acme/.."), "400",
		get("/t/acme/."), "400",
		get("/t/acme/%2e%2e/bolt/"), "400",
		get("/t/acme/%2E%2E/bolt/"), "400",
		get("/t/acme/.%2e/bolt/"), "400",
		get("/t/acme/a%2Fb"), "400",
		get("/t/acme/%5C..%5Cbolt"), "400",
		get(`/t/acme\bolt/`), "400",
		get("/t/acme/%252e%252e/bolt"), "acme at /%252e%252e/bolt", // encoded twice: text, to whoever decodes once
		get("/t/acme/%zz"), "400",
		get("/t/acme/%"), "400",
		get("/t/%D0%B0cme/"), "400", // Cyrillic a
		get("/t/acme%E2%80%8B/"), "400", // zero width space
		get("/t/%EF%BD%81cme/"), "400", // full width a
		get("/t/acme%E3%80%82/"), "400",
		get("/t/\xd0\xb0cme/"), "400",
		get("/t/"+strings.Repeat("a", 64)+"/"), "400",
		get("/t/"+strings.Repeat("a", 63)+"/"), "404",
		get("/t/acme/x\x00"), "400",
		get("http://bolt.example.com/t/acme/"), "acme at /",
		get("t/acme/"), "400",
		"CONNECT acme.example.com:80 HTTP/1.1\r\nHost: acme.example.com:80\r\nConnection: close\r\n\r\n", "404",
	)
	add("codepath",
		get("/acme/x"), "acme at /x",
		get("/CORE/x"), "t-3 at /x",
		get("/core"), "t-3 at /",
		get("/"), "400",
		get("/t-3/x"), "404",
		get("//core/"), "400",
		get("/core%2f/"), "400",
		get("/.well-known/x"), "400",
		get("/\u212aore/"), "400", // Kelvin sign
	)

	add("header",
		get("/", "X-Tenant: acme"), "acme at /",
		get("/", "x-tENANT:acme \t"), "acme at /",
		get("/"), "404",
		get("/", "X-Tenant: nobody"), "404",
		get("/", "X-Tenant: done"), "404",
		get("/", "X-Tenant:"), "400",
		get("/", "X-Tenant: acme", "X-Tenant: bolt"), "400",
		get("/", "X-Tenant: acme", "X-Tenant: acme"), "400",
		get("/", "X-Tenant: acme", "x-tenant: bolt"), "400",
		get("/", "X-Tenant: acme", "X-Tenant:"), "400",
		get("/", "X-Tenant: acme, bolt"), "400",
		get("/", "X-Tenant: acme,acme"), "400",
		get("/", "X-Tenant: acme;bolt"), "400",
		get("/", "X-Tenant: acme bolt"), "400",
		get("/", "X-Tenant: acme\r\n bolt"), "400",
		get("/", "X-Tenant: ACME"), "400",
		get("/", "X-Tenant: \"acme\""), "400",
		get("/", "X-Tenant: 'acme'"), "400",
		get("/", "X-Tenant: acme'--"), "400",
		get("/", "X-Tenant: *"), "400",
		get("/", "X-Tenant: %61cme"), "400",
		get("/", "X-Tenant: ../acme"), "400",
		get("/", "X-Tenant: \u0430cme"), "400",
		get("/", "X-Tenant: acme\x00"), "400",
		get("/", "X-Tenant : acme"), "400",
		get("/", "X_Tenant: acme"), "404",
		get("/", "X-Tenant-Id: acme"), "404",
		get("/", "Connection: X-Tenant", "X-Tenant: "+strings.Repeat("a", 5000)), "400",
		"POST / HTTP/1.1\r\nHost: acme.example.com\r\nTransfer-Encoding: chunked\r\nTrailer: X-Tenant\r\nConnection: close\r\n\r\n0\r\nX-Tenant: acme\r\n\r\n", "404",
	)
	add("stranger",
		at("bolt.example.com"), "bolt at /",
		at("bolt.example.com", "X-Tenant: acme"), "bolt at /",
		at("evil.test", "X-Tenant: acme"), "404",
		at("evil.test", "X-Tenant: acme", "X-Tenant: bolt"), "404",
		at("evil.test", "X-Forwarded-Host: acme.example.com"), "404",
		at("bolt.example.com", "X-Forwarded-Host: acme.example.com"), "bolt at /",
		at("bolt.example.com", "Forwarded: host=acme.example.com"), "bolt at /",
		at("bolt.example.com", "X-Forwarded-For: 10.1.2.3", "X-Tenant: acme"), "bolt at /",
		at("bolt.example.com", "X-Real-Ip: 10.1.2.3", "X-Forwarded-Host: acme.example.com"), "bolt at /",
		at("evil.test", "Forwarded: for=10.1.2.3;host=acme.example.com"), "404",
	)
	add("forwarded",
		at("proxy.internal", "X-Forwarded-Host: acme.example.com"), "acme at /",
		at("proxy.internal", "X-Forwarded-Host: ACME.example.com.:443"), "acme at /",
		at("proxy.internal", "Forwarded: for=192.0.2.1;host=acme.example.com;proto=https"), "acme at /",
		at("proxy.internal", `Forwarded: Host="acme.example.com:443"`), "acme at /",
		at("proxy.internal", `Forwarded: host="acme.\example.com"`), "acme at /",
		at("proxy.internal", "Forwarded: host=acme.example.com", "X-Forwarded-Host: acme.example.com:80"), "acme at /",
		at("acme.example.com"), "acme at /",
		at("acme.example.com", "Forwarded: for=192.0.2.1"), "acme at /",
		at("proxy.internal"), "404",
		at("acme.example.com", "X-Forwarded-Host: evil.test"), "404",
		at("acme.example.com", "X-Forwarded-Host: acme.example.com", "X-Forwarded-Host: bolt.example.com"), "400",
		at("acme.example.com", "X-Forwarded-Host: acme.example.com", "X-Forwarded-Host: acme.example.com"), "400",
		at("acme.example.com", "X-Forwarded-Host: bolt.example.com, acme.example.com"), "400",
		at("acme.example.com", "X-Forwarded-Host:"), "400",
		at("acme.example.com", "Forwarded:"), "400",
		at("acme.example.com", "Forwarded: host=acme.example.com", "X-Forwarded-Host: bolt.example.com"), "400",
		at("acme.example.com", "Forwarded: host=acme.example.com", "Forwarded: host=bolt.example.com"), "400",
		at("acme.example.com", "Forwarded: host=acme.example.com, host=bolt.example.com"), "400",
		at("acme.example.com", "Forwarded: for=1.2.3.4, host=acme.example.com"), "400",
		at("acme.example.com", "Forwarded: host=acme.example.com;host=bolt.example.com"), "400",
		at("acme.example.com", "Forwarded: host=acme.example.com;HOST=bolt.example.com"), "400",
		at("acme.example.com", "Forwarded: host=acme.example.com:80"), "400", // a colon wants quotes
		at("acme.example.com", `Forwarded: host="acme.example.com`), "400",
		at("acme.example.com", `Forwarded: host="acme.example.com"bolt`), "400",
		at("acme.example.com", `Forwarded: host='acme.example.com'`), "400",
		at("acme.example.com", "Forwarded: host =acme.example.com"), "400",
		at("acme.example.com", "Forwarded: host= acme.example.com"), "400",
		at("acme.example.com", "Forwarded: host=acme.example.com; proto=https"), "400",
		at("acme.example.com", "Forwarded: host=acme.example.com;"), "400",
		at("acme.example.com", "Forwarded: ;host=acme.example.com"), "400",
		at("acme.example.com", "Forwarded: host"), "400",
		at("acme.example.com", "Forwarded: host="), "400",
		at("acme.example.com", `Forwarded: host=""`), "400",
		at("acme.example.com", `Forwarded: host="acme.example.com, bolt.example.com"`), "400",
		at("acme.example.com", `Forwarded: for="[2001:db8::1]";host=bolt.example.com`), "bolt at /",
	)

	add("query",
		get("/?tenant=acme"), "acme at /",
		get("/?x=1&tenant=bolt&y"), "bolt at /",
		get("/"), "404",
		get("/?"), "404",
		get("/?tenants=acme"), "404",
		get("/?Tenant=acme"), "404",
		get("/?tenant"), "400",
		get("/?tenant="), "400",
		get("/?tenant=acme&tenant=bolt"), "400",
		get("/?tenant=acme&tenant=acme"), "400",
		get("/?tenant=acme&%74enant=bolt"), "400",
		get("/?tenant=acme;tenant=bolt"), "400",
		get("/?x=%zz&tenant=acme"), "400",
		get("/?tenant=acme%00"), "400",
		get("/?tenant=acme%20"), "400",
		get("/?tenant=+acme"), "400",
		get("/?tenant=ACME"), "400",
		get("/?tenant=acme,bolt"), "400",
		get("/?tenant[]=acme"), "404",
		get("/?tenant=%D0%B0cme"), "400",
		get("/?tenant=nobody"), "404",
		get("/?tenant=' OR 1=1"), "400",
		get("/#tenant=acme"), "404",
	)
	add("cookie",
		get("/", "Cookie: tenant=acme"), "acme at /",
		get("/", "Cookie: a=b; tenant=bolt; c"), "bolt at /",
		get("/", "Cookie: a=b", "Cookie: tenant=acme"), "acme at /",
		get("/"), "404",
		get("/", "Cookie: tenant=acme; tenant=bolt"), "400",
		get("/", "Cookie: tenant=acme; tenant=acme"), "400",
		get("/", "Cookie: tenant=acme", "Cookie: tenant=bolt"), "400",
		get("/", "Cookie: tenant=acme; tenant"), "400",
		get("/", "Cookie: tenant=acme;tenant =bolt"), "400",
		get("/", "Cookie: tenant=acme;\ttenant=bolt"), "400",
		get("/", "Cookie: tenant="), "400",
		get("/", "Cookie: tenant"), "400",
		get("/", `Cookie: tenant="acme"`), "400",
		get("/", "Cookie: tenant= acme"), "400",
		get("/", "Cookie: tenant=ac me"), "400",
		get("/", "Cookie: tenant=acme,bolt"), "400",
		get("/", "Cookie: tenant=%61cme"), "400",
		get("/", "Cookie: Tenant=acme"), "404",
		get("/", "Cookie: __Host-tenant=acme"), "404",
		get("/", "Cookie: tenant=ACME"), "400",
		get("/", "Cookie: tenant=\u0430cme"), "400",
		get("/", "Cookie: tenant=nobody"), "404",
	)

	const ours, bolts = `"iss":"https://id.example.com","aud":"app"`, `"iss":"https://id.bolt.example/","aud":"app"`
	add("claim",
		get("/", bearer(`{`+ours+`,"org_id":"acme"}`)), "acme at /",
		get("/", bearer(`{"iss":"https://id.example.com","aud":["app"],"org_id":"acme"}`)), "acme at /",
		get("/", bearer(`{`+bolts+`,"company":"bolt"}`)), "bolt at /",
		get("/"), "404",
		get("/", "Authorization: Basic YTpi"), "404",
		get("/", "Authorization: Bearer !"), "401",
		get("/", bearer(`{}`)), "401",
		get("/", bearer(`null`)), "401",
		get("/", bearer(`[1]`)), "401",
		get("/", bearer(`{`+bolts+`,"company":"acme"}`)), "401", // bolt's own provider names acme
		get("/", bearer(`{`+bolts+`,"org_id":"acme"}`)), "404", // in the claim that another issuer uses
		get("/", bearer(`{`+bolts+`,"company":"nobody"}`)), "404",
		get("/", bearer(`{"iss":"https://evil.test","aud":"app","org_id":"acme"}`)), "401",
		get("/", bearer(`{"iss":"https://id.example.com/","aud":"app","org_id":"acme"}`)), "401",
		get("/", bearer(`{"iss":"HTTPS://id.example.com","aud":"app","org_id":"acme"}`)), "401",
		get("/", bearer(`{"iss":["https://id.example.com"],"aud":"app","org_id":"acme"}`)), "401",
		get("/", bearer(`{"iss":"","aud":"app","org_id":"acme"}`)), "401",
		get("/", bearer(`{"aud":"app","org_id":"acme"}`)), "401",
		get("/", bearer(`{"iss":"https://id.example.com","org_id":"acme"}`)), "401",
		get("/", bearer(`{"iss":"https://id.example.com","aud":"other","org_id":"acme"}`)), "401",
		get("/", bearer(`{"iss":"https://id.example.com","aud":["app","other"],"org_id":"acme"}`)), "401",
		get("/", bearer(`{"iss":"https://id.example.com","aud":["app","app"],"org_id":"acme"}`)), "401",
		get("/", bearer(`{"iss":"https://id.example.com","aud":[],"org_id":"acme"}`)), "401",
		get("/", bearer(`{"iss":"https://id.example.com","aud":[["app"]],"org_id":"acme"}`)), "401",
		get("/", bearer(`{"iss":"https://id.example.com","aud":{"app":1},"org_id":"acme"}`)), "401",
		get("/", bearer(`{"iss":"https://id.example.com","aud":null,"org_id":"acme"}`)), "401",
		get("/", bearer(`{`+ours+`}`)), "404",
		get("/", bearer(`{`+ours+`,"org_id":""}`)), "400",
		get("/", bearer(`{`+ours+`,"org_id":null}`)), "400",
		get("/", bearer(`{`+ours+`,"org_id":7}`)), "400",
		get("/", bearer(`{`+ours+`,"org_id":["acme","bolt"]}`)), "400",
		get("/", bearer(`{`+ours+`,"org_id":["acme"]}`)), "400",
		get("/", bearer(`{`+ours+`,"org_id":{"acme":1}}`)), "400",
		get("/", bearer(`{`+ours+`,"org_id":"acme "}`)), "400",
		get("/", bearer(`{`+ours+`,"org_id":"ACME"}`)), "400",
		get("/", bearer(`{`+ours+`,"org_id":"acme,bolt"}`)), "400",
		get("/", bearer(`{`+ours+`,"ORG_ID":"acme"}`)), "404",
		get("/", bearer(`{`+ours+`,"org_id":"done"}`)), "404",
		get("/", bearer(`{`+ours+`,"org_id":"acme"}`), bearer(`{`+ours+`,"org_id":"bolt"}`)), "400",
	)
	add("key",
		get("/", "X-Api-Key: k-acme"), "acme at /",
		get("/"), "404",
		get("/", "X-Api-Key: k-nobody"), "401",
		get("/", "X-Api-Key: K-ACME"), "401",
		get("/", "X-Api-Key: acme"), "401",
		get("/", "X-Api-Key:"), "400",
		get("/", "X-Api-Key: k-acme", "X-Api-Key: k-bolt"), "400",
		get("/", "X-Api-Key: k-acme, k-bolt"), "400",
		get("/", "X-Api-Key: k-acme\u00e4"), "400",
		get("/", "X-Api-Key: "+strings.Repeat("k", 5000)), "400",
		get("/", "X-Api-Key: k-gone"), "404", // a key of a tenant that is not registered
		get("/", "X-Api-Key: k-bad"), "400", // a lookup that gives no id
		get("/?X-Api-Key=k-acme"), "404",
	)
	add("bearer",
		get("/", "Authorization: Bearer k-acme"), "acme at /",
		get("/", "Authorization: bEARER k-bolt"), "bolt at /",
		get("/", "Authorization: Basic k-acme"), "404",
		get("/", "Authorization: k-acme"), "404",
		get("/", "Authorization: Bearer"), "400",
		get("/", "Authorization: Bearer  k-acme"), "400",
		get("/", "Authorization: Bearer k-acme k-bolt"), "400",
		get("/", "Authorization: Bearer k-acme", "Authorization: Bearer k-bolt"), "400",
	)
	add("user",
		post("user=ann%40acme"), "acme at /",
		post("user=ann%40CORE"), "t-3 at /",
		post("user=ann"), "404",
		post("other=ann%40acme"), "404",
		post("user="), "400",
		post("user=%40acme"), "400",
		post("user=ann%40"), "400",
		post("user=ann%40bolt%40acme"), "400",
		post("user=ann%40acme&user=ann%40bolt"), "400",
		post("user=ann%40acme;user=ann%40bolt"), "400",
		post("user=ann%40acme.example.com"), "400",
		post("user=ann%40nobody"), "404",
		post("user=ann%40acme%00"), "400",
		post("user=%zz"), "400",
		get("/?user=ann%40acme"), "404", // not from the address line
		"POST /?user=ann%40acme HTTP/1.1\r\nHost: acme.example.com\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "404",
	)
	add("pattern",
		post("user=ac_ann"), "acme at /",
		post("user=bo_ann"), "bolt at /",
		post("user=x"), "acme at /",
		post("user=ac_b1"), "400", // of acme and of bolt
		post("user=xy"), "404",
		post("user=AC_ann"), "404",
		post("user=+ac_ann"), "404",
		post("user=bolt"), "404",
		post("user=x%0Abo_ann"), "404",
	)

	add("agree",
		at("acme.example.com"), "acme at /",
		at("acme.example.com", "X-Tenant: acme", "Cookie: tenant=acme"), "acme at /",
		at("acme.example.com", "X-Tenant: bolt"), "400",
		at("acme.example.com", "Cookie: tenant=bolt"), "400",
		at("acme.example.com", "X-Tenant: acme", "Cookie: tenant=bolt"), "400",
		at("acme.example.com", "Cookie: tenant=nobody"), "404",
		at("acme.example.com", "X-Tenant: ACME"), "400",
		at("evil.test", "X-Tenant: acme"), "404",
		get("/?tenant=bolt"), "400",
		get("/?tenant=acme"), "acme at /",
		get("/?tenant=acme", "X-Tenant: bolt", "Cookie: tenant=acme"), "400",
	)
	add("shared",
		"GET /t/acme/x HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n", "acme at /x",
		"GET /t/acme/x HTTP/1.1\r\nHost: www.example.com\r\nCookie: tenant=bolt\r\nConnection: close\r\n\r\n", "acme at /x",
		at("www.example.com", "Cookie: tenant=bolt"), "bolt at /",
		at("www.example.com"), "404",
		at("bolt.example.com", "Cookie: tenant=acme"), "bolt at /",
		get("/t/acme/x"), "acme at /x",
		get("/t/bolt/x"), "400", // acme's host, bolt's path
		get("/t/nobody/x"), "400",
		"GET /t/acme/x HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n", "404",
		"GET /t/acme/x HTTP/1.1\r\nHost: www.example.com.evil.test\r\nConnection: close\r\n\r\n", "404",
	)
	return all
}
