package servers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Bouncer returns PgBouncer in front of the PostgreSQL server at dsn, in
// transaction mode with a pool of size server connections a database. Every
// database of the server can be reached through it. It is always private.
func Bouncer(dsn string, size int) Kind {
	k := Postgres()
	return Kind{
		Name:         "pgbouncer",
		Driver:       k.Driver,
		withDatabase: k.withDatabase,
		create:       k.create,
		drop:         k.drop,
		packages:     PgBouncer().Packages,
		launch: func(_ context.Context, dir string) (launcher, error) {
			program, err := PgBouncer().find()
			if err != nil {
				return launcher{}, err
			}
			config, err := bouncerConfig(dsn, dir, size)
			if err != nil {
				return launcher{}, err
			}
			file := filepath.Join(dir, "pgbouncer.ini")
			return launcher{
				accounts: []string{"postgres", "nobody"},
				serve:    []string{program, file},
				dsn:      "host=" + dir + " port=6432 user=postgres dbname=postgres sslmode=disable",
			}, os.WriteFile(file, []byte(config), 0o644)
		},
	}
}

// bouncerConfig is the least that PgBouncer needs. It listens on a socket in
// dir and nowhere else. A server that restarts is tried again after a second
// instead of fifteen.
func bouncerConfig(dsn, dir string, size int) (string, error) {
	c, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return "", fmt.Errorf("the DSN of the server does not parse")
	}
	server := fmt.Sprintf("host=%s port=%d user=%s", c.Host, c.Port, c.User)
	if c.Password != "" {
		server += " password='" + strings.ReplaceAll(c.Password, "'", "''") + "'"
	}
	return fmt.Sprintf(`[databases]
* = %s

[pgbouncer]
unix_socket_dir = %s
listen_port = 6432
auth_type = any
pool_mode = transaction
default_pool_size = %d
max_client_conn = 300
server_login_retry = 1
`, server, dir, size), nil
}
