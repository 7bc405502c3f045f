package rbac

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// follower is a feed that looks when it is told to.
type follower struct{ at atomic.Pointer[time.Time] }

func (f *follower) look() { now := time.Now(); f.at.Store(&now) }

func (f *follower) Fresh() (time.Time, bool) {
	if at := f.at.Load(); at != nil {
		return *at, true
	}
	return time.Time{}, false
}

func TestLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var f follower
		l := newLease(&f, 10*time.Second)
		require.False(t, l.holds(), "before the first look")
		f.look()
		require.True(t, l.holds())
		time.Sleep(6 * time.Second)
		f.look()
		time.Sleep(6 * time.Second) // the timer finds the second look
		synctest.Wait()
		require.True(t, l.holds())
		time.Sleep(4*time.Second + 1)
		synctest.Wait()
		require.True(t, l.ended.Load(), "without a question")
		require.False(t, l.holds())
		time.Sleep(time.Hour)
		require.False(t, l.holds())
		f.look()
		require.True(t, l.holds(), "the feed has come back")
		time.Sleep(10*time.Second + 1)
		synctest.Wait()
		require.False(t, l.holds(), "and is lost again")
	})
}

func TestNoLease(t *testing.T) {
	t.Parallel()
	require.True(t, newLease(nil, 0).holds())
}
