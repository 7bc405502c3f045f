package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gotenancy/tenancy/internal/conformance/servers"
)

// Ready is what the tests find. Close it after the run.
type Ready struct {
	Env      []string // for go test: our own, and where the servers are
	Servers  []string // names of the engines that have one
	Compiler bool     // there is a C compiler: the race detector, SQLite in C

	left    leftOut
	running []*servers.Server
}

// Open finds, starts or installs the database servers, the programs that single
// tests need and the C compiler, and prints where they come from. The error is of
// what must not be left out, and nothing is running then.
func Open(ctx context.Context) (*Ready, error) {
	r := &Ready{Env: os.Environ()}
	for _, kind := range servers.Kinds() {
		server := openServer(ctx, kind, &r.left)
		if server == nil {
			r.Env = append(r.Env, kind.EnvDSN+"="+servers.Off)
			continue
		}
		r.running = append(r.running, server)
		r.Env = append(r.Env, kind.EnvDSN+"="+server.DSN)
		r.Servers = append(r.Servers, kind.Name)
	}
	for _, program := range servers.Programs() {
		if _, err := program.Open(ctx); err != nil {
			r.left.add(program.Name, err)
		}
	}
	if err := compiler(ctx); err != nil {
		r.left.add("race detector, SQLite in C", err)
	} else {
		r.Compiler = true
	}
	if err := r.left.fatal(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// LeftOut says what the run goes without, or that it is nothing.
func (r *Ready) LeftOut() string { return r.left.String() }

// Close stops the servers that Open has started. Those it found are left alone.
func (r *Ready) Close() error {
	var errs []error
	for _, server := range r.running {
		errs = append(errs, server.Stop())
	}
	return errors.Join(errs...)
}

// openServer reports the server it found, or why it is left out.
func openServer(ctx context.Context, kind servers.Kind, left *leftOut) *servers.Server {
	began := time.Now()
	server, err := kind.Open(ctx)
	if err != nil {
		left.add(kind.Name, err)
		left.mustNot = left.mustNot || servers.Required(kind.Name, kind.EnvDSN)
		return nil
	}
	// What was given may hold a password; the other places are public.
	fmt.Printf("== %s: %s (%s)\n", kind.Name, server.Source, Since(began))
	return server
}

// Since is how long something took, short enough to be printed.
func Since(began time.Time) time.Duration { return time.Since(began).Round(100 * time.Millisecond) }
