// Package forms holds the tests of config.Resolver.Schema against a validator
// of JSON Schema, github.com/santhosh-tekuri/jsonschema/v6: a form that is drawn
// from the schema must take what the settings take, and nothing else.
package forms
