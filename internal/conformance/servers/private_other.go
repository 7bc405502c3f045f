//go:build !unix

package servers

import (
	"errors"
	"os"
	"os/exec"
)

var stopSignal = os.Kill

func runAs(*exec.Cmd, []string) error {
	return errors.New("private servers are started on Unix only")
}
