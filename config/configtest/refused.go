package configtest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// testForced: what is forced is so until it is written again without.
func testForced(t *testing.T, s config.Store) {
	st := store{t, s}
	for _, o := range []config.Owner{{}, {Group: "gold"}} {
		is := func(want bool) {
			t.Helper()
			all, _ := st.all(o)
			if got := all[[2]string{o.Group, "a"}].Forced; got != want {
				t.Errorf("of %+v forced is %v, want %v", o, got, want)
			}
			if all[[2]string{o.Group, "b"}].Forced {
				t.Errorf("of %+v another key is forced", o)
			}
			if revs := st.history(o, "a"); len(revs) == 0 || revs[0].Forced != want {
				t.Errorf("the last version of %+v is %+v, want forced %v", o, revs, want)
			}
		}
		st.write(o, set("b", `1`))
		version := st.write(o, forced(set("a", `false`)))
		is(true)
		version = st.write(o, only(set("a", `false`), version))
		is(false)
		version = st.write(o, only(forced(set("a", `false`)), version))
		is(true)
		st.write(o, only(config.Change{Key: "a"}, version))
		is(false)
		st.write(o, set("a", `1`))
		is(false)
		st.write(o, forced(set("a", `1`)), set("b", `2`))
		is(true)
		var was []bool
		for _, rev := range st.history(o, "a") {
			was = append(was, rev.Forced)
		}
		want := []bool{true, false, false, true, false, true}
		for i := range want {
			if len(was) != len(want) || was[i] != want[i] {
				t.Fatalf("the versions of %+v were forced %v, want %v", o, was, want)
			}
		}
	}
	// The group's is found among all groups' too.
	if all, _ := st.all(config.Owner{}); !all[[2]string{"gold", "a"}].Forced || all[[2]string{"gold", "b"}].Forced {
		t.Errorf("the global load gave %v", all)
	}
}

func testRefusals(t *testing.T, s config.Store) {
	st := store{t, s}
	for _, o := range []config.Owner{of("acme"), {Tenant: "acme", Account: "ann"}, {}, {Group: "gold"}} {
		for name, c := range map[string]struct {
			changes []config.Change
			want    error
		}{
			"no key":          {[]config.Change{set("", `1`)}, config.ErrBadKey},
			"a space":         {[]config.Change{set("a ", `1`)}, config.ErrBadKey},
			"a NUL":           {[]config.Change{set("a\x00", `1`)}, config.ErrBadKey},
			"foreign letters": {[]config.Change{set("ключ", `1`)}, config.ErrBadKey},
			"a key too long":  {[]config.Change{set(strings.Repeat("k", 191), `1`)}, config.ErrBadKey},
			"a key twice":     {[]config.Change{set("a", `1`), {Key: "a"}}, config.ErrBadKey},
			"a bad deletion":  {[]config.Change{{Key: "a b"}}, config.ErrBadKey},
			"an empty value":  {[]config.Change{set("a", ``)}, config.ErrMistyped},
			"no JSON":         {[]config.Change{set("a", `nil`)}, config.ErrMistyped},
			"no UTF-8":        {[]config.Change{set("a", "\"\xff\"")}, config.ErrMistyped},
			"two values":      {[]config.Change{set("a", `1 2`)}, config.ErrMistyped},
			"half a batch":    {[]config.Change{set("a", `1`), set("b", `{`)}, config.ErrMistyped},
			"nothing forced":  {[]config.Change{forced(config.Change{Key: "a"})}, config.ErrNotForcible},
		} {
			st.refuses(name, c.want, o, c.changes...)
		}
		if _, number := st.all(o); number != 0 {
			t.Errorf("refused writes have moved the number of %+v to %d", o, number)
		}
	}
	for _, o := range []config.Owner{of("acme"), {Tenant: "acme", Account: "ann"}, {Account: "ann"}} {
		st.refuses("forced too high", config.ErrNotForcible, o, set("b", `1`), forced(set("a", `1`)))
	}
}

func testBadOwners(t *testing.T, s config.Store) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		owner config.Owner
		want  error
	}{
		"a malformed id":               {config.Owner{Tenant: "Acme"}, tenant.ErrInvalidID},
		"an id with a space":           {config.Owner{Tenant: "acme "}, tenant.ErrInvalidID},
		"an id too long":               {config.Owner{Tenant: tenant.ID(strings.Repeat("a", 64))}, tenant.ErrInvalidID},
		"a malformed id of an account": {config.Owner{Tenant: "Acme", Account: "ann"}, tenant.ErrInvalidID},
		"a group in a tenant":          {config.Owner{Tenant: "acme", Group: "gold"}, config.ErrBadOwner},
		"an account in a group":        {config.Owner{Account: "ann", Group: "gold"}, config.ErrBadOwner},
		"all three":                    {config.Owner{Tenant: "acme", Account: "ann", Group: "gold"}, config.ErrBadOwner},
		"a malformed group":            {config.Owner{Group: "Gold"}, config.ErrBadOwner},
		"a group with a space":         {config.Owner{Group: "gold "}, config.ErrBadOwner},
		"a group too long":             {config.Owner{Group: strings.Repeat("a", 64)}, config.ErrBadOwner},
		"an account too long":          {config.Owner{Tenant: "acme", Account: strings.Repeat("a", 129)}, config.ErrBadOwner},
		"an account with NUL":          {config.Owner{Tenant: "acme", Account: "a\x00"}, config.ErrBadOwner},
		"an account that is no UTF-8":  {config.Owner{Tenant: "acme", Account: "a\xff"}, config.ErrBadOwner},
	} {
		if n, err := s.Write(ctx, c.owner, config.Edit{}, set("a", `1`)); n != 0 || !errors.Is(err, c.want) {
			t.Errorf("%s: Write gave number %d and error %v, want %v", name, n, err, c.want)
		}
		if _, _, err := s.Load(ctx, c.owner); !errors.Is(err, c.want) {
			t.Errorf("%s: Load gave %v, want %v", name, err, c.want)
		}
		if _, err := s.History(ctx, c.owner, "a", 1); !errors.Is(err, c.want) {
			t.Errorf("%s: History gave %v, want %v", name, err, c.want)
		}
	}
	st := store{t, s}
	for _, o := range each {
		if all, number := st.all(o); len(all) != 0 || number != 0 {
			t.Errorf("refused owners have left %v of %+v, number %d", all, o, number)
		}
	}
}
