package config_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// The schema of two keys, as a form gets it.
func ExampleResolver_Schema() {
	settings, err := config.NewResolver(config.Config{
		Store: config.NewMemoryStore(),
		Keys: []config.Declaration{
			config.Declare("page.size", 20, config.Between(1, 100), config.Describe("Rows on a page."), config.EditableBy(config.EditorManager)),
			config.Declare("theme", "light", config.OneOf("light", "dark"), config.Isolation(tenant.Shared)),
		},
	})
	if err != nil {
		panic(err)
	}
	schema, err := settings.Schema(tenant.WithID(context.Background(), "acme"))
	if err != nil {
		panic(err)
	}
	var out bytes.Buffer
	_ = json.Indent(&out, schema, "", "  ")
	fmt.Println(out.String())
	// Output:
	// {
	//   "$schema": "https://json-schema.org/draft/2020-12/schema",
	//   "properties": {
	//     "page.size": {
	//       "default": 20,
	//       "description": "Rows on a page.",
	//       "maximum": 100,
	//       "minimum": 1,
	//       "title": "page.size",
	//       "type": "integer",
	//       "x-editable-by": "manager",
	//       "x-isolation": "per-tenant"
	//     },
	//     "theme": {
	//       "default": "light",
	//       "enum": [
	//         "light",
	//         "dark"
	//       ],
	//       "readOnly": true,
	//       "title": "theme",
	//       "type": "string",
	//       "x-editable-by": "operator",
	//       "x-isolation": "shared"
	//     }
	//   },
	//   "type": "object"
	// }
}
