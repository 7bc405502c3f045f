package carry

import "sync/atomic"

// Slot names a place in a Home. Each slot belongs to one package, which stores
// one concrete type in it.
type Slot uint8

// The slots.
const (
	SlotConfig Slot = iota // *config.seat
	slots
)

// Home is the per-tenant object behind a context value. A registry makes one
// for each tenant it keeps in memory; config fills its slot with
// its snapshot, so that a request reaches them without a second look-up.
//
// A Home is marked dead when its registry evicts or replaces the tenant.
// A long-lived context may still hold it, so the slots of a dead one are empty,
// and readers fall back to their own table: otherwise such a context would read
// a value that no invalidation reaches any more.
//
// All methods are safe for concurrent use.
type Home struct {
	id   string
	arg  atomic.Pointer[any] // the same, boxed, once somebody has bound it
	dead atomic.Bool
	slot [slots]atomic.Pointer[any]
}

// NewHome returns the Home of one tenant.
func NewHome(id string) *Home {
	h := &Home{}
	h.Init(id)
	return h
}

// Init makes h, which nobody uses yet, the Home of one tenant: for a registry
// that keeps it inside what it keeps of the tenant.
func (h *Home) Init(id string) { h.id = id }

// ID returns the tenant this object belongs to.
func (h *Home) ID() string { return h.id }

// Arg returns the id as a value to bind, boxed at the first call for all
// requests: most tenants that are in memory have none at the time.
func (h *Home) Arg() any {
	if arg := h.arg.Load(); arg != nil {
		return *arg
	}
	arg := any(h.id)
	h.arg.Store(&arg)
	return arg
}

// Load returns what the slot holds, or nil, as of a dead Home.
func (h *Home) Load(s Slot) any {
	if v := h.slot[s].Load(); v != nil {
		return *v
	}
	return nil
}

// Store fills the slot. v must be non-nil. Of a dead Home it stays empty.
func (h *Home) Store(s Slot, v any) {
	h.slot[s].Store(&v)
	if h.dead.Load() { // perhaps since, so after having stored
		h.slot[s].Store(nil)
	}
}

// Kill marks the object dead and empties its slots. It cannot be revived.
func (h *Home) Kill() {
	h.dead.Store(true)
	for s := range h.slot {
		h.slot[s].Store(nil)
	}
}

// Dead reports whether the object was evicted.
func (h *Home) Dead() bool { return h.dead.Load() }
