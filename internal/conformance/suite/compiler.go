package suite

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/gotenancy/tenancy/internal/conformance/servers"
)

// compiler returns an error where there is no C compiler to link the race
// detector with. It installs one where it may.
func compiler(ctx context.Context) error {
	err := findCompiler(ctx)
	if err != nil && servers.MayInstall() {
		if err := servers.Install(ctx, "gcc", "libc6-dev"); err != nil {
			return err
		}
		return findCompiler(ctx)
	}
	return err
}

func findCompiler(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "go", "env", "CGO_ENABLED", "CC").Output()
	if err != nil {
		return err
	}
	enabled, cc, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if cc = strings.TrimSpace(cc); cc != "" {
		if _, err := exec.LookPath(strings.Fields(cc)[0]); err != nil {
			return fmt.Errorf("there is no C compiler %s", cc)
		}
	}
	if enabled != "1" {
		return errors.New("cgo is off, or there is no C compiler")
	}
	return nil
}
