package ctxtree

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// Spec says which node to create.
type Spec struct {
	// Parent is the number of the node above.
	Parent int64

	// Level and Instance say what the node stands for. The instance of a
	// tenant's node is the tenant's id; see ValidInstance for the others.
	Level    Level
	Instance string

	// Tenant is needed only for a node directly under the system that belongs
	// to a tenant without lying below the tenant's node, such as a top
	// category that stands beside it. Everywhere else the tenant follows from
	// the parent, and Tenant is empty or equal to it.
	Tenant tenant.ID
}

// The rules below are pure functions of the nodes involved, so that every
// store has the same. Stores call them while they hold whatever keeps the
// nodes from changing.

// Child returns the node that s describes below parent: still without number,
// path and depth, which [Node.Numbered] adds.
func (l Levels) Child(parent Node, s Spec) (Node, error) {
	if !l.Allowed(s.Level, parent.Level) {
		return Node{}, &LevelError{Level: s.Level, Parent: parent.Level}
	}
	if !ValidInstance(s.Instance) {
		return Node{}, ErrInstance
	}
	n := Node{Level: s.Level, Instance: s.Instance, Parent: parent.ID, Tenant: parent.Tenant}
	switch {
	case s.Level == LevelTenant:
		id, err := tenant.ParseID(s.Instance)
		if err != nil {
			return Node{}, fmt.Errorf("%w: %w", ErrInstance, err)
		}
		n.Tenant = id
	case s.Tenant != "" && parent.ID == SystemID:
		id, err := tenant.ParseID(string(s.Tenant))
		if err != nil {
			return Node{}, err
		}
		n.Tenant = id
	}
	if s.Tenant != "" && s.Tenant != n.Tenant {
		return Node{}, ErrCrossTenant
	}
	return n, nil
}

// Numbered returns n, which [Levels.Child] made below parent, with its number
// and what follows from it.
func (n Node) Numbered(id int64, parent Node) (Node, error) {
	n.ID = id
	n.Path = parent.Path + strconv.FormatInt(id, 10) + "/"
	n.Depth = parent.Depth + 1
	if len(n.Path) > MaxPathLen {
		return Node{}, ErrTooDeep
	}
	return n, nil
}

// Moved returns n as it is after a move below parent. The nodes below n follow
// with [Node.Carried].
func (l Levels) Moved(n, parent Node) (Node, error) {
	switch {
	case n.ID == SystemID:
		return Node{}, ErrSystem
	case parent.Within(n):
		return Node{}, ErrCycle
	case !l.Allowed(n.Level, parent.Level):
		return Node{}, &LevelError{Level: n.Level, Parent: parent.Level}
	case parent.Tenant != n.Tenant && parent.ID != SystemID:
		return Node{}, ErrCrossTenant
	}
	n.Parent = parent.ID
	return n.Numbered(n.ID, parent)
}

// Carried returns n, which lies below from, as it is once from has become to.
func (n Node) Carried(from, to Node) (Node, error) {
	n.Path = to.Path + strings.TrimPrefix(n.Path, from.Path)
	n.Depth += to.Depth - from.Depth
	if len(n.Path) > MaxPathLen {
		return Node{}, ErrTooDeep
	}
	return n, nil
}
