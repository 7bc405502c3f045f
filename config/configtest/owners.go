package configtest

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// each is one owner of every kind, and neighbours that have something in common.
var each = []config.Owner{
	{},
	{Account: "ann"},
	{Group: "acme"}, // a group may be called as a tenant is
	{Group: "gold"},
	{Tenant: "acme"},
	{Tenant: "acme", Account: "ann"},
	{Tenant: "acme", Account: "bob"},
	{Tenant: "acme", Account: "acme"},
	{Tenant: "bolt"},
	{Tenant: "bolt", Account: "ann"},
	{Tenant: "gold"},
	{Tenant: "acme-2"},
}

func testApart(t *testing.T, s config.Store) { apart(t, s, each) }

// testSimilar has ids that a collation or a padded comparison takes for one
// another.
func testSimilar(t *testing.T, s config.Store) {
	var similar []config.Owner
	for _, account := range []string{
		"a", "a ", "a  ", " a", "A", "á", "a\u0301", "ａ", "a\n", "a\t", "a\\", "a'", "a%", "a_",
		"ß", "ss", "0", "00", "0e1", "İ", "i", "ı", "🦄", "🐴", "\u200b", "\u007f", " ", "  ",
		"-", "--", "null", "NULL", `\0`, `""`,
		strings.Repeat("x", 128), strings.Repeat("x", 127), strings.Repeat("🦄", 32), strings.Repeat("🦄", 31) + "🐴",
		strings.Repeat("x", 127) + " ", "urn:uuid:0", "ann@acme.example",
	} {
		similar = append(similar, config.Owner{Tenant: "acme", Account: account}, config.Owner{Account: account})
	}
	apart(t, s, similar)
}

// apart holds that no owner has anything to do with another.
func apart(t *testing.T, s config.Store, owners []config.Owner) {
	st := store{t, s}
	value := func(i int) string { return fmt.Sprintf("%d", i) }
	for i, o := range owners {
		// To be there already would be a conflict.
		st.write(o, only(set("a", value(i)), 0))
	}
	for i, o := range owners {
		st.want(o, map[string]string{"a": value(i)})
	}
	for i, o := range owners {
		st.write(o, set("b", value(i)), config.Change{Key: "a"})
		st.want(o, map[string]string{"b": value(i)})
		if revs := st.history(o, "a"); len(revs) != 2 || revs[0].Value != nil || string(revs[1].Value) != value(i) {
			t.Errorf("history of %+v is %+v, want its own value and the deletion", o, revs)
		}
		if i+1 < len(owners) {
			next := owners[i+1]
			st.want(next, map[string]string{"a": value(i + 1)})
			if revs := st.history(next, "b"); len(revs) != 0 {
				t.Errorf("%+v has the history of %+v: %+v", next, o, revs)
			}
		}
	}
}

// testShared looks at what is loaded for the layers that all tenants share.
func testShared(t *testing.T, s config.Store) {
	st := store{t, s}
	st.write(config.Owner{Group: "gold"}, set("a", `"gold"`), set("b", `"gold"`))
	st.write(config.Owner{}, set("a", `"global"`))
	st.write(config.Owner{Group: "silver"}, set("a", `"silver"`))
	st.write(of("gold"), set("a", `"a tenant"`))
	st.write(config.Owner{Account: "ann"}, set("a", `"an account"`))
	st.write(config.Owner{Tenant: "gold", Account: "ann"}, set("a", `"a tenant's account"`))
	all, _ := st.all(config.Owner{})
	got := map[[2]string]string{}
	for at, set := range all {
		got[at] = string(set.Value)
	}
	want := map[[2]string]string{
		{"", "a"}: `"global"`, {"gold", "a"}: `"gold"`, {"gold", "b"}: `"gold"`, {"silver", "a"}: `"silver"`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the global load gave %v, want %v", got, want)
	}
	st.want(config.Owner{Group: "gold"}, map[string]string{"a": `"gold"`, "b": `"gold"`})
	st.want(config.Owner{Group: "silver"}, map[string]string{"a": `"silver"`})
	st.want(config.Owner{Group: "bronze"}, map[string]string{})
	st.want(of("gold"), map[string]string{"a": `"a tenant"`})

	st.write(config.Owner{Group: "gold"}, config.Change{Key: "a"}, config.Change{Key: "b"})
	st.write(config.Owner{}, config.Change{Key: "a"})
	if all, _ = st.all(config.Owner{}); len(all) != 1 || string(all[[2]string{"silver", "a"}].Value) != `"silver"` {
		t.Errorf("after deletions the global load gave %v", all)
	}
	// What is nobody's in particular has no group's history.
	if revs := st.history(config.Owner{}, "b"); len(revs) != 0 {
		t.Errorf("a group's history is the global one: %+v", revs)
	}
}

// testSharedNumbers: a write for any owner of a tenant moves the number of all
// of them, and of nobody else; groups and what is global are one such family.
func testSharedNumbers(t *testing.T, s config.Store) {
	st := store{t, s}
	numbers := map[tenant.ID]int64{}
	for round := range 2 {
		for _, o := range each {
			n := st.write(o, set("a", fmt.Sprint(round)))
			if n <= numbers[o.Tenant] {
				t.Errorf("a write for %+v has number %d after %d", o, n, numbers[o.Tenant])
			}
			numbers[o.Tenant] = n
			if _, versions, _ := st.load(o); versions["a"] != n {
				t.Errorf("a write for %+v has version %d, want its number %d", o, versions["a"], n)
			}
			for _, other := range each {
				if _, number := st.all(other); number != numbers[other.Tenant] {
					t.Fatalf("after a write for %+v the number of %+v is %d, want %d", o, other, number, numbers[other.Tenant])
				}
			}
		}
	}
}

// deleter is a store that can remove a tenant.
type deleter interface {
	DeleteTenant(ctx context.Context, id tenant.ID) (rows int64, err error)
}

func testDeleteTenant(t *testing.T, s config.Store) {
	d, ok := s.(deleter)
	if !ok {
		return // it need not have it
	}
	st := store{t, s}
	ctx := context.Background()
	for _, o := range each {
		st.write(o, set("a", `1`), set("b", `1`))
		st.write(o, config.Change{Key: "b"})
	}
	before := map[config.Owner]any{}
	for _, o := range each {
		before[o] = st.everything(o)
	}
	_, was := st.all(of("acme"))
	// Of each of four owners: a setting, and three versions.
	if rows, err := d.DeleteTenant(ctx, "acme"); rows != 16 || err != nil {
		t.Errorf("DeleteTenant removed %d rows, error %v, want 16", rows, err)
	}
	for _, o := range each {
		if o.Tenant != "acme" {
			if after := st.everything(o); !reflect.DeepEqual(after, before[o]) {
				t.Errorf("the deletion of another tenant has made %v of %v of %+v", after, before[o], o)
			}
			continue
		}
		all, number := st.all(o)
		if len(all) != 0 || number <= was {
			t.Errorf("of the deleted tenant there is %v, number %d after %d", all, number, was)
		}
		for _, key := range []string{"a", "b"} {
			if revs := st.history(o, key); len(revs) != 0 {
				t.Errorf("the deleted tenant has history %+v", revs)
			}
		}
	}
	if rows, err := d.DeleteTenant(ctx, "acme"); rows != 0 || err != nil {
		t.Errorf("a second DeleteTenant removed %d rows, error %v", rows, err)
	}
	if _, err := d.DeleteTenant(ctx, "never-there"); err != nil {
		t.Errorf("DeleteTenant of a tenant without settings: %v", err)
	}
	_, was = st.all(of("acme"))
	if n := st.write(of("acme"), only(set("a", `2`), 0)); n <= was {
		t.Errorf("after the deletion number %d was given, want more than %d", n, was)
	}
	for _, id := range []tenant.ID{"", "acme ", "Acme", "%"} {
		if rows, err := d.DeleteTenant(ctx, id); rows != 0 || err == nil {
			t.Errorf("DeleteTenant of %q removed %d rows, error %v", id, rows, err)
		}
	}
	if all, _ := st.all(config.Owner{}); len(all) != 3 {
		t.Errorf("a refused DeleteTenant has left %v of what is global", all)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := d.DeleteTenant(cancelled, "bolt"); err == nil {
		t.Error("DeleteTenant ignores a cancelled context")
	}
	if after := st.everything(of("bolt")); !reflect.DeepEqual(after, before[of("bolt")]) {
		t.Errorf("a cancelled DeleteTenant has made %v of %v", after, before[of("bolt")])
	}
}
