package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Install installs packages of Debian and its relatives. It needs root.
func Install(ctx context.Context, packages ...string) error {
	apt, err := exec.LookPath("apt-get")
	if err != nil {
		return errors.New("there is no apt-get to install it with")
	}
	if os.Geteuid() != 0 {
		return errors.New("only root can install it with apt-get")
	}
	if err := run(ctx, "", apt, "update"); err != nil {
		return err
	}
	return run(ctx, "", apt, append([]string{"install", "--yes", "--no-install-recommends"}, packages...)...)
}

// run runs a program quietly in a folder, or in ours; what it printed is in
// the error.
func run(ctx context.Context, dir, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), args[0], err, out)
	}
	return nil
}

// image is a container image with a server in it.
type image struct {
	name string
	env  []string
	port string
	dsn  string // with %s for the address
}

// startContainer starts a private server with Docker, on a free loopback port.
func (k Kind) startContainer(ctx context.Context) (*Server, error) {
	args := []string{"run", "--detach", "--rm", "--publish", "127.0.0.1::" + k.image.port}
	for _, e := range k.image.env {
		args = append(args, "--env", e)
	}
	id, err := docker(ctx, append(args, k.image.name)...)
	if err != nil {
		return nil, err
	}
	stop := func() error {
		_, err := docker(context.WithoutCancel(ctx), "rm", "--force", "--volumes", id)
		return err
	}
	address, err := docker(ctx, "port", id, k.image.port+"/tcp")
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	address, _, _ = strings.Cut(address, "\n")
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, errors.Join(err, stop())
	}
	dsn := fmt.Sprintf(k.image.dsn, address)
	if err := k.await(ctx, dsn, nil); err != nil {
		return nil, errors.Join(err, stop())
	}
	return &Server{Kind: k, DSN: dsn, Source: "container of " + k.image.name, stop: stop}, nil
}

func docker(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "docker", args...).Output()
	if err != nil {
		return "", fmt.Errorf("docker %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}
