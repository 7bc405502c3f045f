package scope

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// splice writes the final text and says what each placeholder takes.
func (pl *planner) splice() (*plan, error) {
	p := &plan{text: pl.Text, args: pl.MaxParam, given: pl.given, writes: pl.Kind != sqlscan.Select, selects: pl.Kind == sqlscan.Select, exposes: pl.exposes}
	if pl.Params > sqlscan.Numbered {
		p.args = -1
	}
	if err := pl.bindingOf(p); err != nil {
		return nil, err
	}
	p.noID = pl.Dialect == SQLite && !pl.makesRowID()
	for i := range pl.Refs {
		if pl.Refs[i].Target {
			p.writes, p.selects = true, false
		}
	}
	if len(pl.edits) == 0 {
		return p, nil
	}
	if !slices.IsSortedFunc(pl.edits, inOrder) { // most often they are
		slices.SortStableFunc(pl.edits, inOrder)
	}
	if err := pl.placeholders(); err != nil {
		return nil, err
	}
	ordinal := pl.Params == sqlscan.Ordinal || pl.Params == sqlscan.NoParams && pl.Dialect != Postgres
	w := writer{pl: pl, ordinal: ordinal, out: pl.out, kept: pl.kept}
	if ordinal {
		w.binds = make([]int32, 0, pl.MaxParam+bytes.Count(pl.texts, []byte(mark)))
	}
	for i := range pl.edits {
		if int(pl.edits[i].start) < w.copied {
			return nil, pl.refuse(ReasonNotUnderstood, "two changes to one place", 0, "", "")
		}
		w.write(&pl.edits[i])
	}
	w.copyTo(len(pl.Text))
	p.text = string(w.out)
	pl.kept, pl.out = w.kept, w.out
	switch {
	case w.marks == 0:
	case ordinal:
		p.binds = w.binds
	default:
		p.extra, p.named = pl.tenants(), pl.Params == sqlscan.NamedParam
	}
	return p, nil
}

// ownName is how the tenants' placeholders begin in a statement that names its
// own; a number follows.
const ownName = "tenancy_"

// placeholders refuses styles to which no placeholder can be added.
func (pl *planner) placeholders() error {
	switch pl.Params {
	case sqlscan.MixedParams:
		return &RefusedError{Reason: ReasonPlaceholder, Construct: "placeholders of several styles", Offset: -1, Hint: "use ? throughout, or numbers, or names"}
	case sqlscan.NamedParam:
		for t := range pl.Toks {
			if pl.Toks[t].Kind == sqlscan.Param && strings.HasPrefix(pl.Word(int32(t))[1:], ownName) {
				return pl.refuse(ReasonPlaceholder, "a placeholder whose name begins with "+ownName, int32(t), "", "choose another name")
			}
		}
	}
	return nil
}

// tenants is how many values the mode binds.
func (pl *planner) tenants() int {
	if pl.mode == carry.Across {
		return pl.n
	}
	return 1
}

// bindingOf says how the tenant is bound in this statement. One placeholder may
// serve several columns, so they have to be of one kind.
func (pl *planner) bindingOf(p *plan) error {
	seen := false
	for i := range pl.owned {
		o := &pl.owned[i]
		if !o.filtered() || o.table == nil {
			continue
		}
		kind, length := o.value.kind, o.value.length
		if seen && kind != p.kind {
			return pl.refuse(ReasonTenantColumn, "tenant columns of different types in one statement", pl.Refs[i].Tok, pl.Refs[i].Name.Table, "give them one type")
		}
		seen, p.kind = true, kind
		if length > 0 && (p.length == 0 || length < p.length) {
			p.length = length
		}
	}
	return nil
}

// writer applies edits from left to right and counts placeholders on the way.
type writer struct {
	pl      *planner
	ordinal bool
	out     []byte
	copied  int   // bytes of the old text that are in the new one
	tok     int   // the next old token whose placeholder is not counted
	params  int32 // old placeholders so far
	marks   int   // new placeholders so far
	binds   []int32
	kept    []segment
}

// segment is a part of the old text that is in the new one: n bytes from old,
// which now stand at now.
type segment struct{ old, now, n int }

// copyTo copies the old text up to byte end.
func (w *writer) copyTo(end int) {
	if end > w.copied {
		w.kept = append(w.kept, segment{w.copied, len(w.out), end - w.copied})
	}
	w.out = append(w.out, w.pl.Text[w.copied:end]...)
	w.copied = end
	if !w.ordinal {
		return
	}
	for ; w.tok < len(w.pl.Toks) && int(w.pl.Toks[w.tok].End) <= end; w.tok++ {
		if w.pl.Toks[w.tok].Kind == sqlscan.Param {
			w.binds = append(w.binds, w.params)
			w.params++
		}
	}
}

func (w *writer) write(e *edit) {
	w.copyTo(int(e.start))
	w.copied = int(e.end)
	n := w.pl.tenants()
	for text := w.pl.text(e); ; {
		before, after, found := bytes.Cut(text, []byte(mark))
		w.out = append(w.out, before...)
		if !found {
			return
		}
		k := w.marks % n
		w.marks++
		text = after
		if w.ordinal {
			w.binds = append(w.binds, int32(-1-k))
			w.out = append(w.out, '?')
			continue
		}
		number := int64(w.pl.MaxParam + 1 + k)
		switch {
		case w.pl.Params == sqlscan.NamedParam:
			w.out = append(w.out, ":"+ownName...)
			number = int64(k + 1)
		case w.pl.Dialect == Postgres:
			w.out = append(w.out, '$')
		default:
			w.out = append(w.out, '?')
		}
		w.out = strconv.AppendInt(w.out, number, 10)
	}
}
