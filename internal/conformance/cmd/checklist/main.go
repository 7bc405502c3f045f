// Command checklist is make checklist: it holds the repository to the list of
// what the library has to do, in lines.txt.
//
//	go -C internal/conformance run ./cmd/checklist
//	go -C internal/conformance run ./cmd/checklist -only A04,B12
//	go -C internal/conformance run ./cmd/checklist -list
//
// A test proves a line by carrying its number: Test_A04_Something and
// Test_A13_B25_Walls do, and so do subtests whose names begin with numbers, such
// as "A04 A11 a domain leads to its site", also in tables. A4 is A04. The command
// finds these tests in the sources of all modules, runs them and no others, on the
// servers that make test runs on, and prints the table.
//
// A line is proved if a test that carries its number has passed and none has
// failed. One that is skipped, or in which everything is, proves nothing. The exit
// code is 1 unless all lines are proved. With -list nothing is run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/gotenancy/tenancy/internal/conformance/suite"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := start(ctx, os.Args[1:], os.Stdout, suite.Open)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "make checklist:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// start is the command; open prepares what the tests need.
func start(ctx context.Context, args []string, out io.Writer, open func(context.Context) (*suite.Ready, error)) (ok bool, err error) {
	flags := flag.NewFlagSet("checklist", flag.ContinueOnError)
	list := flags.Bool("list", false, "say which test carries which number, and run nothing")
	only := flags.String("only", "", "numbers of lines, with commas; all where it is left out")
	root := flags.String("root", "../..", "the repository")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	lines, err := chosen(Lines(), *only)
	if err != nil {
		return false, err
	}
	at, err := filepath.Abs(*root)
	if err != nil {
		return false, err
	}
	claims, err := scan(at)
	if err != nil {
		return false, err
	}
	if odd := strangers(Lines(), claims); len(odd) > 0 {
		return false, errors.New(strings.Join(odd, "\n"))
	}
	claims = slices.DeleteFunc(claims, func(c claim) bool { return !concerns(c, lines) })
	if *list {
		return true, printClaims(out, lines, claims)
	}
	ready, err := open(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, ready.Close()) }()
	got, err := run(ctx, at, ready.Env, claims, out)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(out, "\n")
	proved := table(out, lines, got.judge(claims))
	fmt.Fprintf(out, "%d test functions%s\n", functions(claims), ready.LeftOut())
	fmt.Fprintf(out, "CHECKLIST %d/%d\n", proved, len(lines))
	return proved == len(lines), nil
}

// functions is how many of them the claims are in.
func functions(claims []claim) int {
	all := map[test]bool{}
	for _, c := range claims {
		all[test{c.path, c.test}] = true
	}
	return len(all)
}

func concerns(c claim, lines []Line) bool {
	return slices.ContainsFunc(lines, func(l Line) bool { return slices.Contains(c.numbers, l.Number) })
}

// printClaims prints the lines with the tests that carry their numbers.
func printClaims(out io.Writer, lines []Line, claims []claim) error {
	n := 0
	for _, l := range lines {
		state := "no test"
		var names []string
		for _, c := range claims {
			if slices.Contains(c.numbers, l.Number) {
				state = "test"
				names = append(names, "            "+c.dir+" "+claimed(c)+"\n")
			}
		}
		if state == "test" {
			n++
		}
		fmt.Fprintf(out, "%s %-7s %s\n%s", l.Number, state, l.Text, strings.Join(names, ""))
	}
	_, err := fmt.Fprintf(out, "%d of %d lines have a test\n", n, len(lines))
	return err
}
