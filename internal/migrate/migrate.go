// Package migrate applies the SQL files that the stores of this module
// publish. It exists for applications that have no migration tool of their
// own; the files are exported by each store as an embed.FS for those that do.
package migrate

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// DB is a database that can begin a transaction: *sql.DB and *sqlx.DB.
type DB interface {
	tenant.DBTX
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

// version table: row 0 is there to be locked, so that processes which start
// together migrate one after the other.
const (
	createVersions = `CREATE TABLE IF NOT EXISTS tenancy_migrations (version INTEGER NOT NULL PRIMARY KEY, name VARCHAR(200) NOT NULL)`
	countLock      = `SELECT COUNT(*) FROM tenancy_migrations WHERE version = 0`
	insertLock     = `INSERT INTO tenancy_migrations (version, name) VALUES (0, 'lock')`
	takeLock       = `UPDATE tenancy_migrations SET name = 'lock' WHERE version = 0`
	selectVersions = `SELECT version FROM tenancy_migrations`
)

// Migrate applies the migrations that a package publishes, which are in a folder
// of that name. first is the Migrate of each package without which it does not
// work.
func Migrate(ctx context.Context, db DB, dialect tenant.Dialect, files embed.FS, first ...func(context.Context, DB, tenant.Dialect) error) error {
	for _, migrate := range first {
		if err := migrate(ctx, db, dialect); err != nil {
			return err
		}
	}
	own, err := fs.Sub(files, "migrations")
	if err != nil {
		return err
	}
	return Up(ctx, db, dialect, own)
}

// Up applies those files of folder dialect/ in files that are not yet recorded
// in table tenancy_migrations, in order of their numbers. A file is called
// NNNN_name.sql, NNNN being unique in the module, and holds statements that
// end with ";\n". Each must be harmless to run twice (CREATE ... IF NOT
// EXISTS), because MySQL commits around DDL and a crash can leave a file half
// applied.
func Up(ctx context.Context, db DB, dialect tenant.Dialect, files fs.FS) error {
	ctx = carry.Library(ctx)
	names, err := fs.Glob(files, path.Join(dialect.String(), "*.sql"))
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("tenancy: there are no migrations for dialect %v", dialect)
	}
	slices.Sort(names)
	if err := prepare(ctx, db); err != nil {
		return fmt.Errorf("tenancy: table tenancy_migrations: %w", err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	if _, err := tx.ExecContext(ctx, takeLock); err != nil {
		return err
	}
	done, err := applied(ctx, tx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := apply(ctx, tx, dialect, files, name, done); err != nil {
			return fmt.Errorf("tenancy: migration %s: %w", path.Base(name), err)
		}
	}
	return tx.Commit()
}

// prepare makes the version table and its row 0. Processes that start together
// collide here: PostgreSQL lets two CREATE TABLE IF NOT EXISTS fail on each
// other, and of two first inserts one fails on any engine. Whoever lost finds
// what the winner has made.
func prepare(ctx context.Context, db DB) error {
	if _, err := db.ExecContext(ctx, createVersions); err != nil {
		if _, err := db.ExecContext(ctx, createVersions); err != nil {
			return err
		}
	}
	if found, err := hasLock(ctx, db); found || err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, insertLock); err != nil {
		if found, _ := hasLock(ctx, db); !found {
			return err
		}
	}
	return nil
}

func hasLock(ctx context.Context, db DB) (bool, error) {
	var n int
	err := db.QueryRowContext(ctx, countLock).Scan(&n)
	return n > 0, err
}

func applied(ctx context.Context, tx *sql.Tx) (map[int]bool, error) {
	rows, err := tx.QueryContext(ctx, selectVersions)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	done := map[int]bool{}
	for rows.Next() {
		var v int
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		done[v] = true
	}
	return done, rows.Err()
}

func apply(ctx context.Context, tx *sql.Tx, dialect tenant.Dialect, files fs.FS, name string, done map[int]bool) error {
	base := path.Base(name)
	version, err := strconv.Atoi(strings.SplitN(base, "_", 2)[0])
	if err != nil {
		return err
	}
	if done[version] {
		return nil
	}
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	for _, stmt := range strings.Split(string(text), ";\n") {
		if stmt = strings.TrimSpace(stmt); stmt == "" {
			continue
		}
		if _, err := tx.ExecContext(ctx, stmt); err != nil {
			return err
		}
	}
	insert := `INSERT INTO tenancy_migrations (version, name) VALUES (?, ?)`
	switch dialect {
	case tenant.Postgres:
		insert = `INSERT INTO tenancy_migrations (version, name) VALUES ($1, $2)`
	case tenant.MySQL:
		// DDL has committed and so let go of the lock: another process may
		// have applied and recorded the same file by now.
		insert += ` ON DUPLICATE KEY UPDATE version = version`
	}
	_, err = tx.ExecContext(ctx, insert, version, base)
	return err
}
