// Package faults plants faults into the scoper, to measure what the oracle of
// package scopetest sees: a proof that finds nothing is worth what it would have
// found. Each fault imitates a construct or a failure over which isolation broke
// somewhere, in other libraries or in ours.
//
// No fault is in the program that users build. The table of faults names texts of
// the source files and what stands there instead; [Write] makes a build overlay of
// them, with which one program holds them all:
//
//	go build -overlay=overlay.json ./internal/conformance/cmd/mutants
//
// The environment says which of them is there when the program runs, see
// [EnvPlanted]. The oracle and the generator of statements use a copy of the lexer
// that has no faults.
//
// The program is run by cmd/mutants.
package faults
