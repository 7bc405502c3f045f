package sqlscan_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// TestTemporary: whatever makes something temporary has a verb of its own.
func TestTemporary(t *testing.T) {
	for d, texts := range map[tenant.Dialect]map[string]bool{
		tenant.Postgres: {
			"CREATE TEMP TABLE t (a int)":                                            true,
			"create or replace local temporary view t as select 1":                   true,
			"CREATE OR REPLACE GLOBAL TEMP RECURSIVE VIEW t AS TABLE x":              true,
			"CREATE TABLE pg_temp.t (a int)":                                         true,
			"CREATE TABLE test.\"pg_temp\".t (a int)":                                true,
			"CREATE UNLOGGED TABLE IF NOT EXISTS PG_TEMP_3 . t (a int)":              true,
			"CREATE VIEW pg_temp.t AS SELECT 1":                                      true,
			"EXPLAIN ANALYZE CREATE TEMP TABLE t AS SELECT 1":                        true,
			"EXPLAIN (ANALYZE, COSTS off) CREATE LOCAL TEMP TABLE t AS SELECT 1":     true,
			"EXPLAIN ANALYZE CREATE TABLE pg_temp.t AS SELECT 1":                     true,
			"SELECT 1 AS a INTO TEMP t":                                              true,
			"WITH x AS (SELECT 1 AS a) SELECT a INTO LOCAL TEMPORARY TABLE t FROM x": true,
			"EXPLAIN ANALYZE SELECT 1 AS a INTO TEMPORARY \"t\"":                     true,
			"SELECT 1 INTO pg_temp.t":                                                true,
			"CREATE TABLE temp (temp int)":                                           false,
			"CREATE VIEW temp AS SELECT 1":                                           false,
			"INSERT INTO temp SELECT 1":                                              false,
			"MERGE INTO temp USING x ON true WHEN MATCHED THEN DELETE":               false,
			"SELECT a INTO temp FROM x":                                              false,
			"SELECT 'CREATE TEMP TABLE pg_temp.t', pg_temp FROM pg_temper.t":         false,
		},
		tenant.SQLite: {
			"CREATE TEMP TABLE t (a)":                          true,
			"CREATE TABLE temp.t (a)":                          true,
			"CREATE TABLE IF NOT EXISTS \"Temp\" . t (a)":      true,
			"CREATE TABLE 'temp'.t (a)":                        true,
			"CREATE TABLE [temp].t (a)":                        true,
			"CREATE VIEW `temp`.t AS SELECT 1":                 true,
			"CREATE VIRTUAL TABLE temp.t USING fts5(a)":        true,
			"CREATE UNIQUE INDEX IF NOT EXISTS temp.i ON t(a)": true,
			"CREATE VIEW v AS SELECT temp.a FROM t temp":       false,
			"CREATE TABLE main.temp (temp)":                    false,
			"CREATE TABLE temp (a)":                            false,
		},
		tenant.MySQL: {
			"CREATE TEMPORARY TABLE t (a int)":            true,
			"CREATE OR REPLACE TEMPORARY TABLE t (a int)": true,
			"CREATE TABLE temp.t (a int)":                 false,
			"CREATE TABLE `temporary` (a int)":            false,
		},
	} {
		for text, want := range texts {
			verb, err := sqlscan.Verb(d, 0, text)
			require.NoError(t, err, text)
			require.Equal(t, want, strings.Contains(verb, "TEMPORARY"), "%s: %s", text, verb)
		}
	}
}
