// Command load asks the example sales over HTTP as the people of a thousand
// client organisations, on PostgreSQL, and looks into each answer for rows of
// another one.
//
// It measures two things. The first is throughput, against the same application
// with the tenant's predicates written into its statements by hand, on the bare
// driver, turn by turn. The second is how long the others wait while one of them
// asks for everything at once, with and without a limit of statements in flight.
//
//	go -C examples run ./sales/load -db postgres://...
//
// It makes a database of its own there and drops it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the command line's.
type options struct {
	dsn      string
	tenants  int
	contacts int // of each tenant
	hog      int // contacts of the one that asks for everything
	workers  int
	rounds   int
	turn     time.Duration // of each application in a round
	quiet    time.Duration // for which the waiting is measured
	rate     int           // requests a second of the others meanwhile
	seed     uint64
}

func main() {
	var o options
	flag.StringVar(&o.dsn, "db", "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable", "a PostgreSQL on which a database may be made")
	flag.IntVar(&o.tenants, "tenants", 1000, "how many client organisations")
	flag.IntVar(&o.contacts, "contacts", 40, "contacts of each")
	flag.IntVar(&o.hog, "hog", 20_000, "contacts of the one that asks for everything")
	flag.IntVar(&o.workers, "workers", 8, "people who ask at a time")
	flag.IntVar(&o.rounds, "rounds", 60, "turns of each application")
	flag.DurationVar(&o.turn, "turn", 400*time.Millisecond, "how long a turn is")
	flag.DurationVar(&o.quiet, "quiet", 20*time.Second, "how long the others' waiting is measured, each time")
	flag.IntVar(&o.rate, "rate", 60, "requests a second of the others meanwhile")
	flag.Uint64Var(&o.seed, "seed", 1, "of what is asked")
	flag.Parse()
	// The applications say which statements cross tenants; here that is noise.
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	short, err := run(ctx, o, os.Stdout)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
	if short {
		os.Exit(2)
	}
}

// run measures everything. short says that a bar was missed.
func run(ctx context.Context, o options, out io.Writer) (short bool, err error) {
	w, err := newWorld(ctx, o, out)
	if err != nil {
		return false, err
	}
	defer func() {
		if closing := w.close(); err == nil {
			err = closing
		}
	}()
	ratio, err := w.throughput(ctx)
	if err != nil {
		return false, err
	}
	waiting, err := w.waiting(ctx)
	if err != nil {
		return false, err
	}
	bar := func(name string, measured float64, atLeast bool, limit float64) {
		verdict := "ok"
		if atLeast && measured < limit || !atLeast && measured > limit {
			verdict, short = "short", true
		}
		fmt.Fprintf(out, "BAR %s %.3g %g %s\n", name, measured, limit, verdict)
	}
	fmt.Fprintf(out, "%d answers read, %d with a row of somebody else\n", w.answers.Load(), w.foreign.Load())
	bar("sales-load-foreign-rows", float64(w.foreign.Load()), false, 0)
	bar("sales-load-throughput", ratio, true, 0.95)
	bar("sales-load-quiet-p99", waiting, false, 2)
	return short, nil
}
