package sharding

import (
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/servers"
	"github.com/gotenancy/tenancy/scope"
)

// TestSpider: MariaDB's Spider tables are partitions whose rows are in tables
// elsewhere, here in other databases of the same private server. Its general
// log has what they were sent.
func TestSpider(t *testing.T) {
	plugin, err := servers.Spider().Open(t.Context())
	if err != nil {
		servers.LeaveOut(t, "Spider", "", err)
	}
	server := start(t, servers.MySQL(), "--plugin-dir="+pluginFolder(t, plugin), "--plugin-load-add=ha_spider",
		"--loose-spider-same-server-link=ON", "--log-output=TABLE")

	dsn, _, err := server.CreateDatabase(t.Context())
	require.NoError(t, err)
	w := &world{dialect: scope.MySQL, plain: open(t, "mysql", dsn), shards: map[string]*sql.DB{}, uncounted: "delete"}
	var version string
	require.NoError(t, w.plain.QueryRowContext(t.Context(), `SELECT VERSION()`).Scan(&version))
	require.Contains(t, version, "MariaDB")

	tables := map[string]string{
		"contacts": `id INTEGER NOT NULL, name VARCHAR(40), country VARCHAR(2)`,
		"notes":    `id INTEGER NOT NULL, contact_id INTEGER, body VARCHAR(80)`,
	}
	columns := `(tenant_id VARCHAR(63) NOT NULL, %s, PRIMARY KEY (tenant_id, id))`
	must(t, w.plain, `CREATE TABLE countries (code VARCHAR(2) PRIMARY KEY, title VARCHAR(40))`)
	var partitions []string
	for i := range 3 {
		shard, _, err := server.CreateDatabase(t.Context())
		require.NoError(t, err)
		config, err := mysql.ParseDSN(shard)
		require.NoError(t, err)
		db := open(t, "mysql", shard)
		w.shards[config.DBName] = db
		for table, rest := range tables {
			must(t, db, "CREATE TABLE "+table+" "+fmt.Sprintf(columns, rest))
		}
		must(t, w.plain, fmt.Sprintf(`CREATE SERVER shard%d FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'localhost', SOCKET '%s', USER '%s', DATABASE '%s')`,
			i, config.Addr, config.User, config.DBName))
		partitions = append(partitions, fmt.Sprintf(`PARTITION p%[1]d COMMENT 'srv "shard%[1]d"'`, i))
	}
	for table, rest := range tables {
		must(t, w.plain, fmt.Sprintf("CREATE TABLE %s "+columns+` ENGINE=SPIDER COMMENT 'wrapper "mysql", table "%s"' PARTITION BY KEY (tenant_id) (%s)`,
			table, rest, table, strings.Join(partitions, ", ")))
	}
	w.fill(t)

	for _, within := range []bool{false, true} {
		config, err := mysql.ParseDSN(dsn)
		require.NoError(t, err)
		config.InterpolateParams = within
		c, err := mysql.NewConnector(config)
		require.NoError(t, err)
		db, err := scope.OpenDB(c, policy(scope.MySQL))
		require.NoError(t, err)
		t.Cleanup(func() { db.Close() })
		_, err = count(as(tenants[0]), db, `SELECT name FROM contacts`, nil) // reads the catalogue
		require.NoError(t, err)
		w.scoped = append(w.scoped, db)
	}
	must(t, w.plain, `SET GLOBAL general_log = ON`)
	w.reached = func(t *testing.T, run func()) []string {
		must(t, w.plain, `TRUNCATE TABLE mysql.general_log`)
		run()
		rows, err := w.plain.QueryContext(t.Context(), `SELECT argument FROM mysql.general_log`)
		require.NoError(t, err)
		defer rows.Close()
		var reached []string
		for rows.Next() {
			var sent string
			require.NoError(t, rows.Scan(&sent))
			if strings.HasPrefix(sent, "show ") {
				continue // Spider asks each shard for its statistics
			}
			for name := range w.shards {
				if strings.Contains(sent, "`"+name+"`.") && !slices.Contains(reached, name) {
					reached = append(reached, name)
				}
			}
		}
		require.NoError(t, rows.Err())
		return reached
	}
	w.run(t)
}

// pluginFolder copies the plugin to where the server's account can read it.
func pluginFolder(t *testing.T, plugin string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tenancy-spider-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	from, err := os.Open(plugin)
	require.NoError(t, err)
	defer from.Close()
	to, err := os.Create(filepath.Join(dir, filepath.Base(plugin)))
	require.NoError(t, err)
	_, err = io.Copy(to, from)
	require.NoError(t, err)
	require.NoError(t, to.Close())
	return dir
}
