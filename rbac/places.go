package rbac

import (
	"math"
	"slices"

	ctxtree "github.com/gotenancy/tenancy/context"
)

// places leads from the numbers of nodes to their positions, each with the flags
// of the node. Where the numbers lie close together, as those do that were given
// one after the other, they are places in a list; else there is a table by hash.
type places struct {
	first int64   // the lowest number
	list  []place // by number, from the first
	table []slot  // at most half full; empty where there is a list
}

// slot is one of the table's.
type slot struct {
	id int64
	at place // nowhere in an empty one
}

// place is a position and what is known of the node there.
type place uint32

// nowhere is where a node is that is not in a part.
const nowhere = ^place(0)

// flagBits is how many bits of a place are flags.
const flagBits = 2

func placeOf(pos uint32, flags nodeFlags) place { return place(pos)<<flagBits | place(flags) }

func (p place) pos() uint32      { return uint32(p >> flagBits) }
func (p place) flags() nodeFlags { return nodeFlags(p & (1<<flagBits - 1)) }

// find returns the place of a node, or nowhere.
func (t *places) find(node int64) place {
	if i := uint64(node - t.first); i < uint64(len(t.list)) {
		return t.list[i]
	}
	return t.look(node)
}

// look is find in the table.
func (t *places) look(node int64) place {
	if len(t.table) == 0 {
		return nowhere
	}
	for i := hashID(node); ; i++ {
		if s := &t.table[i&uint32(len(t.table)-1)]; s.id == node || s.at == nowhere {
			return s.at
		}
	}
}

// sparse is how many numbers there may be for each node of a list, which takes
// no more room then than a table.
const sparse = 8

// newPlaces returns those of nodes in the order of their positions, without flags.
func newPlaces(nodes []ctxtree.Node) places {
	low, high := int64(math.MaxInt64), int64(0)
	for _, n := range nodes {
		if n.ID > 0 {
			low, high = min(low, n.ID), max(high, n.ID)
		}
	}
	if high == 0 {
		return places{}
	}
	t := places{first: low}
	if high-low < sparse*int64(len(nodes)) {
		t.list = make([]place, high-low+1)
		for i := range t.list {
			t.list[i] = nowhere
		}
	} else {
		size := 2
		for size < 2*len(nodes) {
			size *= 2
		}
		t.table = make([]slot, size)
		for i := range t.table {
			t.table[i] = slot{-1, nowhere}
		}
	}
	for pos, n := range nodes {
		if n.ID > 0 {
			t.put(n.ID, placeOf(uint32(pos), 0))
		}
	}
	return t
}

// put says where a node is. Of two with one number the first counts.
func (t *places) put(node int64, at place) {
	if len(t.table) == 0 {
		if p := &t.list[node-t.first]; *p == nowhere {
			*p = at
		}
		return
	}
	mask := uint32(len(t.table) - 1)
	i := hashID(node) & mask
	for t.table[i].at != nowhere && t.table[i].id != node {
		i = (i + 1) & mask
	}
	if t.table[i].at == nowhere {
		t.table[i] = slot{node, at}
	}
}

// with returns the same places with the flags of the nodes, by position.
func (t places) with(flags []nodeFlags) places {
	if !slices.ContainsFunc(flags, func(f nodeFlags) bool { return f != 0 }) {
		return t
	}
	t.list, t.table = slices.Clone(t.list), slices.Clone(t.table)
	for i, at := range t.list {
		if at != nowhere {
			t.list[i] = placeOf(at.pos(), flags[at.pos()])
		}
	}
	for i, s := range t.table {
		if s.at != nowhere {
			t.table[i].at = placeOf(s.at.pos(), flags[s.at.pos()])
		}
	}
	return t
}

func hashID(id int64) uint32 { return uint32(uint64(id) * 0x9E3779B97F4A7C15 >> 32) }
