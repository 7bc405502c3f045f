package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/gotenancy/tenancy/config"
	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// Themes and Languages are what a site can choose from.
var (
	Themes    = []string{"sky", "forest", "brick", "plum"}
	Languages = []string{"en", "de", "es"}
)

// The settings. Those that a site's manager edits take their default from the
// tenant's record; the last two are not the managers' at all.
var (
	SiteName = config.Declare("site.name", "", config.Computed(recordName),
		config.Validate(atMost(80)), config.EditableBy(config.EditorManager), config.Public(),
		config.Describe("What your site is called."))

	Theme = config.Declare("theme.colour", Themes[0], config.OneOf(Themes...), config.Computed(recordTheme),
		config.EditableBy(config.EditorManager), config.Public(),
		config.Describe("The colour of your pages."))

	Language = config.Declare("site.language", Languages[0], config.OneOf(Languages...), config.Computed(recordLanguage),
		config.EditableBy(config.EditorManager), config.Public(),
		config.Describe("The language of your pages."))

	FrontText = config.Declare("front.text", "", config.Computed(recordDescription),
		config.Validate(atMost(5000)), config.EditableBy(config.EditorManager),
		config.Describe("What your front page says. An empty line begins a paragraph."))

	Blogs = config.Declare("blogs.enabled", false, config.Closed(false),
		config.Describe("Whether the site has blogs. The installation decides."))

	Notice = config.Declare("system.notice", "", config.Isolation(tenant.Shared),
		config.Validate(atMost(200)),
		config.Describe("A notice on all pages of all sites, such as of maintenance."))
)

// SiteSettings are the settings that the managers of a site edit, in the order
// of the form. Settings lists all.
var (
	SiteSettings = []config.Declaration{SiteName, Theme, Language, FrontText}
	Settings     = append(slices.Clone(SiteSettings), Blogs, Notice)
)

func recordName(ctx context.Context, _ config.Snapshot) (string, error) {
	rec := record(ctx)
	return cmp.Or(rec.Name, rec.Code), nil
}

func recordTheme(ctx context.Context, _ config.Snapshot) (string, error) {
	if t := record(ctx).Theme; slices.Contains(Themes, t) {
		return t, nil
	}
	return Themes[0], nil
}

func recordLanguage(ctx context.Context, _ config.Snapshot) (string, error) {
	if l := record(ctx).Language; slices.Contains(Languages, l) {
		return l, nil
	}
	return Languages[0], nil
}

func recordDescription(ctx context.Context, _ config.Snapshot) (string, error) {
	return record(ctx).Description, nil
}

// record returns the tenant's record, or an empty one where there is none, as
// on the main site.
func record(ctx context.Context) tenant.Tenant {
	if rec, ok := tenant.FromContext(ctx); ok {
		return *rec
	}
	return tenant.Tenant{}
}

func atMost(n int) func(string) error {
	return func(text string) error {
		if utf8.RuneCountInString(text) > n {
			return errors.New("the text is too long")
		}
		return nil
	}
}

// Installation is the actor of what the program itself does: the seed and the
// command line. Nobody signs in as it, since accounts' ids are made by NewID.
var Installation = tenant.Actor{ID: "the installation"}

// editor says who may change settings, by the rights of the context's actor.
func (a *App) editor(ctx context.Context) config.Editor {
	actor, ok := tenant.ActorFromContext(ctx)
	switch {
	case !ok || actor.Anonymous():
		return config.EditorNobody
	case actor == Installation, a.Checker.Can(ctx, SystemConfig, ctxtree.SystemID):
		return config.EditorOperator
	}
	if n, err := a.TenantNode(ctx); err == nil && a.Checker.Can(ctx, SiteConfigure, n.ID) {
		return config.EditorManager
	}
	return config.EditorAccount
}

// HoldFront makes the front page of a site what its record says, and nobody in
// the site can change it; ReleaseFront gives it back, with the text that the
// managers had. Each tenant is a group of its own for that: what is forced there
// stands above what the tenant says.
func (a *App) HoldFront(ctx context.Context, rec tenant.Tenant) error {
	_, err := a.Settings.Group(string(rec.ID)).Update(ctx, "the front page follows the record", FrontText.Put(rec.Description).Force())
	return err
}

// ReleaseFront undoes HoldFront. Both are for global mode.
func (a *App) ReleaseFront(ctx context.Context, id tenant.ID) error {
	_, err := a.Settings.Group(string(id)).Update(ctx, "the site writes its front page", FrontText.Remove())
	return err
}

func ownGroup(_ context.Context, id tenant.ID) ([]string, error) { return []string{string(id)}, nil }
