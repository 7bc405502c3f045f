// Package rolefaults plants faults into package rbac, to measure what its tests
// see: a proof that finds nothing is worth what it would have found. Each fault
// breaks one rule, nearly always in one line, and has the name of the mistake that it
// imitates. [Evaluator] and [Compiled] are the two lists of them.
//
// As those of package faults they are in no program that users build. The tables
// name texts of the source files and what stands there instead; [Build] makes a test
// program of package rbac with all of them in it, by a build overlay. The
// environment says which of them shows when the program runs, see
// faults.EnvPlanted.
//
// The program is run by cmd/rolemutants.
package rolefaults
