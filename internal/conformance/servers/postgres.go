package servers

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
)

// Postgres returns the kind PostgreSQL.
func Postgres() Kind {
	return Kind{
		Name:   "postgres",
		Driver: "pgx",
		EnvDSN: "TENANCY_POSTGRES_DSN",
		usual: []string{
			"host=127.0.0.1 port=5432 user=postgres dbname=postgres sslmode=disable",
			"host=127.0.0.1 port=5432 user=postgres password=postgres dbname=postgres sslmode=disable",
			"host=127.0.0.1 port=5432 user=test password=test dbname=postgres sslmode=disable",
			"host=/var/run/postgresql user=postgres dbname=postgres",
			"host=/tmp user=postgres dbname=postgres",
		},
		withDatabase: postgresDatabase,
		// Encoding and collation are fixed: the answers must not depend on how
		// the machine was set up.
		create: []string{
			"CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'",
			"ALTER DATABASE %s SET synchronous_commit = off", // nobody misses it after a power cut
		},
		drop:     []string{"DROP DATABASE %s WITH (FORCE)"},
		launch:   launchPostgres,
		packages: []string{"postgresql"},
		image: image{
			name: "postgres:17-alpine",
			env:  []string{"POSTGRES_HOST_AUTH_METHOD=trust"},
			port: "5432",
			dsn:  "postgres://postgres@%s/postgres?sslmode=disable",
		},
	}
}

// postgresDatabase returns dsn, a URL or key=value pairs, with the database
// replaced. The last of several equal keys counts.
func postgresDatabase(dsn, database string) (string, error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		u, err := url.Parse(dsn)
		if err != nil {
			return "", errors.New("the DSN is no URL") // err would quote its password
		}
		u.Path = "/" + database
		return u.String(), nil
	}
	return dsn + " dbname=" + database, nil
}

func launchPostgres(_ context.Context, dir string) (launcher, error) {
	initdb, postgres, err := postgresPrograms()
	data := filepath.Join(dir, "data")
	return launcher{
		accounts: []string{"postgres", "nobody"},
		initialise: []string{initdb, "--pgdata=" + data, "--username=postgres", "--auth=trust",
			"--encoding=UTF8", "--locale=C", "--no-sync"},
		serve: []string{postgres, "-D", data, "-k", dir,
			"-c", "listen_addresses=", "-c", "fsync=off", "-c", "jit=off", "-c", "max_connections=300"},
		dsn: "host=" + dir + " user=postgres dbname=postgres",
	}, err
}

// postgresPrograms returns the newest initdb and postgres that Debian's
// packages hold, which they keep out of the path, else those in the path.
func postgresPrograms() (initdb, postgres string, err error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is well formed
	if len(found) == 0 {
		if initdb, err = lookPath("initdb"); err != nil {
			return "", "", err
		}
		postgres, err = lookPath("postgres")
		return initdb, postgres, err
	}
	initdb = slices.MaxFunc(found, func(a, b string) int {
		return cmp.Or(len(a)-len(b), strings.Compare(a, b)) // 9 before 10
	})
	return initdb, filepath.Join(filepath.Dir(initdb), "postgres"), nil
}
