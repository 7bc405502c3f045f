package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// site is the running application, and a browser of one person.
type site struct {
	t    *testing.T
	app  *app
	addr string
}

type answer struct {
	status int
	head   http.Header
	body   string
}

func start(t *testing.T) *site {
	t.Helper()
	a := open()
	srv := httptest.NewServer(a.handler())
	t.Cleanup(srv.Close)
	return &site{t, a, srv.URL}
}

// ask sends a request to a tenant's host, as who, or as a visitor. A form makes
// it a POST; head is what a browser tells of where it comes from.
func (s *site) ask(id, who, path string, form url.Values, head ...string) answer {
	s.t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.addr+path, body)
	require.NoError(s.t, err)
	req.Host = id + ".localhost"
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	if who != "" {
		req.SetBasicAuth(who, password)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	require.NoError(s.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	return answer{resp.StatusCode, resp.Header, string(text)}
}

var (
	formOf  = `(?s)<input type="hidden" name="key" value="%">\n<input type="hidden" name="version" value="([0-9]+)">.*?</form>`
	firstly = regexp.MustCompile(`^:root \{ --ground: #[0-9a-f]{6}; --text: #(000000|ffffff); --accent: #[0-9a-f]{6}; --on-accent: #(000000|ffffff) \}\n`)
)

// form returns the version in the form for a key, and whether there is one.
func form(page, key string) (version string, shown bool) {
	m := regexp.MustCompile(strings.Replace(formOf, "%", regexp.QuoteMeta(key), 1)).FindStringSubmatch(page)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// edit draws the form and sends it back with these fields.
func (s *site) edit(id, who, key string, fields ...string) answer {
	s.t.Helper()
	version, shown := form(s.ask(id, who, "/settings", nil).body, key)
	require.True(s.t, shown, key)
	return s.ask(id, who, "/settings", filled(key, version, fields...))
}

func filled(key, version string, fields ...string) url.Values {
	out := url.Values{"key": {key}, "version": {version}, "action": {"save"}}
	for i := 0; i < len(fields); i += 2 {
		out.Set(fields[i], fields[i+1])
	}
	return out
}

func (s *site) css(id string) string {
	s.t.Helper()
	got := s.ask(id, "", "/theme.css", nil)
	require.Equal(s.t, http.StatusOK, got.status)
	require.Equal(s.t, "text/css; charset=utf-8", got.head.Get("Content-Type"))
	line := firstly.FindString(got.body)
	require.Equal(s.t, string(layout), strings.TrimPrefix(got.body, line), "a theme is its first line, and nothing else")
	require.NotEmpty(s.t, line)
	return strings.TrimSpace(line)
}

const (
	acmeCSS = ":root { --ground: #fff6e5; --text: #000000; --accent: #8a1c1c; --on-accent: #ffffff }"
	boltCSS = ":root { --ground: #0f1c2e; --text: #ffffff; --accent: #0b57d0; --on-accent: #ffffff }"
)

// TestThemes: each tenant gets its own, and nothing of the other's.
func TestThemes(t *testing.T) {
	t.Parallel()
	s := start(t)
	acme, bolt := s.ask("acme", "", "/", nil).body, s.ask("bolt", "", "/", nil).body
	for _, text := range []string{`<html lang="en">`, `<title>ACME Tools</title>`, `<p class="text">Hammers, saws, anvils.</p>`,
		`<p class="text">Open on weekdays.</p>`, "Sign-up is closed.", "help@installation.example"} {
		require.Contains(t, acme, text)
	}
	for _, text := range []string{`<html lang="de">`, `<title>Bolt &amp; Söhne</title>`,
		`<p class="text">Schrauben &amp; Muttern aus Bern.</p>`, "Sie können sich anmelden.", "help@installation.example"} {
		require.Contains(t, bolt, text)
	}
	require.NotRegexp(t, "(?i)bolt|söhne|schrauben", acme+s.ask("acme", "ann", "/settings", nil).body)
	require.NotRegexp(t, "(?i)acme|hammers|weekdays", bolt+s.ask("bolt", "bea", "/settings", nil).body)
	require.Equal(t, []string{acmeCSS, boltCSS}, []string{s.css("acme"), s.css("bolt")})

	// Bolt has set a ground and no accent: the installation's reaches it.
	require.NoError(t, s.app.settings.Set(operator(t.Context()), "theme", map[string]string{"accent": "#FFD166"}, "yellow"))
	require.Equal(t, strings.Replace(boltCSS, "#0b57d0; --on-accent: #ffffff", "#ffd166; --on-accent: #000000", 1), s.css("bolt"))
	require.Equal(t, acmeCSS, s.css("acme"))

	require.Equal(t, http.StatusNotFound, s.ask("nobody", "", "/", nil).status)
	require.Equal(t, http.StatusNotFound, s.ask("evil.acme", "", "/theme.css", nil).status)
}

// TestEdit: what a manager saves is seen at once, there and nowhere else, with
// who and why; what is given up comes from below again. A box that is not
// ticked is false, and not nothing.
func TestEdit(t *testing.T) {
	t.Parallel()
	s := start(t)
	got := s.edit("acme", "ann", "theme", "value.accent", "#00ff00", "value.ground", "", "value.logo", "New", "reason", "spring")
	require.Equal(t, http.StatusSeeOther, got.status)
	require.Equal(t, "/settings?saved=theme#theme", got.head.Get("Location"))
	require.Contains(t, s.ask("acme", "ann", "/settings?saved=theme", nil).body, `role="status">Saved: theme<`)
	require.NotContains(t, s.ask("acme", "ann", "/settings?saved=your+password", nil).body, "your password", "a link says nothing")
	require.Equal(t, ":root { --ground: #ffffff; --text: #000000; --accent: #00ff00; --on-accent: #000000 }", s.css("acme"))
	require.Contains(t, s.ask("acme", "", "/", nil).body, "<title>New</title>")
	require.Equal(t, boltCSS, s.css("bolt"))
	acme := tenant.WithID(t.Context(), "acme")
	history, err := s.app.settings.History(acme, "theme", 1)
	require.NoError(t, err)
	require.Equal(t, []string{"ann", "spring", `{"accent":"#00ff00","logo":"New"}`},
		[]string{history[0].Actor, history[0].Reason, string(history[0].Value)})

	require.Equal(t, http.StatusSeeOther, s.edit("acme", "ann", "theme", "action", "remove").status)
	require.Equal(t, standard.css(), s.css("acme")+"\n")
	require.Equal(t, http.StatusSeeOther, s.edit("bolt", "bea", "language", "value", "en").status)
	require.Contains(t, s.ask("bolt", "", "/", nil).body, `<html lang="en">`)

	require.Contains(t, s.ask("bolt", "", "/", nil).body, "You can sign up.")
	require.Equal(t, http.StatusSeeOther, s.edit("bolt", "bea", "signup.open").status)
	require.Contains(t, s.ask("bolt", "", "/", nil).body, "Sign-up is closed.")
	require.Equal(t, http.StatusSeeOther, s.edit("bolt", "bea", "signup.open", "value", "true").status)
	require.Contains(t, s.ask("bolt", "", "/", nil).body, "You can sign up.")
}

// TestProvenance: the page says where each value comes from.
func TestProvenance(t *testing.T) {
	t.Parallel()
	s := start(t)
	require.NoError(t, s.app.settings.Set(operator(t.Context()), "theme", map[string]string{"accent": "#abcdef"}, ""))
	for id, want := range map[string]map[string]string{
		"acme": {"theme": "tenant default: merged global: merged tenant: wins", "front.text": "tenant default: overridden tenant: wins",
			"language": "default default: wins", "support.address": "base default: overridden base: wins"},
		"bolt": {"theme": "tenant default: merged global: merged tenant: wins", "front.text": "group default: overridden group: wins",
			"language": "default default: wins", "support.address": "base default: overridden base: wins"},
	} {
		page := s.ask(id, map[string]string{"acme": "ann", "bolt": "bea"}[id], "/settings", nil).body
		for key, steps := range want {
			m := regexp.MustCompile(`(?s)<h2 id="` + key + `">.*?Where it comes from: (\w+)</summary>(.*?)</details>`).FindStringSubmatch(page)
			require.NotNil(t, m, key)
			tags := regexp.MustCompile(`<[^>]*>|\s+`).ReplaceAllString(m[2], " ")
			require.Equal(t, steps, m[1]+" "+strings.Join(strings.Fields(tags), " "), "%s of %s", key, id)
		}
	}
}

// TestConflict: two who began with the same form. The second one sees what
// is there now, keeps what was typed, and can save on purpose.
func TestConflict(t *testing.T) {
	t.Parallel()
	s := start(t)
	version, _ := form(s.ask("acme", "ann", "/settings", nil).body, "front.text")
	first := s.ask("acme", "ann", "/settings", filled("front.text", version, "value", "First & foremost"))
	require.Equal(t, http.StatusSeeOther, first.status)

	second := s.ask("acme", "ann", "/settings", filled("front.text", version, "value", "Second", "reason", "late"))
	require.Equal(t, http.StatusConflict, second.status)
	for _, text := range []string{`role="alert"`, "Somebody else", `<p class="value">First &amp; foremost</p>`, ">\nSecond</textarea>", `value="late"`, "<title>Not saved"} {
		require.Contains(t, second.body, text)
	}
	require.Contains(t, s.ask("acme", "", "/", nil).body, "First &amp; foremost")

	again, _ := form(second.body, "front.text")
	require.NotEqual(t, version, again)
	require.Equal(t, http.StatusSeeOther, s.ask("acme", "ann", "/settings", filled("front.text", again, "value", "Second")).status)
	require.Contains(t, s.ask("acme", "", "/", nil).body, "Second")

	// Where the tenant had nothing, and to give up what somebody has changed.
	require.Equal(t, http.StatusSeeOther, s.ask("acme", "ann", "/settings", filled("language", "0", "value", "de")).status)
	require.Equal(t, http.StatusConflict, s.ask("acme", "ann", "/settings", filled("language", "0", "value", "en")).status)
	require.Equal(t, http.StatusConflict, s.ask("acme", "ann", "/settings", filled("front.text", version, "action", "remove")).status)
}

// TestNotEditable: what the installation holds, what everybody shares, and what
// is no setting is not changed, by a form that is not there either.
func TestNotEditable(t *testing.T) {
	t.Parallel()
	s := start(t)
	page := s.ask("bolt", "bea", "/settings", nil).body
	for key, text := range map[string]string{"front.text": "The installation holds it, in its group settings.", "support.address": "It is the same for everybody."} {
		_, shown := form(page, key)
		require.False(t, shown, key)
		require.Contains(t, page, text)
		got := s.ask("bolt", "bea", "/settings", filled(key, "0", "value", "mine@evil.example"))
		require.Equal(t, http.StatusForbidden, got.status, key)
		require.Contains(t, got.body, `role="alert"`)
		require.Equal(t, http.StatusForbidden, s.ask("bolt", "bea", "/settings", filled(key, "0", "action", "remove")).status, key)
	}
	require.NotContains(t, s.ask("bolt", "", "/", nil).body, "evil")
	for _, key := range []string{"undeclared", "tenancy:enabled", ""} {
		require.Equal(t, http.StatusBadRequest, s.ask("bolt", "bea", "/settings", filled(key, "0", "value", "x")).status, key)
	}
	require.Equal(t, http.StatusBadRequest, s.ask("bolt", "bea", "/settings", filled("language", "", "value", "en")).status)

	// The page follows the record, until the tenant may write its own.
	rec, _, err := s.app.reg.ByID(t.Context(), "bolt")
	require.NoError(t, err)
	changed := *rec
	changed.Description = "Jetzt auch Nieten."
	require.NoError(t, holdFront(t.Context(), s.app.settings, &changed))
	require.Contains(t, s.ask("bolt", "", "/", nil).body, "Jetzt auch Nieten.")
	require.NoError(t, releaseFront(t.Context(), s.app.settings, "bolt"))
	require.Equal(t, http.StatusSeeOther, s.edit("bolt", "bea", "front.text", "value", "Unser Text.").status)
	require.Contains(t, s.ask("bolt", "", "/", nil).body, "Unser Text.")
}

// TestWhoMay: managers, of this tenant, with their password, from this page.
func TestWhoMay(t *testing.T) {
	t.Parallel()
	s := start(t)
	green := filled("theme", "1", "value.accent", "#00ff00")
	for name, c := range map[string]struct {
		who    string
		status int
		head   []string
	}{
		"a visitor":             {"", http.StatusUnauthorized, nil},
		"nobody of that name":   {"eve", http.StatusUnauthorized, nil},
		"the operator's name":   {operatorID, http.StatusUnauthorized, nil},
		"a wrong password":      {"", http.StatusUnauthorized, []string{"Authorization", "Basic YW5uOndyb25n"}},
		"a member":              {"alf", http.StatusForbidden, nil},
		"a manager elsewhere":   {"bea", http.StatusForbidden, nil},
		"from another site":     {"ann", http.StatusForbidden, []string{"Sec-Fetch-Site", "cross-site"}},
		"from another tenant":   {"ann", http.StatusForbidden, []string{"Sec-Fetch-Site", "same-site"}},
		"from an older browser": {"ann", http.StatusForbidden, []string{"Sec-Fetch-Site", "", "Origin", "http://bolt.localhost"}},
	} {
		got := s.ask("acme", c.who, "/settings", green, c.head...)
		require.Equal(t, c.status, got.status, name)
		require.Equal(t, c.status == http.StatusUnauthorized, got.head.Get("WWW-Authenticate") != "", name)
		require.Equal(t, acmeCSS, s.css("acme"), name)
	}
	require.Equal(t, http.StatusForbidden, s.ask("acme", "alf", "/settings", nil).status)
	alf := tenant.WithActor(tenant.WithID(t.Context(), "acme"), tenant.Actor{ID: "alf", Tenant: "acme"})
	require.ErrorIs(t, s.app.settings.Set(alf, "language", "de", ""), config.ErrNotEditable, "whatever a page forgets to ask")
	require.Equal(t, http.StatusOK, s.ask("acme", "ann", "/settings?"+green.Encode(), nil).status)
	require.Equal(t, acmeCSS, s.css("acme"), "a GET saves nothing")
	require.Equal(t, http.StatusBadRequest, s.ask("acme", "ann", "/settings", filled("front.text", "1", "value", strings.Repeat("x", maxForm))).status)
	require.Equal(t, http.StatusSeeOther, s.ask("acme", "ann", "/settings", green).status)
}

// TestPages: what people with a phone, a keyboard or a screen reader need.
func TestPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	refused := s.edit("acme", "ann", "theme", "value.accent", "red")
	forbidden := s.ask("acme", "ann", "/settings", filled("support.address", "0", "value", "x"))
	for name, got := range map[string]answer{"front": s.ask("acme", "", "/", nil), "settings": s.ask("acme", "ann", "/settings", nil), "refused": refused,
		"forbidden": forbidden} {
		require.Equal(t, "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			got.head.Get("Content-Security-Policy"), name)
		require.Equal(t, "no-store", got.head.Get("Cache-Control"))
		require.Contains(t, got.body, `<meta name="viewport" content="width=device-width, initial-scale=1">`)
		require.Regexp(t, `<html lang="..">`, got.body)
		require.NotRegexp(t, `(?i)<script|<style| style=| on\w+=`, got.body, "the policy would not let it run")
		require.Len(t, regexp.MustCompile(`<h1`).FindAllString(got.body, -1), 1)
		ids := map[string]bool{}
		for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(got.body, -1) {
			require.False(t, ids[m[1]], "%s: %s is there twice", name, m[1])
			ids[m[1]] = true
		}
		for _, m := range regexp.MustCompile(`<(?:input|select|textarea)[^>]*>`).FindAllString(got.body, -1) {
			if strings.Contains(m, `type="hidden"`) {
				continue
			}
			id := regexp.MustCompile(` id="([^"]*)"`).FindStringSubmatch(m)
			require.NotNil(t, id, m)
			require.Contains(t, got.body, `for="`+id[1]+`"`, "%s: a control without a label", name)
		}
		for _, m := range regexp.MustCompile(`(?:aria-describedby|aria-labelledby|for)="([^"]*)"`).FindAllStringSubmatch(got.body, -1) {
			require.True(t, ids[m[1]], "%s: %s leads nowhere", name, m[1])
		}
	}
}

// TestContrast: text can be read on any colour.
func TestContrast(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 21, contrast([3]uint8{}, [3]uint8{255, 255, 255}), 1e-9)
	require.InDelta(t, 4.54, contrast([3]uint8{0x76, 0x76, 0x76}, [3]uint8{255, 255, 255}), 0.01, "the grey that everybody knows")
	for r := 0; r < 256; r += 5 {
		for g := 0; g < 256; g += 5 {
			for b := 0; b < 256; b += 5 {
				c := [3]uint8{uint8(r), uint8(g), uint8(b)}
				if contrast(c, textOn(c)) < 4.5 {
					require.Failf(t, "can not be read", "%v", c)
				}
			}
		}
	}
}
