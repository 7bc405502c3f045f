package config

import "fmt"

// Layer is where a value comes from. A later layer wins over an earlier one.
type Layer uint8

// The layers, lowest first. LayerNone is the
// absence of a value: the caller's own default, if it gave one.
const (
	LayerNone    Layer = iota
	LayerDefault       // the default of a declared key
	LayerBase          // Config.Base
	LayerGlobal        // the store, for every tenant
	LayerTenant        // the store, for this tenant
)

var layerNames = [...]string{"none", "default", "base", "global", "tenant"}

// String returns the layer's name in lower case.
func (l Layer) String() string {
	if int(l) < len(layerNames) {
		return layerNames[l]
	}
	return fmt.Sprintf("Layer(%d)", uint8(l))
}

// Info says where the answer of a look-up comes from.
type Info struct {
	// Found reports whether any layer has a value. A stored false, 0, "" or
	// null is a value.
	Found bool

	// Layer is the one that answered; LayerNone where none did.
	Layer Layer

	// Version is the tenant's change number with which a stored value was
	// written, or the global one in LayerGlobal. It grows with every write and
	// is never used twice. It is 0 in the layers that are not stored.
	Version int64

	// Stale reports that the store could not be asked and that this is the last
	// that was known.
	Stale bool
}
