// Command tenancy says what package scope makes of an application's SQL, before
// the application runs on it, and moves the rows of one tenant.
//
//	tenancy audit   --dialect D --schema ddl.sql --policy policy.json --statements file.sql
//	tenancy explain --policy policy.json --schema ddl.sql [--statement "..."]
//	tenancy check   --dsn DSN --policy policy.json
//	tenancy export  --dsn DSN --policy policy.json --tenant acme --out acme.jsonl
//	tenancy import  --dsn DSN --policy policy.json --tenant acme --in acme.jsonl
//	tenancy purge   --dsn DSN --policy policy.json --tenant acme --confirm acme
//
// Audit reads the schema of the shared database and a log of the application's
// statements, and says of each whether it is accepted, and as which text it is
// sent, or why it is refused. On an engine - SQLite is built in, PostgreSQL and
// MySQL or MariaDB are reached by --dsn - it also runs the accepted ones on made-up
// rows of several tenants, and says which of them leak or answer differently.
// Explain shows one statement. Check compares the policy with a live schema.
//
// Export, import and purge are those of package scope/transfer: of the rows alone.
// What this library's own tables hold of a tenant, and whether the tenant may be
// reached meanwhile, is for the application and tenant/lifecycle.
//
// The exit code is 0 where all is well, 1 where something was found, and 2 where
// the work could not be done: a wrong flag, a file that can not be read, an engine
// that does not answer.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// The exit codes.
const (
	exitOK     = 0
	exitFound  = 1 // leaks, differences, errors of the schema, or too many refusals
	exitFailed = 2
)

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
	terminal bool // err is one, so that a progress bar makes sense there
}

// errUsage has been told to the user already.
var errUsage = errors.New("usage")

// command is one of the subcommands. run returns an error where the work could
// not be done.
type command struct {
	name, does string
	run        func(ctx context.Context, args []string, s streams) (exit int, err error)
}

func commands() []command {
	return []command{
		{"audit", "which statements of an application are accepted, and what the oracles say of them", audit},
		{"explain", "what becomes of one statement, or what the policy says of each table", explain},
		{"check", "what keeps tenants apart less well in a live schema than the policy says", check},
		{"export", "the rows of a tenant, into a file", export},
		{"import", "the rows of such a file, into a tenant that has none", importing},
		{"purge", "the rows of a tenant, away for good", purge},
	}
}

func main() {
	ctx, stop := untilStopped(context.Background())
	code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, terminal: isTerminal(os.Stderr)})
	stop()
	os.Exit(code)
}

// untilStopped returns a context that ends when the user has had enough, or a
// supervisor has: databases that were made, and a file that is not whole, have to
// go also then.
func untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
}

func run(ctx context.Context, args []string, s streams) int {
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	for _, c := range commands() {
		if c.name != name {
			continue
		}
		code, err := c.run(ctx, args[1:], s)
		switch {
		case errors.Is(err, flag.ErrHelp):
			return exitOK
		case errors.Is(err, errUsage):
			return exitFailed
		case err != nil:
			fmt.Fprintf(s.err, "tenancy %s: %v\n", name, err)
			return exitFailed
		}
		return code
	}
	switch name {
	case "help", "-h", "-help", "--help":
		usage(s.out)
		return exitOK
	case "":
	default:
		fmt.Fprintf(s.err, "tenancy: there is no command %q\n\n", name)
	}
	usage(s.err)
	return exitFailed
}

func usage(w io.Writer) {
	fmt.Fprint(w, "tenancy shows what package scope makes of an application's SQL, and moves the rows of a tenant.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  tenancy %-8s %s\n", c.name, c.does)
	}
	fmt.Fprint(w, "\nThe flags of a command: tenancy COMMAND --help\nExit codes: 0 all is well, 1 something was found, 2 the work could not be done.\n")
}

// parse reads the flags of a command, which takes no other arguments. required
// are those that must be given.
func parse(f *flag.FlagSet, args []string, s streams, required ...string) error {
	f.SetOutput(s.err)
	f.Usage = func() {
		fmt.Fprintf(s.err, "tenancy %s\n", f.Name())
		f.VisitAll(func(x *flag.Flag) {
			value, text := flag.UnquoteUsage(x)
			fmt.Fprintf(s.err, "  --%s %s\n    \t%s\n", x.Name, value, text)
		})
	}
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%q is one argument too many; everything is given by flags", f.Arg(0))
	}
	given := map[string]bool{}
	f.Visit(func(x *flag.Flag) { given[x.Name] = x.Value.String() != "" })
	for _, name := range required {
		if !given[name] {
			return fmt.Errorf("--%s is missing", name)
		}
	}
	return nil
}
