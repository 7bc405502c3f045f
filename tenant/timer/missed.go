package timer

import (
	"fmt"
	"time"
)

// Missed says what becomes of due times that passed while no process was
// running, or while an earlier round took too long.
type Missed uint8

// The policies.
const (
	// MissedOnce makes one round for all due times that have passed, as of the
	// last of them. It is the zero value.
	MissedOnce Missed = iota
	// MissedSkip makes a round only for the last one, and only if that is not
	// longer ago than [Timer.Grace].
	MissedSkip
	// MissedEach makes one round for each, the oldest first; of more than
	// [Timer.MissedLimit] only the last ones.
	MissedEach
)

var missedNames = [...]string{"once", "skip", "each"}

// String returns "once", "skip" or "each".
func (m Missed) String() string {
	if int(m) < len(missedNames) {
		return missedNames[m]
	}
	return fmt.Sprintf("Missed(%d)", uint8(m))
}

// maxSteps is how many due times are walked through one by one before the walk
// begins anew from the present: a timer of every second that slept for a year
// has 31 million of them.
const maxSteps = 10_000

// opening returns the due time of the round to open for a timer that has been
// waiting for due, which is not after now; ok is false if there is none to
// open, and due is the next time to wait for then.
func (t *Timer) opening(due, now time.Time) (open time.Time, ok bool) {
	switch t.Missed {
	case MissedEach:
		return lastDue(t.Schedule, due, now, t.MissedLimit)[0], true
	case MissedSkip:
		last := lastDue(t.Schedule, due, now, 1)[0]
		if now.Sub(last) > t.Grace {
			return nextDue(t.Schedule, now), false
		}
		return last, true
	default:
		return lastDue(t.Schedule, due, now, 1)[0], true
	}
}

// lastDue returns the last due times from due to now, at most keep of them and
// at least one, the oldest first.
func lastDue(s Schedule, due, now time.Time, keep int) []time.Time {
	list, at := walk(s, []time.Time{due}, due, now, keep, maxSteps)
	if next := nextDue(s, at); next.After(now) {
		return list
	}
	for back := time.Second; ; back *= 2 {
		from := now.Add(-back)
		if !from.After(at) {
			list, _ = walk(s, list, at, now, keep, -1)
			return list
		}
		if near, _ := walk(s, nil, from, now, keep, -1); len(near) >= keep {
			return near
		}
	}
}

// walk appends to list the due times after from and not after now, of which it
// keeps the last ones. It returns where it stopped: after so many steps, which
// are not limited if negative.
func walk(s Schedule, list []time.Time, from, now time.Time, keep, steps int) ([]time.Time, time.Time) {
	for ; steps != 0; steps-- {
		next := nextDue(s, from)
		if next.After(now) {
			break
		}
		if len(list) >= keep {
			copy(list, list[len(list)-keep+1:])
			list = list[:keep-1]
		}
		list, from = append(list, next), next
	}
	return list, from
}
