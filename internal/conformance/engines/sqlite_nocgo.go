//go:build !cgo

package engines

func sqliteCgo() []Engine { return nil }
