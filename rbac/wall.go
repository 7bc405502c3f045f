package rbac

import (
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// Wall says what members reach besides their own tenant's nodes. In neither
// form do they reach another tenant's.
type Wall uint8

// The walls. The zero value is the stricter one.
const (
	// Strict: nothing.
	Strict Wall = iota

	// Shared: nodes without a tenant too, with the roles that they have there
	// like everybody; but not as site administrators.
	Shared
)

// String returns "strict" or "shared".
func (w Wall) String() string {
	switch w {
	case Strict:
		return "strict"
	case Shared:
		return "shared"
	default:
		return fmt.Sprintf("Wall(%d)", uint8(w))
	}
}

// scene is where a question is asked: what the mode of the context says.
type scene struct {
	reach  ctxtree.Reach
	in     tenant.ID // the tenant of the context, in tenant mode
	across bool      // the context crosses tenants
}

// admits reports whether the node is on the subject's side of the wall. It
// depends on the arguments and the kind of wall, and on nothing that anybody
// can assign, override or cache.
func (w Wall) admits(sc scene, s subject, n ctxtree.Node) bool {
	if !sc.reach.Reads(n.Tenant) {
		return false
	}
	if s.outsider() && n.Tenant != "" {
		return false
	}
	if s.home == "" {
		return true
	}
	switch {
	case sc.across, sc.in != "" && sc.in != s.home:
		return false
	case n.Tenant == "":
		return w == Shared
	default:
		return n.Tenant == s.home
	}
}
