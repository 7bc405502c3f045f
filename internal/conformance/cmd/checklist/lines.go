package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

//go:embed lines.txt
var linesText string

// Line is one thing that the library has to do.
type Line struct{ Number, Text string }

// Lines returns those of lines.txt, in their order.
func Lines() []Line {
	var all []Line
	for text := range strings.Lines(linesText) {
		number, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
		all = append(all, Line{number, rest})
	}
	return all
}

// chosen returns the lines whose numbers a comma-separated list names; all for
// an empty one.
func chosen(all []Line, list string) ([]Line, error) {
	if list == "" {
		return all, nil
	}
	var numbers []string
	for name := range strings.SplitSeq(list, ",") {
		n := normal(strings.TrimSpace(name))
		if !slices.ContainsFunc(all, func(l Line) bool { return l.Number == n }) {
			return nil, fmt.Errorf("there is no line %q", name)
		}
		numbers = append(numbers, n)
	}
	return slices.DeleteFunc(slices.Clone(all), func(l Line) bool { return !slices.Contains(numbers, l.Number) }), nil
}

// normal writes a number with two digits: A4 is A04.
func normal(number string) string {
	if len(number) == 2 {
		return number[:1] + "0" + number[1:]
	}
	return number
}

// How names carry numbers: a test function by what follows Test, a subtest by
// the words that its name begins with. Go makes underscores of spaces.
var (
	inFunction = regexp.MustCompile(`^Test_?((?:[ABCD][0-9]{1,2}(?:_|$))+)`)
	inSubtest  = regexp.MustCompile(`^([ABCD][0-9]{1,2}(?:[ _][ABCD][0-9]{1,2})*)(?:[ _#]|$)`)
)

// carried returns the numbers that the name of a test function, or of a subtest,
// carries.
func carried(name string, function bool) []string {
	pattern := inSubtest
	if function {
		pattern = inFunction
	}
	found := pattern.FindStringSubmatch(name)
	if found == nil {
		return nil
	}
	numbers := strings.FieldsFunc(found[1], func(r rune) bool { return r == ' ' || r == '_' })
	for i, n := range numbers {
		numbers[i] = normal(n)
	}
	return numbers
}
