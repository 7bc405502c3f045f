//go:build unix

package servers

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// stopSignal ends both kinds of server whoever is still connected. (SIGTERM
// would have PostgreSQL wait for clients that a failed test left behind.) That
// PostgreSQL writes nothing back then is no loss: the data goes next.
const stopSignal = syscall.SIGQUIT

// runAs has c run in a process group of its own, so that an interrupt at the
// keyboard does not end the server before the tests; and, where we are root, as
// the first of the accounts that exists, because database servers refuse to
// run as root. The command's folder is given to that account.
func runAs(c *exec.Cmd, accounts []string) error {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range accounts {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(account.Uid, 10, 32)
		if err != nil {
			return err
		}
		gid, err := strconv.ParseUint(account.Gid, 10, 32)
		if err != nil {
			return err
		}
		c.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return os.Chown(c.Dir, int(uid), int(gid))
	}
	return fmt.Errorf("no account to run as: none of %v exists", accounts)
}
