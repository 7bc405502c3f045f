package ctxtree

import (
	"errors"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/gotenancy/tenancy/tenant"
)

// Snapshot is one part of the tree as of one change: the nodes of one tenant, or
// those without one, in dense arrays of at most 44 bytes a node beside its
// instance. It is immutable and safe for concurrent use.
//
// Its nodes have positions, 0 to Len()-1, in byte order of their paths: each
// after its parent, and what lies below the one at p at p+1 to End(p)-1.
// Positions are those of this snapshot only. A method that is given one that
// does not exist panics, as a slice does.
type Snapshot struct {
	of     tenant.ID
	number int64
	levels []Level
	rows   []row    // by position
	text   string   // the instances, in that order
	ids    idIndex  // positions by id
	object []uint32 // positions, sorted by level and instance
}

// row is one node in 24 bytes.
type row struct {
	id     int64
	parent int32  // its position; -1 for a top of the part
	end    int32  // the position behind its subtree
	text   uint32 // where its instance begins; it ends where the next one's begins
	level  uint16 // in levels
	bits   uint16 // the depth, and the flags
}

const (
	flagLocked  = 1 << 15 // its own
	flagInForce = 1 << 14 // its own, or that of one above in this part
	depthBits   = flagInForce - 1
)

// errMalformed: the nodes are not what a store returns.
var errMalformed = errors.New("ctxtree: the nodes are not the whole part of one tenant in the order of their paths")

// NewSnapshot returns the snapshot of what [Store.Load] has returned for that
// tenant. It keeps none of it. The error says that these are not all the nodes
// of one tenant, or not in the order of their paths.
func NewSnapshot(of tenant.ID, nodes []Node, number int64) (*Snapshot, error) {
	size := 0
	for _, n := range nodes {
		size += len(n.Instance)
	}
	if len(nodes) > math.MaxInt32-1 || size > math.MaxUint32 {
		return nil, errors.New("ctxtree: the part is too large")
	}
	s := &Snapshot{of: of, number: number, rows: make([]row, len(nodes))}
	var text strings.Builder
	text.Grow(size)
	var line []int // positions above the node at hand, and paths[i] the path of line[i]
	for at, n := range nodes {
		for len(line) > 0 && !n.Within(nodes[line[len(line)-1]]) {
			s.rows[line[len(line)-1]].end = int32(at)
			line = line[:len(line)-1]
		}
		parent, above := -1, Node{}
		switch {
		case len(line) > 0:
			parent = line[len(line)-1]
			above = nodes[parent]
		case n.ID != SystemID:
			above = root()
		}
		hangs, err := n.Numbered(n.ID, above)
		if n.ID == SystemID {
			hangs, err = root(), nil
			hangs.Locked = n.Locked
		}
		if err != nil || n.ID <= 0 || hangs != n || n.Parent != above.ID || n.Tenant != of || of == "" && (n.ID == SystemID) != (at == 0) ||
			at > 0 && n.Path <= nodes[at-1].Path {
			return nil, errMalformed
		}
		r := row{id: n.ID, parent: int32(parent), text: uint32(text.Len()), bits: uint16(n.Depth)}
		if r.level, err = s.levelOf(n.Level); err != nil {
			return nil, err
		}
		if n.Locked {
			r.bits |= flagLocked | flagInForce
		}
		if parent >= 0 {
			r.bits |= s.rows[parent].bits & flagInForce
		}
		text.WriteString(n.Instance)
		s.rows[at] = r
		line = append(line, at)
	}
	for _, at := range line {
		s.rows[at].end = int32(len(nodes))
	}
	s.text = text.String()
	s.ids = newIDIndex(s.rows)
	s.object = make([]uint32, len(nodes))
	for at := range s.object {
		s.object[at] = uint32(at)
	}
	slices.SortFunc(s.object, func(a, b uint32) int {
		return compareObjects(s.Level(int(a)), s.Instance(int(a)), s.Level(int(b)), s.Instance(int(b)))
	})
	return s, nil
}

// levelOf returns the place of a level in the list, on which there are few.
func (s *Snapshot) levelOf(l Level) (uint16, error) {
	i := slices.Index(s.levels, l)
	if i < 0 {
		i = len(s.levels)
		if i > math.MaxUint16 {
			return 0, errors.New("ctxtree: the part has too many levels")
		}
		s.levels = append(s.levels, l)
	}
	return uint16(i), nil
}

func compareObjects(level Level, instance string, other Level, otherInstance string) int {
	if c := strings.Compare(string(level), string(other)); c != 0 {
		return c
	}
	return strings.Compare(instance, otherInstance)
}

// Tenant returns whose nodes these are; empty for those without a tenant.
func (s *Snapshot) Tenant() tenant.ID { return s.of }

// Number returns the change number as of which the part was loaded.
func (s *Snapshot) Number() int64 { return s.number }

// Len returns how many nodes there are.
func (s *Snapshot) Len() int { return len(s.rows) }

// Size returns about how many bytes the snapshot takes.
func (s *Snapshot) Size() int64 {
	return int64(unsafe.Sizeof(*s)) + int64(cap(s.rows))*int64(unsafe.Sizeof(row{})) + int64(len(s.text)) +
		4*int64(cap(s.ids.at)+cap(s.object)) + int64(cap(s.levels))*int64(unsafe.Sizeof(Level("")))
}

// Find returns the position of the node with that number.
func (s *Snapshot) Find(id int64) (at int, found bool) { return s.ids.find(s.rows, id) }

// ByInstance returns the position of the node of that level and instance.
func (s *Snapshot) ByInstance(level Level, instance string) (at int, found bool) {
	i, found := slices.BinarySearchFunc(s.object, 0, func(at uint32, _ int) int {
		return compareObjects(s.Level(int(at)), s.Instance(int(at)), level, instance)
	})
	if !found {
		return 0, false
	}
	return int(s.object[i]), true
}

// ID returns the number of the node at that position.
func (s *Snapshot) ID(at int) int64 { return s.rows[at].id }

// Level returns its level.
func (s *Snapshot) Level(at int) Level { return s.levels[s.rows[at].level] }

// Instance returns its instance.
func (s *Snapshot) Instance(at int) string {
	if at == len(s.rows)-1 {
		return s.text[s.rows[at].text:]
	}
	return s.text[s.rows[at].text:s.rows[at+1].text]
}

// Parent returns the position of its parent; -1 if that is not in this part: the
// tops of a tenant's part lie below the system, and the system below nothing.
func (s *Snapshot) Parent(at int) int { return int(s.rows[at].parent) }

// End returns the position behind the last node below it.
func (s *Snapshot) End(at int) int { return int(s.rows[at].end) }

// Locked reports whether its lock, or that of a node above it in this part, is
// in force. A lock of the system is in force everywhere, and in the part without
// a tenant.
func (s *Snapshot) Locked(at int) bool { return s.rows[at].bits&flagInForce != 0 }

// Node returns the node at that position as the store had it.
func (s *Snapshot) Node(at int) Node {
	r := s.rows[at]
	n := Node{
		ID: r.id, Level: s.Level(at), Instance: s.Instance(at), Tenant: s.of,
		Depth: int(r.bits & depthBits), Locked: r.bits&flagLocked != 0,
	}
	switch {
	case r.parent >= 0:
		n.Parent = s.rows[r.parent].id
	case r.id != SystemID:
		n.Parent = SystemID
	}
	n.Path = string(s.appendPath(nil, at))
	return n
}

func (s *Snapshot) appendPath(to []byte, at int) []byte {
	switch r := s.rows[at]; {
	case r.parent >= 0:
		to = s.appendPath(to, int(r.parent))
	case r.id == SystemID:
		return append(to, "/1/"...)
	default:
		to = append(to, "/1/"...)
	}
	return append(strconv.AppendInt(to, s.rows[at].id, 10), '/')
}

// Line returns the positions from the top of the part down to the node itself.
func (s *Snapshot) Line(at int) []int {
	var line []int
	for ; at >= 0; at = s.Parent(at) {
		line = append(line, at)
	}
	slices.Reverse(line)
	return line
}

// Children returns the positions of the nodes directly below that at a position,
// or with -1 of the tops of the part.
func (s *Snapshot) Children(at int) iter.Seq[int] {
	next, end := 0, len(s.rows)
	if at >= 0 {
		next, end = at+1, s.End(at)
	}
	return func(yield func(int) bool) {
		for p := next; p < end; p = s.End(p) {
			if !yield(p) {
				return
			}
		}
	}
}
