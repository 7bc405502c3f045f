package config_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// Declared settings, in the layers of an installation. The README shows what
// stands between the two marks, and TestReadme holds them together.
func Example() {
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	// readme:begin
	currency := config.Declare("billing.currency", "EUR", config.OneOf("EUR", "CHF"))
	export := config.Declare("export.allowed", true, config.Closed(false)) // in doubt nobody exports

	settings, err := config.NewResolver(config.Config{
		Store:  config.NewMemoryStore(), // or configsql, in your database
		Keys:   []config.Declaration{currency, export},
		Base:   map[string]any{"page": map[string]any{"size": 50}},                                  // or your files
		Groups: func(context.Context, tenant.ID) ([]string, error) { return []string{"free"}, nil }, // its plan
	})
	check(err)
	ctx := config.NewContext(context.Background(), settings) // the middleware does this
	acme, operator := tenant.WithID(ctx, "acme"), tenant.Global(ctx)

	_, err = settings.Group("free").Update(operator, "what the plan has", export.Put(false).Force())
	check(err)
	check(currency.Set(acme, "CHF", "moved to Zürich"))
	fmt.Println(currency.Get(acme), export.Get(acme), config.Get(acme, "page.size", 20))
	fmt.Println(export.Set(acme, true, "why not"))

	why, err := settings.Explain(acme, "export.allowed")
	check(err)
	for _, step := range why.Steps {
		fmt.Println(step.Layer, string(step.Value), step.Outcome)
	}
	// readme:end
	// Output:
	// CHF false 50
	// config: key "export.allowed" in the tenant layer: config: a layer below forces the value: the group layer
	// default true overridden
	// group false wins
}

// TestReadme: the code in the README's section on settings, and what it says
// that it prints, is that of the Example.
func TestReadme(t *testing.T) {
	t.Parallel()
	between := func(text, from, to string) string {
		t.Helper()
		_, text, ok := strings.Cut(text, from)
		require.True(t, ok, from)
		text, _, ok = strings.Cut(text, to)
		require.True(t, ok, to)
		return text
	}
	source, err := os.ReadFile("example_readme_test.go")
	require.NoError(t, err)
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	section := between(string(readme), "\n## Settings\n", "\n## ")
	code := strings.ReplaceAll("\n"+between(string(source), "\t// readme:begin\n", "\t// readme:end\n"), "\n\t", "\n")
	require.Equal(t, strings.TrimSpace(code), strings.TrimSpace(between(section, "```go\n", "```")))
	output := strings.ReplaceAll(between(string(source), "\t// Output:\n", "}\n"), "\t// ", "    ")
	require.Contains(t, section, output)
}
