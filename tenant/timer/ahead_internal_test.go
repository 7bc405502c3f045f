package timer

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 59, 59, 0, time.UTC)
	at := func(d time.Duration) time.Time { return now.Truncate(time.Hour).Add(d) } // 12:00 and d
	job := hourly(nothing)
	for name, c := range map[string]struct{ from, to round }{
		"waiting":                        {round{due: at(time.Hour)}, round{}},
		"late":                           {round{due: at(-10 * time.Hour)}, round{}},
		"another process is a bit ahead": {round{due: at(2 * time.Hour)}, round{}},
		"waiting for too long":           {round{due: at(3 * time.Hour)}, round{due: at(time.Hour)}},
		"an end of the schedule":         {round{due: never}, round{due: at(time.Hour)}},
		"at work":                        {round{due: at(0), opened: at(time.Minute)}, round{}},
		"opened a bit ahead":             {round{due: at(time.Hour), opened: at(time.Hour + 50*time.Second)}, round{}},
		"opened ahead":                   {round{due: at(5 * time.Hour), opened: at(5 * time.Hour)}, round{due: at(time.Hour)}},
		"opened ahead for what is due":   {round{due: at(-time.Hour), opened: at(5 * time.Hour)}, round{due: at(-time.Hour), opened: now}},
	} {
		to, ok := job.back(c.from, now)
		require.Equal(t, c.to != round{}, ok, name)
		if ok {
			require.Equal(t, c.to, to, name)
		}
	}
}
