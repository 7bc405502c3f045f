package config_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// properties returns the properties of the schema of ctx.
func properties(t *testing.T, r *config.Resolver, ctx context.Context) map[string]map[string]any {
	t.Helper()
	raw, err := r.Schema(ctx)
	require.NoError(t, err)
	var schema struct {
		Properties map[string]map[string]any `json:"properties"`
	}
	require.NoError(t, json.Unmarshal(raw, &schema))
	return schema.Properties
}

// schemaOf checks the part of the schema that comes from the type of a key, and
// its $defs.
func schemaOf[T any](t *testing.T, want, defs string, opts ...config.Option) {
	t.Helper()
	var zero T
	schemaWith(t, zero, want, defs, opts...)
}

func schemaWith[T any](t *testing.T, def T, want, defs string, opts ...config.Option) {
	t.Helper()
	r := resolver(t, config.Config{Keys: []config.Declaration{config.Declare("k", def, opts...)}})
	raw, err := r.Schema(everywhere(r))
	require.NoError(t, err)
	var schema struct {
		Properties map[string]map[string]json.RawMessage `json:"properties"`
		Defs       json.RawMessage                       `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(raw, &schema))
	p := schema.Properties["k"]
	for _, general := range []string{"title", "default", "x-isolation", "x-editable-by"} {
		require.Contains(t, p, general)
		delete(p, general)
	}
	got, err := json.Marshal(p)
	require.NoError(t, err)
	// Numbers are compared digit by digit.
	exact := func(text string) any {
		dec := json.NewDecoder(bytes.NewReader([]byte(text)))
		dec.UseNumber()
		var v any
		require.NoError(t, dec.Decode(&v), text)
		return v
	}
	require.Equal(t, exact(want), exact(string(got)), "%T", def)
	if defs == "" {
		require.Empty(t, schema.Defs)
	} else {
		require.JSONEq(t, defs, string(schema.Defs))
	}
}

type node struct {
	Label string `json:"label"`
	Next  *node  `json:"next,omitempty"`
	Left  []node `json:"left"`
}

type (
	ping  struct{ Pong *pong }
	pong  struct{ Ping []ping }
	list  []list
	named map[string]named
	tree  [2]struct{ T *tree }
)

type deep struct {
	Hidden string // by outer
	Both   string // by the twin at the same depth
	Tagged string `json:"tagged"`
	Own    int
}

// Twin is exported, since it is embedded by a pointer.
type Twin struct {
	Both   string
	Tagged string `json:"-"`
	Named  string `json:"tagged2"`
}

type unexported struct{ Visible bool }

type lost struct{ Unfilled bool }

type ignored struct{ Lost bool }

type outer struct {
	deep
	*Twin
	*lost
	unexported
	*ignored `json:"-"`
	time.Weekday
	Aside      struct{ X int8 } `json:"aside"`
	Hidden     int
	Dash       int               `json:"-,"`
	Skipped    chan int          `json:"-"`
	Odd        int               `json:"a\"b"`
	private    int               //nolint:unused // encoding/json does not see it
	Omit       uint8             `json:",omitempty"`
	Quoted     int               `json:"quoted,string"`
	Quoted2    *bool             `json:",string"`
	Quoted3    uint16            `json:",omitempty,string"`
	Quoted4    float64           `json:",string"`
	Quoted5    string            `json:",string"`
	NotQuoted  []int             `json:",string"`
	ByNumber   map[int8]bool     `json:"by_number"`
	ByUnsigned map[uint]struct{} `json:"by_unsigned"`
	ByText     map[netip.Addr]float64
	Wait       time.Duration
	At         *time.Time
}

func TestSchemaOfTypes(t *testing.T) {
	t.Parallel()
	schemaOf[bool](t, `{"type":"boolean"}`, "")
	schemaOf[string](t, `{"type":"string"}`, "")
	schemaOf[int](t, `{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807}`, "")
	schemaOf[int8](t, `{"type":"integer","minimum":-128,"maximum":127}`, "")
	schemaOf[level](t, `{"type":"integer","minimum":-128,"maximum":127}`, "")
	schemaOf[int16](t, `{"type":"integer","minimum":-32768,"maximum":32767}`, "")
	schemaOf[int32](t, `{"type":"integer","minimum":-2147483648,"maximum":2147483647}`, "")
	schemaOf[uint8](t, `{"type":"integer","minimum":0,"maximum":255}`, "")
	schemaOf[uint32](t, `{"type":"integer","minimum":0,"maximum":4294967295}`, "")
	schemaOf[uint64](t, `{"type":"integer","minimum":0,"maximum":18446744073709551615}`, "")
	schemaOf[float64](t, `{"type":"number"}`, "")
	schemaOf[float32](t, `{"type":"number","exclusiveMinimum":-340282356779733661637539395458142568448,"exclusiveMaximum":340282356779733661637539395458142568448}`, "")
	schemaOf[json.Number](t, `{"type":"number"}`, "")
	schemaOf[time.Time](t, `{"type":"string","format":"date-time"}`, "")
	const duration = `"type":"string","description":"A duration such as \"90s\" or \"1h30m\".","pattern":"^[-+]?(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$"`
	schemaOf[time.Duration](t, `{`+duration+`}`, "")
	schemaWith(t, time.Minute, `{`+duration+`,"x-minimum":"1s","x-maximum":"1h0m0s","enum":["1m0s","2m0s"]}`, "",
		config.Between(time.Second, time.Hour), config.OneOf(time.Minute, 2*time.Minute, time.Minute))
	schemaOf[any](t, `{}`, "")
	schemaOf[fmt.Stringer](t, `{"type":"null"}`, "")
	schemaOf[json.RawMessage](t, `{}`, "")
	schemaOf[netip.Addr](t, `{"type":"string"}`, "")
	schemaOf[*netip.Addr](t, `{"type":["string","null"]}`, "")
	schemaOf[*any](t, `{}`, "")
	schemaOf[*big.Int](t, `{}`, "")
	schemaOf[**int8](t, `{"type":["integer","null"],"minimum":-128,"maximum":127}`, "")
	schemaOf[*chan int](t, `{"type":"null"}`, "")
	schemaOf[*time.Duration](t, `{"type":["integer","null"],"minimum":-9223372036854775808,"maximum":9223372036854775807}`, "")
	schemaOf[[]string](t, `{"type":["array","null"],"items":{"type":"string"}}`, "")
	schemaOf[*[]*bool](t, `{"type":["array","null"],"items":{"type":["boolean","null"]}}`, "")
	schemaOf[[]byte](t, `{"type":["string","null"],"contentEncoding":"base64"}`, "")
	schemaOf[[2]byte](t, `{"type":"array","minItems":2,"maxItems":2,"items":{"type":"integer","minimum":0,"maximum":255}}`, "")
	schemaOf[map[string]any](t, `{"type":["object","null"],"additionalProperties":{}}`, "")
	schemaOf[*map[complex64]any](t, `{"type":"null"}`, "")
	schemaOf[struct{}](t, `{"type":"object","properties":{},"additionalProperties":false}`, "")
}

func TestSchemaOfRules(t *testing.T) {
	t.Parallel()
	schemaWith(t, 5, `{"type":"integer","minimum":-3,"maximum":10}`, "", config.Between(-3, 10))
	schemaWith(t, 0.5, `{"type":"number","minimum":0,"maximum":1.5}`, "", config.Between(0, 1.5))
	schemaWith(t, 0.5, `{"type":"number","maximum":1}`, "", config.Between(math.Inf(-1), 1))
	schemaWith(t, 7, `{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807,"enum":[7,9]}`, "", config.OneOf(7, 9), config.OneOf(9))
	schemaWith(t, "a<b", `{"type":"string","enum":["a<b","&"],"description":"What it does."}`, "", config.OneOf("a<b", "&"), config.Describe("What it does."))
	schemaWith(t, time.Second, `{"type":"string","description":"How long. A duration such as \"90s\" or \"1h30m\".","pattern":"^[-+]?(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$"}`, "", config.Describe("How long."))
	schemaOf[[]string](t, `{"type":["array","null"],"items":{"type":"string"},"enum":[null,["a"]]}`, "", config.OneOf(nil, []string{"a"}))
}

func TestSchemaOfStructs(t *testing.T) {
	t.Parallel()
	const long = `{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807}`
	schemaOf[outer](t, `{"type":"object","additionalProperties":false,"properties":{
		"tagged":{"type":"string"},"tagged2":{"type":"string"},"Own":`+long+`,"Visible":{"type":"boolean"},"Weekday":`+long+`,
		"aside":{"type":"object","additionalProperties":false,"properties":{"X":{"type":"integer","minimum":-128,"maximum":127}}},
		"Hidden":`+long+`,"-":`+long+`,"Odd":`+long+`,"Omit":{"type":"integer","minimum":0,"maximum":255},
		"quoted":{"type":"string","pattern":"^-?(0|[1-9][0-9]*)$"},"Quoted2":{"type":["string","null"],"pattern":"^(true|false)$"},
		"Quoted3":{"type":"string","pattern":"^(0|[1-9][0-9]*)$"},"Quoted4":{"type":"string","pattern":"^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?$"},
		"Quoted5":{"type":"string","pattern":"^\"[\\s\\S]*\"$"},"NotQuoted":{"type":["array","null"],"items":`+long+`},
		"by_number":{"type":["object","null"],"propertyNames":{"pattern":"^-?(0|[1-9][0-9]*)$"},"additionalProperties":{"type":"boolean"}},
		"by_unsigned":{"type":["object","null"],"propertyNames":{"pattern":"^(0|[1-9][0-9]*)$"},"additionalProperties":{"type":"object","properties":{},"additionalProperties":false}},
		"ByText":{"type":["object","null"],"additionalProperties":{"type":"number"}},
		"Wait":`+long+`,"At":{"type":["string","null"],"format":"date-time"}}}`, "")
}

func TestSchemaOfRecursiveTypes(t *testing.T) {
	t.Parallel()
	const aNode = `"config_test.node":{"type":"object","additionalProperties":false,"properties":{"label":{"type":"string"},
		"next":{"anyOf":[{"$ref":"#/$defs/config_test.node"},{"type":"null"}]},
		"left":{"type":["array","null"],"items":{"$ref":"#/$defs/config_test.node"}}}}`
	schemaOf[node](t, `{"$ref":"#/$defs/config_test.node"}`, `{`+aNode+`}`)
	schemaOf[[]node](t, `{"type":["array","null"],"items":{"$ref":"#/$defs/config_test.node"}}`, `{`+aNode+`}`)
	schemaOf[**node](t, `{"anyOf":[{"$ref":"#/$defs/config_test.node"},{"type":"null"}]}`, `{`+aNode+`}`)
	schemaOf[list](t, `{"$ref":"#/$defs/config_test.list"}`, `{"config_test.list":{"type":["array","null"],"items":{"$ref":"#/$defs/config_test.list"}}}`)
	schemaOf[named](t, `{"$ref":"#/$defs/config_test.named"}`, `{"config_test.named":{"type":["object","null"],"additionalProperties":{"$ref":"#/$defs/config_test.named"}}}`)
	schemaOf[struct {
		A ping
		B *pong
	}](t, `{"type":"object","additionalProperties":false,"properties":{"A":{"$ref":"#/$defs/config_test.ping"},
		"B":{"type":["object","null"],"additionalProperties":false,"properties":{"Ping":{"type":["array","null"],"items":{"$ref":"#/$defs/config_test.ping"}}}}}}`,
		`{"config_test.ping":{"type":"object","additionalProperties":false,"properties":{"Pong":
			{"type":["object","null"],"additionalProperties":false,"properties":{"Ping":{"type":["array","null"],"items":{"$ref":"#/$defs/config_test.ping"}}}}}}}`)
	schemaOf[tree](t, `{"$ref":"#/$defs/config_test.tree"}`, `{"config_test.tree":{"type":"array","minItems":2,"maxItems":2,"items":{"type":"object",
		"additionalProperties":false,"properties":{"T":{"anyOf":[{"$ref":"#/$defs/config_test.tree"},{"type":"null"}]}}}}}`)

	t.Run("two of one name", func(t *testing.T) {
		one := func() config.Declaration {
			type node struct{ A *node }
			return config.Declare("a", node{})
		}()
		other := func() config.Declaration {
			type node struct{ B *node }
			return config.Declare("b", node{})
		}()
		r := resolver(t, config.Config{Keys: []config.Declaration{other, config.Declare("c", node{}), one}})
		raw, err := r.Schema(everywhere(r))
		require.NoError(t, err)
		var schema struct {
			Properties map[string]struct {
				Ref string `json:"$ref"`
			}
			Defs map[string]struct{ Properties map[string]any } `json:"$defs"`
		}
		require.NoError(t, json.Unmarshal(raw, &schema))
		require.Len(t, schema.Defs, 3)
		for key, field := range map[string]string{"a": "A", "b": "B", "c": "label"} {
			require.Contains(t, schema.Defs[schema.Properties[key].Ref[len("#/$defs/"):]].Properties, field)
		}
	})
}

// What a schema says of a key besides its type.
func TestSchemaOfDeclarations(t *testing.T) {
	t.Parallel()
	ring, err := config.NewKeyring("k1", map[string][]byte{"k1": bytes.Repeat([]byte{1}, 32)})
	require.NoError(t, err)
	r := resolver(t, config.Config{
		Keyring: ring,
		Modules: []tenant.Module{{Name: "mail", Isolation: tenant.Shared}},
		Base:    map[string]any{"size": 30},
		Keys: []config.Declaration{
			config.Declare("size", 20, config.Describe("How many."), config.Public(), config.Alias("old.size", "oldest.size")),
			config.Declare("mail.host", "localhost", config.Module("mail"), config.EditableBy(config.EditorManager)),
			config.Declare("mail.password", config.NewSecret("standard")),
			config.Declare("token", "standard", config.Sealed()),
			config.Declare("locale", "en", config.PerAccount(), config.EditableBy(config.EditorAccount)),
			config.Declare("computed", "standard", config.Computed(func(context.Context, config.Snapshot) (string, error) { return "", nil })),
			config.Declare("nothing", []int(nil)),
		},
	})
	require.NoError(t, r.Set(in(r, "acme"), "size", 25, ""))
	got, err := r.Schema(in(r, "acme"))
	require.NoError(t, err)
	long := `"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807`
	require.JSONEq(t, `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{
		"size":{`+long+`,"title":"size","description":"How many.","default":20,"x-isolation":"per-tenant","x-editable-by":"operator","x-public":true,"x-aliases":["old.size","oldest.size"]},
		"mail.host":{"type":"string","title":"mail.host","default":"localhost","x-isolation":"shared","x-editable-by":"manager","readOnly":true},
		"mail.password":{"type":"string","not":{"const":"[redacted]"},"title":"mail.password","x-isolation":"per-tenant","x-editable-by":"operator","writeOnly":true},
		"token":{"type":"string","title":"token","x-isolation":"per-tenant","x-editable-by":"operator","writeOnly":true},
		"locale":{"type":"string","title":"locale","default":"en","x-isolation":"per-tenant","x-editable-by":"account","x-per-account":true},
		"computed":{"type":"string","title":"computed","x-isolation":"per-tenant","x-editable-by":"operator"},
		"nothing":{"type":["array","null"],"items":{`+long+`},"title":"nothing","default":null,"x-isolation":"per-tenant","x-editable-by":"operator"}
	}}`, string(got))
	for range 20 {
		again, err := r.Schema(in(r, "acme"))
		require.NoError(t, err)
		require.Equal(t, string(got), string(again))
	}
	require.NotContains(t, properties(t, r, everywhere(r))["mail.host"], "readOnly", "a shared key is written in global mode")
	empty := resolver(t, config.Config{})
	got, err = empty.Schema(everywhere(empty))
	require.NoError(t, err)
	require.JSONEq(t, `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{}}`, string(got))
}

type editorKey struct{}

// A form lets nobody edit what a write would refuse.
func TestSchemaReadOnly(t *testing.T) {
	t.Parallel()
	asked := 0
	r := resolver(t, config.Config{
		Keys: []config.Declaration{
			config.Declare("operator", 0),
			config.Declare("manager", 0, config.EditableBy(config.EditorManager)),
			config.Declare("account", 0, config.EditableBy(config.EditorAccount)),
			config.Declare("own", 0, config.EditableBy(config.EditorAccount), config.PerAccount()),
			config.Declare("own.managed", 0, config.EditableBy(config.EditorManager), config.PerAccount()),
			config.Declare("shared", 0, config.EditableBy(config.EditorManager), config.Isolation(tenant.Shared)),
		},
		Editor: func(ctx context.Context) config.Editor {
			asked++
			e, _ := ctx.Value(editorKey{}).(config.Editor)
			return e
		},
	})
	as := func(e config.Editor, ctx context.Context) context.Context {
		return context.WithValue(ctx, editorKey{}, e)
	}
	ada := tenant.WithActor(background, tenant.Actor{ID: "ada"})
	acme, global := tenant.WithID(ada, "acme"), tenant.Global(ada)
	visitor := tenant.WithID(background, "acme")
	for name, tt := range map[string]struct {
		ctx  context.Context
		want []string
	}{
		"nobody":               {as(config.EditorNobody, acme), nil},
		"an account":           {as(config.EditorAccount, acme), []string{"own"}},
		"a manager":            {as(config.EditorManager, acme), []string{"account", "manager", "own", "own.managed"}},
		"an operator":          {as(config.EditorOperator, acme), []string{"account", "manager", "operator", "own", "own.managed"}},
		"a visitor":            {as(config.EditorAccount, visitor), nil},
		"a manager, global":    {as(config.EditorManager, global), nil},
		"an operator, global":  {as(config.EditorOperator, global), []string{"account", "manager", "operator", "own", "own.managed", "shared"}},
		"an operator, reading": {as(config.EditorOperator, tenant.ReadOnly(acme)), nil},
	} {
		var got []string
		asked = 0
		for _, key := range []string{"account", "manager", "operator", "own", "own.managed", "shared"} {
			if _, locked := properties(t, r, tt.ctx)[key]["readOnly"]; !locked {
				got = append(got, key)
			}
		}
		require.Equal(t, tt.want, got, name)
		require.Equal(t, 6, asked, "once for each schema: it may cost a query")
	}
}

// There is a schema of one tenant, or of the global settings.
func TestSchemaInOtherModes(t *testing.T) {
	t.Parallel()
	r := resolver(t, config.Config{Keys: []config.Declaration{config.Declare("k", 0)}})
	acme := in(r, "acme")
	for _, tt := range []struct {
		ctx  context.Context
		want error
	}{
		{background, tenant.ErrNoTenant},
		{tenant.Across(background, "report", "acme", "bolt"), tenant.ErrSeveralTenants},
		{tenant.AcrossAll(background, "report"), tenant.ErrSeveralTenants},
		{tenant.WithID(acme, "bolt"), tenant.ErrTenantConflict},
	} {
		raw, err := r.Schema(tt.ctx)
		require.ErrorIs(t, err, tt.want)
		require.Nil(t, raw)
	}
}
