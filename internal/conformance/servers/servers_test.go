package servers_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/servers"
)

// A private server is started from scratch, serves databases, and leaves
// neither a process nor a folder behind.
func TestStart(t *testing.T) {
	for _, kind := range servers.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			temp := t.TempDir()
			require.NoError(t, os.Chmod(temp, 0o755))
			require.NoError(t, os.Chmod(filepath.Dir(temp), 0o755))
			t.Setenv("TMPDIR", temp)
			server := start(t, kind)
			stopped := false
			defer func() {
				if !stopped {
					_ = server.Stop()
				}
			}()

			dsn, drop, err := server.CreateDatabase(t.Context())
			require.NoError(t, err)
			require.NoError(t, ping(t, kind, dsn))
			require.NoError(t, drop(t.Context()))
			require.Error(t, ping(t, kind, dsn), "the database was dropped")

			stopped = true
			require.NoError(t, server.Stop())
			require.Error(t, ping(t, kind, server.DSN), "the server has stopped")
			left, err := os.ReadDir(temp)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

// start skips the test where the server is not installed: it is given then.
func start(t *testing.T, kind servers.Kind) *servers.Server {
	server, err := kind.Start(t.Context())
	if errors.Is(err, servers.ErrNotInstalled) {
		t.Skip(err)
	}
	require.NoError(t, err)
	return server
}

func ping(t *testing.T, kind servers.Kind, dsn string) error {
	db, err := sql.Open(kind.Driver, dsn)
	require.NoError(t, err)
	defer db.Close()
	return db.PingContext(t.Context())
}

func TestFind(t *testing.T) {
	kind := servers.Postgres()
	t.Run("off", func(t *testing.T) {
		t.Setenv(kind.EnvDSN, servers.Off)
		_, err := kind.Find(t.Context())
		require.ErrorIs(t, err, servers.ErrOff)
		_, err = kind.Open(t.Context())
		require.ErrorIs(t, err, servers.ErrOff, "nothing is started instead")
	})
	t.Run("a given server that does not answer", func(t *testing.T) {
		t.Setenv(kind.EnvDSN, "host="+t.TempDir()+" user=postgres password=secret-word")
		_, err := kind.Open(t.Context())
		require.ErrorContains(t, err, kind.EnvDSN)
		require.NotContains(t, err.Error(), "secret-word")
	})
}

func TestRequired(t *testing.T) {
	const variable = "TENANCY_POSTGRES_DSN"
	tests := []struct {
		name             string
		ci, require, dsn string
		want             bool
	}{
		{name: "nothing set", want: false},
		{name: "in CI", ci: "true", want: true},
		{name: "in CI, though off", ci: "true", dsn: servers.Off, want: true},
		{name: "named", require: "mysql,postgres", want: true},
		{name: "another is named", require: "mysql", want: false},
		{name: "a server is given", dsn: "host=db", want: true},
		{name: "off", dsn: servers.Off, want: false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("CI", tt.ci)
			t.Setenv("TENANCY_REQUIRE", tt.require)
			t.Setenv(variable, tt.dsn)
			require.Equal(t, tt.want, servers.Required("postgres", variable))
		})
	}
}

func TestInstall(t *testing.T) {
	t.Run("without apt-get", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		require.ErrorContains(t, servers.Install(t.Context(), "postgresql"), "no apt-get")
	})
	t.Run("with apt-get", func(t *testing.T) {
		calls := program(t, "apt-get", `test "$DEBIAN_FRONTEND" = noninteractive`)
		err := servers.Install(t.Context(), "gcc", "libc6-dev")
		if os.Geteuid() != 0 {
			require.ErrorContains(t, err, "only root")
			return
		}
		require.NoError(t, err)
		require.Equal(t, "update\ninstall --yes --no-install-recommends gcc libc6-dev\n", calls())
	})
	t.Run("a failing apt-get", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("only root gets that far")
		}
		program(t, "apt-get", "echo no such package >&2; exit 100")
		require.ErrorContains(t, servers.Install(t.Context(), "postgresql"), "no such package")
	})
}

// program puts a shell script into the path, and returns a function that gives
// the arguments of its calls, a line each.
func program(t *testing.T, name, script string) (calls func() string) {
	dir := t.TempDir()
	log := filepath.Join(dir, "calls")
	text := "#!/bin/sh\necho \"$@\" >>" + log + "\n" + script + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755))
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return func() string {
		got, err := os.ReadFile(log)
		require.NoError(t, err)
		return string(got)
	}
}

// The container path, with a docker that hands out a server that is there: what
// it is asked for, and that its container is removed.
func TestContainer(t *testing.T) {
	kind := servers.MySQL()
	real := start(t, kind)
	defer func() { require.NoError(t, real.Stop()) }()

	calls := program(t, "docker", `case $1 in run) echo abc;; port) echo 127.0.0.1:4406;; esac`)
	server, err := servers.StartContainer(t.Context(), kind, real.DSN)
	require.NoError(t, err)
	require.NoError(t, server.Stop())
	require.Equal(t, `run --detach --rm --publish 127.0.0.1::3306 --env MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1 mariadb:11.4
port abc 3306/tcp
rm --force --volumes abc
`, calls())

	_, err = servers.StartContainer(canceled(t), kind, real.DSN)
	require.Error(t, err)
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
