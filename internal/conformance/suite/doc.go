// Package suite prepares a run of the repository's tests: it finds the modules,
// and brings up what the tests of all of them need. What a run has to go without
// it prints in one line each, beginning with LEFT OUT; with CI=true leaving
// anything out is an error. The commands testall and checklist are built on it.
package suite
