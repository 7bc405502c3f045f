// Package transfer moves tenants between real databases: out, in and away, on
// schemas of whole applications and on random ones, with hostile values, with
// files that were tampered with, and with processes that are killed on the way.
// It holds scope/transfer to one promise above all: every other tenant's rows stay
// what they are, byte for byte.
package transfer
