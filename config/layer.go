package config

import (
	"fmt"
	"time"
)

// Layer is where a value comes from. A later layer wins over an earlier one,
// unless the earlier one is forced.
type Layer uint8

// The layers, lowest first. LayerNone is the absence of a value: the caller's
// own default, if it gave one.
const (
	LayerNone    Layer = iota
	LayerDefault       // the default of a declared key, or what it computes
	LayerBase          // Config.Base, or Config.Forced
	LayerGlobal        // the store, for every tenant
	LayerGroup         // the store, for a group of tenants
	LayerTenant        // the store, for this tenant
	LayerAccount       // the store, for this account in this tenant
)

var layerNames = [...]string{"none", "default", "base", "global", "group", "tenant", "account"}

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

	// Layer is the one that answered; LayerNone where none did. Of a merged
	// value it is the highest that took part.
	Layer Layer

	// Forced reports that the layers above were not asked.
	Forced bool

	// Version is the change number with which a stored value was written: the
	// tenant's, or the global one in LayerGlobal and LayerGroup. It grows with
	// every write and is never used twice. It is 0 in the layers that are not
	// stored.
	Version int64

	// Sealed reports that the value is one to be kept secret, see [Sealed].
	Sealed bool

	// Stale reports that the store could not be asked and that this is the last
	// that was known, or with OutageGlobal what all tenants share. Age is for how long it has been known to be out of date
	// then, else 0.
	Stale bool
	Age   time.Duration
}
