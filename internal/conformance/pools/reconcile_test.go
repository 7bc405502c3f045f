package pools

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// reconcile compares the tables with what the attempts are known to have
// become.
func (s *storm) reconcile(t *testing.T) {
	t.Helper()
	s.entries(t)
	s.counted(t)
	s.quiet(t)

	// Nothing writes to items; the money of each tenant is his; the notes were
	// replaced as a whole or not at all.
	rows := s.p.fetch(t, `SELECT tenant_id, id, mark FROM items ORDER BY tenant_id, id`)
	require.Len(t, rows, tenants*items)
	for n, row := range rows {
		k, i := n/items, n%items
		require.Equal(t, []string{string(name(k)), strconv.Itoa(i), mark(k, i)}, row)
	}
	byTenant := map[string][][]string{}
	for _, row := range s.p.fetch(t, `SELECT tenant_id, mark, id, balance FROM accounts ORDER BY tenant_id, id`) {
		byTenant[row[0]] = append(byTenant[row[0]], row[1:])
	}
	require.Len(t, byTenant, tenants)
	for k := range tenants {
		require.NoError(t, checkMarks(byTenant[string(name(k))], k))
		require.NoError(t, checkAccounts(byTenant[string(name(k))]), "%s", name(k))
	}
	rows = s.p.fetch(t, `SELECT tenant_id, id, mark FROM notes ORDER BY tenant_id, id`)
	require.Len(t, rows, tenants*notes)
	for n, row := range rows {
		require.Equal(t, []string{string(name(n / notes)), strconv.Itoa(n % notes)}, row[:2])
		require.True(t, strings.HasPrefix(row[2], row[0]+":"), "%v", row)
		if n%notes > 0 && n/notes < writing && row[2] != mark(n/notes, n%notes) {
			require.Equal(t, rows[n-1][2], row[2], "two replacements are mixed")
		}
	}
}

// entries: each committed one once, and of the right tenant.
func (s *storm) entries(t *testing.T) {
	t.Helper()
	seen := map[int]int{}
	for _, row := range s.p.fetch(t, `SELECT tenant_id, attempt, mark FROM entries`) {
		n, err := strconv.Atoi(row[1])
		require.NoError(t, err)
		require.Less(t, n, len(s.attempts))
		a := s.attempts[n]
		require.Equal(t, anEntry, a.what, "attempt %d", n)
		require.Equal(t, string(name(a.k)), row[0], "attempt %d is another tenant's", n)
		require.Equal(t, mark(a.k, n), row[2])
		seen[n]++
	}
	for n, a := range s.attempts {
		if a.what != anEntry {
			continue
		}
		switch a.state {
		case committed:
			require.Equal(t, 1, seen[n], "attempt %d was committed", n)
		case absent:
			require.Zero(t, seen[n], "attempt %d was not committed", n)
		case unknown:
			require.LessOrEqual(t, seen[n], 1, "attempt %d", n)
		}
	}
}

// counted: no update was lost and none was made twice.
func (s *storm) counted(t *testing.T) {
	t.Helper()
	var sure, perhaps [tenants][counters]int
	for _, a := range s.attempts {
		id := map[what]int{anIncrement: 1, aRewrite: 2}[a.what]
		switch {
		case id == 0:
		case a.state == committed:
			sure[a.k][id]++
		case a.state == unknown:
			perhaps[a.k][id]++
		}
	}
	rows := s.p.fetch(t, `SELECT tenant_id, id, n FROM counters ORDER BY tenant_id, id`)
	require.Len(t, rows, tenants*counters)
	for i, row := range rows {
		k, id := i/counters, i%counters
		require.Equal(t, []string{string(name(k)), strconv.Itoa(id)}, row[:2])
		n, err := strconv.Atoi(row[2])
		require.NoError(t, err)
		if id == 0 {
			continue
		}
		require.GreaterOrEqual(t, n, sure[k][id], "an update of %s is lost", name(k))
		require.LessOrEqual(t, n, sure[k][id]+perhaps[k][id], "an update of %s was made twice", name(k))
	}
}

// quiet: those whom nobody writes for have what they had.
func (s *storm) quiet(t *testing.T) {
	t.Helper()
	from := string(name(writing))
	require.Empty(t, s.p.fetch(t, `SELECT tenant_id FROM entries WHERE tenant_id >= '`+from+`'`))
	for _, row := range s.p.fetch(t, `SELECT tenant_id, id, mark, balance FROM accounts WHERE tenant_id >= '`+from+`'`) {
		require.Equal(t, []string{row[0] + ":" + row[1], strconv.Itoa(opening)}, row[2:])
	}
	for _, row := range s.p.fetch(t, `SELECT tenant_id, id, mark FROM notes WHERE tenant_id >= '`+from+`'`) {
		require.Equal(t, row[0]+":"+row[1], row[2])
	}
	for _, row := range s.p.fetch(t, `SELECT n FROM counters WHERE tenant_id >= '`+from+`'`) {
		require.Equal(t, "0", row[0])
	}
}
