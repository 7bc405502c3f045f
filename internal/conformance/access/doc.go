// Package access runs the predicates of package rbac on every engine, bare and
// through package scope, and compares the rows they select with single checks.
package access
