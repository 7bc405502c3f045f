package cell

import (
	"context"
	"errors"
	"time"
)

// Source is where cells load from. It must not be changed once a cell has it.
type Source[L any] struct {
	// Load returns the value of the cell with that id, and the number as of which
	// it was read: it contains every change up to that. It runs in a goroutine of
	// its own. ctx has the values of whoever came first, but neither their deadline
	// nor their cancellation; it ends after Timeout. What it returns must not be
	// changed afterwards.
	Load func(ctx context.Context, id string) (l *L, as Number, err error)

	// Timeout bounds a load, and how long a reader waits for one.
	Timeout time.Duration

	// RetryAfter is how long a store that failed is left alone.
	RetryAfter time.Duration

	// MaxStale is for how long after it became known to be out of date a value is
	// still served where nothing newer is to be had: Forever, Never, or that long.
	MaxStale time.Duration

	// Unavailable is what the errors of Cell.Get wrap beside their cause, other
	// than ErrEvicted. Required.
	Unavailable error

	in *Cells[L] // nil for a cell that stands alone
}

// Values of Source.MaxStale. With Never, or anything less, a cell does not keep
// what is out of date.
const (
	Forever time.Duration = 0
	Never   time.Duration = -1
)

// ErrEvicted is returned by a cell that the cache has let go of. Who gets it has
// to get the cell from the cache again.
var ErrEvicted = errors.New("cell: evicted")

// errNotLanded is the outcome of a load whose goroutine was ended by the store.
var errNotLanded = errors.New("the load did not end")

// errBehind is why a load is of no use that does not contain a change which was
// announced before it began, as on a lagging replica.
var errBehind = errors.New("the store is behind its own change feed")

// kept returns what is kept of l when it is out of date.
func (s *Source[L]) kept(l *L) *L {
	if s.MaxStale <= Never {
		return nil
	}
	return l
}
