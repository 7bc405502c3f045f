package main

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// The settings of the application. Nothing else here knows a default, a rule or
// who may change what.
var (
	theme = config.Declare("theme", standard,
		config.Merged(config.MergeShallow), // a tenant sets what it wants to have different
		config.Validate(validTheme), config.EditableBy(config.EditorManager), config.Public(),
		config.Describe("The look of your pages. What is left empty is as everywhere."))

	language = config.Declare("language", "en", config.OneOf("en", "de"),
		config.Computed(recordLanguage), config.EditableBy(config.EditorManager), config.Public(),
		config.Describe("The language of your front page."))

	frontText = config.Declare("front.text", "Welcome.",
		config.Validate(validText), config.EditableBy(config.EditorManager),
		config.Describe("What your front page says. An empty line begins a paragraph."))

	signup = config.Declare("signup.open", true, config.Closed(false), // in doubt nobody signs up
		config.EditableBy(config.EditorManager),
		config.Describe("Whether visitors can sign up."))

	support = config.Declare("support.address", "help@example.com", config.Isolation(tenant.Shared),
		config.Describe("Where everybody gets help."))
)

// keys are the settings above, in the order of the form.
var keys = []config.Declaration{theme, language, frontText, signup, support}

// recordLanguage is the language in the tenant's record, if there are words in it.
func recordLanguage(ctx context.Context, _ config.Snapshot) (string, error) {
	if rec, ok := tenant.FromContext(ctx); ok {
		if _, ok := words[rec.Language]; ok {
			return rec.Language, nil
		}
	}
	return "en", nil
}

func validText(text string) error {
	if utf8.RuneCountInString(text) > 5000 {
		return errors.New("the text has at most 5000 characters")
	}
	return nil
}

// alone puts each tenant into a group of its own. In it the installation sets
// what one tenant gets, and may not change.
func alone(_ context.Context, id tenant.ID) ([]string, error) { return []string{string(id)}, nil }

// holdFront makes the front page of a tenant what its record says, which
// nobody in the tenant can change. Call it when the record is made or changed.
func holdFront(ctx context.Context, settings *config.Resolver, rec *tenant.Tenant) error {
	_, err := settings.Group(string(rec.ID)).Update(operator(ctx), "from the tenant's record", frontText.Put(rec.Description).Force())
	return err
}

// releaseFront gives the front page back to the tenant's managers, with the text
// that they had, if any.
func releaseFront(ctx context.Context, settings *config.Resolver, id tenant.ID) error {
	_, err := settings.Group(string(id)).Update(operator(ctx), "the tenant writes its own", frontText.Remove())
	return err
}

// operator returns a context of who runs the installation.
func operator(ctx context.Context) context.Context {
	return tenant.Global(tenant.WithActor(ctx, tenant.Actor{ID: operatorID}))
}
