package config_test

import (
	"context"
	"sync"
	"testing"
	"time"
)

// BenchmarkParallel: how many times as many reads two goroutines make as one in
// the same time, while a writer changes the setting a hundred times a second.
// The floor's two goroutines share nothing that anybody writes: what they do not
// gain is the processors' own, which may be two halves of one.
func BenchmarkParallel(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		ctx, floorCtx := settled(b, 5), bare(5)
		ours := func() { asKey.Get(ctx) }
		floor := func() { check(b, floorCtx.Value(floorKey{}).(*floorValues).bySlot[40]) }
		var gain, floorGain float64
		for range b.N {
			var took [4]time.Duration
			for range 10 {
				took[0] += reads(b, ctx, 1, floor)
				took[1] += reads(b, ctx, 2, floor)
				took[2] += reads(b, ctx, 1, ours)
				took[3] += reads(b, ctx, 2, ours)
			}
			floorGain = 2 * float64(took[0]) / float64(took[1])
			gain = 2 * float64(took[2]) / float64(took[3])
		}
		b.ReportMetric(gain, "times")
		b.ReportMetric(gain/floorGain, "of-floor")
	})
}

// reads returns how long so many readers need for a million reads each, beside a
// writer.
func reads(b *testing.B, ctx context.Context, readers int, read func()) time.Duration {
	stop := make(chan struct{})
	var writer, reading sync.WaitGroup
	writer.Go(func() {
		every := time.NewTicker(10 * time.Millisecond)
		defer every.Stop()
		for {
			select {
			case <-stop:
				return
			case <-every.C:
				if err := asKey.Set(ctx, own, ""); err != nil {
					b.Error(err)
				}
			}
		}
	})
	began := time.Now()
	for range readers {
		reading.Go(func() {
			for range 1_000_000 {
				read()
			}
		})
	}
	reading.Wait()
	took := time.Since(began)
	close(stop)
	writer.Wait()
	return took
}
