package servers

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// MySQL returns the kind MySQL, which MariaDB is too.
func MySQL() Kind {
	return Kind{
		Name:   "mysql",
		Driver: "mysql",
		EnvDSN: "TENANCY_MYSQL_DSN",
		usual: []string{
			"root@tcp(127.0.0.1:3306)/",
			"root:root@tcp(127.0.0.1:3306)/",
			"root@unix(/run/mysqld/mysqld.sock)/",
			"root@unix(/tmp/mysql.sock)/",
		},
		withDatabase: mysqlDatabase,
		// The collation ignores case, as in most applications' databases: a
		// store that leans on the default to compare ids has to fail.
		create:   []string{"CREATE DATABASE %s CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"},
		drop:     []string{"DROP DATABASE %s"},
		launch:   launchMySQL,
		packages: []string{"mariadb-server"},
		image: image{
			name: "mariadb:11.4",
			env:  []string{"MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1"},
			port: "3306",
			dsn:  "root@tcp(%s)/",
		},
	}
}

// mysqlDatabase returns dsn with the database replaced, times parsed and in
// UTC, and several statements in one text off.
func mysqlDatabase(dsn, database string) (string, error) {
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		return "", errors.New("the DSN does not parse") // err might quote its password
	}
	c.DBName = database
	c.ParseTime = true
	c.MultiStatements = false
	if c.Params == nil {
		c.Params = map[string]string{}
	}
	c.Params["time_zone"] = "'+00:00'"
	return c.FormatDSN(), nil
}

func launchMySQL(ctx context.Context, dir string) (launcher, error) {
	data, socket := "--datadir="+filepath.Join(dir, "data"), filepath.Join(dir, "mysql.sock")
	server, err := lookPath("mariadbd", "mysqld")
	if err != nil {
		return launcher{}, err
	}
	l := launcher{
		accounts:   []string{"mysql", "nobody"},
		initialise: []string{server, "--no-defaults", "--initialize-insecure", data},
		serve: []string{server, "--no-defaults", data,
			"--socket=" + socket, "--pid-file=" + filepath.Join(dir, "pid"), "--skip-networking", "--loose-mysqlx=OFF",
			"--innodb-flush-log-at-trx-commit=0", "--max-connections=300",
			"--lock-wait-timeout=60"}, // a statement that never ends must not keep the run from its end
		dsn: "root@unix(" + socket + ")/",
	}
	version, err := exec.CommandContext(ctx, server, "--version").Output()
	if err != nil {
		return launcher{}, err
	}
	if strings.Contains(string(version), "MariaDB") { // which has a program of its own to fill the folder
		install, err := lookPath("mariadb-install-db", "mysql_install_db")
		if err != nil {
			return launcher{}, err
		}
		l.initialise = []string{install, "--no-defaults", data, "--auth-root-authentication-method=normal", "--skip-test-db"}
	}
	return l, nil
}
