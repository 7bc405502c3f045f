// Command soak is make soak: it checks random statements over random schemas by
// the oracles of package scopetest, until it has checked enough or time is up. It
// prints how it stands now and then, and at the end how often each production of
// the grammar was accepted. Its exit code is 1 where an oracle did not hold, or a
// production came too rarely.
//
//	go run ./cmd/soak -engine postgres -for 10m
//	go run ./cmd/soak -engine sqlite-cgo -n 1000000 -floor 1000
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"

	"github.com/gotenancy/tenancy/internal/conformance/soak"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	var o soak.Options
	var floor int64
	var details bool
	var profile string
	engines := flags.String("engine", "sqlite-cgo", "one or several with commas: sqlite, sqlite-cgo, postgres, mysql")
	flags.Int64Var(&o.Statements, "n", 0, "how many statements on each engine")
	flags.DurationVar(&o.Duration, "for", 0, "how long on each engine")
	flags.Uint64Var(&o.Seed, "seed", 1, "the seed of the first world")
	flags.IntVar(&o.Workers, "workers", 2, "worlds at once")
	flags.IntVar(&o.PerWorld, "per-world", 1000, "statements a world")
	flags.IntVar(&o.StopAfter, "stop-after", 10, "stop after so many failures")
	flags.Int64Var(&floor, "floor", 0, "how often each production has to be accepted")
	flags.BoolVar(&details, "v", false, "print productions, refusals and errors")
	flags.StringVar(&profile, "cpuprofile", "", "write a profile of this process to the file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if o.Statements == 0 && o.Duration == 0 {
		return errors.New("say how much: -n or -for")
	}
	var failed []string
	for _, o.Engine = range strings.Split(*engines, ",") {
		next := time.Now().Add(10 * time.Second)
		o.Progress = func(r *soak.Result) {
			if now := time.Now(); now.After(next) {
				next = now.Add(10 * time.Second)
				fmt.Fprintln(out, r.Line())
			}
		}
		r, err := soak.Run(ctx, o)
		if err != nil {
			return fmt.Errorf("%s: %w", o.Engine, err)
		}
		rare := r.Rare(floor)
		if details || r.Failed() || len(r.Faults) > 0 || len(rare) > 0 {
			r.Write(out, floor)
		}
		fmt.Fprintln(out, r.Line())
		if r.Failed() {
			failed = append(failed, fmt.Sprintf("%s: an oracle did not hold %d times, and %d times by the server's own fault", o.Engine, len(r.Failures), len(r.Faults)))
		}
		if passed := r.Passed(); len(passed) > 0 {
			failed = append(failed, fmt.Sprintf("%s: accepted, and should be refused: %s", o.Engine, strings.Join(passed, ", ")))
		}
		if len(rare) > 0 {
			failed = append(failed, fmt.Sprintf("%s: accepted less than %d times: %s", o.Engine, floor, strings.Join(rare, ", ")))
		}
	}
	if len(failed) > 0 {
		return errors.New(strings.Join(failed, "; "))
	}
	return nil
}
