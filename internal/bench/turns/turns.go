// Package turns measures in small batches, for machines that are busy with
// other things. What disturbs them comes in pieces of milliseconds: it falls
// into few of the batches, and the median does not see it.
package turns

import (
	"slices"
	"testing"
	"time"
)

// few is how many calls of [Alone] make a batch: about a tenth of a millisecond
// for what takes microseconds.
const few = 64

// Alone measures f, which gets the number of the call, and reports the median
// of its batches as ns/op. Allocations and bytes are the mean, as always.
func Alone(b *testing.B, f func(i int)) {
	b.ReportAllocs()
	batches := make([]float64, 0, 1<<16)
	began := time.Now()
	for i := 0; b.Loop(); i++ {
		f(i)
		if i%few == few-1 {
			now := time.Now()
			batches = append(batches, float64(now.Sub(began))/few)
			began = now
		}
	}
	if len(batches) > 0 {
		b.ReportMetric(Median(batches), "ns/op")
	}
}

const (
	batchTime = time.Millisecond // what a batch of the slower one takes in Compare, about
	pairs     = 100              // of batches, in one iteration
)

// Compare measures ours against other, which do the same: a batch of one, a
// batch of the other, and the next time the other way round. It reports
//
//	ratio      ours in units of other: the median over pairs of neighbouring batches
//	times      other in units of ours
//	ours-ns    the median of one call
//	other-ns
//	over-ns    what ours takes longer
//
// One iteration of the benchmark is a hundred pairs.
func Compare(b *testing.B, other, ours func() error) {
	n := 1
	for took := time.Duration(0); took < batchTime; n *= 2 {
		batch(b, ours, n)
		took = max(batch(b, ours, n), batch(b, other, n))
	}
	n /= 2
	var ratios, ourNs, otherNs []float64
	for b.Loop() {
		for i := range pairs {
			var x, y time.Duration
			if i%2 == 0 {
				x = batch(b, other, n)
			}
			y = batch(b, ours, n)
			if i%2 == 1 {
				x = batch(b, other, n)
			}
			ratios = append(ratios, float64(y)/float64(x))
			ourNs = append(ourNs, float64(y)/float64(n))
			otherNs = append(otherNs, float64(x)/float64(n))
		}
	}
	ratio := Median(ratios)
	b.ReportMetric(ratio, "ratio")
	b.ReportMetric(1/ratio, "times")
	ourTime, otherTime := Median(ourNs), Median(otherNs)
	b.ReportMetric(ourTime, "ours-ns")
	b.ReportMetric(otherTime, "other-ns")
	b.ReportMetric(ourTime-otherTime, "over-ns")
	b.ReportMetric(0, "ns/op") // of a hundred pairs: of no use
}

func batch(b *testing.B, f func() error, n int) time.Duration {
	began := time.Now()
	for range n {
		if err := f(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began)
}

// Median returns the middle of values, which it sorts.
func Median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}
