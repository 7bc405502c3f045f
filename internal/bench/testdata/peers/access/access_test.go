// Package access_test measures a question about access next to libraries for
// authorization. Each peer has an easier world than ours: a hundred users in each
// of a thousand tenants with one role each, and twenty policies that all tenants
// share. The question is the same: may this user do that here? The answer is yes.
package access_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"
	"github.com/cedar-policy/cedar-go"

	"github.com/gotenancy/tenancy/internal/bench/access"
	"github.com/gotenancy/tenancy/internal/bench/turns"
)

var errDenied = errors.New("denied")

// ours returns a question of ours that is answered yes.
func ours(b *testing.B) func() error {
	c := access.NewChecker(true)
	ctx := access.AsUser(c, 7, 7)
	for k := range access.Capabilities {
		name, node := access.Capability(k), access.NodeID(7, 500)
		if c.Can(ctx, name, node) {
			return func() error { return c.Check(ctx, name, node) }
		}
	}
	b.Fatal("the user may do nothing")
	return nil
}

const domains = `
[request_definition]
r = sub, dom, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub, r.dom) && r.obj == p.obj && r.act == p.act
`

type enforcer interface {
	AddPolicies(rules [][]string) (bool, error)
	AddNamedGroupingPolicies(kind string, rules [][]string) (bool, error)
	Enforce(request ...any) (bool, error)
}

func fill(b *testing.B, e enforcer, err error) func() error {
	if err != nil {
		b.Fatal(err)
	}
	var policies, held [][]string
	for role := range 5 {
		for act := range 4 {
			policies = append(policies, []string{fmt.Sprintf("role-%d", role), "data", fmt.Sprintf("act-%d", act)})
		}
	}
	for t := range access.Tenants {
		for u := range access.Users {
			held = append(held, []string{fmt.Sprintf("user-%d-%d", t, u), fmt.Sprintf("role-%d", u%5), fmt.Sprintf("tenant-%d", t)})
		}
	}
	if _, err := e.AddPolicies(policies); err != nil {
		b.Fatal(err)
	}
	if _, err := e.AddNamedGroupingPolicies("g", held); err != nil {
		b.Fatal(err)
	}
	return func() error {
		ok, err := e.Enforce("user-7-7", "tenant-7", "data", "act-2")
		if err == nil && !ok {
			err = errDenied
		}
		return err
	}
}

func BenchmarkCasbin(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		m, err := model.NewModelFromString(domains)
		if err != nil {
			b.Fatal(err)
		}
		e, err := casbin.NewEnforcer(m)
		turns.Compare(b, fill(b, e, err), ours(b))
	})
}

func BenchmarkCasbinCached(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		m, err := model.NewModelFromString(domains)
		if err != nil {
			b.Fatal(err)
		}
		e, err := casbin.NewCachedEnforcer(m)
		turns.Compare(b, fill(b, e, err), ours(b))
	})
}

// BenchmarkCedar asks about a resource ten levels down.
func BenchmarkCedar(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		var text strings.Builder
		for role := range 5 {
			for act := range 4 {
				fmt.Fprintf(&text, "permit(principal in Role::\"r%d\", action == Action::\"a%d\", resource in Node::\"0\");\n", role, act)
			}
		}
		policies, err := cedar.NewPolicySetFromBytes("", []byte(text.String()))
		if err != nil {
			b.Fatal(err)
		}
		uid := func(kind string, id int) cedar.EntityUID {
			return cedar.NewEntityUID(cedar.EntityType(kind), cedar.String(fmt.Sprint(id)))
		}
		entities := cedar.EntityMap{}
		add := func(e, parent cedar.EntityUID) {
			entities[e] = cedar.Entity{UID: e, Parents: cedar.NewEntityUIDSet(parent)}
		}
		for i := range 9 {
			add(uid("Node", i+1), uid("Node", i))
		}
		for u := range access.Tenants * access.Users {
			add(uid("User", u), cedar.NewEntityUID("Role", cedar.String(fmt.Sprintf("r%d", u%5))))
		}
		request := cedar.Request{Principal: uid("User", 707), Action: cedar.NewEntityUID("Action", "a2"), Resource: uid("Node", 9)}
		turns.Compare(b, func() error {
			if decision, _ := cedar.Authorize(policies, entities, request); decision != cedar.Allow {
				return errDenied
			}
			return nil
		}, ours(b))
	})
}
