package lifecycle

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// A field that is added to the record has to be compared too: or a second
// creation with another content would pass for the first.
func TestChangedSeesEveryField(t *testing.T) {
	t.Parallel()
	fields := reflect.TypeFor[tenant.Tenant]()
	seen := map[string]bool{}
	for i := range fields.NumField() {
		field := fields.Field(i)
		if !field.IsExported() || field.Name == "Created" || field.Name == "Modified" {
			continue
		}
		var a, b tenant.Tenant
		switch v := reflect.ValueOf(&b).Elem().Field(i); v.Kind() {
		case reflect.String:
			v.SetString("x")
		case reflect.Int:
			v.SetInt(1)
		case reflect.Uint8:
			v.SetUint(1)
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		case reflect.Map:
			v.Set(reflect.ValueOf(map[string]string{"x": ""}))
		default:
			t.Fatalf("a field of kind %v", v.Kind())
		}
		names := changed(&a, &b)
		require.Len(t, names, 1, field.Name)
		require.False(t, seen[names[0]])
		seen[names[0]] = true
		require.Empty(t, changed(&b, &b))
	}
	require.Empty(t, changed(&tenant.Tenant{Domains: []tenant.Domain{}, Metadata: map[string]string{}}, &tenant.Tenant{}), "none is none")
}
