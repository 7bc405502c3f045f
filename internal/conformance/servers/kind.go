package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Kind is one kind of database server.
type Kind struct {
	Name   string // "postgres" or "mysql", as in TENANCY_REQUIRE
	Driver string // the database/sql driver
	EnvDSN string // the variable that names a server

	usual        []string // where one is looked for
	withDatabase func(dsn, database string) (string, error)
	create, drop []string // statements with %s for the name
	launch       func(ctx context.Context, dir string) (launcher, error)
	packages     []string // of Debian and its relatives
	image        image
}

// Kinds returns the servers that a full test needs.
func Kinds() []Kind { return []Kind{Postgres(), MySQL()} }

// Off is the value of a DSN variable that leaves the engine out.
const Off = "off"

// Required reports whether leaving the engine out is an error: in CI, where
// TENANCY_REQUIRE names it, and where its DSN is given.
func Required(name, dsnVariable string) bool {
	if os.Getenv("CI") == "true" {
		return true
	}
	if slices.Contains(strings.Split(os.Getenv("TENANCY_REQUIRE"), ","), name) {
		return true
	}
	dsn := os.Getenv(dsnVariable)
	return dsn != "" && dsn != Off
}

// LeaveOut skips a test for what is not there, or fails it where that is required:
// see [Required]. dsnVariable is "" for what no variable names.
func LeaveOut(t interface {
	Helper()
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}, what, dsnVariable string, err error,
) {
	t.Helper()
	if Required(what, dsnVariable) {
		t.Fatalf("%s is required: %v", what, err)
	}
	t.Skipf("LEFT OUT: %s: %v", what, err)
}

// MayInstall reports whether missing programs may be installed.
func MayInstall() bool {
	return os.Getenv("CI") == "true" || os.Getenv("TENANCY_INSTALL") == "1"
}

// Server is a server that answers and on which databases can be created.
type Server struct {
	Kind   Kind
	DSN    string // of its maintenance database, or of none
	Source string // where it came from, for people
	Dir    string // a private server's own folder, with its sockets; "" for others

	stop    func() error
	restart func(context.Context) error
	running func() bool
}

// Restart stops a private server as Stop does, whoever is connected, starts it
// again on the same data and waits until it serves. PostgreSQL is stopped as by
// a crash, so what was committed with synchronous_commit off may be lost.
func (s *Server) Restart(ctx context.Context) error {
	if s.restart == nil {
		return errors.New("only a private server can be restarted")
	}
	return s.restart(ctx)
}

// Running reports whether the program of a private server has not ended by
// itself. It must not be called while Restart runs.
func (s *Server) Running() bool { return s.running != nil && s.running() }

// Private reports whether the server was started here, for us alone.
func (s *Server) Private() bool { return s.running != nil }

// Log returns what a private server has printed so far.
func (s *Server) Log() (string, error) {
	text, err := os.ReadFile(filepath.Join(s.Dir, logName))
	return string(text), err
}

// Stop ends a private server and removes its data. A server that was found is
// left alone.
func (s *Server) Stop() error {
	if s.stop == nil {
		return nil
	}
	return s.stop()
}

// ErrOff is the error of an engine that was switched off by its variable.
var ErrOff = errors.New("switched off by its DSN variable")

// Find returns the server that the environment names, else one at the usual
// local places.
func (k Kind) Find(ctx context.Context) (*Server, error) {
	switch dsn := os.Getenv(k.EnvDSN); dsn {
	case "":
	case Off:
		return nil, ErrOff
	default:
		if err := k.probe(ctx, dsn); err != nil {
			return nil, fmt.Errorf("the server in %s does not serve: %w", k.EnvDSN, err)
		}
		return &Server{Kind: k, DSN: dsn, Source: "given in " + k.EnvDSN}, nil
	}
	for _, dsn := range k.usual {
		if k.probe(ctx, dsn) == nil {
			return &Server{Kind: k, DSN: dsn, Source: "found, " + dsn}, nil
		}
	}
	return nil, errors.New("none answers at the usual local places")
}

// Open returns a server by all means: found, else private, else installed.
// The error says why there is none.
func (k Kind) Open(ctx context.Context) (*Server, error) {
	s, err := k.Find(ctx)
	if err == nil || os.Getenv(k.EnvDSN) != "" {
		return s, err
	}
	if s, startErr := k.Start(ctx); startErr == nil {
		return s, nil
	} else if !MayInstall() {
		return nil, fmt.Errorf("%w; %w; TENANCY_INSTALL=1 installs it", err, startErr)
	}
	if err := Install(ctx, k.packages...); err != nil {
		s, dockerErr := k.startContainer(ctx)
		if dockerErr != nil {
			return nil, fmt.Errorf("%w; %w", err, dockerErr)
		}
		return s, nil
	}
	// The package may have started a server, with accounts of its own choice.
	if s, err := k.Find(ctx); err == nil {
		return s, nil
	}
	return k.Start(ctx)
}

// probe checks the one thing that the tests need: a database can be created.
func (k Kind) probe(ctx context.Context, dsn string) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	s := Server{Kind: k, DSN: dsn}
	_, drop, err := s.CreateDatabase(ctx)
	if err != nil {
		return err
	}
	return drop(ctx)
}
