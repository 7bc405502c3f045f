package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// throughput returns how many requests the application answers for each that
// the one by hand does: the median of the rounds, in which both have a turn.
func (w *world) throughput(ctx context.Context) (ratio float64, err error) {
	scoped, err := w.openApp(ctx, nil, limit)
	if err != nil {
		return 0, err
	}
	defer func() { err = firstOf(err, scoped.close()) }()
	hand, err := w.openApp(ctx, openByHand, nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = firstOf(err, hand.close()) }()

	// Whatever is learnt at first, such as statements and templates.
	for _, r := range []*running{scoped, hand} {
		if _, err := w.turn(ctx, r, 0); err != nil {
			return 0, err
		}
	}
	var ratios []float64
	for round := range w.rounds {
		order := []*running{scoped, hand}
		if round%2 == 1 {
			slices.Reverse(order)
		}
		rate := map[*running]float64{}
		for _, r := range order {
			if rate[r], err = w.turn(ctx, r, round+1); err != nil {
				return 0, err
			}
		}
		ratios = append(ratios, rate[scoped]/rate[hand])
		if round%10 == 9 {
			fmt.Fprintf(w.out, "  round %d of %d: %.0f requests/s scoped, %.0f by hand\n", round+1, w.rounds, rate[scoped], rate[hand])
		}
	}
	slices.Sort(ratios)
	fmt.Fprintf(w.out, "throughput against by hand: %.3f (from %.3f to %.3f)\n", ratios[len(ratios)/2], ratios[0], ratios[len(ratios)-1])
	return ratios[len(ratios)/2], nil
}

// turn asks for a while, each worker as somebody else each time, and returns
// how many requests were answered a second.
func (w *world) turn(ctx context.Context, r *running, round int) (float64, error) {
	began := time.Now()
	var done atomic.Int64
	var failed atomic.Pointer[error]
	var workers sync.WaitGroup
	for i := range w.workers {
		workers.Go(func() {
			// The same questions to both applications.
			rng := rand.New(rand.NewPCG(w.seed, uint64(round*w.workers+i)))
			for time.Since(began) < w.options.turn && ctx.Err() == nil && failed.Load() == nil {
				c := w.tenants[1+rng.IntN(len(w.tenants)-1)]
				q := random(rng, c)
				status, err := w.ask(ctx, r, c, q)
				if err == nil && status != http.StatusOK && status != http.StatusSeeOther && status != http.StatusServiceUnavailable {
					err = fmt.Errorf("load: %s of %s: status %d", q.path, c.code, status)
				}
				if err != nil {
					failed.CompareAndSwap(nil, &err)
					return
				}
				if status != http.StatusServiceUnavailable { // refused by the limit
					done.Add(1)
				}
			}
		})
	}
	workers.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(done.Load()) / time.Since(began).Seconds(), ctx.Err()
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
