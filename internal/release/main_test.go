package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const version = "v0.1.0"

// TestInstall: what a release publishes can be installed by whoever has nothing of
// ours, from a proxy that has no more than the released modules.
func TestInstall(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	copyTree(t, filepath.Join("..", ".."), folder)
	var said bytes.Buffer
	require.NoError(t, run(&said, folder, version))
	require.Regexp(t, `git push origin v0\.1\.0( config/\S+/v0\.1\.0)* rbac/rbacgrpc/v0\.1\.0 scope/cmd/tenancy/v0\.1\.0 scope/scopepgx/v0\.1\.0`, said.String())

	published, err := modules(folder)
	require.NoError(t, err)
	proxy := t.TempDir()
	for _, dir := range published {
		f := parse(t, filepath.Join(folder, dir, "go.mod"))
		for _, r := range f.Require {
			if ours(r.Mod.Path) {
				require.Equal(t, version, r.Mod.Version, dir)
			}
		}
		if public(dir) {
			require.Empty(t, f.Replace, dir)
			publish(t, proxy, module.Version{Path: f.Module.Mod.Path, Version: version}, filepath.Join(folder, dir))
		}
	}

	bin, cache := t.TempDir(), t.TempDir()
	known := filepath.ToSlash(strings.TrimSpace(command(t, nil, "go", "env", "GOMODCACHE")))
	others := strings.TrimSpace(command(t, nil, "go", "env", "GOPROXY"))
	environment := []string{
		"GOBIN=" + bin,
		"GOMODCACHE=" + cache, // so that nothing of this is taken for the real version later
		"GOFLAGS=-modcacherw -trimpath",
		"GOPROXY=file://" + filepath.ToSlash(proxy) + ",file://" + known + "/cache/download," + others,
		"GOSUMDB=off", "GOWORK=off",
	}
	command(t, environment, "go", "install", root+"/scope/cmd/tenancy@"+version)
	require.Contains(t, command(t, nil, filepath.Join(bin, "tenancy"), "help"), "tenancy audit")
}

func TestRefused(t *testing.T) {
	t.Parallel()
	const top = "module " + root + "\n\ngo 1.25.0\n"
	nested := func(more string) string {
		return "module " + root + "/scope/x\n\ngo 1.25.0\n\nrequire " + root + " v0.0.0\n\n" + more
	}
	for want, files := range map[string]map[string]string{
		"":                          {"go.mod": top, "scope/x/go.mod": nested("replace " + root + " => ../..\n")},
		"no go.mod at the top":      {"scope/x/go.mod": nested("")},
		"called " + root + "/scope": {"go.mod": top, "scope/go.mod": top},
		"which is not ours":         {"go.mod": top, "scope/x/go.mod": nested("replace example.com/x => ../x\n")},
		"which is not published":    {"go.mod": top, "scope/x/go.mod": nested("require " + root + "/internal/bench v0.0.0\n")},
	} {
		folder := t.TempDir()
		for name, text := range files {
			name = filepath.Join(folder, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
			require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
		}
		_, err := release(folder, version)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
	for _, bad := range []string{"", "0.1.0", "v0.1", "v0.0.0", "v2.0.0", "v0.1.0+x", "latest"} {
		_, err := release(t.TempDir(), bad)
		require.ErrorContains(t, err, "no version", bad)
	}
}

func parse(t *testing.T, name string) *modfile.File {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	f, err := modfile.Parse(name, text, nil)
	require.NoError(t, err)
	return f
}

// publish puts a module into a folder as a module proxy serves it.
func publish(t *testing.T, proxy string, m module.Version, dir string) {
	t.Helper()
	at := filepath.Join(proxy, filepath.FromSlash(m.Path), "@v")
	require.NoError(t, os.MkdirAll(at, 0o755))
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	require.NoError(t, err)
	var archive bytes.Buffer
	require.NoError(t, zip.CreateFromDir(&archive, m, dir))
	for name, text := range map[string][]byte{
		"list": []byte(m.Version + "\n"), m.Version + ".mod": mod, m.Version + ".zip": archive.Bytes(),
		m.Version + ".info": []byte(fmt.Sprintf(`{"Version": %q, "Time": "2026-01-01T00:00:00Z"}`, m.Version)),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(at, name), text, 0o644))
	}
}

// copyTree copies what a module can consist of.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, fs.WalkDir(os.DirFS(from), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o644)
	}))
}

func command(t *testing.T, environment []string, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Env = append(os.Environ(), environment...)
	c.Dir = t.TempDir()
	out, err := c.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}
