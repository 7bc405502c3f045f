// Package generated holds the generator of statements to its promise, on the real
// engines: most of what it makes is accepted by the scoper, and runs.
package generated
