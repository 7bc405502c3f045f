package scope_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
)

// reviewFiles are the files of the review, by dialect.
var reviewFiles = map[scope.Dialect][]string{
	scope.Postgres: {"functions/postgres.txt", "functions/postgres_inner.txt"},
	scope.MySQL:    {"functions/mysql.txt"},
	scope.SQLite:   {"functions/sqlite.txt"},
}

// TestReviewFiles: every name has one verdict, and every refusal a reason. What
// names the servers have is compared in internal/conformance.
func TestReviewFiles(t *testing.T) {
	for d, files := range reviewFiles {
		verdicts := map[string]string{}
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			kind, title := "", ""
			for _, line := range strings.Split(string(text), "\n") {
				switch {
				case line == "" || line[0] == '#':
				case line[0] == '\t':
					for _, name := range strings.Fields(line) {
						require.Regexp(t, `^((\)|'|[a-z]+)/)?[a-z_][a-z0-9_]*(\.?\*)?$`, name, "%s: a name is in lower case", file)
						require.Empty(t, verdicts[name], "%v: %s is there twice", d, name)
						verdicts[name] = kind
						if strings.HasSuffix(name, "*") {
							require.Equal(t, "refuse", kind, "%s: %s", file, name)
						}
					}
				default:
					kind, title, _ = strings.Cut(line, ": ")
					require.Contains(t, []string{"allow", "allow newer", "allow close", "refuse", "type"}, kind, "%s: %s", file, line)
					require.NotEmpty(t, title, "%s: %s", file, line)
				}
			}
		}
		require.Greater(t, len(verdicts), 200, d)
	}
}

// TestFunctions: what is allowed, what is refused, and that the policy has the
// last word. The texts of refusals are in the golden files.
func TestFunctions(t *testing.T) {
	everywhere := "abs(1) coalesce(1) count(*) lower('A') max(1) now_or_never(1)! row_number(1) sum(1) our_function(1) LOWER('A')"
	for d, calls := range map[scope.Dialect]string{
		scope.Postgres: `pg_catalog.lower('A') public.lower('A')! other.pg_catalog.lower('A')! "PG_CATALOG".lower('A')! age(now()) any_value(1) array_agg(1) enum_range(null)
			gen_random_uuid() generate_subscripts(null) jsonb_build_object() jsonb_exists(null) jsonb_to_recordset('[]') numnode('a') host('::1')
			setweight('a','A') timezone('utc',now()) to_tsvector('a') ts_rank('a','b') version() xpath('a','b')
			int4(1) ifnull(1)! nextval('s')! set_config('a','b',true)! setseed(1)! current_setting('a')! query_to_xml('a')! table_to_xml('a')!
			ts_stat('a')! ts_rewrite('a','b')! pg_notify('a','b')! lo_get(1)! txid_current()! pg_typeof(1)! pg_stat_get_activity(null)!
			to_regclass('a')! col_description(1,1)! format_type(1,1)! RI_FKey_check_ins()! textcat('a','b')! dblink('a')! crosstab('a')!`,
		scope.MySQL: `date_add(now(),interval(1)day) json_extract('{}','$') uuid() st_distance(1,2) PASSWORD('a') median(1) if(1,2,3) values(a) default(a)
			last_insert_id()! load_file('a')! get_lock('a',1)! row_count()! found_rows()! setval(s,1)! sleep(1)! uuid_short()! name_const('a',1)!
			master_pos_wait('a',1)! match(a)! match(a)against('x')! sys.version_major()! generate_series(1,2)! columns(1)! to_jsonb(1)!`,
		scope.SQLite: `json_extract('{}','$') strftime('%Y') iif(1,2,3) snippet(a) unixepoch() likely(1) sqlite_version() bm25(a)! changes()!
			load_extension('a')! last_insert_rowid()! total_changes()! readfile('a')! fts3_tokenizer('a')! rtreecheck('a')! pragma_database_list()! left('a',1)!`,
	} {
		r, err := scope.NewRewriter(goldenPolicy(d))
		require.NoError(t, err)
		for _, call := range append(strings.Fields(everywhere), strings.Fields(calls)...) {
			call, refuse := strings.CutSuffix(call, "!")
			_, _, err := r.Rewrite(as("acme"), "SELECT "+call, nil)
			if !refuse {
				require.NoError(t, err, "%v: %s", d, call)
				continue
			}
			var refused *scope.RefusedError
			require.True(t, errors.As(err, &refused), "%v: %s", d, call)
			require.Equal(t, scope.ReasonUnknownFunc, refused.Reason, "%v: %s: %v", d, call, err)
			name, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(call, `"`, "")), "(")
			require.Equal(t, name+"()", refused.Construct, d)
			require.NotEmpty(t, refused.Hint, call)

			p := goldenPolicy(d)
			p.Functions = []string{strings.ToUpper(name)}
			own, err := scope.NewRewriter(p)
			require.NoError(t, err)
			_, _, err = own.Rewrite(as("acme"), "SELECT "+call, nil)
			require.NoError(t, err, "%v: %s is declared", d, call)
		}
	}
}
