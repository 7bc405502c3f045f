package sqlscan

import "sync"

// memory is what the lists of a Stmt lie in. Most statements are analysed once
// and forgotten, so it goes from one to the next.
type memory struct {
	toks    []Token
	open    []int32
	blocks  []Block
	nodes   []Node
	refs    []Ref
	stars   []Star
	calls   []Call
	inserts []InsertInto
	sets    []Assignment
	plain   []Span
	items   []Item
}

var memories = sync.Pool{New: func() any {
	return &memory{toks: make([]Token, 0, 128), open: make([]int32, 0, 16), blocks: make([]Block, 0, 4), nodes: make([]Node, 0, 8), refs: make([]Ref, 0, 8), calls: make([]Call, 0, 8)}
}}

// maxSpare is the length in tokens of the longest statement whose memory is
// kept.
const maxSpare = 8192

// put keeps mem for another statement.
func (mem *memory) put() {
	if cap(mem.toks) <= maxSpare {
		memories.Put(mem)
	}
}

// lend makes s an empty statement whose lists lie in mem.
func (mem *memory) lend(s *Stmt) {
	*s = Stmt{memory: mem, Toks: mem.toks, Blocks: mem.blocks, Nodes: mem.nodes, Refs: mem.refs, Stars: mem.stars,
		Calls: mem.calls, Inserts: mem.inserts, Sets: mem.sets, Plain: mem.plain, Items: mem.items}
}

// Release gives the memory of s to statements that are parsed later. Nothing of
// s may be used afterwards but its strings; its lists are gone, so that whoever
// does it nevertheless panics instead of reading another statement. A caller
// that keeps s does not call it.
func (s *Stmt) Release() {
	m := s.memory
	if m == nil {
		return
	}
	m.toks, m.blocks, m.nodes, m.refs, m.stars = s.Toks[:0], empty(s.Blocks), empty(s.Nodes), empty(s.Refs), empty(s.Stars)
	m.calls, m.inserts, m.sets, m.plain, m.items = empty(s.Calls), empty(s.Inserts), empty(s.Sets), empty(s.Plain), empty(s.Items)
	*s = Stmt{}
	m.put()
}

// empty forgets what s holds, so that no text stays in memory for it.
func empty[T any](s []T) []T {
	clear(s)
	return s[:0]
}
