package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
)

// moving are the flags that the commands share which move a tenant's rows.
type moving struct {
	*flag.FlagSet
	dsn, policy, tenant, seal *string
}

func newMoving(name string) moving {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	return moving{FlagSet: f,
		dsn:    f.String("dsn", "", "`DSN` of the database; for SQLite the name of its file"),
		policy: f.String("policy", "", "`file` with the policy as JSON"),
		tenant: f.String("tenant", "", "`id` of the tenant"),
	}
}

// sealed adds the flag for the secret of a file, which has no place among the
// arguments, where everybody on the machine sees it.
func (m *moving) sealed() {
	m.seal = m.String("seal", "", "`file` with the secret of 32 bytes or more that seals the export")
}

// open reads what the flags say. The pool is the caller's to close.
func (m *moving) open(args []string, s streams, required ...string) (db *pool, id tenant.ID, seal []byte, err error) {
	if err := parse(m.FlagSet, args, s, append([]string{"dsn", "policy", "tenant"}, required...)...); err != nil {
		return nil, "", nil, err
	}
	if id, err = tenant.ParseID(*m.tenant); err != nil {
		return nil, "", nil, fmt.Errorf("--tenant: %w", err)
	}
	if seal, err = m.secret(); err != nil {
		return nil, "", nil, fmt.Errorf("--seal: %w", err)
	}
	db, err = openPool(*m.dsn, *m.policy)
	return db, id, seal, err
}

// secret returns what the file holds that --seal names, nil where the flag was not
// given. An empty name, as of a variable that is not set, is no wish to have none.
func (m *moving) secret() ([]byte, error) {
	given := false
	m.Visit(func(f *flag.Flag) { given = given || f.Name == "seal" })
	if !given {
		return nil, nil
	}
	secret, err := os.ReadFile(*m.seal)
	if err != nil {
		return nil, err
	}
	if secret = bytes.TrimRight(secret, "\r\n"); len(secret) < 32 {
		return nil, fmt.Errorf("%s: a secret has 32 bytes or more", *m.seal)
	}
	return secret, nil
}

// export writes the rows of a tenant to a file, which is there only if it is whole.
func export(ctx context.Context, args []string, s streams) (exit int, err error) {
	m := newMoving("export")
	m.sealed()
	out := m.String("out", "", "`file` to write; it must not exist")
	skip := m.String("skip", "", "`tables` to leave out, with commas")
	db, id, seal, err := m.open(args, s, "out")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	f, err := os.OpenFile(*out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	options := transfer.ExportOptions{Seal: seal}
	if *skip != "" {
		options.Skip = strings.Split(*skip, ",")
	}
	sum, err := transfer.Export(ctx, db, id, f, options)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, errors.Join(err, os.Remove(*out))
	}
	return exitOK, tell(s.out, "exported", sum)
}

// importing reads such a file into a tenant that has no rows.
func importing(ctx context.Context, args []string, s streams) (exit int, err error) {
	m := newMoving("import")
	m.sealed()
	in := m.String("in", "", "`file` of an export")
	newKeys := m.Bool("new-keys", false, "give new values to keys that all tenants share")
	batch := m.Int("batch", 0, "`rows` in a transaction; 0 is all in one")
	resume := m.Bool("resume", false, "go on with an import in batches that was interrupted")
	migrate := m.Bool("migrate", false, "make the table tenancy_transfers, where it is not there")
	db, id, seal, err := m.open(args, s, "in")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	f, err := os.Open(*in)
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	if *migrate {
		if err := transfer.Migrate(ctx, db, db.dialect); err != nil {
			return 0, err
		}
	}
	sum, err := transfer.Import(ctx, db, f, transfer.ImportOptions{Into: id, NewKeys: *newKeys, Batch: *batch, Resume: *resume, Seal: seal})
	if err != nil {
		return 0, err
	}
	return exitOK, tell(s.out, "imported", sum)
}

// purge deletes the rows of a tenant.
func purge(ctx context.Context, args []string, s streams) (exit int, err error) {
	m := newMoving("purge")
	dry := m.Bool("dry-run", false, "count the rows, look for what is in the way, and delete nothing")
	confirm := m.String("confirm", "", "the `id` of the tenant again: nothing can be brought back")
	db, id, _, err := m.open(args, s)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if !*dry && *confirm != string(id) {
		return 0, errors.New("--confirm has to name the tenant again, as nothing can be brought back; or give --dry-run")
	}
	sum, err := transfer.Purge(ctx, db, id, transfer.PurgeOptions{DryRun: *dry})
	if err != nil {
		return 0, err
	}
	did := "purged"
	if *dry {
		did = "there, and nothing is deleted"
	}
	return exitOK, tell(s.out, did, sum)
}

// tell writes how many rows it were.
func tell(w io.Writer, did string, sum *transfer.Summary) error {
	var text strings.Builder
	for _, t := range sum.Tables {
		fmt.Fprintf(&text, "%10d  %s\n", t.Rows, t.Table)
	}
	fmt.Fprintf(&text, "%10d  rows of tenant %s %s\n", sum.Rows, sum.Tenant, did)
	if sum.Digest != "" {
		fmt.Fprintf(&text, "digest %s\n", sum.Digest)
	}
	_, err := io.WriteString(w, text.String())
	return err
}
