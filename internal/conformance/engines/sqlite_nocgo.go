//go:build !cgo

package engines

func sqliteCgo() []Engine { return nil }

// Cgo is whether this build has SQLite in C.
const Cgo = false
