package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Program is something that single tests need next to a server, and go without
// where it is not there.
type Program struct {
	Name     string
	Packages []string // of Debian and its relatives

	find func() (string, error)
	get  func(ctx context.Context, packages []string) error
}

// Programs returns those of all tests.
func Programs() []Program { return []Program{PgBouncer(), Spider(), Chromium()} }

// PgBouncer is the pooler for PostgreSQL; see Bouncer.
func PgBouncer() Program {
	return Program{
		Name:     "pgbouncer",
		Packages: []string{"pgbouncer"},
		find:     func() (string, error) { return lookPath("pgbouncer") },
		get:      func(ctx context.Context, packages []string) error { return Install(ctx, packages...) },
	}
}

// Chromium is the browser that clicks through the examples.
func Chromium() Program {
	return Program{
		Name:     "chromium",
		Packages: []string{"chromium"},
		find: func() (path string, err error) {
			for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} { // as browsertest of the examples looks
				if path, err = lookPath(name); err == nil {
					return path, nil
				}
			}
			return "", errors.New("there is no chromium")
		},
		get: func(ctx context.Context, packages []string) error { return Install(ctx, packages...) },
	}
}

// Spider is MariaDB's storage engine whose tables live on other servers. Its
// package would restart a MariaDB that runs on the machine, so it is not
// installed but unpacked, into a folder of the user's cache.
func Spider() Program {
	return Program{
		Name:     "spider",
		Packages: []string{"mariadb-plugin-spider"},
		find:     findSpider,
		get:      unpack,
	}
}

// Open returns where the program is, having installed it where it is missing
// and may be installed. The error says why it is not there.
func (p Program) Open(ctx context.Context) (path string, err error) {
	path, err = p.find()
	if err == nil {
		return path, nil
	}
	if !MayInstall() {
		return "", fmt.Errorf("%w; TENANCY_INSTALL=1 installs it", err)
	}
	if err := p.get(ctx, p.Packages); err != nil {
		return "", err
	}
	return p.find()
}

// unpacked is where packages are unpacked.
func unpacked() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = filepath.Join(os.TempDir(), fmt.Sprint("tenancy-", os.Getuid()))
	}
	return filepath.Join(cache, "tenancy-test-packages"), nil
}

// findSpider returns the plugin's file, of the machine or unpacked.
func findSpider() (string, error) {
	dir, err := unpacked()
	if err != nil {
		return "", err
	}
	for _, root := range []string{"/", dir} {
		path := filepath.Join(root, "usr/lib/mysql/plugin/ha_spider.so")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("MariaDB's Spider %w", ErrNotInstalled)
}

// unpack downloads packages and lays out their files in a folder, so that
// nothing on the machine changes. What they depend on has to be there.
func unpack(ctx context.Context, packages []string) error {
	dir, err := unpacked()
	if err != nil {
		return err
	}
	apt, err := exec.LookPath("apt-get")
	if err != nil {
		return errors.New("there is no apt-get to download it with")
	}
	temp, err := os.MkdirTemp("", "tenancy-unpack-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if os.Geteuid() == 0 {
		if err := run(ctx, temp, apt, "update"); err != nil {
			return err
		}
	}
	if err := run(ctx, temp, apt, append([]string{"download"}, packages...)...); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(temp, "*.deb"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, file := range files {
		if err := run(ctx, temp, "dpkg-deb", "--extract", file, dir); err != nil {
			return err
		}
	}
	return nil
}
