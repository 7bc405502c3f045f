// Package evaluation measures what the scoper's predicates alone guarantee about
// the order in which servers evaluate conditions. The tenant's predicate comes
// first in the text, but a server may evaluate the application's condition on
// another tenant's row before it, and then a condition that fails on that row's
// values fails the statement, or a function that tells its values tells them.
//
// testdata/known.txt lists where that happens on the versions that were
// measured. All else is kept apart, and a statement that begins to leak fails
// the test; so does one that stops on a measured version, because then the
// README's section about limits says too much. Row-level security closes these
// gaps where they matter.
package evaluation
