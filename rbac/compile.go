package rbac

import (
	"math/bits"
	"slices"
	"sync"
)

// compiled are the answers of one base about one subject, of all capabilities
// on all nodes that hang in the tree, as far as they follow from roles. Locks,
// sessions, the wall and whatever else stands before the roles are not in it.
//
// The positions fall into segments within which nothing changes, the first of
// which begins at 0. A segment is one number, its first position above the place
// of its bits. Equal bits are kept once; those at place 0 are none.
type compiled struct {
	// The segments, filled up to whole groups with endless ones; then one column
	// for each word of bits: the word of every place.
	data   []uint32
	n      uint32 // segments, with those that fill up
	places uint32
	shift  uint8 // of the position in a segment
	walks  bool  // there is too much to keep it
}

// group is so many segments as fit into a line of the processor's cache.
const group = 16

// endless begins behind every position.
const endless = ^uint32(0)

// The greatest number of points at which an answer may change, and of roles, up
// to which one subject is compiled. Beyond, each question walks up the tree.
const (
	maxPoints = 8192
	maxRoles  = 64
)

// less is 1 if a is less than b, else 0. It goes without a branch, which the
// processor would foresee every other time.
func less(a, b uint32) uint32 { return uint32((uint64(a) - uint64(b)) >> 63) }

// segment returns the last of the segments that is less than the key.
//
// Of each group it looks at the first, whatever the others were, so that none waits
// for another one to come from the memory.
func segment(segments []uint32, key uint32) uint32 {
	for len(segments) > 8*group {
		half := len(segments) / 2 &^ (group - 1)
		at := half * int(less(segments[half], key))
		segments = segments[at : at+len(segments)-half]
	}
	at := uint32(0)
	for i := group; i < len(segments); i += group {
		at += group * less(segments[i], key)
	}
	g := (*[group]uint32)(segments[at:])
	i := 8 * less(g[8], key)
	i += 4 * less(g[(i+4)%group], key)
	i += 2 * less(g[(i+2)%group], key)
	i += 1 * less(g[(i+1)%group], key)
	return g[i%group]
}

// has reports whether the capability is allowed at pos. That place 0 has no bits
// matters to nobody: it is asked first so that the column is on its way from the
// memory before the segment is known.
func (c *compiled) has(pos, cap uint32) bool {
	column := c.data[c.n+cap>>5*c.places:]
	none, shift := column[0], c.shift&31
	place := segment(c.data[:c.n], (pos+1)<<shift) & (1<<shift - 1)
	return (none|column[place])>>(cap&31)&1 != 0
}

// starts returns where the segments begin, but for the first. At no other node is
// the answer another one than at its parent.
func (c *compiled) starts() []uint32 {
	var starts []uint32
	for _, s := range c.data[min(c.n, 1):c.n] {
		if s != endless {
			starts = append(starts, s>>c.shift)
		}
	}
	return starts
}

// size returns about how many bytes it takes.
func (c *compiled) size() int64 { return int64(4*len(c.data)) + 48 }

// compiler holds what a compilation needs meanwhile.
//
// A point is a node at which a role is given, or at which one that was given
// above says anything. At each of them the state of all roles follows from that
// at the point above it, by what is said on the node; it holds until the node's
// end, but for the points below. The state of a role that is given at the point
// is folded from the system down, since what it says above counts as well.
type compiler struct {
	b     *base
	words int
	limit int // of points
	roles []RoleID
	own   []*rows // of each role, here
	above []*rows // and in the part above

	points []uint64 // position, then 1 if something is said, then the role
	state  []uint64 // of each open point: for each role what it allows, then what any prohibits
	open   []openPoint
	line   []uint32

	segments []uint64
	bits     []uint64
	byHash   map[uint64]uint32
}

type openPoint struct {
	end  uint32
	bits uint32
	held uint64 // which roles
}

var compilers = sync.Pool{New: func() any { return &compiler{byHash: map[uint64]uint32{}} }}

// compile returns the answers for a bearer.
func (b *base) compile(who bearer, words, limit int) *compiled {
	c := compilers.Get().(*compiler)
	defer compilers.Put(c)
	c.reset(b, words, limit)
	if !c.collect(who) {
		return &compiled{walks: true}
	}
	c.run()
	return c.compiled()
}

// compiled puts together what run has found.
func (c *compiler) compiled() *compiled {
	n, places := (len(c.segments)+group-1)&^(group-1), len(c.bits)/c.words
	shift, fits := shiftFor(len(c.b.nodes), places)
	if !fits {
		return &compiled{walks: true}
	}
	data := make([]uint32, n+2*len(c.bits))
	for i := range n {
		data[i] = endless
	}
	for i, s := range c.segments {
		data[i] = uint32(s>>32)<<shift | uint32(s)
	}
	for i, word := range c.bits {
		column := data[n+i%c.words*2*places+i/c.words:]
		column[0], column[places] = uint32(word), uint32(word>>32)
	}
	return &compiled{data: data, n: uint32(n), places: uint32(places), shift: uint8(shift)}
}

// shiftFor returns by how much a position is shifted above so many places, and
// whether the positions of so many nodes, and the one behind them, fit there.
func shiftFor(nodes, places int) (shift int, fits bool) {
	shift = bits.Len(uint(places - 1))
	return shift, nodes>>(32-shift) == 0
}

func (c *compiler) reset(b *base, words, limit int) {
	c.b, c.words, c.limit = b, words, limit
	c.roles, c.own, c.above = c.roles[:0], c.own[:0], c.above[:0]
	c.points, c.state, c.open = c.points[:0], c.state[:0], c.open[:0]
	c.segments, c.bits = c.segments[:0], c.bits[:0]
	clear(c.byHash)
}

// collect finds the points. It reports false if there are too many of them.
func (c *compiler) collect(who bearer) bool {
	b := c.b
	for _, t := range b.tops {
		if !c.give(who.everywhere, t.at) {
			return false
		}
	}
	if who.user != "" {
		if at, ok := b.place(who.frontNode); ok {
			if !c.give(who.front, at) {
				return false
			}
		} else if b.above != nil {
			if at, ok := b.above.place(who.frontNode); ok && !c.giveAbove(who.front, at) {
				return false
			}
		}
		for _, g := range b.holding.of(who.user) {
			if !c.give(b.holding.roles[g.role], g.pos) {
				return false
			}
		}
		if b.above != nil {
			for _, g := range b.above.holding.of(who.user) {
				if !c.giveAbove(b.above.holding.roles[g.role], g.pos) {
					return false
				}
			}
		}
	}
	slices.Sort(c.points)
	c.points = slices.Compact(c.points)
	return true
}

// giveAbove gives a role at a node of the part above.
func (c *compiler) giveAbove(role RoleID, at uint32) bool {
	for _, t := range c.b.tops {
		if c.b.above.covers(at, t.above) && !c.give(role, t.at) {
			return false
		}
	}
	return true
}

// give gives a role at one of our nodes.
func (c *compiler) give(role RoleID, at uint32) bool {
	b := c.b
	if b.flags[at]&isLost != 0 {
		return true
	}
	place := slices.Index(c.roles, role)
	if place < 0 {
		if _, defined := b.shared().roles[role]; !defined {
			return true
		}
		if place = len(c.roles); place == maxRoles {
			return false
		}
		c.roles, c.own = append(c.roles, role), append(c.own, b.rows[role])
		if b.above != nil {
			c.above = append(c.above, b.above.rows[role])
		}
	}
	below := c.own[place].below(at, b.end[at])
	if len(c.points)+len(below) >= c.limit {
		return false
	}
	c.points = append(c.points, uint64(at)<<32|uint64(place))
	for _, pos := range below {
		if b.flags[pos]&isLost == 0 {
			c.points = append(c.points, uint64(pos)<<32|1<<16|uint64(place))
		}
	}
	return true
}

// run goes through the points in the order of the tree.
func (c *compiler) run() {
	none := c.intern(make([]uint64, c.words))
	c.begin(0, none)
	for i := 0; i < len(c.points); {
		pos := uint32(c.points[i] >> 32)
		c.close(pos, none)
		outer := none
		if len(c.open) > 0 {
			outer = c.open[len(c.open)-1].bits
		}
		p, state := c.push(pos)
		c.line = c.line[:0]
		for ; i < len(c.points) && uint32(c.points[i]>>32) == pos; i++ {
			place := int(c.points[i] & 0xFFFF)
			allows, prohibits := state[place*c.words:][:c.words], state[len(c.roles)*c.words:]
			switch isSaid := c.points[i]>>16&1 != 0; {
			case isSaid:
				apply(c.own[place].row(pos), allows, prohibits)
			case p.held>>place&1 == 0:
				p.held |= 1 << place
				c.fold(place, pos, allows, prohibits)
			}
		}
		p.bits = c.sum(p.held, state)
		if p.bits != outer {
			c.begin(pos, p.bits)
		}
	}
	c.close(nobody, none)
}

// push opens a point with the state of the one around it.
func (c *compiler) push(pos uint32) (*openPoint, []uint64) {
	depth, size := len(c.open), (len(c.roles)+1)*c.words
	for len(c.state) < (depth+1)*size {
		c.state = append(c.state, 0)
	}
	state := c.state[depth*size:][:size]
	p := openPoint{end: c.b.end[pos]}
	if depth > 0 {
		copy(state, c.state[(depth-1)*size:])
		p.held = c.open[depth-1].held
	} else {
		clear(state)
	}
	c.open = append(c.open, p)
	return &c.open[depth], state
}

// close ends the points that do not reach to pos.
func (c *compiler) close(pos, none uint32) {
	for len(c.open) > 0 {
		last := c.open[len(c.open)-1]
		if last.end > pos {
			return
		}
		c.open = c.open[:len(c.open)-1]
		outer := none
		if len(c.open) > 0 {
			outer = c.open[len(c.open)-1].bits
		}
		if last.bits != outer && int(last.end) < len(c.b.nodes) {
			c.begin(last.end, outer)
		}
	}
}

// begin begins a segment, in place of one that begins at the same node.
func (c *compiler) begin(pos, bits uint32) {
	segment := uint64(pos)<<32 | uint64(bits)
	if last := len(c.segments) - 1; last >= 0 && uint32(c.segments[last]>>32) == pos {
		c.segments[last] = segment
		return
	}
	c.segments = append(c.segments, segment)
}

// fold applies what a role says on the line to pos, from the system down.
func (c *compiler) fold(place int, pos uint32, allows, prohibits []uint64) {
	b := c.b
	if b.above != nil && c.above[place] != nil {
		c.descend(c.above[place], b.above.parent, b.under(pos), allows, prohibits)
	}
	if c.own[place] != nil {
		c.descend(c.own[place], b.parent, pos, allows, prohibits)
	}
}

func (c *compiler) descend(r *rows, parent []uint32, pos uint32, allows, prohibits []uint64) {
	c.line = c.line[:0]
	for ; pos != nobody; pos = parent[pos] {
		c.line = append(c.line, pos)
	}
	for _, at := range slices.Backward(c.line) {
		apply(r.row(at), allows, prohibits)
	}
}

// apply is one step down the tree: what is said on a node takes the place of
// what was said above, but for prohibits, which stay.
func apply(row []said, allows, prohibits []uint64) {
	for _, s := range row {
		word, bit := s.cap()>>6, uint64(1)<<(s.cap()&63)
		switch s.permission() {
		case Allow:
			allows[word] |= bit
		case Prevent:
			allows[word] &^= bit
		case Prohibit:
			prohibits[word] |= bit
		}
	}
}

// sum returns the place of the bits that the held roles allow together.
func (c *compiler) sum(held uint64, state []uint64) uint32 {
	words, n := c.words, len(c.bits)
	c.bits = append(c.bits, state[:words]...) // of the first role; nothing if it is not held
	bits := c.bits[n:]
	for place := 1; place < len(c.roles); place++ {
		if held>>place&1 != 0 {
			for i, word := range state[place*words:][:words] {
				bits[i] |= word
			}
		}
	}
	for i, word := range state[len(c.roles)*words:] {
		bits[i] &^= word
	}
	return c.share(n)
}

// intern returns the place of the bits.
func (c *compiler) intern(bits []uint64) uint32 {
	n := len(c.bits)
	c.bits = append(c.bits, bits...)
	return c.share(n)
}

// share returns the place of the bits that were appended last, at n, and takes
// them away again if the same are there.
func (c *compiler) share(n int) uint32 {
	bits, hash := c.bits[n:], uint64(0)
	for _, word := range bits {
		hash = (hash ^ word) * 0x9E3779B97F4A7C15
		hash ^= hash >> 32
	}
	if place, ok := c.byHash[hash]; ok && slices.Equal(bits, c.bits[int(place)*c.words:][:c.words]) {
		c.bits = c.bits[:n]
		return place
	}
	place := uint32(n / c.words)
	c.byHash[hash] = place
	return place
}
