// Package tenanttest holds implementations of the interfaces of package tenant
// to their contracts. It needs nothing but package testing.
package tenanttest

import (
	"context"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// TestRegistry runs the contract of [tenant.Registry] against the registries
// that newRegistry makes. newRegistry is called several times; each registry
// must hold exactly the tenants it is given, and newRegistry fails the test if
// it can not make it. The tenants have well-formed fields and no conflicts.
func TestRegistry(t *testing.T, newRegistry func(t *testing.T, tenants ...tenant.Tenant) tenant.Registry) {
	t.Run("empty", func(t *testing.T) { testEmpty(t, newRegistry(t)) })
	t.Run("by id", func(t *testing.T) { testByID(t, newRegistry(t, sample()...)) })
	t.Run("by code", func(t *testing.T) { testByCode(t, newRegistry(t, sample()...)) })
	t.Run("by host", func(t *testing.T) { testByHost(t, newRegistry(t, sample()...)) })
	t.Run("list", func(t *testing.T) { testList(t, newRegistry(t, inOrder()...)) })
	t.Run("B01 record", func(t *testing.T) { testRecord(t, newRegistry) })
	t.Run("concurrent", func(t *testing.T) { testConcurrent(t, newRegistry(t, sample()...)) })
}

func sample() []tenant.Tenant {
	return []tenant.Tenant{
		{ID: "acme", Code: "Acme", Name: "Acme Ltd", Host: "ACME.example.com.",
			Domains: []tenant.Domain{{Name: "shop.acme.test", Verified: true}, {Name: "claimed.test"}}},
		{ID: "bolt", Code: "bolt", Host: "bolt.example.com", Domains: []tenant.Domain{{Name: "claimed.test"}}},
		{ID: "cold", Code: "cold-1", Host: "cold.example.com", Status: tenant.Suspended},
		{ID: "done", Host: "done.example.com", Status: tenant.Archived},
		{ID: "nohost"},
		{ID: "v6", Code: "K2", Host: "[2001:DB8::1]"},
	}
}

func testEmpty(t *testing.T, reg tenant.Registry) {
	ctx := context.Background()
	_, found, err := reg.ByID(ctx, "acme")
	absent(t, "ByID", found, err)
	_, found, err = reg.ByCode(ctx, "acme")
	absent(t, "ByCode", found, err)
	_, found, err = reg.ByHost(ctx, "acme.example.com")
	absent(t, "ByHost", found, err)
	list, err := reg.List(ctx, "", 10)
	if err != nil || len(list) != 0 {
		t.Errorf("List of an empty registry gave %d tenants and error %v", len(list), err)
	}
}

func testByID(t *testing.T, reg tenant.Registry) {
	for _, want := range sample() {
		got, found, err := reg.ByID(context.Background(), want.ID)
		present(t, string(want.ID), want.ID, got, found, err)
		if found && got.Status != want.Status {
			t.Errorf("%s has status %v, want %v: look-ups give tenants whatever their status", want.ID, got.Status, want.Status)
		}
	}
	for _, id := range []tenant.ID{"", "acm", "acmee", "ACME", " acme", "acme ", "%", "acme%", "_cme", "acme\x00", "é"} {
		_, found, err := reg.ByID(context.Background(), id)
		absent(t, "ByID "+string(id), found, err)
	}
}

func testByCode(t *testing.T, reg tenant.Registry) {
	for code, want := range map[string]tenant.ID{"Acme": "acme", "acme": "acme", "ACME": "acme", "aCmE": "acme", "BOLT": "bolt", "Cold-1": "cold", "k2": "v6"} {
		got, found, err := reg.ByCode(context.Background(), code)
		present(t, "code "+code, want, got, found, err)
	}
	// U+212A, the Kelvin sign, is a k to Unicode but not to ASCII. Tenants
	// without a code do not have the empty one.
	for _, code := range []string{"", "ac", "acme ", " acme", "acme\x00", "%", "nohost", "done", "cold", "\u212a2", "\uff4b2"} {
		_, found, err := reg.ByCode(context.Background(), code)
		absent(t, "ByCode "+code, found, err)
	}
}

func testByHost(t *testing.T, reg tenant.Registry) {
	for host, want := range map[string]tenant.ID{
		"acme.example.com": "acme",
		"shop.acme.test":   "acme",
		"bolt.example.com": "bolt",
		"cold.example.com": "cold",
		"done.example.com": "done",
		"[2001:db8::1]":    "v6",
	} {
		got, found, err := reg.ByHost(context.Background(), host)
		present(t, "host "+host, want, got, found, err)
	}
	// Not canonical, not verified, or not there.
	for _, host := range []string{
		"", ".", "claimed.test", "ACME.example.com", "acme.example.com.", "acme.example.com:80", "example.com",
		"www.acme.example.com", "acme.example.co", "acme%", "%.example.com", "____.example.com", "2001:db8::1",
		"acme.example.com\x00", "acme.example.com ",
	} {
		_, found, err := reg.ByHost(context.Background(), host)
		absent(t, "ByHost "+host, found, err)
	}
}

// inOrder returns tenants in the byte order of their ids, which is the order
// of no natural language: digits and underscore stand around the letters.
func inOrder() []tenant.Tenant {
	var out []tenant.Tenant
	for _, id := range []tenant.ID{"0", "a", "a-", "a-b", "a0", "a_b", "aa", "ab", "b", "z9"} {
		out = append(out, tenant.Tenant{ID: id})
	}
	return out
}

func testList(t *testing.T, reg tenant.Registry) {
	var all []tenant.ID
	for _, x := range inOrder() {
		all = append(all, x.ID)
	}
	for name, c := range map[string]struct {
		after tenant.ID
		limit int
		want  []tenant.ID
	}{
		"all":                     {"", 100, all},
		"exactly all":             {"", len(all), all},
		"the first page":          {"", 3, all[:3]},
		"the next page":           {all[2], 3, all[3:6]},
		"after an absent id":      {"a1", 2, []tenant.ID{"a_b", "aa"}},
		"after the last":          {"z9", 5, nil},
		"nothing asked for":       {"", 0, nil},
		"a negative limit":        {"", -1, nil},
		"after the hyphen":        {"a-", 1, []tenant.ID{"a-b"}},
		"an id that is no prefix": {"a-z", 1, []tenant.ID{"a0"}},
	} {
		list, err := reg.List(context.Background(), c.after, c.limit)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []tenant.ID
		for _, x := range list {
			got = append(got, x.ID)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: List(%q, %d) = %v, want %v", name, c.after, c.limit, got, c.want)
		}
	}
}

func testRecord(t *testing.T, newRegistry func(t *testing.T, tenants ...tenant.Tenant) tenant.Registry) {
	created := time.Date(2024, 2, 29, 23, 59, 58, 123_000_000, time.UTC)
	full := tenant.Tenant{
		ID: "full", Code: "Full", Name: "Ünïcode & 'quotes' \U0001F984", Host: "full.example.com",
		Domains:    []tenant.Domain{{Name: "a.full.test", Verified: true}, {Name: "b.full.test"}},
		ExternalID: "ERP-1", Description: "two\nlines", DescriptionFormat: "text/markdown",
		Status: tenant.Suspended, Language: "pt-BR", Theme: "dark", MaxUsers: 7, Parent: "group",
		Created: created, Modified: created.Add(time.Hour),
		Metadata: map[string]string{"plan": "gold", "": "empty key", "empty": ""},
	}
	given := full
	given.Metadata = map[string]string{"plan": "gold", "": "empty key", "empty": ""}
	given.Domains = append([]tenant.Domain(nil), full.Domains...)
	reg := newRegistry(t, given, tenant.Tenant{ID: "bare"})
	// What the caller does to its own copy afterwards is not the registry's.
	given.Metadata["plan"] = "stolen"
	given.Domains[0].Name = "stolen.test"

	got, found, err := reg.ByID(context.Background(), "full")
	present(t, "full", "full", got, found, err)
	if found && !reflect.DeepEqual(fields(*got), fields(full)) {
		t.Errorf("the record came back as\n%+v, want\n%+v", fields(*got), fields(full))
	}
	got, found, err = reg.ByID(context.Background(), "bare")
	present(t, "bare", "bare", got, found, err)
	if found && (got.Code != "" || got.Host != "" || got.Parent != "" || len(got.Domains) != 0 || len(got.Metadata) != 0) {
		t.Errorf("fields that were never set came back as %+v", fields(*got))
	}
}

// fields returns the exported fields of a record by name, times in UTC.
func fields(x tenant.Tenant) map[string]any {
	x.Created, x.Modified = x.Created.UTC(), x.Modified.UTC()
	out := map[string]any{}
	v := reflect.ValueOf(x)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() {
			out[f.Name] = v.Field(i).Interface()
		}
	}
	return out
}

func testConcurrent(t *testing.T, reg tenant.Registry) {
	ctx := context.Background()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				got, found, err := reg.ByHost(ctx, "shop.acme.test")
				present(t, "concurrently", "acme", got, found, err)
				if list, err := reg.List(ctx, "", 100); err != nil || len(list) != len(sample()) {
					t.Errorf("List gave %d tenants and error %v", len(list), err)
				}
			}
		})
	}
	wg.Wait()
}

func present(t *testing.T, what string, want tenant.ID, got *tenant.Tenant, found bool, err error) {
	t.Helper()
	switch {
	case err != nil:
		t.Errorf("%s: %v", what, err)
	case !found || got == nil:
		t.Errorf("%s was not found", what)
	case got.ID != want:
		t.Errorf("%s gave tenant %s, want %s", what, got.ID, want)
	}
}

func absent(t *testing.T, what string, found bool, err error) {
	t.Helper()
	if found || err != nil {
		t.Errorf("%s: found %v, error %v; absence is no error and nothing was there", what, found, err)
	}
}
