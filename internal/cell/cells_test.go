package cell

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
	"weak"

	"github.com/stretchr/testify/require"
)

var errUnavailable = errors.New("unavailable")

// load is a Source.Load.
type load func(ctx context.Context, id string) (*int64, Number, error)

func cells(maxStale time.Duration, bounds Bounds[int64], load load) *Cells[int64] {
	t := &Cells[int64]{}
	t.Init(Source[int64]{Load: load, Timeout: time.Minute, RetryAfter: time.Nanosecond, MaxStale: maxStale, Unavailable: errUnavailable}, bounds)
	return t
}

// weighing are the bounds of values that are their own weights.
func weighing(count int, most int64) Bounds[int64] {
	return Bounds[int64]{Count: count, Weight: func(l *int64) int64 { return *l }, MaxWeight: most}
}

// heavy loads values that weigh as much as the id is long.
func heavy(_ context.Context, id string) (*int64, Number, error) {
	n := int64(len(id))
	return &n, Number{A: 1}, nil
}

func read(t *testing.T, cells *Cells[int64], ids ...string) {
	t.Helper()
	for _, id := range ids {
		_, _, err := cells.Get(id).Get(t.Context())
		require.NoError(t, err)
	}
}

// requireKept says which of all ids have a cell, in one word.
func requireKept(t *testing.T, want string, cells *Cells[int64], all string) {
	t.Helper()
	var have []string
	for _, id := range strings.Fields(all) {
		if cells.Peek(id) != nil {
			have = append(have, id)
		}
	}
	require.Equal(t, want, strings.Join(have, " "))
	requireSum(t, cells)
}

// requireSum counts anew what the cache has to know of itself.
func requireSum(t *testing.T, cells *Cells[int64]) {
	t.Helper()
	var sum int64
	require.Len(t, cells.byID, len(cells.ring))
	for _, c := range cells.ring {
		require.Same(t, c, cells.byID[c.id])
		require.False(t, c.Gone())
		if l := c.held(); l != nil && cells.bounds.Weight != nil {
			sum += *l
		}
	}
	require.Equal(t, sum, cells.Weight())
	require.Equal(t, len(cells.ring), cells.Len())
	require.LessOrEqual(t, cells.Len(), cells.bounds.Count)
	require.LessOrEqual(t, cells.hand, len(cells.ring))
}

func TestZeroCells(t *testing.T) {
	t.Parallel()
	var zero Cells[int64]
	require.Nil(t, zero.Peek("a"))
	zero.Invalidate("a", Number{A: 1})
	require.Zero(t, zero.Len())
	require.Zero(t, zero.Weight())
}

// The oldest goes first, but for those that were read since the hand was there.
func TestSecondChance(t *testing.T) {
	t.Parallel()
	cells := cells(Forever, Bounds[int64]{Count: 3}, heavy)
	const all = "a b c d e f g"
	for _, id := range strings.Fields("a b c") {
		cells.Get(id)
	}
	requireKept(t, "a b c", cells, all)
	require.Same(t, cells.Peek("a"), cells.Get("a"))
	cells.Get("a").Touch()
	cells.Get("d")
	requireKept(t, "a c d", cells, all)
	cells.Get("e")
	requireKept(t, "a d e", cells, all) // a had its turn
	cells.Get("f")
	requireKept(t, "d e f", cells, all)
	for _, id := range strings.Fields("d e f") {
		cells.Get(id).Touch()
	}
	cells.Get("g")
	requireKept(t, "e f g", cells, all)
}

func TestOneCell(t *testing.T) {
	t.Parallel()
	cells := cells(Forever, Bounds[int64]{Count: 1}, heavy)
	for _, id := range strings.Fields("a b a c") {
		read(t, cells, id)
		requireKept(t, id, cells, "a b c")
	}
}

// Who still has a cell that was let go of is told so, also if it waits for it.
func TestEvicted(t *testing.T) {
	t.Parallel()
	cells := cells(Never, Bounds[int64]{Count: 1}, heavy)
	old := cells.Get("a")
	read(t, cells, "a")
	require.False(t, old.Gone())
	read(t, cells, "b")
	require.True(t, old.Gone())
	_, _, err := old.Get(t.Context())
	require.ErrorIs(t, err, ErrEvicted)
	require.NotErrorIs(t, err, errUnavailable)
	require.NotSame(t, old, cells.Get("a"))
}

// A load that outlives its cell is news for the cell's successor.
func TestEvictedWhileLoading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var number atomic.Int64
		number.Store(5)
		cells := cells(Forever, weighing(1, 100), func(_ context.Context, id string) (*int64, Number, error) {
			n := number.Load()
			if n == 7 {
				<-release
			}
			return &n, Number{B: n}, nil
		})
		number.Store(7)
		go func() { read(t, cells, "a") }()
		synctest.Wait()
		number.Store(5)
		read(t, cells, "b", "a")
		require.NotNil(t, cells.Peek("a").Fresh())
		close(release)
		synctest.Wait()
		require.Nil(t, cells.Peek("a").Fresh())
		number.Store(8)
		read(t, cells, "a")
		require.Equal(t, Number{B: 8}, cells.Peek("a").AsOf())
		requireSum(t, cells)
	})
}

func TestWeights(t *testing.T) {
	t.Parallel()
	cells := cells(Forever, weighing(100, 6), heavy)
	const all = "a bb c ddd eeeeee fffffffff g"
	read(t, cells, "a", "bb", "c")
	requireKept(t, "a bb c", cells, all)
	require.EqualValues(t, 4, cells.Weight())
	for _, c := range cells.ring {
		c.used.Store(false)
	}
	cells.Get("bb").Touch()
	read(t, cells, "ddd") // one too many
	requireKept(t, "bb c ddd", cells, all)
	require.EqualValues(t, 6, cells.Weight())
	read(t, cells, "eeeeee")
	requireKept(t, "eeeeee", cells, all)
	read(t, cells, "fffffffff")
	requireKept(t, "fffffffff", cells, all) // too heavy even alone, and served
	require.NotNil(t, cells.Peek("fffffffff").Fresh())
	read(t, cells, "g")
	requireKept(t, "g", cells, all)

	// What has not been loaded weighs nothing, and does not go for its weight.
	cells.Get("a")
	read(t, cells, "fffffffff")
	requireKept(t, "a fffffffff", cells, all)

	// A heavier form makes room for itself too.
	read(t, cells, "g")
	g := cells.Peek("g")
	read(t, cells, "bb")
	requireKept(t, "a bb g", cells, all)
	six := int64(6)
	g.Renew(g.Fresh(), &six)
	requireKept(t, "a g", cells, all)

	// A cell may go between a change and its being weighed.
	read(t, cells, "bb")
	require.True(t, g.Gone())
	cells.weigh(g)
	requireKept(t, "a bb", cells, all)
}

// What is never served when it is out of date weighs nothing then.
func TestWeightOfStale(t *testing.T) {
	t.Parallel()
	for maxStale, want := range map[time.Duration]int64{Forever: 3, Never: 0, -time.Hour: 0} {
		for _, outdate := range []func(c *Cell[int64]){
			func(c *Cell[int64]) { c.Invalidate(Number{A: 2}) },
			func(c *Cell[int64]) { c.Doubt() },
		} {
			cells := cells(maxStale, weighing(10, 10), heavy)
			read(t, cells, "abc")
			c := cells.Peek("abc")
			outdate(c)
			require.Equal(t, want, cells.Weight())
			c.Invalidate(Number{A: 3})
			_, _, _ = c.Get(t.Context()) // lags
			require.Nil(t, c.Fresh())
			require.Equal(t, want, cells.Weight())
			requireSum(t, cells)
		}
	}
}

// walk does anything to the cells at random. It returns the cell that it has just
// loaded, if it has.
func walk(random *rand.Rand, cells *Cells[int64]) *Cell[int64] {
	c := cells.Get(fmt.Sprint(random.IntN(30)))
	switch random.IntN(8) {
	case 0:
		c.Invalidate(Number{A: random.Int64N(50), B: random.Int64N(50)})
	case 1:
		c.Doubt()
	case 2:
		if l := c.held(); l != nil {
			other := random.Int64N(40)
			c.Renew(l, &other)
		}
	default:
		fresh := c.Fresh()
		l, _, _ := c.Get(context.Background())
		if l != nil && fresh == nil && l == c.Fresh() {
			return c
		}
	}
	return nil
}

// whatever is a load that brings anything, or fails.
func whatever(random func(int64) int64) load {
	return func(context.Context, string) (*int64, Number, error) {
		if random(5) == 0 {
			return nil, Number{}, errors.New("down")
		}
		weight := random(40)
		return &weight, Number{A: 25 + random(30), B: 25 + random(30)}, nil
	}
}

func TestSumAfterRandomWalk(t *testing.T) {
	t.Parallel()
	for _, maxStale := range []time.Duration{Forever, Never} {
		random := rand.New(rand.NewPCG(1, 2))
		cells := cells(maxStale, weighing(20, 100), whatever(random.Int64N))
		evicted := 0
		for range 5000 {
			before := cells.Len()
			if c := walk(random, cells); c != nil {
				require.Same(t, c, cells.Peek(c.id), "what was just loaded stays")
			}
			requireSum(t, cells)
			require.LessOrEqual(t, cells.Weight(), int64(100)) // one alone weighs less
			if cells.Len() < before {
				evicted++
			}
		}
		require.Greater(t, evicted, 100, "for their weight")
	}
}

func TestSumAfterRaces(t *testing.T) {
	t.Parallel()
	for _, maxStale := range []time.Duration{Forever, Never} {
		cells := cells(maxStale, weighing(20, 100), whatever(rand.Int64N))
		var wg sync.WaitGroup
		for worker := range 4 {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(3, uint64(worker)))
				for range 2000 {
					walk(random, cells)
				}
			})
		}
		wg.Wait()
		requireSum(t, cells)
		require.LessOrEqual(t, cells.Weight(), int64(100))
	}
}

// The id of a cell may be a part of something larger, which has to go when
// nobody else needs it.
func TestHoldsNoMoreThanTheID(t *testing.T) {
	t.Parallel()
	cells := cells(Never, Bounds[int64]{Count: 1}, heavy)
	large := strings.Repeat("x", 1<<10)
	kept := weak.Make(unsafe.StringData(large))
	cells.Get(large[:4])
	large = ""
	for range 3 {
		runtime.GC()
	}
	require.Nil(t, kept.Value())
	require.NotNil(t, cells.Peek("xxxx"))
}
