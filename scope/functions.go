package scope

import (
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// The functions that any statement may call. Each computes its result from its
// arguments, the rows of its group or the clock, and from nothing else: none
// reads a table by name, runs SQL text, reads or sets the state of the
// connection, or touches files. The words among them that are no functions
// (a type in a cast, an operator before a parenthesis) look like calls to the
// scanner and are as harmless.
//
// Whatever is not here is refused by name; a policy adds its own.
const (
	anyFunctions = `
		abs avg cast ceil ceiling char char_length character_length coalesce concat concat_ws count cume_dist
		current_date current_time current_timestamp date degrees dense_rank exists exp extract first_value floor
		greatest ifnull interval json_array json_object lag last_value lead least left length ln log lower lpad ltrim
		max min mod ntile nth_value nullif octet_length percent_rank pi position power radians rank repeat replace
		reverse right round row_number rpad rtrim sign sqrt substr substring sum time timestamp trim trunc upper
		decimal numeric varchar character binary sin cos tan asin acos atan atan2 cot ascii`

	postgresFunctions = `
		age array array_agg array_append array_cat array_length array_position array_prepend array_remove array_replace
		array_to_string array_upper array_lower bit bit_and bit_or bool_and bool_or bpchar btrim cardinality cbrt chr
		clock_timestamp corr covar_pop covar_samp cube date_bin date_part date_trunc decode div encode every float format
		gcd generate_series grouping initcap isfinite json_agg json_array_elements json_array_elements_text json_array_length
		json_build_array json_build_object json_each json_each_text json_extract_path json_extract_path_text
		json_object_agg json_object_keys json_typeof jsonb_agg jsonb_array_elements jsonb_array_elements_text
		jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path
		jsonb_extract_path_text jsonb_insert jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_query
		jsonb_path_query_array jsonb_set jsonb_strip_nulls jsonb_typeof justify_days justify_hours justify_interval lcm
		localtime localtimestamp make_date make_interval make_time make_timestamp make_timestamptz md5 mode now
		num_nonnulls num_nulls overlaps overlay percentile_cont percentile_disc plainto_tsquery quote_literal
		quote_nullable regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace
		regexp_split_to_array regexp_split_to_table regr_slope regr_intercept rollup scale sets sha224 sha256 sha384
		sha512 split_part starts_with statement_timestamp stddev stddev_pop stddev_samp string_agg string_to_array
		strpos to to_ascii to_char to_date to_hex to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector
		transaction_timestamp translate ts_headline ts_rank ts_rank_cd timestamptz timetz unnest var_pop var_samp
		variance varying websearch_to_tsquery width_bucket zone gen_random_uuid`

	mysqlFunctions = `
		adddate addtime against any_value bin bit_and bit_count bit_length bit_or bit_xor conv convert convert_tz crc32
		curdate curtime date_add date_format date_sub datediff datetime day dayname dayofmonth dayofweek dayofyear div
		elt field find_in_set format from_base64 from_days from_unixtime glob group_concat hex hour if inet6_aton
		inet6_ntoa inet_aton inet_ntoa insert instr isnull json_arrayagg json_array_append json_array_insert json_contains
		json_contains_path json_depth json_extract json_insert json_keys json_length json_merge_patch json_merge_preserve
		json_objectagg json_overlaps json_quote json_remove json_replace json_search json_set json_type
		json_unquote json_valid json_value last_day lcase localtime localtimestamp locate log10 log2 make_set makedate
		maketime match md5 microsecond mid minute month monthname now oct ord period_add period_diff pow quarter quote rand
		regexp regexp_instr regexp_like regexp_replace regexp_substr rlike sec_to_time second sha1 sha2 signed
		soundex space std stddev stddev_pop stddev_samp str_to_date strcmp subdate substring_index subtime sysdate
		time_format time_to_sec timediff timestampadd timestampdiff to_base64 to_days to_seconds truncate ucase unhex
		unix_timestamp unsigned utc_date utc_time utc_timestamp uuid uuid_short var_pop var_samp variance week weekday
		weekofyear xor year yearweek double float`

	sqliteFunctions = `
		datetime format glob group_concat hex iif instr json json_array_length json_each json_extract json_group_array
		json_group_object json_insert json_patch json_quote json_remove json_replace json_set json_tree json_type
		json_valid jsonb jsonb_array jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object
		jsonb_patch jsonb_remove jsonb_replace jsonb_set julianday likelihood likely log10 log2 match octet_length printf
		pow quote random randomblob regexp soundex strftime string_agg timediff total typeof unhex unicode unistr
		unixepoch unlikely zeroblob concat`
)

// apart are MySQL's built-in functions that are only built-in without a space
// before the parenthesis.
// https://dev.mysql.com/doc/refman/8.4/en/function-resolution.html
var apart = wordSet(`adddate bit_and bit_or bit_xor cast count curdate curtime date_add date_sub extract group_concat max
	mid min now position session_user std stddev stddev_pop stddev_samp subdate substr substring sum sysdate system_user
	trim variance var_pop var_samp`)

var builtins = map[Dialect]map[string]bool{
	Postgres: wordSet(anyFunctions, postgresFunctions),
	MySQL:    wordSet(anyFunctions, mysqlFunctions),
	SQLite:   wordSet(anyFunctions, sqliteFunctions),
}

func wordSet(lists ...string) map[string]bool {
	set := map[string]bool{}
	for _, list := range lists {
		for _, w := range strings.Fields(list) {
			set[w] = true
		}
	}
	return set
}

// allows reports whether a call is of a reviewed or declared function, the
// function's name, and what to do if it is not. A quoted or qualified name is the application's own, except
// that pg_catalog may stand before a built-in one.
func (r *rules) allows(s *sqlscan.Stmt, c sqlscan.Call) (ok bool, name, hint string) {
	hint = "if it reads no tenant's table, add it to Policy.Functions"
	name = strings.ToLower(s.Fold(c.Tok))
	plain := c.First == c.Tok
	if !plain {
		schema := s.Fold(c.First)
		if c.Tok-c.First == 2 && r.Dialect == Postgres && schema == "pg_catalog" {
			plain = true
		} else {
			name = strings.ToLower(schema) + "." + name
		}
	}
	if r.funcs[name] {
		return true, name, ""
	}
	if r.Dialect == MySQL && apart[name] && s.Toks[c.Tok].End != s.Toks[c.Tok+1].Start {
		return false, name, "take out the space before the parenthesis: with it MySQL looks for a stored function"
	}
	return plain && s.Toks[c.Tok].Kind == sqlscan.Word && builtins[r.Dialect][name], name, hint
}
