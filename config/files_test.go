package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
)

// filesIn returns a file system of these names and texts.
func filesIn(files ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return fsys
}

func TestFilesLater(t *testing.T) {
	for name, c := range map[string]struct{ first, second, want string }{
		"another key":                      {`{"a":1}`, `{"b":2}`, `{"a":1,"b":2}`},
		"the same":                         {`{"a":1}`, `{"a":2}`, `{"a":2}`},
		"a field":                          {`{"a":{"x":1,"y":1}}`, `{"a":{"y":2}}`, `{"a":{"x":1,"y":2}}`},
		"a field of a field":               {`{"a":{"b":{"x":1,"y":1},"c":1}}`, `{"a":{"b":{"y":2}}}`, `{"a":{"b":{"x":1,"y":2},"c":1}}`},
		"a list":                           {`{"a":[1,2]}`, `{"a":[3]}`, `{"a":[3]}`},
		"null":                             {`{"a":{"x":1}}`, `{"a":null}`, `{"a":null}`},
		"false":                            {`{"a":true}`, `{"a":false}`, `{"a":false}`},
		"a value over an object":           {`{"a":{"x":1}}`, `{"a":1}`, `{"a":1}`},
		"an object over a value":           {`{"a":1}`, `{"a":{"x":1}}`, `{"a":{"x":1}}`},
		"no field":                         {`{"a":{"x":1}}`, `{"a":{}}`, `{"a":{"x":1}}`},
		"no field over a value":            {`{"a":1}`, `{"a":{}}`, `{"a":{}}`},
		"case":                             {`{"a":1}`, `{"A":2}`, `{"a":1,"A":2}`},
		"dots, then an object":             {`{"a.b":1,"a.c":1}`, `{"a":{"b":2}}`, `{"a.b":2,"a.c":1,"a":{}}`},
		"an object, then dots":             {`{"a":{"b":1}}`, `{"a.b":2,"a.c":2}`, `{"a":{"b":2},"a.c":2}`},
		"dots halfway":                     {`{"a.b":{"c":1}}`, `{"a":{"b.c":2,"b":{"d":2}}}`, `{"a.b":{"c":2,"d":2},"a":{}}`},
		"dots that are no fields":          {`{"a":1}`, `{"a.b":2}`, `{"a":1,"a.b":2}`},
		"nothing over nothing":             {`{}`, ` { } `, `{}`},
		"objects in lists":                 {`{"a":[{"x":1}]}`, `{"a":[{"y":1},[{"x":{"x":1},"x.x":1}]]}`, `{"a":[{"y":1},[{"x":{"x":1},"x.x":1}]]}`},
		"keys of a value's own":            {`{"a":{"Grüße, Welt":1}}`, `{}`, `{"a":{"Grüße, Welt":1}}`},
		"objects in lists are no settings": {`{"a":[{"ü":{"b":1}},{"x":{"b":1}},{"x":{"b":1}}],"x":{"b":1}}`, `{}`, `{"a":[{"ü":{"b":1}},{"x":{"b":1}},{"x":{"b":1}}],"x":{"b":1}}`},
		"text that looks like JSON":        {`{"a":"{\"x\":1}"}`, `{"b":"é "}`, `{"a":"{\"x\":1}","b":"é "}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := config.Files(filesIn("1.json", c.first, "dir/2.json", c.second), "1.json", "dir/2.json")
			require.NoError(t, err)
			raw, err := json.Marshal(got)
			require.NoError(t, err)
			require.JSONEq(t, c.want, string(raw))
		})
	}
}

// The numbers of a file reach the reader digit for digit.
func TestFilesNumbers(t *testing.T) {
	got, err := config.Files(filesIn("a", `{"id":9007199254740993,"list":[18446744073709551615,1.10],"map":{"n":1e2}}`), "a")
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"id":   json.Number("9007199254740993"), // not a float64
		"list": []any{json.Number("18446744073709551615"), json.Number("1.10")},
		"map":  map[string]any{"n": json.Number("1e2")},
	}, got)

	r := resolver(t, config.Config{Base: map[string]any{"id": got["id"]}})
	require.EqualValues(t, 9007199254740993, config.Get(everywhere(r), "id", int64(0)))
}

// What Files returns is what a Resolver takes, below the store and above it.
func TestFilesInAResolver(t *testing.T) {
	fsys := filesIn(
		"base", `{"page": {"size": 10, "title": "base"}, "labels": {"a": {"b": 1}}, "free": {"x": 1}}`,
		"forced", `{"page": {"size": 20}}`)
	base, err := config.Files(fsys, "base")
	require.NoError(t, err)
	forced, err := config.Files(fsys, "forced")
	require.NoError(t, err)
	size := config.Declare("page.size", 0)
	labels := config.Declare("labels", map[string]map[string]int{})
	r := resolver(t, config.Config{Keys: []config.Declaration{size, labels}, Base: base, Forced: forced})
	ctx := in(r, "acme")
	require.NoError(t, r.Set(ctx, "page.title", "own", ""))
	require.Equal(t, 20, size.Get(ctx))
	require.Equal(t, "own", config.Get(ctx, "page.title", ""))
	require.Equal(t, "base", config.Get(in(r, "bolt"), "page.title", ""))
	require.Equal(t, map[string]map[string]int{"a": {"b": 1}}, labels.Get(ctx))
	require.Equal(t, 1, config.Get(ctx, "free.x", 0))
	_, info, err := size.Lookup(ctx)
	require.NoError(t, err)
	require.True(t, info.Forced)
}

func TestFilesNone(t *testing.T) {
	got, err := config.Files(filesIn())
	require.NoError(t, err)
	require.Equal(t, map[string]any{}, got)
}

// Nothing that is returned leads to another answer.
func TestFilesOwn(t *testing.T) {
	fsys := filesIn("a", `{"m":{"x":[1]}}`)
	one, err := config.Files(fsys, "a", "a")
	require.NoError(t, err)
	one["m"].(map[string]any)["x"].([]any)[0] = 2
	two, err := config.Files(fsys, "a")
	require.NoError(t, err)
	require.Equal(t, map[string]any{"m": map[string]any{"x": []any{json.Number("1")}}}, two)
}

func TestFilesErrors(t *testing.T) {
	for name, c := range map[string]struct {
		text         string
		line, column int
		key          string
		is           error
	}{
		"nothing":                      {"", 1, 1, "", config.ErrMistyped},
		"blanks":                       {"\n  ", 2, 3, "", config.ErrMistyped},
		"cut off":                      {"{\n \"a\": {\"b\": 1", 2, 14, "", config.ErrMistyped},
		"text cut off":                 {`{"a": "s3cret`, 1, 14, "", config.ErrMistyped},
		"a text without quotes":        {"{\n\t\"a\": s3cret}", 2, 7, "", config.ErrMistyped},
		"after umlauts":                {"{\"ü\": \"ä\", s3cret}", 1, 12, "", config.ErrMistyped},
		"more than one":                {"{} {\"a\": \"s3cret\"}", 1, 4, "", config.ErrMistyped},
		"a comma too many":             {"{\"a\": 1,\n}", 2, 1, "", config.ErrMistyped},
		"a comment":                    {"// s3cret\n{}", 1, 1, "", config.ErrMistyped},
		"a list":                       {"\n [\"s3cret\"]", 2, 2, "", config.ErrMistyped},
		"null":                         {"null", 1, 1, "", config.ErrMistyped},
		"a text":                       {`"s3cret"`, 1, 1, "", config.ErrMistyped},
		"no UTF-8":                     {"{\n\"a\": \"\xffs3cret\"}", 2, 7, "", config.ErrMistyped},
		"too deep":                     {`{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}", 1, 10_005, "", config.ErrMistyped},
		"a key twice":                  {"{\"a\": 1,\n \"b\": 2, \"a\": \"s3cret\"}", 2, 10, "a", config.ErrBadKey},
		"a key twice, spelt otherwise": {`{"a": 1, "\u0061": 2}`, 1, 10, "a", config.ErrBadKey},
		"a field twice":                {`{"a": {"b": {"c": 1, "c": 1}}}`, 1, 22, "a.b.c", config.ErrBadKey},
		"an object twice":              {`{"a": {"b": 1}, "a": {"c": 1}}`, 1, 17, "a", config.ErrBadKey},
		"dots after an object":         {`{"a": {"b": 1}, "a.b": 2}`, 1, 17, "a.b", config.ErrBadKey},
		"an object after dots":         {`{"a.b": 1, "a": {"b": 2}}`, 1, 18, "a.b", config.ErrBadKey},
		"a field in a list twice":      {`{"l": [1, {"a": 1, "a": 2}]}`, 1, 20, "a", config.ErrBadKey},
		"a key with a blank":           {"{\n  \"page size\": 1}", 2, 3, "page size", config.ErrBadKey},
		"an empty key":                 {`{"": "s3cret"}`, 1, 2, "", config.ErrBadKey},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := config.Files(filesIn("good", `{"a":1}`, "conf/bad.json", c.text), "good", "conf/bad.json", "missing")
			require.Nil(t, got)
			var at *config.FileError
			require.ErrorAs(t, err, &at)
			require.ErrorIs(t, err, c.is)
			require.Equal(t, config.FileError{"conf/bad.json", c.line, c.column, c.key, at.Err}, *at)
			require.Contains(t, err.Error(), fmt.Sprintf(`file "conf/bad.json", line %d, column %d`, c.line, c.column))
			require.NotContains(t, err.Error(), "s3cret")
			require.NotContains(t, err.Error(), "'s'", "not even a part of it")
		})
	}
}

func TestFilesMissing(t *testing.T) {
	got, err := config.Files(filesIn("here", `{"a":1}`), "here", "gone")
	require.Nil(t, got)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.EqualError(t, err, `config: file "gone": file does not exist`)

	boom := errors.New("boom")
	_, err = config.Files(brokenFS{boom}, "a")
	require.ErrorIs(t, err, boom)
}

type brokenFS struct{ err error }

func (f brokenFS) Open(string) (fs.File, error) { return nil, f.err }

// FuzzFiles: whatever is read is what encoding/json reads, and errors have a
// place in the file.
func FuzzFiles(f *testing.F) {
	for _, s := range []string{`{"a":{"b":[1,{"c":null}]},"d.e":"\u00e9"}`, `{"a":1,"a":2}`, "{\"a\"\n:\t-1.5e3}", `{"a":tru}`, "\xef\xbb\xbf{}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := config.Files(filesIn("f", text), "f")
		if err != nil {
			var at *config.FileError
			require.ErrorAs(t, err, &at)
			lines := strings.Split(text, "\n")
			require.LessOrEqual(t, at.Line, len(lines))
			require.LessOrEqual(t, at.Column, len([]rune(lines[at.Line-1]))+1)
			return
		}
		var want map[string]any
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		require.NoError(t, dec.Decode(&want))
		require.Equal(t, want, got)
	})
}

// Settings come from files, the later over the earlier.
func ExampleFiles() {
	etc := fstest.MapFS{ // or os.DirFS("/etc/app")
		"settings.json": {Data: []byte(`{"page": {"size": 20, "title": "Courses"}}`)},
		"local.json":    {Data: []byte(`{"page": {"size": 50}}`)},
		"broken.json":   {Data: []byte("{\n  \"page\": {\"size\": 20,, \"title\": \"Courses\"}\n}")},
	}
	base, err := config.Files(etc, "settings.json", "local.json")
	fmt.Println(base, err)
	_, err = config.Files(etc, "settings.json", "broken.json")
	fmt.Println(err)
	// Output:
	// map[page:map[size:50 title:Courses]] <nil>
	// config: file "broken.json", line 2, column 23: config: the value does not fit: it is no JSON from here
}
