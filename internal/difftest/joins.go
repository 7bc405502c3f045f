package difftest

import (
	"fmt"
	"slices"
	"strings"
)

// Joined writes a join of two trees for [Reading.Trees]. typ is INNER, LEFT,
// RIGHT or FULL; how is ON, USING, NATURAL or empty.
func Joined(left, typ, right, how string) string {
	return strings.TrimSuffix("("+left+" "+typ+" "+right+" "+how, " ") + ")"
}

// The leaves of a tree of joins, but for tables, which are written as their
// offsets.
const (
	Query    = "query"
	Function = "function"
)

// Aliased writes a tree in parentheses that has an alias of its own.
func Aliased(tree string) string { return tree + " AS" }

// loosen writes what is left of a tree for a parser that is [Reading.Loose].
func loosen(tree string) string {
	l := loose{words: strings.Fields(strings.NewReplacer("(", "( ", ")", " )").Replace(tree))}
	leaves := l.tree()
	slices.Sort(l.outer)
	return fmt.Sprint(leaves, l.outer)
}

// loose reads a tree that Joined has written.
type loose struct {
	words []string
	outer []string
}

func (l *loose) next() string {
	word := l.words[0]
	l.words = l.words[1:]
	return word
}

// tree reads a tree and returns its leaves.
func (l *loose) tree() (leaves []string) {
	first := l.next()
	if first != "(" {
		return []string{first}
	}
	left, typ, right := l.tree(), l.next(), l.tree()
	how := ""
	if word := l.next(); word != ")" {
		how = word
		l.next()
	}
	if len(l.words) > 0 && l.words[0] == "AS" {
		l.next()
	}
	filled := map[string][]string{"LEFT": right, "RIGHT": left, "FULL": slices.Concat(left, right)}[typ]
	if filled != nil {
		slices.Sort(filled)
		l.outer = append(l.outer, fmt.Sprint(filled, how))
	}
	leaves = slices.Concat(left, right)
	slices.Sort(leaves)
	return leaves
}
