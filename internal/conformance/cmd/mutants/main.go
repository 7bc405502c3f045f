// Command mutants measures what the oracles of package scopetest see: it plants the
// faults of package faults into the scoper, one after the other, and counts those
// that random statements over random schemas show.
//
//	go -C internal/conformance run ./cmd/mutants
//	go -C internal/conformance run ./cmd/mutants -only 'outer join' -v
//
// It builds itself once with all faults, and runs that program once for each fault,
// until the oracle finds something or there are no statements left. First comes a
// run on each engine in which no fault shows: it has to find nothing. Each line
// says how many statements a fault took; the last one is the mutation score. The exit
// code is 1 below -bar, and if something went wrong.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/conformance/faults"
	"github.com/gotenancy/tenancy/internal/sqlgen"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := start(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
	if err != nil || !ok {
		stop()
		os.Exit(1)
	}
}

// huntCommand is the first argument of the program that has the faults in it.
const huntCommand = "hunt"

func start(ctx context.Context, args []string) (ok bool, err error) {
	if len(args) == 1 && args[0] == huntCommand {
		return true, serve(ctx)
	}
	m := measurement{out: os.Stdout}
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.IntVar(&m.embedded, "statements", 20000, "statements for each fault on SQLite")
	flags.IntVar(&m.server, "server-statements", 5000, "statements for each fault on PostgreSQL and MySQL")
	flags.IntVar(&m.perWorld, "per-world", 200, "statements over one schema on SQLite")
	flags.IntVar(&m.serverWorld, "server-per-world", 500, "statements over one schema on PostgreSQL and MySQL, which take long to make a database")
	flags.Uint64Var(&m.seed, "seed", 1, "of the first world")
	flags.IntVar(&m.workers, "workers", 2, "faults at once")
	flags.Float64Var(&m.bar, "bar", 95, "how many of a hundred faults must be found")
	flags.BoolVar(&m.verified, "verified", false, "leave the scoper's own check of its output in place")
	flags.BoolVar(&m.despite, "despite", false, "go on where an oracle does not hold without a fault; those statements count for nothing")
	flags.BoolVar(&m.verbose, "v", false, "print the statement that shows each fault")
	only := flags.String("only", "", "a regular expression of names of faults")
	on := flags.String("on", "", "engines with commas; all that the faults need if empty")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return false, err
	}
	for _, f := range faults.Table() {
		if chosen.MatchString(f.Name) && (*on == "" || slices.Contains(strings.Split(*on, ","), f.On)) {
			m.table = append(m.table, f)
		}
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what is left is small
	if m.program, err = build(ctx, dir); err != nil {
		return false, err
	}
	return m.measure(ctx)
}

// serve does the task on the standard input, and writes its report to the standard
// output.
func serve(ctx context.Context) error {
	var t task
	if err := json.NewDecoder(os.Stdin).Decode(&t); err != nil {
		return err
	}
	r, err := hunt(ctx, t)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func randomSchema(d tenant.Dialect, seed uint64) ([]string, scope.Policy) {
	return sqlgen.RandomSchema(d, seed)
}
