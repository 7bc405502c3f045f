package carry

import "sync/atomic"

// Slot names a place in a Home. Each slot belongs to one package, which stores
// one concrete type in it.
type Slot uint8

// The slots.
const (
	SlotConfig Slot = iota // *config.cell
	SlotRBAC               // *rbac.snapshot holder
	slots
)

// Home is the per-tenant object behind a context value. A registry makes one
// for each tenant it keeps in memory; config and rbac fill its slots with
// their snapshots, so that a request reaches them without a second look-up.
//
// A Home is marked dead when its registry evicts or replaces the tenant.
// A long-lived context may still hold it, so readers of a slot check Dead and
// fall back to their own table: otherwise such a context would read a value
// that no invalidation reaches any more.
//
// All methods are safe for concurrent use.
type Home struct {
	id   string
	dead atomic.Bool
	slot [slots]atomic.Value
}

// NewHome returns the Home of one tenant.
func NewHome(id string) *Home { return &Home{id: id} }

// ID returns the tenant this object belongs to.
func (h *Home) ID() string { return h.id }

// Load returns what the slot holds, or nil.
func (h *Home) Load(s Slot) any { return h.slot[s].Load() }

// Store fills the slot. v must be non-nil and always of the slot's one type.
func (h *Home) Store(s Slot, v any) { h.slot[s].Store(v) }

// Kill marks the object dead. It cannot be revived.
func (h *Home) Kill() { h.dead.Store(true) }

// Dead reports whether the object was evicted.
func (h *Home) Dead() bool { return h.dead.Load() }
