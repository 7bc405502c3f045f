package transfer

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// The form of a file, and the version of it that this package writes. It reads
// no other.
const (
	magic   = "tenancy-transfer"
	version = 1
)

// maxLine is how long a line may be, unless ImportOptions.MaxLine says else: a
// row of a gigabyte in a forged file would else be read into memory.
const maxLine = 256 << 20

// What a forged line may make of memory is bounded by what a schema can have, since
// a value of two bytes in the file takes ten times as many: no engine has tables of
// more columns than mostCells, and the first and the last line, which hold the
// names of all tables, are no longer than maxHead.
const (
	mostCells = 1 << 15
	maxHead   = 16 << 20
)

// header is the first line.
type header struct {
	Format     string         `json:"format"`
	Version    int            `json:"version"`
	Seal       string         `json:"seal"` // "sha256", or "hmac-sha256" with a key
	Dialect    tenant.Dialect `json:"dialect"`
	Tenant     tenant.ID      `json:"tenant"`
	Created    time.Time      `json:"created"`
	Schema     string         `json:"schema"` // see layout.fingerprint
	Session    []string       `json:"session,omitempty"`
	Tables     []shape        `json:"tables"`
	Skipped    []string       `json:"skipped,omitempty"`
	References []reference    `json:"references,omitempty"`
}

// reference is a foreign key to rows that are not the tenant's.
type reference struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	To      string   `json:"to"`
	Keys    []string `json:"keys"`
}

// line is any line but the first: a key that is referred to, a row, the late
// columns of a row, or the end.
type line struct {
	Ref   *int    `json:"f,omitempty"` // of header.References
	Table *int    `json:"t,omitempty"` // of header.Tables: a row
	Late  *int    `json:"l,omitempty"` // of header.Tables: late columns
	Key   cells   `json:"k,omitempty"` // of Ref and Late
	Row   cells   `json:"r,omitempty"` // of Table and Late
	End   *footer `json:"end,omitempty"`
}

// footer is the last line.
type footer struct {
	Rows   map[string]int64 `json:"rows"`
	Lines  int64            `json:"lines"`  // all before this one
	Digest string           `json:"digest"` // of all bytes before this line
}

// UnmarshalJSON refuses what is longer than any footer.
func (f *footer) UnmarshalJSON(in []byte) error {
	if len(in) > maxHead {
		return fmt.Errorf("an end of more than %d bytes", maxHead)
	}
	type plain footer
	return strict(in, (*plain)(f))
}

// seal is the hash over a file.
func seal(key []byte) (name string, h hash.Hash) {
	if len(key) == 0 {
		return "sha256", sha256.New()
	}
	return "hmac-sha256", hmac.New(sha256.New, key)
}

// writer writes a file.
type writer struct {
	out   *bufio.Writer
	sum   hash.Hash
	buf   []byte
	lines int64
}

func newWriter(w io.Writer, key []byte) (*writer, string) {
	name, sum := seal(key)
	return &writer{out: bufio.NewWriterSize(w, 64<<10), sum: sum}, name
}

func (w *writer) put(line []byte) error {
	line = append(line, '\n')
	w.sum.Write(line) //nolint:errcheck // a hash takes everything
	w.lines++
	_, err := w.out.Write(line)
	return err
}

func (w *writer) header(h header) error {
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if len(b) >= maxHead {
		return &TablesError{Reason: fmt.Sprintf("the names of all tables and columns are longer than %d bytes", maxHead)}
	}
	return w.put(b)
}

// entry writes a line with cells: what is "t", "f" or "l".
func (w *writer) entry(what string, of int, key, row []cell) error {
	b := fmt.Appendf(w.buf[:0], `{"%s":%d`, what, of)
	if key != nil {
		b = appendCells(append(b, `,"k":`...), key)
	}
	if row != nil {
		b = appendCells(append(b, `,"r":`...), row)
	}
	w.buf = append(b, '}')
	return w.put(w.buf)
}

func appendCells(b []byte, row []cell) []byte {
	b = append(b, '[')
	for i, c := range row {
		if i > 0 {
			b = append(b, ',')
		}
		b = c.appendJSON(b)
	}
	return append(b, ']')
}

// end writes the last line; without it the file is worth nothing.
func (w *writer) end(rows map[string]int64) (digest string, err error) {
	digest = hex.EncodeToString(w.sum.Sum(nil))
	b, err := json.Marshal(line{End: &footer{Rows: rows, Lines: w.lines, Digest: digest}})
	if err != nil {
		return "", err
	}
	if err := w.put(b); err != nil {
		return "", err
	}
	return digest, w.out.Flush()
}

// reader reads a file line by line.
type reader struct {
	in    *bufio.Reader
	sum   hash.Hash
	seal  string
	most  int
	lines int64 // read so far
}

func newReader(r io.Reader, key []byte, most int) *reader {
	name, sum := seal(key)
	if most <= 0 {
		most = maxLine
	}
	return &reader{in: bufio.NewReaderSize(r, 64<<10), sum: sum, seal: name, most: most}
}

func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFile, fmt.Sprintf(format, args...))
}

// text returns the next line with its end.
func (r *reader) text(most int) ([]byte, error) {
	var out []byte
	for {
		part, err := r.in.ReadSlice('\n')
		if len(out)+len(part) > most {
			return nil, broken("line %d is longer than %d bytes", r.lines+1, most)
		}
		out = append(out, part...)
		switch err {
		case nil:
			r.lines++
			return out, nil
		case bufio.ErrBufferFull:
		case io.EOF:
			return nil, broken("it is cut off after line %d", r.lines)
		default:
			return nil, err
		}
	}
}

func strict(b []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if dec.More() {
		return fmt.Errorf("more than one value")
	}
	return nil
}

func (r *reader) header() (*header, error) {
	b, err := r.text(min(r.most, maxHead))
	if err != nil {
		return nil, err
	}
	var is struct {
		Format  string
		Version int
	}
	if err := json.Unmarshal(b, &is); err != nil || is.Format != magic {
		return nil, broken("its first line is not that of an export of a tenant")
	}
	if is.Version != version {
		return nil, broken("it is of version %d, this is version %d", is.Version, version)
	}
	var h header
	if err := strict(b, &h); err != nil {
		return nil, broken("its first line: %v", err)
	}
	if h.Seal != r.seal {
		return nil, broken("it is sealed with %s, and the options ask for %s", h.Seal, r.seal)
	}
	r.sum.Write(b) //nolint:errcheck // a hash takes everything
	return &h, nil
}

// next returns the next line. After the footer, which has been compared with what
// was read, there is none, and nothing may follow.
func (r *reader) next() (*line, error) {
	b, err := r.text(r.most)
	if err != nil {
		return nil, err
	}
	var l line
	if err := strict(b, &l); err != nil {
		return nil, broken("line %d: %v", r.lines, err)
	}
	n := 0
	for _, is := range []bool{l.Ref != nil, l.Table != nil, l.Late != nil, l.End != nil} {
		if is {
			n++
		}
	}
	if n != 1 {
		return nil, broken("line %d is of no known kind", r.lines)
	}
	if l.End == nil {
		r.sum.Write(b) //nolint:errcheck // a hash takes everything
		return &l, nil
	}
	if l.End.Lines != r.lines-1 || !hmac.Equal([]byte(l.End.Digest), []byte(hex.EncodeToString(r.sum.Sum(nil)))) {
		return nil, broken("it has been changed since it was written")
	}
	if _, err := r.in.ReadByte(); err != io.EOF {
		return nil, broken("something follows its end")
	}
	return &l, nil
}

// verify reads all of a file and returns its digest.
func verify(r io.Reader, key []byte, most int) (digest string, err error) {
	in := newReader(r, key, most)
	if _, err := in.header(); err != nil {
		return "", err
	}
	for {
		l, err := in.next()
		if err != nil {
			return "", err
		}
		if l.End != nil {
			return l.End.Digest, nil
		}
	}
}
