package main

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// What becomes of a line.
const (
	passed  = "pass"
	failed  = "FAIL"
	missing = "missing"
)

// proof is a test that carries a number, with what became of it.
type proof struct {
	dir, name string
	state     string // passed, failed, or why it proves nothing
}

// judge returns for each number the tests that carry it.
func (r results) judge(claims []claim) map[string][]proof {
	dirs := map[string]string{}
	for _, c := range claims {
		dirs[c.path] = c.dir
	}
	inner := map[test]bool{} // has subtests
	for t := range r.tests {
		for up := range above(t) {
			inner[up] = true
		}
	}
	sound := map[test]bool{} // has one below it that passed and has none itself
	for t, action := range r.tests {
		if action == "pass" && !inner[t] {
			for up := range above(t) {
				sound[up] = true
			}
		}
	}
	out := map[string][]proof{}
	ran := map[test]map[string]bool{} // the numbers that were seen under a test function
	for t, action := range r.tests {
		if _, ours := dirs[t.path]; !ours {
			continue
		}
		top, _, below := strings.Cut(t.name, "/")
		own := t.name // what its Run was given, in which a slash is no level
		for up := range above(t) {
			if _, is := r.tests[up]; is {
				own = t.name[len(up.name)+1:]
				break
			}
		}
		state := failed // also where it never ended
		switch {
		case action == "pass" && inner[t] && !sound[t]:
			state = "nothing below it has passed"
		case action == "pass":
			state = passed
		case action == "skip":
			state = "skipped"
		}
		for _, n := range carried(own, !below) {
			out[n] = append(out[n], proof{dirs[t.path], t.name, state})
			at := test{t.path, top}
			if ran[at] == nil {
				ran[at] = map[string]bool{}
			}
			ran[at][n] = true
		}
	}
	for _, c := range claims {
		at := test{c.path, c.test}
		for _, n := range c.numbers {
			if ran[at][n] {
				continue
			}
			// What never began because of what went wrong before it is not merely
			// missing.
			switch action, began := r.tests[at]; {
			case action == "fail" || action == "run" || !began && r.failed[c.path]:
				out[n] = append(out[n], proof{c.dir, claimed(c), failed})
			default:
				out[n] = append(out[n], proof{c.dir, claimed(c), "did not run"})
			}
		}
	}
	for n := range out {
		out[n] = folded(out[n])
	}
	return out
}

// above yields the tests that a subtest is in.
func above(t test) iter.Seq[test] {
	return func(yield func(test) bool) {
		for i := strings.LastIndexByte(t.name, '/'); i >= 0; i = strings.LastIndexByte(t.name, '/') {
			if t.name = t.name[:i]; !yield(t) {
				return
			}
		}
	}
}

// claimed is how a claim is printed before it has run.
func claimed(c claim) string {
	if c.name == c.test {
		return c.test
	}
	return c.test + "/" + strings.ReplaceAll(c.name, " ", "_")
}

// folded writes the same test on several engines, or in several rounds, once: with
// a star for what tells them apart. Those that failed stay as they are.
func folded(all []proof) []proof {
	groups := map[proof][]proof{}
	for _, p := range all {
		key := p
		if p.state == passed {
			parts := strings.Split(p.name, "/")
			for i := 1; i < len(parts)-1; i++ {
				parts[i] = "*"
			}
			key.name = strings.Join(parts, "/")
		}
		groups[key] = append(groups[key], p)
	}
	var out []proof
	for key, group := range groups {
		if len(group) == 1 {
			key = group[0]
		}
		out = append(out, key)
	}
	slices.SortFunc(out, func(a, b proof) int {
		return cmp.Or(cmp.Compare(a.dir, b.dir), cmp.Compare(a.name, b.name), cmp.Compare(a.state, b.state))
	})
	return out
}

// verdict of a line: proved if a test that carries its number has passed and none
// has failed.
func verdict(proofs []proof) string {
	state := missing
	for _, p := range proofs {
		switch p.state {
		case failed:
			return failed
		case passed:
			state = passed
		}
	}
	return state
}

// table prints the lines with their tests and returns how many are proved.
func table(out io.Writer, lines []Line, proofs map[string][]proof) (proved int) {
	for _, l := range lines {
		state := verdict(proofs[l.Number])
		if state == passed {
			proved++
		}
		fmt.Fprintf(out, "%s %-7s %s\n", l.Number, state, l.Text)
		for _, p := range proofs[l.Number] {
			note := ""
			if p.state != passed {
				note = " (" + p.state + ")"
			}
			fmt.Fprintf(out, "            %s %s%s\n", p.dir, p.name, note)
		}
	}
	return proved
}
