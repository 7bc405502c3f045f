package ctxtree

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gotenancy/tenancy/tenant"
)

// SystemID is the number of the system node, the root of every tree. A store
// has it from the start.
const SystemID int64 = 1

// MaxPathLen is the longest path in bytes: some 85 levels with numbers up to a
// million. It is what fits the index of every supported database.
const MaxPathLen = 600

// MaxInstanceLen is the longest instance in bytes.
const MaxInstanceLen = 190

// Node is one place in the tree. It is a value: a copy of what the store held
// when it was asked.
type Node struct {
	ID       int64     // never given out twice
	Level    Level     // what kind of object the node stands for
	Instance string    // which one: the application's own id of the object, as text
	Parent   int64     // 0 for the system
	Path     string    // the numbers from the system to the node, such as "/1/3/17/"
	Depth    int       // how many numbers that are; 1 for the system
	Tenant   tenant.ID // whose it is; empty for a node without a tenant
	Locked   bool      // its own flag; see Locked for the effect of those above
}

// Within reports whether a is n itself or lies above it.
func (n Node) Within(a Node) bool {
	return a.Path != "" && strings.HasPrefix(n.Path, a.Path)
}

// Line returns the numbers from the system to the node itself. ok is false if
// the path is malformed, which that of a node from a store never is.
func (n Node) Line() (ids []int64, ok bool) {
	inner, ok := strings.CutPrefix(n.Path, "/")
	if !ok {
		return nil, false
	}
	ids = make([]int64, 0, n.Depth)
	for inner != "" {
		digits, rest, ended := strings.Cut(inner, "/")
		id, err := strconv.ParseInt(digits, 10, 64)
		if !ended || err != nil || id <= 0 {
			return nil, false
		}
		ids = append(ids, id)
		inner = rest
	}
	if len(ids) == 0 || ids[0] != SystemID || ids[len(ids)-1] != n.ID {
		return nil, false
	}
	return ids, true
}

// Locked reports whether any of the nodes is locked. For the nodes that
// [Store.Ancestors] returns it says whether a lock is in force at the last.
func Locked(line []Node) bool {
	for _, n := range line {
		if n.Locked {
			return true
		}
	}
	return false
}

// ValidInstance reports whether s can be the instance of a node, and the id of
// a user: 1 to 190 bytes of valid UTF-8 without control characters and without
// space at either end, so that every database keeps and compares it exactly.
func ValidInstance(s string) bool {
	if s == "" || len(s) > MaxInstanceLen || !utf8.ValidString(s) || strings.TrimSpace(s) != s {
		return false
	}
	return !strings.ContainsFunc(s, unicode.IsControl)
}

// root is the system node of a new tree.
func root() Node {
	return Node{ID: SystemID, Level: LevelSystem, Path: "/1/", Depth: 1}
}
