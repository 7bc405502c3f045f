package scopetest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// Failure is a verdict that somebody has to look at, with no more around it than
// it takes to see it again.
type Failure struct {
	Verdict           // of the smaller statement
	Original Verdict  // as it was found
	Seed     uint64   // Config.Seed
	Schema   []string // the tables that the statement names, with those they depend on
	Rows     []string // of the shared database, as statements
}

// String returns everything it takes to see the failure again.
func (f *Failure) String() string {
	var b strings.Builder
	b.WriteString(f.Verdict.String())
	fmt.Fprintf(&b, "\n\n-- seed %d, schema:\n%s;\n", f.Seed, strings.Join(f.Schema, ";\n"))
	if len(f.Rows) > 0 {
		fmt.Fprintf(&b, "-- rows:\n%s;\n", strings.Join(f.Rows, ";\n"))
	}
	if f.Original.Statement.Text != f.Statement.Text {
		fmt.Fprintf(&b, "-- found as: %s\n", f.Original.Statement.Text)
	}
	return b.String()
}

// maxShrinks is how many smaller forms of a failure are tried.
const maxShrinks = 3000

// Shrink makes a failing verdict smaller: it leaves out words of the statement, and
// rows, as long as the outcome stays what it is. Afterwards the world has all its
// rows again.
func (w *World) Shrink(ctx context.Context, v Verdict) (*Failure, error) {
	f := &Failure{Verdict: v, Original: v, Seed: w.config.Seed}
	s := shrinker{World: w, best: v, left: maxShrinks}
	all := w.filler.rows
	if err := s.statement(ctx); err != nil {
		return f, err
	}
	if err := s.rows(ctx); err != nil {
		return f, err
	}
	if err := s.statement(ctx); err != nil { // fewer rows may need fewer words
		return f, err
	}
	f.Verdict = s.best
	named := w.named(s.best.Statement.Text)
	for _, text := range w.schema.Texts {
		if lower := plainNames(text); slices.ContainsFunc(w.tables, func(t *table) bool {
			return named[t.Name] && strings.Contains(lower, strings.ToLower(t.Name))
		}) {
			f.Schema = append(f.Schema, text)
		}
	}
	for _, t := range w.tables {
		if rows := w.filler.rows[t.Name]; len(rows) > 0 && named[t.Name] {
			f.Rows = append(f.Rows, w.insertText(t, rows, true))
		}
	}
	w.filler.rows = all
	return f, w.reload(ctx)
}

// named returns the tables whose names are in a text, and those that these point at.
func (w *World) named(text string) map[string]bool {
	text = plainNames(text)
	out := map[string]bool{}
	for _, t := range slices.Backward(w.tables) { // children first
		if out[t.Name] = out[t.Name] || strings.Contains(text, strings.ToLower(t.Name)); out[t.Name] {
			for _, f := range t.Foreign {
				out[f.Table] = true
			}
		}
	}
	return out
}

// plainNames makes quoted names easy to find.
func plainNames(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(text), `""`, `"`), "``", "`")
}

// reload replaces all rows.
func (w *World) reload(ctx context.Context) error {
	for _, db := range []*database{w.shared, w.only, w.alone} {
		if err := w.empty(ctx, db); err != nil {
			return err
		}
	}
	return w.load(ctx)
}

// shrinker looks for a smaller failure with the same outcome.
type shrinker struct {
	*World
	best Verdict
	left int
}

// try reports whether the statement, on the rows as they are, still fails.
func (s *shrinker) try(ctx context.Context, st Statement) (bool, error) {
	if s.left--; s.left < 0 {
		return false, nil
	}
	v, err := s.Check(ctx, st)
	if err != nil || v.Outcome != s.best.Outcome || v.Remedy != s.best.Remedy {
		return false, ctx.Err() // a text that no engine takes is no failure
	}
	s.best = v
	return true, nil
}

// statement leaves out words. Those with placeholders stay, since each belongs to
// an argument.
func (s *shrinker) statement(ctx context.Context) error {
	d := s.schema.Dialect
	for size := len(s.best.Statement.Text); size > 0; size /= 2 {
		for at := 0; s.left > 0; {
			st := s.best.Statement
			toks, err := sqlscan.Tokens(d, sqlscan.Known, st.Text)
			if err != nil {
				return nil //nolint:nilerr // its words are not known, so it stays as it is
			}
			n := len(toks) - 1 // the last one is the end
			if at >= n {
				break
			}
			if size >= n {
				break // nothing would be left
			}
			end := min(at+size, n)
			if !removable(toks, at, end) {
				at++
				continue
			}
			st.Text = st.Text[:toks[at].Start] + st.Text[toks[end].Start:]
			smaller, err := s.try(ctx, st)
			if err != nil {
				return err
			}
			if !smaller {
				at++
			}
		}
	}
	return nil
}

// removable reports whether parentheses stay in pairs without these tokens, and
// no placeholder goes.
func removable(toks []sqlscan.Token, from, to int) bool {
	for i := from; i < to; i++ {
		switch t := toks[i]; t.Kind {
		case sqlscan.Param:
			return false
		case sqlscan.LParen, sqlscan.RParen, sqlscan.LBracket, sqlscan.RBracket:
			if m := int(t.Match); m < from || m >= to {
				return false
			}
		}
	}
	return true
}

// rows leaves out rows, many at a time and then one by one.
func (s *shrinker) rows(ctx context.Context) error {
	type place struct {
		table string
		row   row
	}
	var all []place
	for _, t := range s.tables {
		for _, r := range s.filler.rows[t.Name] {
			all = append(all, place{t.Name, r})
		}
	}
	with := func(list []place) error {
		rows := map[string][]row{}
		for _, p := range list {
			rows[p.table] = append(rows[p.table], p.row)
		}
		s.filler.rows = rows
		return s.reload(ctx)
	}
	for size := (len(all) + 1) / 2; size > 0; size /= 2 {
		for at := 0; at < len(all) && s.left > 0; {
			fewer := slices.Concat(all[:at], all[min(at+size, len(all)):])
			still := false
			if err := with(fewer); err == nil { // a foreign key may need what was left out
				if still, err = s.try(ctx, s.best.Statement); err != nil {
					return err
				}
			}
			if still {
				all = fewer
			} else {
				at += size
			}
		}
	}
	return with(all)
}
