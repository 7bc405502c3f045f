package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
)

// read returns the records as "tenant/seq", or the error.
func read(ctx context.Context, log *audit.Log, q audit.Query) ([]string, error) {
	var out []string
	for r, err := range log.Records(ctx, q) {
		if err != nil {
			return out, err
		}
		out = append(out, fmt.Sprintf("%s/%d", r.Tenant, r.Seq))
	}
	return out, nil
}

// An event comes back as it was given, to the millisecond.
func TestAuditKeeps(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, _, _ := newWorld(t, e)
		in := tenant.WithID(t.Context(), "acme")
		want := tenant.Event{
			Kind: "member.added", Tenant: "acme", Actor: tenant.Actor{ID: "ann ", Tenant: "acme", Guest: true}, Object: "käse-é\u2028",
			Reason: "it's \"so\"\n", At: time.UnixMilli(1_700_000_000_123).UTC(), Detail: map[string]string{"": "", "a\"b": "{}\\", "é": "<&>"},
		}
		require.NoError(t, w.log.Append(in, want))
		began := time.Now().Truncate(time.Millisecond)
		require.NoError(t, w.log.Append(in, tenant.Event{Kind: "a.b.c-d_e9", Tenant: "acme"}))
		var got []audit.Record
		for r, err := range w.log.Records(in, audit.Query{}) {
			require.NoError(t, err)
			got = append(got, r)
		}
		require.Len(t, got, 2)
		require.Equal(t, audit.Record{Event: want, Seq: 1}, got[0])
		require.False(t, got[1].At.Before(began), "a zero time is the present")
		require.Nil(t, got[1].Detail)

		// What does not fit is refused, and the stream has no gap.
		for field, ev := range map[string]tenant.Event{
			"Kind":   {Kind: "a." + strings.Repeat("b", audit.MaxKindLen-1)},
			"Actor":  {Kind: "a.b", Actor: tenant.Actor{ID: strings.Repeat("x", audit.MaxActorLen+1)}},
			"Object": {Kind: "a.b", Object: strings.Repeat("x", audit.MaxObjectLen+1)},
			"Reason": {Kind: "a.b", Reason: strings.Repeat("x", audit.MaxReasonLen+1)},
			"Detail": {Kind: "a.b", Detail: map[string]string{"x": strings.Repeat("x", audit.MaxDetailLen)}},
		} {
			ev.Tenant = "acme"
			err := w.log.Append(in, ev)
			var large *audit.TooLargeError
			require.ErrorAs(t, err, &large, field)
			require.ErrorIs(t, err, audit.ErrTooLarge)
			require.Equal(t, field, large.Field)
			require.Greater(t, large.Size, large.Limit)
			require.NotContains(t, err.Error(), "xxx")
		}
		largest := tenant.Event{
			Tenant: "acme", Kind: "a." + strings.Repeat("b", audit.MaxKindLen-2), Actor: tenant.Actor{ID: strings.Repeat("x", audit.MaxActorLen)},
			Object: strings.Repeat("é", audit.MaxObjectLen/2), Reason: strings.Repeat("x", audit.MaxReasonLen), At: want.At,
			Detail: map[string]string{"x": strings.Repeat("x", audit.MaxDetailLen-len(`{"x":""}`))},
		}
		require.NoError(t, w.log.Append(in, largest))
		for r, err := range w.log.Records(in, audit.Query{After: audit.Position{Seq: 2}}) {
			require.NoError(t, err)
			require.Equal(t, audit.Record{Event: largest, Seq: 3}, r)
		}
	})
}

// Whatever the filter says, a context reads and appends what its mode allows.
func TestAuditModes(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, raw, _ := newWorld(t, e)
		ids := []tenant.ID{"", "acme", "bolt", "core"}
		all := tenant.AcrossAll(t.Context(), "a test")
		for range 2 {
			for _, id := range ids {
				require.NoError(t, w.log.Append(all, tenant.Event{Kind: "a.b", Tenant: id}))
			}
		}
		before := dump(t, e.Dialect, raw)
		for _, c := range []struct {
			name    string
			ctx     context.Context
			reaches []tenant.ID
			err     error
		}{
			{"none", t.Context(), nil, tenant.ErrNoTenant},
			{"refused", tenant.WithID(t.Context(), "NO"), nil, tenant.ErrInvalidID},
			{"tenant", tenant.WithID(t.Context(), "acme"), ids[1:2], nil},
			{"global", tenant.Global(t.Context()), ids[:1], nil},
			{"across", tenant.Across(t.Context(), "a test", "core", "acme"), []tenant.ID{"acme", "core"}, nil},
			{"across all", all, ids, nil},
		} {
			for _, q := range []audit.Query{{}, {NoTenant: true}, {Tenant: "acme"}, {Tenant: "bolt"}, {Tenant: "bolt", NoTenant: true}, {Actor: "' OR 1=1"}} {
				for _, newest := range []bool{false, true} {
					q.Newest = newest
					var want []string
					for _, id := range c.reaches {
						switch {
						case q.Tenant != "" && q.Tenant != id, q.NoTenant && id != "", q.Tenant != "" && q.NoTenant, q.Actor != "":
							continue
						}
						want = append(want, string(id)+"/1", string(id)+"/2")
					}
					got, err := read(c.ctx, w.log, q)
					require.ErrorIs(t, err, c.err, c.name)
					require.ElementsMatch(t, want, got, "%s: %+v", c.name, q)
				}
			}
			var heads []tenant.ID
			for h, err := range w.log.Heads(c.ctx, time.Time{}) {
				require.ErrorIs(t, err, c.err, c.name)
				if err == nil {
					require.EqualValues(t, 2, h.Seq)
					heads = append(heads, h.Tenant)
				}
			}
			require.Equal(t, c.reaches, heads, c.name)
			for _, id := range append(ids, "NO", "new") {
				err := w.log.Append(c.ctx, tenant.Event{Kind: "a.b", Tenant: id, Detail: map[string]string{"x": strings.Repeat("x", audit.MaxDetailLen)}})
				may := false // it goes on to the next check
				switch tenant.ModeOf(c.ctx) {
				case tenant.ModeTenant:
					may = id == "acme"
				case tenant.ModeGlobal:
					may = id == ""
				case tenant.ModeAcross:
					may = id == "" || id == "acme" || id == "core"
				case tenant.ModeAcrossAll:
					may = true
				}
				switch {
				case c.err != nil:
					require.ErrorIs(t, err, c.err, c.name)
				case id == "NO" && may:
					require.ErrorIs(t, err, audit.ErrInvalidEvent, c.name)
				case may:
					require.ErrorIs(t, err, audit.ErrTooLarge, "%s: %s", c.name, id)
				default:
					require.ErrorIs(t, err, audit.ErrOutside, "%s: %s", c.name, id)
				}
			}
		}
		require.Equal(t, before, dump(t, e.Dialect, raw))
	})
}

// Pages, orders, filters and positions agree with doing it by hand.
func Test_B15_AuditQueries(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, _, _ := newWorld(t, e)
		all := tenant.AcrossAll(t.Context(), "a test")
		start := time.UnixMilli(1_700_000_000_000).UTC()
		const n = 450 // more than two pages
		var records []audit.Record
		seq := map[tenant.ID]int64{}
		require.NoError(t, sqltext.InTx(all, w.pool, func(tx tenant.DBTX) error {
			for i := range n {
				ev := tenant.Event{
					Tenant: []tenant.ID{"", "acme", "bolt"}[i%3], Kind: []string{"a.b", "a.c", "b.c", "b.d"}[i%4],
					Actor: tenant.Actor{ID: []string{"ann", "bob"}[i%2]}, Object: fmt.Sprint("o", i%5), At: start.Add(time.Duration(i/7) * time.Millisecond),
				}
				if err := w.log.With(tx).Append(all, ev); err != nil {
					return err
				}
				seq[ev.Tenant]++
				records = append(records, audit.Record{Event: ev, Seq: seq[ev.Tenant]})
			}
			return nil
		}))
		for _, q := range []audit.Query{
			{},
			{Tenant: "acme"},
			{NoTenant: true, Limit: 17},
			{Tenant: "bolt", Kinds: []string{"a.b", "b.d", "x.y"}},
			{Kinds: []string{"a.c"}, Actor: "bob", Limit: 30},
			{Object: "o3", Actor: "ann"},
			{From: start.Add(10 * time.Millisecond), To: start.Add(20 * time.Millisecond)},
			{Tenant: "acme", From: start.Add(10*time.Millisecond - 1), To: start.Add(20*time.Millisecond + 1)},
			{Object: "o\x00"},
			{Limit: 200},
			{Limit: 201},
		} {
			for _, newest := range []bool{false, true} {
				q.Newest = newest
				want := byHand(records, q)
				var got []audit.Record
				for r, err := range w.log.Records(all, q) {
					require.NoError(t, err)
					got = append(got, r)
				}
				require.Equal(t, want, got, "%+v", q)
				// The same in pieces.
				piece, pieces := q, []audit.Record(nil)
				piece.Limit = 13
				for len(pieces) < len(want) {
					was := len(pieces)
					for r, err := range w.log.Records(all, piece) {
						require.NoError(t, err)
						pieces = append(pieces, r)
						piece.After = r.Position()
					}
					require.Greater(t, len(pieces), was)
				}
				require.Equal(t, want, pieces[:len(want)], "%+v in pieces", q)
			}
		}
		for range w.log.Records(all, audit.Query{}) {
			break // whoever stops early is not called again
		}
	})
}

// byHand is the query on a slice.
func byHand(records []audit.Record, q audit.Query) []audit.Record {
	var out []audit.Record
	for _, r := range records {
		kind := len(q.Kinds) == 0
		for _, k := range q.Kinds {
			kind = kind || k == r.Kind
		}
		if !kind || q.Tenant != "" && r.Tenant != q.Tenant || q.NoTenant && r.Tenant != "" || q.Actor != "" && r.Actor.ID != q.Actor ||
			q.Object != "" && r.Object != q.Object || !q.From.IsZero() && r.At.Before(q.From) || !q.To.IsZero() && !r.At.Before(q.To) {
			continue
		}
		out = append(out, r)
	}
	less := func(a, b audit.Record) bool {
		switch {
		case (q.Tenant != "" || q.NoTenant) || a.At.Equal(b.At) && a.Tenant == b.Tenant:
			return a.Seq < b.Seq
		case a.At.Equal(b.At):
			return a.Tenant < b.Tenant
		}
		return a.At.Before(b.At)
	}
	for i := range out { // insertion, for being obviously right
		for k := i; k > 0 && less(out[k], out[k-1]) != q.Newest; k-- {
			out[k], out[k-1] = out[k-1], out[k]
		}
	}
	if q.Limit > 0 && len(out) > q.Limit {
		out = out[:q.Limit]
	}
	return out
}

// A reader that goes on from the last number misses no record, however late
// its transaction commits.
func TestAuditCommitOrder(t *testing.T) {
	t.Parallel()
	const writers, events = 4, 12
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, _, dsn := newWorld(t, e)
		in := tenant.WithID(t.Context(), "acme")
		undone := errors.New("undone")
		var group sync.WaitGroup
		for i := range writers {
			own := w
			if i%2 == 1 {
				own = openWorld(t, e, dsn)
			}
			group.Go(func() {
				for k := range events {
					err := sqltext.InTx(in, own.pool, func(tx tenant.DBTX) error {
						if err := own.log.With(tx).Append(in, tenant.Event{Kind: "a.b", Tenant: "acme", Object: fmt.Sprintf("%d-%d", i, k)}); err != nil {
							return err
						}
						if k%4 == 3 {
							return undone // and leaves no gap
						}
						return nil
					})
					if err != nil && !errors.Is(err, undone) {
						t.Error(err)
						return
					}
				}
			})
		}
		defer group.Wait()
		done := make(chan struct{})
		go func() { group.Wait(); close(done) }()
		last := int64(0)
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
			}
			for r, err := range w.log.Records(in, audit.Query{After: audit.Position{Seq: last}}) {
				require.NoError(t, err)
				require.Equal(t, last+1, r.Seq, "a record was missed")
				last = r.Seq
			}
		}
		require.EqualValues(t, writers*events*3/4, last)
		for h, err := range w.log.Heads(in, time.Time{}) {
			require.NoError(t, err)
			require.Equal(t, audit.Head{Tenant: "acme", Seq: last}, h)
		}
	})
}

func TestAuditPrune(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, raw, _ := newWorld(t, e)
		all := tenant.WithActor(tenant.AcrossAll(t.Context(), "a test"), tenant.Actor{ID: "operator"})
		old := time.Now().AddDate(-2, 0, 0)
		for i, id := range []tenant.ID{"", "acme", "bolt", "acme"} {
			require.NoError(t, w.log.Append(all, tenant.Event{Kind: "a.b", Tenant: id, At: old.AddDate(i/3*2, 0, -1)}))
		}
		before := dump(t, e.Dialect, raw)
		for name, c := range map[string]struct {
			ctx    context.Context
			before time.Time
			reason string
			want   error
		}{
			"a tenant":              {tenant.WithID(t.Context(), "acme"), old, "x", audit.ErrPrune},
			"global":                {tenant.Global(t.Context()), old, "x", audit.ErrPrune},
			"some":                  {tenant.Across(t.Context(), "a test", "acme"), old, "x", audit.ErrPrune},
			"none":                  {t.Context(), old, "x", audit.ErrPrune},
			"refused":               {tenant.WithID(t.Context(), "NO"), old, "x", tenant.ErrInvalidID},
			"no reason":             {all, old, "", audit.ErrPrune},
			"no time":               {all, time.Time{}, "x", audit.ErrPrune},
			"the future":            {all, time.Now().Add(time.Hour), "x", audit.ErrPrune},
			"a reason that is long": {all, old, strings.Repeat("x", audit.MaxReasonLen+1), audit.ErrTooLarge},
		} {
			_, err := w.log.Prune(c.ctx, c.before, c.reason)
			require.ErrorIs(t, err, c.want, name)
			require.Equal(t, before, dump(t, e.Dialect, raw), name)
		}
		for range 2 { // the record of the first is not removed by the second
			_, err := w.log.Prune(all, old, "kept for two years")
			require.NoError(t, err)
		}
		var removed []string
		for r, err := range w.log.Records(all, audit.Query{}) {
			require.NoError(t, err)
			if r.Kind == audit.KindPruned {
				require.Equal(t, "operator", r.Actor.ID)
				require.Equal(t, "kept for two years", r.Reason)
				require.Empty(t, r.Tenant)
				removed = append(removed, r.Detail["removed"])
			} else {
				require.Equal(t, "acme/2", fmt.Sprintf("%s/%d", r.Tenant, r.Seq))
			}
		}
		require.Equal(t, []string{"3", "0"}, removed)
		require.NoError(t, w.log.Append(all, tenant.Event{Kind: "a.b", Tenant: "bolt", At: time.Now().Add(-time.Hour)}))
		got, err := read(all, w.log, audit.Query{Tenant: "bolt"})
		require.NoError(t, err)
		require.Equal(t, []string{"bolt/2"}, got, "a number is not given twice")
		_, err = w.log.Prune(all, time.Now(), "everything")
		require.NoError(t, err)
		got, err = read(all, w.log, audit.Query{})
		require.NoError(t, err)
		require.Equal(t, []string{"/2", "/3", "/4"}, got)
	})
}
