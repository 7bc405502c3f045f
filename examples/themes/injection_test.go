package main

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// attacks are what a tenant could try to get into its pages.
var attacks = []string{
	`</style><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `red;}body{display:none}`, `#00000g`, `#0000000`,
	`#fff`, `url(//evil.example)`, "#00000\n", `#+1+2+3`, `expression(alert(1))`, `javascript:alert(1)`, `{{.Support}}`, "\x00", `*/ @import "x`,
}

// bones returns the tags of a page, with the names of their attributes and no
// values.
func bones(page string) []string {
	page = regexp.MustCompile(`="[^"]*"`).ReplaceAllString(page, "")
	return regexp.MustCompile(`<[^>]*>`).FindAllString(page, -1)
}

// TestInjection: a setting is text on a page and a colour in a style sheet,
// whatever is in it. The pages have the same tags as with an innocent text.
func TestInjection(t *testing.T) {
	t.Parallel()
	s := start(t)
	seen := func(text string) (front, settings []string) {
		a, b := s.ask("acme", "", "/", nil), s.ask("acme", "ann", "/settings?saved="+url.QueryEscape(text), nil)
		require.Equal(t, []int{http.StatusOK, http.StatusOK}, []int{a.status, b.status})
		return bones(a.body), bones(b.body)
	}
	texts := func(text string) {
		require.Equal(t, http.StatusSeeOther, s.edit("acme", "ann", "front.text", "value", text, "reason", text).status)
		require.Equal(t, http.StatusSeeOther, s.edit("acme", "ann", "theme", "value.logo", text).status)
	}
	colours := func(text string) []string {
		got := s.edit("acme", "ann", "theme", "value.accent", text, "value.ground", text, "value.logo", text)
		require.Equal(t, http.StatusUnprocessableEntity, got.status, text)
		require.Contains(t, got.body, "#rrggbb")
		return bones(got.body)
	}
	// Past every rule, as from a store that somebody else writes.
	stored := func(text string) {
		n := behind(t, s.app.store, "acme", config.Put("theme", map[string]string{"accent": text, "ground": text, "logo": text}))
		s.app.settings.Invalidate("acme", n)
		require.Equal(t, strings.TrimSpace(standard.css()), s.css("acme"), text)
		require.Contains(t, s.ask("acme", "ann", "/settings", nil).body, "The value is of no use")
	}
	texts("innocent")
	front, settings := seen("innocent")
	refused := colours("innocent")
	stored("innocent")
	_, unusable := seen("innocent")
	for _, text := range attacks {
		texts(text)
		f, g := seen(text)
		require.Equal(t, front, f, text)
		require.Equal(t, settings, g, text)
		require.Equal(t, refused, colours(text), text)
		for _, name := range []string{"value.accent", "value.ground"} { // each by itself
			require.Equal(t, http.StatusUnprocessableEntity, s.edit("acme", "ann", "theme", name, text).status, text)
		}
		require.Equal(t, http.StatusUnprocessableEntity, s.edit("acme", "ann", "language", "value", text).status)
		require.Equal(t, strings.TrimSpace(standard.css()), s.css("acme"), text)

		stored(text)
		f, g = seen(text)
		require.Equal(t, front, f, text)
		require.Equal(t, unusable, g, text)
		require.Equal(t, standard.css(), Theme{Accent: Colour(text), Ground: Colour(text)}.css(), "and past the rule")
	}
	require.Equal(t, boltCSS, s.css("bolt"))
}

// behind writes with a resolver that knows no declarations, and so no rules.
func behind(t *testing.T, store config.Store, id tenant.ID, a config.Assignment) int64 {
	t.Helper()
	r, err := config.NewResolver(config.Config{Store: store})
	require.NoError(t, err)
	n, err := r.Update(tenant.WithID(context.Background(), id), "behind its back", a)
	require.NoError(t, err)
	return n
}
