package learn

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/examples/internal/web"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
)

// chrome is what surrounds each page: the site's name, language, theme and
// navigation. All of it follows from the tenant in the request's context.
func (s *site) chrome(r *http.Request) web.Chrome {
	ctx := r.Context()
	actor, _ := tenant.ActorFromContext(ctx)
	c := web.Chrome{Brand: "Learning", Lang: "en"}
	if !actor.Anonymous() {
		if account, err := s.People.Account(ctx, actor.ID); err == nil {
			c.Who = account.UserName
		}
	}
	if _, ok := tenant.IDFromContext(ctx); !ok {
		c.Nav = marked(r, s.partLinks(r, []web.Link{{Text: "Start", URL: "/"}}, actor, true, ctxtree.Node{ID: ctxtree.SystemID}))
		c.Footer = "This is the main site. It belongs to no customer, and shows nothing of any."
		return c
	}
	t := words(ctx)
	c.Brand, c.Lang, c.Style = app.SiteName.Get(ctx), app.Language.Get(ctx), "/theme.css"
	c.Nav = s.links(r, t, actor)
	c.Footer = fmt.Sprintf("What you see here is of %s and of nobody else. %s", c.Brand, app.Notice.Get(ctx))
	return c
}

func (s *site) links(r *http.Request, t map[string]string, actor tenant.Actor) []web.Link {
	links := []web.Link{{Text: t["start"], URL: "/"}}
	if app.Blogs.Get(r.Context()) {
		links = append(links, web.Link{Text: t["blog"], URL: "/blog"})
	}
	if actor.Anonymous() {
		links = append(links, web.Link{Text: t["sign in"], URL: "/sign-in"})
		return marked(r, s.partLinks(r, links, actor, false, ctxtree.Node{}))
	}
	n, err := s.TenantNode(r.Context())
	if err != nil {
		return links
	}
	links = s.partLinks(r, links, actor, false, n)
	if s.can(r, app.SiteReports, n) {
		links = append(links, web.Link{Text: t["reports"], URL: "/reports"})
	}
	if s.can(r, app.SiteConfigure, n) {
		links = append(links, web.Link{Text: t["administration"], URL: "/administration"})
	}
	return marked(r, links)
}

// partLinks adds the links to the parts that the actor may see.
func (s *site) partLinks(r *http.Request, links []web.Link, actor tenant.Actor, main bool, n ctxtree.Node) []web.Link {
	for _, p := range s.parts {
		if p.Main == main && p.Link.Text != "" && actor.Anonymous() == p.Visitors && (!p.Global || actor.Tenant == "") && s.sees(r, p, n) {
			links = append(links, p.Link)
		}
	}
	return links
}

// sees reports whether the actor's rights show it the part.
func (s *site) sees(r *http.Request, p Part, n ctxtree.Node) bool {
	if p.Capability == "" || s.can(r, p.Capability, n) {
		return true
	}
	if !p.Somewhere {
		return false
	}
	nodes, err := s.Checker.WhereCan(r.Context(), p.Capability)
	return err == nil && len(nodes) > 0
}

func marked(r *http.Request, links []web.Link) []web.Link {
	for i := range links {
		links[i].Here = links[i].URL == r.URL.Path
	}
	return links
}

// render shows a page, with the words of the site's language.
func (s *site) render(w http.ResponseWriter, r *http.Request, name string, data map[string]any) {
	data["T"] = words(r.Context())
	s.pages.Render(w, r, name, data)
}

// colours of the themes.
var colours = map[string]string{"sky": "#0b57d0", "forest": "#1b6e3c", "brick": "#9a2f1c", "plum": "#7a2a86"}

// style is the site's style sheet. The setting chooses among what is written
// here; nothing of it is copied into the sheet.
func (s *site) style(w http.ResponseWriter, r *http.Request) {
	colour := colours[app.Theme.Get(r.Context())]
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	fmt.Fprintf(w, `:root { --site-colour: %[1]s; --pico-primary-background: %[1]s; --pico-primary-border: %[1]s; --pico-primary-hover-background: %[1]s; --pico-primary-inverse: #fff; }
body > header { border-block-end: .4rem solid var(--site-colour); }
nav.contents, nav.contents ul, nav.contents li { display: block; margin: 0; padding-block: .1rem; }
nav.contents ul ul { padding-inline-start: 1rem; }
nav.contents a { padding: .1rem; }
.contents [aria-current] { font-weight: bold; }
@media (min-width: 46rem) { .beside { display: grid; grid-template-columns: 15rem 1fr; gap: 2rem; } }
`, colour)
}

// when is a time of the tables, for people.
func when(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04") }

// paragraphs splits a text at its empty lines.
func paragraphs(text string) []string {
	var out []string
	for p := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
