package scope

import "strings"

// mark stands for a tenant's placeholder in the text of an edit. No statement
// contains it: the lexer refuses NUL bytes.
const mark = "\x00"

// rank orders edits at the same place: what closes an old clause comes before
// what begins a new one.
type rank uint8

const (
	closing rank = iota
	alias        // of a select item
	opening
	newClause
)

// edit replaces the bytes from start to end. Most edits insert, at the end of
// a token, so that comments and layout of the application stay as they are.
type edit struct {
	start, end int32
	rank       rank
	from, to   int32 // the text, in editor.texts
}

// inOrder compares edits by their place, and at one place by their rank.
func inOrder(a, b edit) int {
	switch {
	case a.start != b.start:
		return int(a.start - b.start)
	case a.end != b.end:
		return int(a.end - b.end)
	}
	return int(a.rank) - int(b.rank)
}

// editor collects the edits of one statement. Their texts lie behind one
// another in one piece of memory.
type editor struct {
	edits []edit
	texts []byte
}

// edit begins an edit and writes the parts of its text. More is added by write
// until the next edit begins.
func (ed *editor) edit(start, end int32, r rank, parts ...string) {
	at := int32(len(ed.texts))
	ed.edits = append(ed.edits, edit{start, end, r, at, at})
	ed.write(parts...)
}

// write adds to the text of the newest edit.
func (ed *editor) write(parts ...string) {
	for _, p := range parts {
		ed.texts = append(ed.texts, p...)
	}
	ed.edits[len(ed.edits)-1].to = int32(len(ed.texts))
}

func (ed *editor) text(e *edit) []byte { return ed.texts[e.from:e.to] }

// insertBefore begins an edit in front of token at.
func (pl *planner) insertBefore(at int32, parts ...string) {
	start := pl.Toks[at].Start
	pl.edit(start, start, opening, parts...)
}

// insertAfter inserts text after token at. Where more is to be written to it,
// spaced comes last.
func (pl *planner) insertAfter(at int32, r rank, parts ...string) {
	end := pl.Toks[at].End
	pl.edit(end, end, r, parts...)
	pl.spaced()
}

// spaced ends an insertion behind a token: what follows may stand close, as in
// contacts"c"UNION.
func (pl *planner) spaced() {
	end := int(pl.edits[len(pl.edits)-1].end)
	if end < len(pl.Text) && strings.IndexByte(" \t\n\r\f),;", pl.Text[end]) < 0 {
		pl.write(" ")
	}
}

// replace begins an edit in the place of the tokens first to last. What it
// replaces may stand close to a word, as in SELECT*FROM.
func (pl *planner) replace(first, last int32, parts ...string) {
	start := pl.Toks[first].Start
	pl.edit(start, pl.Toks[last].End, opening)
	if start > 0 && strings.IndexByte(" \t\n\r\f(,", pl.Text[start-1]) < 0 {
		pl.write(" ")
	}
	pl.write(parts...)
}
