// Package acceptance measures what share of the statements of whole
// applications the scoper accepts, so that refusing everything is no way to keep
// the promises. The statements are those of package corpora; real engines say
// whether they are SQL at all.
package acceptance
