package rbac

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	ctxtree "github.com/gotenancy/tenancy/context"
)

// Source is a reason why somebody has a role.
type Source uint8

// The sources. The zero Source is none.
const (
	_ Source = iota

	SourceAssigned    // it is assigned to the actor
	SourceDefaultUser // everybody has it who is signed in and no guest
	SourceFrontPage   // the same, but on the front page's node and below
	SourceSwitched    // the session has switched to it
	SourceGuest       // it is the guest's only role
	SourceNotLoggedIn // it is the only role of visitors who are not signed in
)

var sourceTexts = [...]string{"none", "assigned", "default user", "front page", "switched", "guest", "not logged in"}

// String returns "assigned", "default user", "front page", "switched", "guest"
// or "not logged in".
func (s Source) String() string {
	if int(s) < len(sourceTexts) {
		return sourceTexts[s]
	}
	return fmt.Sprintf("Source(%d)", uint8(s))
}

// Considered is a role that was heard: why, and what it says.
type Considered struct {
	Role   RoleID
	Name   string // the role's
	Source Source
	From   int64 // the node on which the actor has it by that source

	// Permission is what the role says on node At: a prohibit anywhere on the
	// way up to the system, or else the permission nearest to the node in
	// question. With Inherit it says nothing, and At is 0.
	Permission Permission
	At         int64
}

// Grant is a role that would make the answer yes if the actor held it on any
// one of the nodes.
type Grant struct {
	Role  RoleID
	Name  string  // the role's
	Nodes []int64 // from the top down to the node in question
}

// Explain answers like [Checker.Check] and says what decided, which roles were
// heard, and where none allows it, which would. Of what lies beyond the wall it
// says nothing but that. It takes longer than the other two.
func (c *Checker) Explain(ctx context.Context, capability string, node int64) (Decision, error) {
	q, m, err := c.asked(ctx, node)
	if err != nil {
		return Decision{Capability: capability, Node: node}, err
	}
	return m.explain(q.scene, q.subject, capability, node), nil
}

// explain is evaluate with all of the reason. It reads the line to the node
// only, on which there is nothing of another tenant.
func (m *model) explain(sc scene, s subject, capability string, node int64) Decision {
	d := m.evaluate(sc, s, capability, node)
	switch d.Step {
	case StepLock:
		n, _ := m.node(node)
		d.At = m.lockOver(n)
	case StepProhibit, StepAllow, StepNothing:
		n, _ := m.node(node)
		line, _ := m.line(n)
		d.Roles = m.heard(line, s, d.Capability)
		if d.Step == StepNothing {
			d.Grants = m.grants(line, s, d.Capability)
		}
	}
	return d
}

// lockOver returns the nearest node that is locked, at n or above.
func (m *model) lockOver(n ctxtree.Node) int64 {
	line, _ := m.line(n)
	for _, above := range slices.Backward(line) {
		if above.Locked {
			return above.ID
		}
	}
	return n.ID
}

// heard says of each role that is considered why, and what it says.
func (m *model) heard(line []ctxtree.Node, s subject, capability string) (all []Considered) {
	for _, id := range m.considered(line, s) {
		role, _ := m.role(id)
		c := Considered{Role: id, Name: role.Name}
		c.Permission, c.At = m.says(line, id, capability)
		for _, n := range line {
			for _, source := range m.sources(n, line, s, id) {
				c.Source, c.From = source, n.ID
				all = append(all, c)
			}
		}
	}
	return all
}

// sources returns the reasons why the subject has the role on the node itself,
// which is one of the line.
func (m *model) sources(n ctxtree.Node, line []ctxtree.Node, s subject, role RoleID) (out []Source) {
	special, top := m.special(), n.ID == line[0].ID
	add := func(source Source, holds bool) {
		if holds {
			out = append(out, source)
		}
	}
	if s.outsider() {
		add(SourceNotLoggedIn, top && s.anonymous)
		add(SourceGuest, top && !s.anonymous)
		return out
	}
	add(SourceDefaultUser, top && role == special.DefaultUser)
	if to, switched := switchOn(line, s.session); switched {
		add(SourceSwitched, role == to && n.ID == deepestSwitch(line, s.session))
		return out
	}
	add(SourceFrontPage, role == special.FrontPage && n.ID == special.FrontPageNode)
	for a := range m.holds(s.user) {
		if a == (placedRole{n.ID, role}) {
			add(SourceAssigned, true)
			break
		}
	}
	return out
}

// deepestSwitch returns the node of the switch that is in force on the line.
func deepestSwitch(line []ctxtree.Node, session Session) int64 {
	for _, n := range slices.Backward(line) {
		if slices.ContainsFunc(session.Switched, func(sw Switch) bool { return sw.Node == n.ID }) {
			return n.ID
		}
	}
	return 0
}

// grants returns the roles that would make the answer yes where no role that
// the subject has does. Members hold roles on their own tenant's nodes only.
func (m *model) grants(line []ctxtree.Node, s subject, capability string) (all []Grant) {
	if _, switched := switchOn(line, s.session); switched || s.outsider() {
		return nil
	}
	var nodes []int64
	for _, n := range line {
		if s.home == "" || n.Tenant == s.home {
			nodes = append(nodes, n.ID)
		}
	}
	if nodes == nil {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(m.shared.roles)) {
		if permission, _ := m.says(line, id, capability); permission == Allow {
			role, _ := m.role(id)
			all = append(all, Grant{Role: id, Name: role.Name, Nodes: slices.Clone(nodes)})
		}
	}
	return all
}

// String returns the decision in sentences for people: a line with the answer
// and what decided, one for each role that was heard, and one for each that
// would help.
func (d Decision) String() string {
	var b strings.Builder
	answer := "denied"
	if d.Allowed {
		answer = "allowed"
	}
	fmt.Fprintf(&b, "%s: capability %q at node %d: %v", answer, d.Capability, d.Node, d.Step)
	if d.Step == StepLock && d.At != 0 {
		fmt.Fprintf(&b, " by node %d", d.At)
	}
	for _, c := range d.Roles {
		b.WriteString("\n  " + c.String())
	}
	for _, g := range d.Grants {
		b.WriteString("\n  " + g.String())
	}
	return b.String()
}

// String returns a sentence such as
//
//	role "editor", assigned on node 4, allows it on node 1
func (c Considered) String() string {
	why := c.Source.String()
	switch c.Source {
	case SourceAssigned, SourceSwitched, SourceFrontPage:
		why += " on node " + strconv.FormatInt(c.From, 10)
	}
	what := "says nothing"
	if c.Permission != Inherit {
		what = fmt.Sprintf("%vs it on node %d", c.Permission, c.At)
	}
	return fmt.Sprintf("role %q, %s, %s", c.Name, why, what)
}

// String returns a sentence such as
//
//	would be allowed by role "editor", assigned on node 1, 2 or 4
func (g Grant) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "would be allowed by role %q, assigned on node ", g.Name)
	for i, id := range g.Nodes {
		switch {
		case i > 0 && i == len(g.Nodes)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(strconv.FormatInt(id, 10))
	}
	return b.String()
}
