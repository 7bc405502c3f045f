package transfer

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// cellKind is in which form a value travels.
type cellKind uint8

const (
	null    cellKind = iota
	text             // the engine's own text form of a value of any type
	blob             // bytes
	integer          // of SQLite, where the type belongs to the value; of MySQL's BIT
	real             // of SQLite
)

// cell is one value. Its text is what no conversion can round: the digits of a
// number, the server's words for a timestamp, the bytes themselves.
type cell struct {
	kind cellKind
	text string
}

// The forms in the file, of which the first three are the usual ones:
//
//	null            NULL
//	"text"          text
//	{"b":"base64"}  bytes
//	123             an integer of SQLite, or a BIT of MySQL
//	{"r":"0.5"}     a real number of SQLite, also "+Inf"
//	{"t":"base64"}  text that is no valid UTF-8, which SQLite permits
func (c cell) appendJSON(b []byte) []byte {
	switch c.kind {
	case null:
		return append(b, "null"...)
	case integer:
		return append(b, c.text...)
	case real:
		return append(append(append(b, `{"r":"`...), c.text...), `"}`...)
	case blob:
		return appendBase64(append(b, `{"b":"`...), c.text)
	}
	if !utf8.ValidString(c.text) {
		return appendBase64(append(b, `{"t":"`...), c.text)
	}
	return appendString(b, c.text)
}

func appendBase64(b []byte, s string) []byte {
	return append(base64.StdEncoding.AppendEncode(b, []byte(s)), `"}`...)
}

// appendString writes a JSON string. What needs no escape, which is nearly
// everything, is copied.
func appendString(b []byte, s string) []byte {
	plain := strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }) < 0
	if plain {
		return append(append(append(b, '"'), s...), '"')
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil { // a string always encodes
		panic(err)
	}
	return append(b, bytes.TrimRight(out.Bytes(), "\n")...)
}

// UnmarshalJSON reads one of the forms.
func (c *cell) UnmarshalJSON(in []byte) error {
	switch first := in[0]; {
	case string(in) == "null":
		*c = cell{}
		return nil
	case first == '"':
		c.kind = text
		return json.Unmarshal(in, &c.text)
	case first == '-' || first >= '0' && first <= '9':
		c.kind, c.text = integer, string(in)
		if _, err := strconv.ParseInt(c.text, 10, 64); err != nil {
			if _, err := strconv.ParseUint(c.text, 10, 64); err != nil {
				return fmt.Errorf("a number that is no integer of 64 bits")
			}
		}
		return nil
	}
	var m map[string]string
	if members(in) != 1 {
		return fmt.Errorf("a value in none of the known forms")
	}
	if err := json.Unmarshal(in, &m); err != nil || len(m) != 1 {
		return fmt.Errorf("a value in none of the known forms")
	}
	for form, v := range m {
		switch form {
		case "r":
			if _, err := strconv.ParseFloat(v, 64); err != nil {
				return fmt.Errorf("a value in none of the known forms")
			}
			c.kind, c.text = real, v
			return nil
		case "b", "t":
			raw, err := base64.StdEncoding.DecodeString(v)
			if err != nil {
				return fmt.Errorf("a value in none of the known forms")
			}
			c.kind, c.text = blob, string(raw)
			if form == "t" {
				c.kind = text
			}
			return nil
		}
	}
	return fmt.Errorf("a value in none of the known forms")
}

// cells are the values of a line.
type cells []cell

// UnmarshalJSON counts the values before it makes room for them.
func (c *cells) UnmarshalJSON(in []byte) error {
	if len(in) > mostCells && members(in) > mostCells {
		return fmt.Errorf("more than %d values", mostCells)
	}
	return json.Unmarshal(in, (*[]cell)(c))
}

// members is the number of values of an array or object that is well-formed and
// not empty, with those of arrays and objects in it.
func members(in []byte) int {
	n, quoted := 1, false
	for i := 0; i < len(in); i++ {
		switch b := in[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case b == ',' && !quoted:
			n++
		}
	}
	return n
}

// digest is the sum of the hashes of rows, which does not depend on their order:
// two tables have the same if they hold the same rows. It finds what a server
// makes of a row on its way in - a trigger, a lost character, a cut text - and is
// no seal against somebody who forges rows.
type digest [4]uint64

func (d *digest) add(row []cell) {
	h := sha256.New()
	var head [9]byte
	for _, c := range row {
		head[0] = byte(c.kind)
		binary.LittleEndian.PutUint64(head[1:], uint64(len(c.text)))
		h.Write(head[:])
		h.Write([]byte(c.text))
	}
	sum := h.Sum(nil)
	for i := range d {
		d[i] += binary.LittleEndian.Uint64(sum[8*i:])
	}
}
