package timer

import "time"

// Schedule says when a timer is due. The schedules of cron libraries, such as
// what the parser of github.com/robfig/cron/v3 returns, are of this form.
//
// Next returns the first due time after the given one, or the zero time where
// there is none any more. It is asked in UTC: a schedule by the wall clock of
// some place has to know its own zone (in robfig/cron "CRON_TZ=..."). Times are
// kept to the millisecond, rounded up. It must be safe for concurrent use.
type Schedule interface {
	Next(after time.Time) time.Time
}

// Every returns the schedule of all multiples of d since 1970-01-01 00:00 UTC:
// Every(time.Hour) is due on the hour. d is at least one second; fractions of
// a millisecond are cut off. [New] refuses a smaller one.
func Every(d time.Duration) Schedule { return every(d.Truncate(time.Millisecond)) }

type every time.Duration

// Next implements [Schedule].
func (e every) Next(after time.Time) time.Time {
	period := time.Duration(e).Milliseconds()
	if period <= 0 {
		return time.Time{}
	}
	at := after.UnixMilli()
	past := at % period
	if past < 0 {
		past += period // before 1970
	}
	return time.UnixMilli(at - past + period).UTC()
}

// never is what is stored for a timer that has no due time any more: the end
// of the year 9999.
var never = time.UnixMilli(253402300799000).UTC()

// nextDue asks a schedule, and returns never where the answer is none, or one
// that does not lie ahead.
func nextDue(s Schedule, after time.Time) time.Time {
	next := s.Next(after.UTC())
	if next.IsZero() {
		return never
	}
	if cut := next.Truncate(time.Millisecond); cut.Before(next) {
		next = cut.Add(time.Millisecond)
	}
	if !next.After(after) || next.After(never) {
		return never
	}
	return next.UTC()
}
