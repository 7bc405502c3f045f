package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// launcher is how a private server of one kind is started in one folder.
type launcher struct {
	accounts   []string // whom to run as where we are root: the first that exists
	initialise []string // a program and its arguments, which fills the folder; or nothing
	serve      []string
	dsn        string
}

// ErrNotInstalled is the error where a program is missing, as against one that
// fails.
var ErrNotInstalled = errors.New("is not installed")

// logName is the file in a private server's folder to which its programs write.
const logName = "log"

// startLimit is how long a private server may take to answer.
const startLimit = time.Minute

// Start starts a private server from installed programs. args are more
// arguments for the server's program, and win over those it has anyway.
func (k Kind) Start(ctx context.Context, args ...string) (*Server, error) {
	dir, err := os.MkdirTemp("", "tenancy-"+k.Name+"-")
	if err != nil {
		return nil, err
	}
	s, err := k.startIn(ctx, dir, args)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// Private is Start that installs the programs first where they are missing and
// may be installed. It is for tests that a server which somebody else uses
// could not stand.
func (k Kind) Private(ctx context.Context, args ...string) (*Server, error) {
	s, err := k.Start(ctx, args...)
	if !errors.Is(err, ErrNotInstalled) {
		return s, err
	}
	if !MayInstall() {
		return nil, fmt.Errorf("%w; TENANCY_INSTALL=1 installs it", err)
	}
	if err := Install(ctx, k.packages...); err != nil {
		return nil, err
	}
	return k.Start(ctx, args...)
}

func (k Kind) startIn(ctx context.Context, dir string, args []string) (*Server, error) {
	l, err := k.launch(ctx, dir)
	if err != nil {
		return nil, err
	}
	l.serve = append(l.serve, args...)
	if len(l.initialise) > 0 {
		c, err := l.command(ctx, dir, l.initialise)
		if err != nil {
			return nil, err
		}
		defer c.Stdout.(io.Closer).Close()
		if err := c.Run(); err != nil {
			return nil, fmt.Errorf("%s: %w%s", filepath.Base(c.Path), err, tail(dir))
		}
	}
	p, err := k.serve(ctx, dir, l)
	if err != nil {
		return nil, err
	}
	s := &Server{Kind: k, DSN: l.dsn, Source: "private, from " + l.serve[0], Dir: dir}
	s.stop = func() error { return errors.Join(p.stop(), os.RemoveAll(dir)) }
	s.running = func() bool {
		select {
		case <-p.ended:
			return false
		default:
			return true
		}
	}
	s.restart = func(ctx context.Context) error {
		if err := p.stop(); err != nil {
			return err
		}
		again, err := k.serve(ctx, dir, l)
		if err == nil {
			p = again
		}
		return err
	}
	return s, nil
}

// serve starts the server on a folder that has been initialised.
func (k Kind) serve(ctx context.Context, dir string, l launcher) (*process, error) {
	// The server outlives ctx: the tests are told to end first.
	c, err := l.command(context.WithoutCancel(ctx), dir, l.serve)
	if err != nil {
		return nil, err
	}
	defer c.Stdout.(io.Closer).Close() // the program keeps its own
	if err := c.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: c, ended: make(chan struct{})}
	go p.wait()
	if err := k.await(ctx, l.dsn, p.ended); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w%s", filepath.Base(c.Path), err, tail(dir)), p.stop())
	}
	return p, nil
}

// command returns one of the launcher's programs, which writes to the log in
// the folder; the caller closes its Stdout.
func (l launcher) command(ctx context.Context, dir string, args []string) (*exec.Cmd, error) {
	log, err := os.OpenFile(filepath.Join(dir, logName), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Dir, c.Stdout, c.Stderr = dir, log, log
	c.Env = append(os.Environ(), "TMPDIR="+dir) // ours may be closed to its account
	return c, runAs(c, l.accounts)
}

// await asks the server until it serves, or has ended. ended is nil where it is
// no process of ours.
func (k Kind) await(ctx context.Context, dsn string, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		err := k.probe(ctx, dsn)
		if err == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-ended:
			return errors.New("it ended at once")
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		}
	}
}

// process is a running program. ended is closed when it has ended.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

func (p *process) wait() {
	_ = p.cmd.Wait() // how it ended is nobody's business once it has
	close(p.ended)
}

func (p *process) stop() error {
	if err := p.cmd.Process.Signal(stopSignal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(20 * time.Second):
		return p.cmd.Process.Kill()
	}
}

// lookPath returns the first of the programs that is installed.
func lookPath(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		// Servers often live where only root's path leads.
		if path, err := exec.LookPath(filepath.Join("/usr/sbin", name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s %w", names[0], ErrNotInstalled)
}

// tail returns the end of the log in a private server's folder, for an error.
func tail(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, logName))
	if err != nil || len(text) == 0 {
		return ""
	}
	return "\n" + string(bytes.TrimSpace(text[max(0, len(text)-2000):]))
}
