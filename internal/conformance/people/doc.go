// Package people runs package member on every engine, through the scoped pool
// as an application would: its rules, its locks under concurrent writers, and
// random sequences of changes against a plain model.
package people
