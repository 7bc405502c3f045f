package timer

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// later adds to what it is given, as some cron libraries do.
type later time.Duration

func (l later) Next(after time.Time) time.Time { return after.Add(time.Duration(l)) }

func TestOpening(t *testing.T) {
	t.Parallel()
	at := func(hours float64) time.Time {
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(hours * float64(time.Hour)))
	}
	for name, c := range map[string]struct {
		timer    Timer
		due, now time.Time
		want     time.Time
		waits    bool
	}{
		"on time":                                {Timer{}, at(1), at(1), at(1), false},
		"a little late":                          {Timer{Missed: MissedSkip}, at(1), at(1).Add(time.Minute), at(1), false},
		"too late":                               {Timer{Missed: MissedSkip}, at(1), at(1).Add(time.Minute + 1), at(2), true},
		"the last is not so late":                {Timer{Missed: MissedSkip}, at(1), at(5), at(5), false},
		"once":                                   {Timer{}, at(1), at(5.5), at(5), false},
		"each":                                   {Timer{Missed: MissedEach}, at(1), at(5.5), at(1), false},
		"each up to a bound":                     {Timer{Missed: MissedEach, MissedLimit: 2}, at(1), at(5.5), at(4), false},
		"what adds is counted from the due time": {Timer{Schedule: later(time.Hour)}, at(1.25), at(5.5), at(5.25), false},
		"a year of seconds":                      {Timer{Schedule: Every(time.Second)}, at(0), at(8760).Add(500 * time.Millisecond), at(8760), false},
		"three of them":                          {Timer{Schedule: Every(time.Second), Missed: MissedEach, MissedLimit: 3}, at(0), at(8760), at(8760).Add(-2 * time.Second), false},
	} {
		c.timer.Name, c.timer.Isolation, c.timer.Run = "x", tenant.Shared, nothing
		if c.timer.Schedule == nil {
			c.timer.Schedule = Every(time.Hour)
		}
		x, err := c.timer.effective(time.Now())
		require.NoError(t, err)
		got, ok := x.opening(c.due, c.now)
		require.Equal(t, c.want, got, name)
		require.Equal(t, !c.waits, ok, name)
	}
}

// odd answers with times that no table keeps.
type odd struct{ next time.Time }

func (o odd) Next(time.Time) time.Time { return o.next }

func TestNextDue(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1000).UTC()
	require.Equal(t, never, nextDue(odd{}, now), "none any more")
	require.Equal(t, never, nextDue(odd{now}, now), "one that stands still")
	require.Equal(t, never, nextDue(odd{never.Add(time.Hour)}, now))
	require.Equal(t, time.UnixMilli(1002).UTC(), nextDue(odd{time.UnixMicro(1001001)}, now), "rounded up")
	require.Equal(t, time.UnixMilli(1001).UTC(), nextDue(odd{time.UnixMicro(1000001)}, now))
}
