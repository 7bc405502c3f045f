package timer

import (
	"context"
	"sync"
	"time"
)

// clock tells the time of the database between two looks at it: what it said
// last, and how long ago that was by this process's monotonic clock.
type clock struct {
	seam func() time.Time // in place of all that, or nil

	mu   sync.Mutex
	said time.Time
	at   time.Time // here, when the database said it
}

// set notes what the database said in answer to a question asked at began.
func (c *clock) set(said, began time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// It said so somewhere between the question and now.
	c.said, c.at = said, began.Add(time.Since(began)/2)
}

// now returns the time, to the millisecond.
func (c *clock) now() time.Time {
	if c.seam != nil {
		return c.seam().Truncate(time.Millisecond).UTC()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said.Add(time.Since(c.at)).Truncate(time.Millisecond)
}

// sleep waits, or until ctx is done.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
