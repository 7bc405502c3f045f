package faults

import "slices"

// Fault is one fault that can be planted.
type Fault struct {
	Name     string // what is broken, in a few words; unique
	Imitates string // "parsers 24": a construct of the survey of parsers; "reliability 6": a failure of that of reliability
	On       string // the engine that shows it: "sqlite", "postgres" or "mysql"
	Together bool   // two constructs have to come together before it shows
	Edits    []Edit

	// Unverified: the check of the finished text is left out, because it would
	// see the fault itself, and it is the oracle that is measured.
	Unverified bool
}

// Edit is one change of a file. Old stands in it exactly once. In New the word
// planted stands for the question whether this fault is the one to show; without it
// New has to mean what Old does. Edits of several faults must not overlap, but for
// New that begins or ends with Old and so only adds to it.
type Edit struct {
	File string // under the root of the repository
	Old  string
	New  string
}

// Table returns all faults.
func Table() []Fault {
	return slices.Concat(references(), subqueries(), writtenReferences(), placement(), names(), inserts(), lists(), binding(), texts())
}

// predicatesSeam is where the predicates of a statement begin to be written.
const predicatesSeam = "func (pl *planner) predicates() error {\n"

// lost is a fault by which references go without their predicate. The condition
// says which: a Go expression over i, ref and block, and over open, the parenthesis
// around the block, or -1.
func lost(name, imitates, on, condition string) Fault {
	return Fault{Name: name, Imitates: imitates, On: on, Unverified: true, Edits: []Edit{{
		File: "scope/place.go",
		Old:  predicatesSeam,
		New: predicatesSeam + "\tif planted {\n\t\tpl.lose(func(i int, ref *sqlscan.Ref, block *sqlscan.Block, open int32) bool {\n\t\t\treturn " +
			condition + "\n\t\t})\n\t}\n",
	}}}
}

// together marks a fault that takes two constructs.
func together(f Fault) Fault {
	f.Together = true
	return f
}
