package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gotenancy/tenancy/scope"
)

// waiting returns how much longer the slowest of a hundred requests of the
// others takes while one tenant asks for everything at once, with the limit on.
func (w *world) waiting(ctx context.Context) (float64, error) {
	var ratios []float64
	for _, c := range []struct {
		name  string
		limit *scope.Limit
	}{{"with the limit", limit}, {"without", nil}} {
		r, err := w.openApp(ctx, nil, c.limit)
		if err != nil {
			return 0, err
		}
		alone, _, err := w.paced(ctx, r, false)
		if err == nil {
			var hogged time.Duration
			var refused int64
			if hogged, refused, err = w.paced(ctx, r, true); err == nil {
				ratios = append(ratios, float64(hogged)/float64(alone))
				fmt.Fprintf(w.out, "%s: the others' p99 is %s alone, %s beside the one; %d of its requests refused\n",
					c.name, alone.Round(100*time.Microsecond), hogged.Round(100*time.Microsecond), refused)
			}
		}
		if err := firstOf(err, r.close()); err != nil {
			return 0, err
		}
	}
	return ratios[0], nil
}

// paced asks at a fixed rate as the others, whether earlier requests have been
// answered or not, and returns the 99th percentile of how long they took.
func (w *world) paced(ctx context.Context, r *running, hog bool) (p99 time.Duration, refused int64, err error) {
	hogging, stop := context.WithCancel(ctx)
	defer stop()
	counts := make(chan int64, hogs)
	if hog {
		for range hogs {
			go func() { counts <- w.hogging(hogging, r) }()
		}
	}
	var mu sync.Mutex
	var took []time.Duration
	var asked sync.WaitGroup
	rng := rand.New(rand.NewPCG(w.seed, 77))
	ticks := time.NewTicker(time.Second / time.Duration(w.rate))
	defer ticks.Stop()
	for range int(w.quiet.Seconds() * float64(w.rate)) {
		select {
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		case <-ticks.C:
		}
		c := w.tenants[1+rng.IntN(len(w.tenants)-1)]
		q := random(rng, c)
		asked.Go(func() {
			began := time.Now()
			status, failed := w.ask(ctx, r, c, q)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(began))
			if failed == nil && status != http.StatusOK && status != http.StatusSeeOther {
				failed = fmt.Errorf("load: %s of %s: status %d", q.path, c.code, status)
			}
			err = firstOf(err, failed)
		})
	}
	asked.Wait()
	stop()
	if hog {
		for range hogs {
			refused += <-counts
		}
	}
	if err != nil {
		return 0, 0, err
	}
	slices.Sort(took)
	return took[len(took)*99/100], refused, nil
}

// hogs is how many requests the one tenant has open at any time.
const hogs = 32

// hogging asks as the one tenant until ctx ends: pages that read all of its
// rows. Who is refused comes again after the second that the answer asks for.
func (w *world) hogging(ctx context.Context, r *running) (refused int64) {
	for ctx.Err() == nil {
		status, _ := w.ask(ctx, r, w.tenants[0], question{path: "/contacts?q=contact+19"}) // its errors are its own
		if status == http.StatusServiceUnavailable {
			refused++
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
	return refused
}
