// Command bench is make bench: it runs the benchmarks of this module several
// times over, keeps what they printed under out/, and ends with one line a bar:
//
//	BAR <name> <measured> <limit> ok|short
//	REPORT <name> <measured> <unit>
//	LEFT OUT: <name>
//
// It exits 0 when it could measure, whatever the verdict. An argument picks one
// package. A server that is not there is left out, and so are the peers that
// need a newer Go.
//
// The peers are a module of their own under testdata, where go, make lint and
// make test do not look: a contributor who measures nothing does not download
// and build them.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// rounds is how often each benchmark runs. The ratios are taken within a round,
// where both sides saw the same machine, and the median of the rounds counts;
// of a time by itself the least does.
const rounds = 7

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "make bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only []string) error {
	var results []string
	var packages []string
	for _, b := range bars {
		if !slices.Contains(packages, b.Package) && (len(only) == 0 || slices.Contains(only, path.Base(b.Package))) {
			packages = append(packages, b.Package)
		}
	}
	if len(packages) == 0 {
		return errors.New("no such package")
	}
	if err := os.MkdirAll("out", 0o755); err != nil {
		return err
	}
	var failed []error
	for _, name := range packages {
		measured, err := measure(ctx, name)
		if err != nil {
			failed = append(failed, fmt.Errorf("package %s: %w", name, err))
			continue
		}
		for _, b := range bars {
			if b.Package != name {
				continue
			}
			line, err := b.verdict(measured)
			results, failed = append(results, line), append(failed, err)
		}
	}
	for _, line := range results {
		if line != "" {
			fmt.Println(line)
		}
	}
	return errors.Join(failed...)
}

// measure runs the benchmarks of one package and returns their rounds.
func measure(ctx context.Context, name string) ([]round, error) {
	dir, err := os.MkdirTemp("", "tenancy-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	binary := filepath.Join(dir, "bench")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, ".")
	build.Dir = name
	if out, err := build.CombinedOutput(); bytes.Contains(out, []byte("requires go >= ")) {
		fmt.Printf("LEFT OUT: %s: %s\n", name, bytes.TrimSpace(out))
		return []round{{"": {leftOut: 1}}}, nil
	} else if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	raw, err := os.Create(filepath.Join("out", path.Base(name)+".txt"))
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	fmt.Fprintf(raw, "# %s %s\n", time.Now().UTC().Format(time.DateOnly), runtime.Version())
	var all []round
	for i := range rounds {
		began := time.Now()
		var out bytes.Buffer
		c := exec.CommandContext(ctx, binary, "-test.run=^$", "-test.bench=.", "-test.benchmem", "-test.benchtime=200ms", "-test.v")
		c.Dir = name
		c.Stdout, c.Stderr = io.MultiWriter(raw, &out), os.Stderr
		if err := c.Run(); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, out.Bytes())
		}
		if i == 0 {
			for line := range strings.Lines(out.String()) {
				if _, why, is := strings.Cut(line, "LEFT OUT: "); is {
					fmt.Print("LEFT OUT: ", why)
				}
			}
		}
		fmt.Printf("== %s round %d/%d %s\n", name, i+1, rounds, time.Since(began).Round(100*time.Millisecond))
		all = append(all, parse(out.String()))
	}
	return all, raw.Close()
}
